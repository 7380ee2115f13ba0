"""The same tables as JSON obey the same rules, and come back as they went in."""

import json
from pathlib import Path
from typing import Any

import pytest

from lrs_stats.roster import folder
from lrs_stats.roster.complaints import RosterRefused
from lrs_stats.roster.json_tables import check, encoded
from lrs_stats.roster.tables import TABLES, Group, RosterTables

EXAMPLE = Path(__file__).parents[2] / "config" / "example-roster"
COLUMNS = {name: ", ".join(c.name for c in table.columns) for name, table in TABLES.items()}


@pytest.mark.parametrize(
    "tables",
    [
        RosterTables(),
        folder.read(EXAMPLE),
        RosterTables(groups=tuple(Group(f"g{n}", "é", "") for n in range(2_001))),
    ],
    ids=["empty", "example", "several pieces"],
)
def test_round_trip(tables: RosterTables) -> None:
    assert check(json.loads(b"".join(encoded(tables)))) == tables


def test_absent_null_and_empty_are_the_same() -> None:
    course = {"id": "https://x.org/c"}
    taken = {
        check({"courses": [course | optional]}).courses
        for optional in (
            {},
            {"title": None, "author_id": None, "planned_minutes": None},
            {"title": "", "author_id": " "},
        )
    }
    assert len(taken) == 1


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        (
            {"people": [{"id": "p", "status": "active"}, {"id": "p", "status": "gone"}]},
            [
                'people[1]: the status "gone" is none of active, invited, deleted.',
                'people[1]: the id "p" is already that of people[0].',
            ],
        ),
        (
            {
                "people": [
                    {"id": "p1", "email": "a@x.org", "status": "active"},
                    {"id": "p2", "email": "a@X.org", "status": "active"},
                ]
            },
            ['people[1]: the email "a@X.org" is already that of person p1 (people[0]).'],
        ),
        (
            {"memberships": [{"group_id": "g", "person_id": "p", "role": "coach"}]},
            [
                "people: the table is missing, and memberships refers to it.",
                "groups: the table is missing, and memberships refers to it.",
            ],
        ),
        (
            {"groups": [{"id": "g", "nom": "x"}, "g", {"id": 7}, {"id": ["g"]}]},
            [
                f'groups[0]: the column "nom" is unknown; the columns are {COLUMNS["groups"]}.',
                "groups[1]: expected an object.",
                "groups[2]: the id is no string.",
                "groups[3]: the id is no string.",
            ],
        ),
        (
            {
                "courses": [
                    {"id": "https://x.org/1", "planned_minutes": -1},
                    {"id": "https://x.org/2", "planned_minutes": True},
                    {"id": "https://x.org/3", "planned_minutes": "30"},
                    {"id": "https://x.org/4", "planned_minutes": 1.0},
                ]
            },
            [
                'courses[0]: the planned_minutes "-1" is no whole number from 0 to 999999999.',
                *(f"courses[{n}]: the planned_minutes is no whole number." for n in (1, 2, 3)),
            ],
        ),
        ({"groups": {"id": "g"}}, ["groups: expected an array of objects."]),
        (
            {"groups": [], "group": []},
            [f"group: this is no table; the tables are {', '.join(TABLES)}."],
        ),
        (
            {"groups": [{"id": "g", "name": "\ud800"}]},
            ["groups[0]: the name '\\ud800' holds a control character."],
        ),
    ],
)
def test_refused(tables: Any, expected: list[str]) -> None:
    with pytest.raises(RosterRefused) as refused:
        check(tables)
    assert [str(complaint) for complaint in refused.value.complaints] == expected


@pytest.mark.parametrize("tables", [{}, [], None, {"person": []}])
def test_without_tables(tables: Any) -> None:
    with pytest.raises(RosterRefused) as refused:
        check(tables)
    names = ", ".join(TABLES)
    assert [str(complaint) for complaint in refused.value.complaints] == [
        f"roster: expected an object with at least one of the members {names}."
    ]


def test_faults_of_several_tables_come_in_their_order() -> None:
    with pytest.raises(RosterRefused) as refused:
        check(
            {
                "zebra": [],
                "courses": [{"id": "c"}],
                "groups": [{"id": "g"}, {"id": "g"}, {"id": "", "parent_id": "h"}],
            }
        )
    assert [one.place for one in refused.value.complaints] == [
        "zebra",
        "groups[1]",
        "groups[2]",
        "groups[2]",
        "courses[0]",
    ]
