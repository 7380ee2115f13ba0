"""After any change that is taken the roster is as a plain model says; others are refused whole."""

import copy
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrs_stats.roster import indexes
from lrs_stats.roster.changes import Change, replacement
from lrs_stats.roster.changing import removal, upsertion
from lrs_stats.roster.complaints import RosterRefused
from lrs_stats.roster.json_tables import WORDING, check, offered
from lrs_stats.roster.listing import listing
from lrs_stats.roster.roster import Roster
from lrs_stats.roster.tables import TABLES, Key
from tests.examples import examples
from tests.roster_changes import changed
from tests.roster_strategies import Roster as Tables
from tests.roster_strategies import rosters

Model = dict[str, dict[Key, Any]]


def as_json(tables: Tables) -> dict[str, list[dict[str, Any]]]:
    numbers = {"planned_minutes", "position"}
    return {
        table: [
            {name: int(v) if v and name in numbers else v or None for name, v in row.items()}
            for row in rows
        ]
        for table, rows in tables.items()
    }


def model_of(tables: Any) -> Model:
    whole = check(tables)
    return {name: {t.key_of(row): row for row in whole.rows(name)} for name, t in TABLES.items()}


def rows_of(model: Model) -> dict[str, list[dict[str, Any]]]:
    """Return a model as the JSON that a whole roster is read from."""
    return {
        table: [
            {name: v if isinstance(v, int) else str(v) if v else None for name, v in pairs(row)}
            for row in rows.values()
        ]
        for table, rows in model.items()
    }


def pairs(row: Any) -> list[tuple[str, Any]]:
    return list(row._asdict().items())


def is_valid(model: Model) -> bool:
    try:
        check(rows_of(model))
    except RosterRefused:
        return False
    return True


def put(model: Model, table: str, rows: list[dict[str, Any]]) -> Model:
    after = copy.deepcopy(model)
    for row in offered(TABLES[table], rows).rows[table]:
        after[table][TABLES[table].key_of(row)] = row
    return after


def removed(model: Model, table: str, keys: list[Key]) -> Model:
    after = copy.deepcopy(model)
    for key in keys:
        del after[table][key]
    return after


def cascaded(model: Model, table: str, keys: list[Key]) -> Model:
    """Remove rows, then again and again what refers to a row that is not there any more."""
    after = removed(model, table, keys)
    while True:
        dangling = [
            (name, key, column)
            for name, one in TABLES.items()
            for key, row in after[name].items()
            for column in one.columns
            if column.refers
            and (cell := getattr(row, column.name))
            and cell not in after[column.refers]
        ]
        if not dangling:
            return after
        name, key, column = dangling[0]
        if column.required:
            del after[name][key]
        else:
            after[name][key] = after[name][key]._replace(**{column.name: ""})


def same(roster: Roster, model: Model) -> bool:
    return {name: dict(rows.items()) for name, rows in roster.all_rows().items()} == model


def answers(roster: Roster) -> list[Any]:
    """Return what the indexes of a roster say, of everybody and everything."""
    people = sorted(roster.rows("people").keys, key=str)
    actors = sorted(f"mailto:{row.email}" for row in roster.tables.people if row.email)
    return [
        [roster.groups_coached(str(one)) for one in people],
        [roster.people_managed(str(one)) for one in people],
        [roster.courses_authored(str(one)) for one in people],
        roster.learners_of(sorted(roster.groups)),
        [roster.person_of(one, ignore_case=True) for one in actors],
        [roster.title("people", str(one)) for one in people],
        [
            sorted(one.id for one in roster.find(indexes.SHOWN_NAMES, f"person.{n}@mail.example"))
            for n in range(8)
        ],
        roster.courses | roster.sessions | roster.programs,
    ]


@settings(max_examples=examples(40), deadline=None)
@given(rosters(), st.integers(0, 2**32), st.data())
def test_a_sequence_of_changes_equals_a_plain_model(
    tables: Tables, seed: int, data: st.DataObject
) -> None:
    chance, begun = Random(seed), as_json(tables)
    roster, model = Roster(check(begun), 1), model_of(begun)
    for _ in range(6):
        answers(roster)
        change, wanted = _step(roster, model, tables, chance)
        if change is None:
            assert not is_valid(wanted)
            continue
        assert is_valid(wanted)
        counted = listing(roster, change, 1)
        roster, before = roster.amended(change, roster.version + 1), model
        model = wanted
        assert same(roster, model)
        assert answers(roster) == answers(Roster(check(rows_of(model))))
        assert counted.counts == counts(before, model)
        assert len(counted.rows) + counted.left_out == sum(
            sum(of.values()) for of in counted.counts.values()
        )


