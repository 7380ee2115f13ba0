"""What is kept of the roster's figures is what they are, and nobody else's."""

import gc
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest

from lrs_stats import Metric
from lrs_stats.access.grants import Grant
from lrs_stats.facts.kept import Kept
from lrs_stats.reports import of_period
from lrs_stats.reports.engine import Engine
from lrs_stats.reports.granularities import GRANULARITIES
from lrs_stats.reports.keyed import Keyed
from lrs_stats.reports.query import Query
from lrs_stats.reports.roster_frames import LAYERS
from lrs_stats.reports.selection import Selection
from lrs_stats.reports.tables import TablesWhenRead
from lrs_stats.samples import tables
from tests.line import REGISTRY as RULES
from tests.line import Line
from tests.oracle_examples import ALGEBRA, REGISTRATION, ROSTER, SPRING, SUMMER, UTC_ZONE, told
from tests.statement_strategies import IDLE

OWNER: Final = [Grant("owner")]
COACH: Final = [Grant("coach", learners=frozenset({"bob"}))]
METRICS: Final = {
    "platform": ("participants", "learners", "attendance", "participation", "progress"),
    "groups": ("participants", "learners", "attendance", "participation", "progress"),
    "sessions": ("participants", "attendance", "participation", "progress"),
    "courses": ("participation", "progress", "completion"),
    "learners": ("participation", "progress", "completion"),
}
HALF: Final = 'result={"score":{"scaled":0.5}}'
SAID: Final = """
    ana 09:00 launched algebra in=spring
    ana 09:10 completed algebra
    bob 09:00 launched biology
    stranger 09:00 launched algebra
    bob 09:06 answered biology?1
"""


@pytest.fixture
def line(tmp_path: Path) -> Line:
    line = Line(tmp_path, UTC_ZONE, IDLE, ROSTER)
    line.record.add(told(SAID))
    line.catch_up()
    return line


def figures(line: Line, granularity: str, grants: list[Grant], **filters: str) -> Any:
    wanted = {name: frozenset({one}) for name, one in filters.items()}
    report = line.report(Query(granularity, METRICS[granularity], filters=wanted), grants)
    assert report.failed == {}
    return sorted(report.rows, key=str), report.totals


@pytest.mark.parametrize("granularity", METRICS)
def test_a_report_is_the_same_whoever_asked_before(line: Line, granularity: str) -> None:
    asking: list[tuple[list[Grant], dict[str, str]]] = [
        (OWNER, {}), (COACH, {}), (OWNER, {"course": ALGEBRA}), (OWNER, {"session": SPRING}),
    ]  # fmt: skip
    alone = []
    for grants, filters in asking:
        line.take(ROSTER)  # of which nothing is known yet
        alone.append(figures(line, granularity, grants, **filters))
    line.take(ROSTER)
    after_others = [figures(line, granularity, grants, **filters) for grants, filters in asking * 2]
    assert after_others == alone * 2
    assert len({str(one) for one in alone}) > 1


def test_a_changed_roster_changes_figures(line: Line) -> None:
    before = figures(line, "platform", OWNER)[1]
    roster = deepcopy(ROSTER)
    roster["enrolments"] = [one for one in roster["enrolments"] if one["person_id"] != "bob"]
    line.take(roster)
    line.catch_up()
    after = figures(line, "platform", OWNER)[1]
    assert (before["participants"], after["participants"]) == (2, 1)
    assert (before["attendance"], after["attendance"]) == (100.0, 100.0)


def test_attendance_knows_every_session_of_a_learner(tmp_path: Path) -> None:
    line = Line(tmp_path, UTC_ZONE, IDLE, ROSTER)
    line.record.add(told("ana 09:00 launched algebra in=summer"))
    line.catch_up()
    for session, share in ((SPRING, 0.0), (SUMMER, 100.0)):
        rows, _ = figures(line, "sessions", OWNER)
        assert {row["id"]: row["attendance"] for row in rows}[session] == share
        assert figures(line, "sessions", OWNER, session=session)[1]["attendance"] == share


def test_what_follows_from_the_roster_is_worked_out_once() -> None:
    times = []

    def work_out(_: object, number: int) -> pl.LazyFrame:
        times.append(number)
        return pl.LazyFrame({"number": [number]})

    kept = Kept[pl.DataFrame](2)
    made = dict.fromkeys(("pairs", "enrolled", "learners"), pl.LazyFrame)
    of = TablesWhenRead(made, None, frozenset(), kept.of)
    for number in (1, 2, 1, 3, 1, 2):
        assert of.of_roster(work_out, number).collect().item() == number
    assert times == [1, 2, 3, 2]  # 2 was the one that was not asked for the longest


