"""A new roster moves the rows that it touches and no others, as if it had always been known."""

import random
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from deltalake import DeltaTable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from lrs_stats.facts import connections, open_learners, projector, tables
from lrs_stats.facts.projector import Projector
from lrs_stats.facts.reader import FactsReader
from lrs_stats.reports.query import Query
from tests.examples import examples
from tests.facts.test_incremental import arrivals
from tests.line import Json, Line
from tests.roster_changes import changed, visits
from tests.statement_strategies import IDLE, ZONE, World, worlds

STEPS = st.lists(
    st.tuples(
        st.integers(0, 9),
        st.sampled_from(["", "", "", "", "", "", "restart", "tidy", "forgotten", "case", "zone"]),
    ),
    min_size=3,
    max_size=6,
)


def rebuilt(line: Line, folder: Path) -> Line:
    """Return the line of the same record, roster and settings, its facts built from nothing."""
    other = Line(folder, line.zone, line.idle)
    other.record, other.roster, other.ignore_case = line.record, line.roster, line.ignore_case
    other.catch_up()
    return other


def assert_as_if_known_from_the_start(line: Line) -> None:
    with TemporaryDirectory() as folder:
        for mine, other in zip(line.tables(), rebuilt(line, Path(folder)).tables(), strict=True):
            assert_frame_equal(mine, other)


@settings(
    deadline=None,
    max_examples=examples(25),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    world=worlds(),
    steps=STEPS,
    seed=st.integers(0, 10_000),
    many_part=st.sampled_from([0, 0, 4]),  # 0 never writes all events anew
    few=st.sampled_from([0, 20_000]),
)
def test_every_change_of_the_roster_is_as_if_it_had_been_known_from_the_start(
    world: World, steps: list[tuple[int, str]], seed: int, many_part: int, few: int
) -> None:
    chance = random.Random(seed)
    coming = arrivals(
        World(world.roster, [*world.statements, *visits(world.roster, chance, 20)]), seed
    )
    with (
        TemporaryDirectory() as folder,
        patch.object(projector, "MANY_PART", many_part),
        patch.object(projector, "FEW", few),
        patch.object(tables, "SMALL_FILES", 2),
    ):
        line = Line(Path(folder), ZONE, IDLE, world.roster)
        known = len(coming) // 2
        line.record.add(coming[:known])
        running = line.projector()
        line.catch_up(running)
        roster = world.roster
        for arriving, event in steps:
            line.record.add(coming[known : known + arriving])
            known += arriving
            roster = changed(roster, chance)
            line.take(roster)
            if event == "forgotten":
                line.rosters.clear()
            elif event == "tidy":
                running.tidy()
            elif event == "case":
                line.ignore_case = not line.ignore_case
            elif event == "zone":
                line.zone = ZoneInfo("Pacific/Auckland" if line.zone == ZONE else "Europe/Paris")
            if event in {"restart", "case", "zone"}:
                running = line.projector()
            line.catch_up(running, limit=chance.choice([5, 1000]))
            assert_as_if_known_from_the_start(line)


COURSE = "https://lms.example/course/1"
PEOPLE = [f"w{number}" for number in range(20)]