def _step(
    roster: Roster, model: Model, tables: Tables, chance: Random
) -> tuple[Change | None, Model]:
    """Return a random change, or None when it is refused, and what a model is after it."""
    kind = chance.choice(["import", "put", "remove", "cascade"])
    table = chance.choice(list(TABLES))
    other = as_json(changed(tables, chance))
    try:
        if kind == "import":
            whole = check(other)
            return replacement(roster.all_rows(), whole), model_of(other)
        if kind == "put" or not model[table]:
            rows = other[table][: chance.randint(0, 3)]
            wanted = put(model, table, rows)
            return upsertion(offered(TABLES[table], rows), roster), wanted
        keys = chance.sample(list(model[table]), min(len(model[table]), chance.randint(1, 2)))
        cascade = kind == "cascade"
        wanted = (cascaded if cascade else removed)(model, table, keys)
        return removal(table, keys, roster, WORDING, cascade=cascade), wanted
    except RosterRefused:
        return None, wanted


def counts(before: Model, after: Model) -> dict[str, dict[str, int]]:
    found = {}
    for table in TABLES:
        old, new = before[table], after[table]
        numbers = {
            "added": len(new.keys() - old.keys()),
            "changed": sum(old[key] != new[key] for key in old.keys() & new.keys()),
            "removed": len(old.keys() - new.keys()),
        }
        if any(numbers.values()):
            found[table] = numbers
    return found


SMALL = Roster(
    check(
        {
            "people": [
                {"id": "p1", "email": "lea@example.org", "status": "active"},
                {"id": "p2", "status": "active", "manager_id": "p1"},
            ],
            "groups": [{"id": "g1"}, {"id": "g2", "parent_id": "g1"}],
            "memberships": [{"group_id": "g1", "person_id": "p1", "role": "learner"}],
        }
    )
)


@pytest.mark.parametrize(
    ("table", "row", "reason"),
    [
        (
            "people",
            {"id": "p3", "email": "lea@EXAMPLE.org", "status": "active"},
            'the email "lea@EXAMPLE.org" is already that of person "p1".',
        ),
        (
            "people",
            {"id": "p2", "status": "active", "manager_id": "p9"},
            'the manager_id "p9" is the id of no person.',
        ),
        (
            "groups",
            {"id": "g1", "parent_id": "g2"},
            'a group is its own parent: "g1" → "g2" → "g1".',
        ),
        (
            "memberships",
            {"group_id": "g1", "person_id": "p1", "role": "boss"},
            'the role "boss" is none of coach, learner.',
        ),
    ],
)
def test_a_row_that_cannot_be_is_refused_with_its_place(
    table: str, row: dict[str, Any], reason: str
) -> None:
    fine = {"id": "x", "status": "active"} if table == "people" else None
    rows = [row] if fine is None else [fine, row]
    with pytest.raises(RosterRefused) as refused:
        upsertion(offered(TABLES[table], rows), SMALL)
    told = [(one.place, one.reason) for one in refused.value.complaints]
    assert told == [(f"{table}[{len(rows) - 1}]", reason)]


def test_a_row_that_others_name_is_not_removed() -> None:
    with pytest.raises(RosterRefused) as refused:
        removal("people", ["p2", "p1"], SMALL, WORDING, cascade=False)
    [told] = refused.value.complaints
    assert told.place == "people[1]"
    assert told.reason.startswith(
        'the person "p1" cannot be removed, for it is still referred to: '
        "1 of memberships by person_id. "
    )
    both = removal("people", ["p2", "p1"], SMALL, WORDING, cascade=True)
    assert both.keys("memberships") == {("g1", "p1", "learner")}
    group = SMALL.amended(removal("groups", ["g1"], SMALL, WORDING, cascade=True), 2)
    assert [one.parent_id for one in group.tables.groups] == [""]


def test_a_mailbox_may_pass_from_one_to_another_in_one_change() -> None:
    rows = [
        {"id": "p1", "status": "active"},
        {"id": "p2", "email": "lea@example.org", "status": "active"},
    ]
    after = SMALL.amended(upsertion(offered(TABLES["people"], rows), SMALL), 2)
    assert after.person_of("mailto:lea@example.org", ignore_case=False) == "p2"