def test_what_is_large_is_not_kept() -> None:
    kept = Kept[pl.DataFrame](2, lambda frame: frame.estimated_size() <= 100)
    made = [pl.DataFrame({"number": range(rows)}) for rows in (10, 20)]
    assert [kept.of(one.height, one.clone).height for one in made] == [10, 20]
    assert [kept.get(one.height) is not None for one in made] == [True, False]


class Sole(Metric):
    """The results of learners who have no other in the course."""

    name = "sole"
    title = "Sole"
    unit = "count"
    formula = "results of learners who have no other in the course"
    source = "results"
    kinds = ("result",)
    expression = pl.col("sole").sum().cast(pl.Int64)


def test_what_is_said_of_a_seat_is_said_of_those_that_one_may_see(tmp_path: Path) -> None:
    line = Line(tmp_path, UTC_ZONE, IDLE, ROSTER)
    line.engine = Engine({"sole": Sole()}, UTC_ZONE)
    line.record.add(
        told(
            f"""
            ana 09:00 passed algebra in=spring {HALF}
            ana 10:00 passed algebra registration={REGISTRATION} {HALF}
            """
        )
    )
    line.catch_up()
    spring = {"session": frozenset({SPRING})}
    for start in (None, datetime(2025, 3, 1, tzinfo=UTC)):
        whole = Query("platform", ("sole",), start)
        part = Query("platform", ("sole",), start, filters=spring)
        assert [line.report(query).totals["sole"] for query in (part, whole, part)] == [1, 0, 1]


def test_what_is_kept_has_a_name_that_can_be_found_again() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        tables().of_roster(lambda of, _: of.learners, ["learner"])  # type: ignore[arg-type]


def test_figures_of_many_rows_are_those_of_few(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    def everything() -> list[Any]:
        names = ("connections", "time_spent", "course_participants", "last_activity")
        return [
            (sorted(report.rows, key=str), report.totals)
            for granularity in METRICS
            if (report := line.report(Query(granularity, names))).failed == {}
        ]

    few = everything()
    assert len(few) == len(METRICS)
    monkeypatch.setattr(of_period, "MANY", -1)  # what streams otherwise from millions on
    assert everything() == few


def test_a_learner_counts_in_each_of_many_groups(tmp_path: Path) -> None:
    roster = deepcopy(ROSTER)
    names = [f"group {n}" for n in range(2 * LAYERS + 1)]
    roster["groups"] = [{"id": name} for name in names]
    of_ana = [{"group_id": name, "person_id": "ana", "role": "learner"} for name in names]
    of_bob = [{"group_id": names[-1], "person_id": "bob", "role": "learner"}]
    roster["memberships"] = of_ana + of_bob
    line = Line(tmp_path, UTC_ZONE, IDLE, roster)
    line.record.add(told(SAID))
    line.catch_up()
    for grants in (OWNER, [Grant("manager", groups=frozenset(names))]):
        report = line.report(Query("groups", ("connections", "course_participants")), grants)
        counts = {
            row["id"]: (row["connections"], row["course_participants"]) for row in report.rows
        }
        assert counts == dict.fromkeys(names, (1, 1)) | {names[-1]: (2, 2)}
        assert report.totals == {"connections": 2, "course_participants": 2}


def test_every_granularity_with_a_key_ranks_its_titles(line: Line) -> None:
    assert {name: [*one.ranks(line.frames)] for name, one in GRANULARITIES.items() if one.keys} == {
        "programs": ["title"],
        "sessions": ["title"],
        "courses": ["title"],
        "questions": [],
        "groups": [],
        "learners": ["title"],
        "enrolments": ["learner_title", "session_title"],
    }


@pytest.mark.parametrize("granularity", METRICS)
def test_a_report_leaves_nothing_to_the_collector(line: Line, granularity: str) -> None:
    """What it read would stay in memory until then, and be there twice after a publication."""
    gc.collect()
    gc.disable()
    try:
        figures(line, granularity, OWNER)
        assert not [one for one in gc.get_objects() if isinstance(one, Selection | Keyed)]
    finally:
        gc.enable()


@pytest.mark.parametrize("granularity", GRANULARITIES)
def test_periods_are_told_apart(line: Line, granularity: str) -> None:
    """What is kept of one is not taken for another, nor for all time."""
    early, late = datetime(2025, 3, 10, 9, 5, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
    queries = [
        Query(granularity, tuple(RULES.metrics), start=start, end=end)
        for start, end in ((None, None), (early, None), (None, early), (late, None), (None, None))
    ]
    told_of = []
    for query in queries:
        cold = Line(line.folder, UTC_ZONE, IDLE, ROSTER)
        expected, found = cold.report(query), line.report(query)
        assert found.failed == {}
        assert (found.rows, found.totals) == (expected.rows, expected.totals)
        told_of.append(str((found.rows, found.totals)))
    assert len(set(told_of)) > 1