def seen(number: int, who: str, minute: int) -> Json:
    return {
        "id": f"{number:08}-0000-4000-8000-000000000000",
        "stored": f"2025-06-15T{10 + minute // 60}:{minute % 60:02}:00.000Z",
        "actor": {"mbox": f"mailto:{who}@example.org"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/launched"},
        "object": {"id": COURSE},
    }


def known(**emails: str) -> dict[str, list[dict[str, str]]]:
    return {
        "people": [
            {"id": who, "email": f"{email}@example.org", "status": "active"}
            for who, email in emails.items()
        ]
    }


@pytest.fixture
def line(tmp_path: Path) -> Line:
    """A line whose events lie in ten files: two people a file, each with five rows."""
    line = Line(tmp_path, ZONE, IDLE, known(zoe="w0"))
    running = line.projector()
    for batch in range(10):
        who = PEOPLE[2 * batch : 2 * batch + 2]
        line.record.add(seen(batch * 10 + n, who[n % 2], batch * 10 + n) for n in range(10))
        line.catch_up(running)
    return line


@pytest.fixture
def derived(monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    """Whose connections were derived, each time."""
    calls: list[set[str]] = []
    derive = connections.derive

    def noted(events: pl.LazyFrame, idle: Any) -> pl.DataFrame:
        calls.append(set(events.select("learner").unique().collect()["learner"]))
        return derive(events, idle)

    monkeypatch.setattr(projector, "derive", noted)
    monkeypatch.setattr(open_learners, "derive", noted)
    return calls


def newest_commit(line: Line) -> Json:
    (commit,) = DeltaTable(line.folder / "events").history(1)
    return commit


def test_a_small_change_writes_few_rows_and_derives_few_learners(
    line: Line, derived: list[set[str]]
) -> None:
    running = line.projector()
    roster = known(zoe="w0", max="w7")
    line.take(roster)
    line.catch_up(running)
    commit = newest_commit(line)
    done = commit["operationMetrics"]
    assert commit["operation"] == "MERGE"
    assert done["num_target_rows_updated"] == 5
    assert done["num_output_rows"] == 10  # the file of w6 and w7; the other nine stay
    assert done["num_target_files_removed"] == 1
    assert derived == [{"max"}]
    assert "in (" not in str(commit).lower()  # no list of what was changed stays in the log
    assert_as_if_known_from_the_start(line)


def test_two_identifiers_that_turn_out_to_be_one_person(
    line: Line, derived: list[set[str]]
) -> None:
    running = line.projector()
    roster = known(zoe="w0")
    roster["people"][0] |= {"account_homepage": "https://a.example", "account_name": "zoe"}
    account = {"account": {"homePage": "https://a.example", "name": "zoe"}}
    line.record.add([seen(500, "", 120) | {"actor": account}])
    line.catch_up(running)
    derived.clear()
    line.take(roster)
    line.catch_up(running)
    assert newest_commit(line)["operationMetrics"]["num_target_rows_updated"] == 1
    assert derived == [{"zoe"}]
    assert "https://a.example|zoe" not in set(line.tables()[1]["learner"])
    report = line.report(Query("learners", ("connections",)))
    assert {row["id"]: row["connections"] for row in report.rows}["zoe"] == 6
    assert_as_if_known_from_the_start(line)


def test_a_change_that_says_nothing_of_the_events_writes_none(
    line: Line, derived: list[set[str]]
) -> None:
    running = line.projector()
    line.take(known(zoe="w0", eve="nobody"))
    line.catch_up(running)
    assert newest_commit(line)["operationMetrics"]["num_added_rows"] == 0
    assert derived == [set()]
    published = FactsReader(line.folder).snapshot().publication
    assert published.mark.roster == 2


def test_what_touches_much_is_written_as_a_whole(line: Line, derived: list[set[str]]) -> None:
    running = line.projector()
    line.take(known(zoe="w0", **{f"p{number}": f"w{number}" for number in range(5, 15)}))
    line.catch_up(running)
    assert newest_commit(line)["operation"] == "WRITE"
    assert len(derived) == 1
    assert len(derived[0]) == 20
    assert_as_if_known_from_the_start(line)


def test_without_the_older_roster_the_same_rows_are_written(
    line: Line, derived: list[set[str]]
) -> None:
    line.rosters.clear()
    running = line.projector()
    line.take(known(zoe="w0", max="w7"))
    line.catch_up(running)
    assert newest_commit(line)["operationMetrics"]["num_target_rows_updated"] == 5
    assert derived == [{"max"}]
    assert_as_if_known_from_the_start(line)


def test_voiding_writes_few_rows_too(line: Line, derived: list[set[str]]) -> None:
    running = line.projector()
    void = seen(500, "admin", 120) | {
        "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
        "object": {"objectType": "StatementRef", "id": seen(37, "", 0)["id"]},
    }
    line.record.add([void])
    line.catch_up(running)
    _, commit = DeltaTable(line.folder / "events").history(2)
    assert commit["operationMetrics"]["num_target_rows_updated"] == 1
    assert commit["operationMetrics"]["num_output_rows"] == 10
    assert derived == [{"mailto:w7@example.org"}]
    assert_as_if_known_from_the_start(line)


class KilledError(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_around_the_commit(line: Line, when: str, monkeypatch: pytest.MonkeyPatch) -> None:
    running = line.projector()
    amend = tables.FactsTables.amend

    def killed(*args: Any) -> None:
        if when == "after":
            amend(*args)
        raise KilledError

    line.take(known(zoe="w0", max="w7"))
    with monkeypatch.context() as patched:
        patched.setattr(tables.FactsTables, "amend", killed)
        with pytest.raises(KilledError):
            running.step()
    assert set(line.tables()[1]["learner"].unique()) >= {"zoe", "mailto:w7@example.org"}
    line.catch_up(line.projector())
    assert_as_if_known_from_the_start(line)


def test_of_two_that_apply_a_roster_one_gives_way(line: Line) -> None:
    first, second = line.projector(), line.projector()
    line.take(known(zoe="w0", max="w7"))
    line.catch_up(first)
    with pytest.raises(tables.FactsGone):
        line.catch_up(second)
    assert_as_if_known_from_the_start(line)


def test_a_change_of_settings_is_applied_without_a_new_roster(line: Line) -> None:
    line.take(known(zoe="w0", max="W7"))
    line.catch_up()
    assert "max" not in set(line.tables()[0]["learner"])
    line.ignore_case = True
    line.catch_up()
    assert "max" in set(line.tables()[0]["learner"])
    assert_as_if_known_from_the_start(line)


def test_a_file_is_joined_up_to_its_size(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    running: Projector = line.projector()
    monkeypatch.setattr(tables, "SMALL_FILES", 10)
    monkeypatch.setattr(tables, "FILE_BYTES", 2)
    running.tidy()
    assert len(list((line.folder / "events" / "_delta_log").glob("*.json"))) > 10
    assert newest_commit(line)["operation"] == "WRITE"  # what is large enough is no small file
    monkeypatch.setattr(tables, "FILE_BYTES", 1 << 24)
    running.tidy()
    assert len(DeltaTable(line.folder / "events").file_uris()) == 1
