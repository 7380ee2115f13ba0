"""Every figure of every report equals that of the oracle, in random small worlds."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrs_stats.reports import engine, roster_frames
from lrs_stats.reports.query import Interval, Query
from tests import oracle
from tests.examples import examples
from tests.line import Line
from tests.oracle import METRICS
from tests.roster_strategies import BEGINNING, often
from tests.statement_strategies import IDLE, QUESTIONS, ZONE, World, worlds

GRANULARITIES = (
    *("platform", "courses", "learners", "sessions", "programs", "groups"),
    *("questions", "enrolments"),
)
DAYS = [BEGINNING.date() + timedelta(days=days) for days in (-2, 0, 1, 2, 4)]
# The second before a month begins in the zone, and the second with which it begins: the twelve
# months hold all of a world, then only what happened after the end of its first month.
INSTANTS = [
    datetime(2025, 4, 20, tzinfo=UTC),
    datetime(2026, 2, 28, 22, 59, 59, tzinfo=UTC),
    datetime(2026, 2, 28, 23, tzinfo=UTC),
]
# Half an hour beside UTC, behind it, far ahead of it in the south, and where the worlds were made.
ZONES = st.sampled_from(
    [ZONE, *map(ZoneInfo, ("UTC", "Asia/Kolkata", "America/New_York", "Pacific/Auckland"))]
)
PLURALS = {
    "learner": ("learners", "people"),
    "group": ("groups", "groups"),
    "program": ("programs", "programs"),
    "session": ("sessions", "sessions"),
    "course": ("courses", "courses"),
    "question": ("questions", ""),
}


@dataclass(frozen=True)
class Inquiry:
    granularity: str
    metrics: tuple[str, ...]
    start: date | None
    end: date | None
    interval: Interval | None
    filters: dict[str, frozenset[str]]
    zone: ZoneInfo

    def means_nothing(self, metric: str) -> bool:
        by_question = "question" in self.filters
        return oracle.means_nothing(metric, self.granularity, self.interval, by_question)


@st.composite
def inquiries(draw: st.DrawFn, world: World, line: Line) -> Inquiry:
    granularity = draw(st.sampled_from(GRANULARITIES))
    interval = draw(st.sampled_from([None, None, *get_args(Interval)]))
    filters = draw(some_filters(world))
    inquiry = Inquiry(granularity, METRICS, *draw(periods()), interval, filters, line.zone)
    if draw(st.integers(0, 3)) == 0:
        any_of_them = st.lists(st.sampled_from(METRICS), min_size=1, unique=True)
        return with_metrics(inquiry, draw(any_of_them))
    return with_metrics(inquiry, [each for each in METRICS if not inquiry.means_nothing(each)])


def with_metrics(inquiry: Inquiry, metrics: list[str]) -> Inquiry:
    return replace(inquiry, metrics=tuple(metrics))


@st.composite
def some_filters(draw: st.DrawFn, world: World) -> dict[str, frozenset[str]]:
    filters = {}
    for name in draw(st.just([]) | st.lists(st.sampled_from(sorted(PLURALS)), unique=True)):
        table = PLURALS[name][1]
        known = [row["id"] for row in (world.roster[table] if table else QUESTIONS)]
        some = st.lists(st.sampled_from([*known, *known, "nobody"]), min_size=1, max_size=4)
        filters[name] = frozenset(draw(some))
    return filters


@st.composite
def periods(draw: st.DrawFn) -> tuple[date | None, date | None]:
    start, end = draw(often(None, *DAYS)), draw(often(None, *DAYS))
    return start, end if start is None or end is None or start <= end else None


# Asking both


def midnight(day: date | None, zone: ZoneInfo) -> datetime | None:
    return None if day is None else datetime.combine(day, time.min, zone)


def asked(inquiry: Inquiry) -> Query:
    return Query(
        inquiry.granularity,
        inquiry.metrics,
        midnight(inquiry.start, inquiry.zone),
        midnight(inquiry.end, inquiry.zone),
        inquiry.interval,
        inquiry.filters,
    )


def theirs(world: World, inquiry: Inquiry, as_of: datetime) -> oracle.Answer:
    return oracle.report(
        world.statements,
        world.roster,
        inquiry.granularity,
        metrics=inquiry.metrics,
        interval=inquiry.interval,
        as_of=as_of,
        **limits(inquiry),
    )


def limits(inquiry: Inquiry) -> Any:
    return {
        "start": inquiry.start,
        "end": inquiry.end,
        "zone": inquiry.zone,
        "idle": IDLE,
        **{PLURALS[name][0]: ids for name, ids in inquiry.filters.items()},
    }


@contextmanager
def counting(world: World, zone: ZoneInfo, instant: datetime = INSTANTS[0]) -> Iterator[Line]:
    """Give a line that has counted the statements of a world by an instant, in a zone."""
    with TemporaryDirectory() as folder:
        line = Line(Path(folder), zone, IDLE, world.roster)
        line.record.instant = instant
        line.record.add(world.statements)
        line.catch_up()
        yield line


# Comparing them


def assert_report(report: Any, inquiry: Inquiry, world: World) -> None:
    """Hold the rows and totals of a report against the oracle's."""
    assert report.failed == {}
    nothing = {metric for metric in inquiry.metrics if inquiry.means_nothing(metric)}
    assert set(report.not_applicable) == nothing, inquiry
    assert all(report.not_applicable.values())
    expected = theirs(world, inquiry, report.as_of)
    names = {column.name for column in report.columns}
    rows = {key_of(row, names): row for row in report.rows}
    assert len(rows) == len(report.rows)
    assert rows.keys() == expected.rows.keys(), inquiry
    for key, row in rows.items():
        assert_same(row, expected.rows[key], (inquiry, key))
    assert_same(report.totals, expected.totals, (inquiry, "totals"))


def key_of(row: Mapping[str, Any], columns: set[str]) -> tuple[Any, ...]:
    """Return what tells a row apart, as the oracle spells it."""
    pair = [(row["learner"], row["session"])] if {"learner", "session"} <= columns else []
    return (*pair, *(row[name] for name in ("id", "period") if name in columns))


def assert_same(mine: Mapping[str, Any], other: Mapping[str, Any], where: object) -> None:
    """Hold what the oracle says of one row against what a report says of it."""
    for name, right in other.items():
        left = mine.get(name)
        if isinstance(left, float) and isinstance(right, int | float):
            same = math.isclose(left, right, rel_tol=1e-12, abs_tol=1e-9)
        else:
            same = left == right
        assert same, (where, name, left, right)


HEAVY = settings(
    deadline=None,
    max_examples=examples(40),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@HEAVY
@given(data=st.data(), world=worlds(), zone=ZONES, instant=st.sampled_from(INSTANTS))
def test_every_report_is_the_oracles(
    data: st.DataObject, world: World, zone: ZoneInfo, instant: datetime
) -> None:
    with counting(world, zone, instant) as line:
        for _ in range(3):
            inquiry = data.draw(inquiries(world, line))
            assert_report(line.report(asked(inquiry)), inquiry, world)


@settings(HEAVY, max_examples=examples(25))
@given(data=st.data(), world=worlds())
def test_pages_are_what_all_rows_are_cut_into(data: st.DataObject, world: World) -> None:
    """A page that needs the figures of few learners says of them what all rows together say.

    So does one of few groups.
    """
    with counting(world, ZONE) as line, pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "FEW_OF", 1)
        patch.setattr(roster_frames, "MOST_PLACES", data.draw(st.sampled_from([0, 1000])))
        inquiry = data.draw(inquiries(world, line))
        sort = data.draw(st.sampled_from(["", "", *(f"-{name}" for name in inquiry.metrics)]))
        granularity = data.draw(st.sampled_from(["learners", "enrolments", "groups"]))
        query = replace(asked(inquiry), granularity=granularity, sort=sort)
        whole, size = line.report(query), data.draw(st.integers(1, 3))
        for number in range(len(whole.rows) // size + 1):
            page = line.report(replace(query, page=number + 1, page_size=size))
            assert (page.totals, page.count) == (whole.totals, len(whole.rows))
            assert page.rows == whole.rows[number * size : (number + 1) * size]


def assert_log(report: Any, expected: list[dict[str, Any]], where: object) -> None:
    """Hold the rows of a log, in their order, against the oracle's."""
    assert [row["id"] for row in report.rows] == [row["id"] for row in expected], where
    for mine, other in zip(report.rows, expected, strict=True):
        assert_same(mine, other, where)


@st.composite
def logs(draw: st.DrawFn, world: World, line: Line, granularity: str) -> Inquiry:
    return Inquiry(granularity, (), *draw(periods()), None, draw(some_filters(world)), line.zone)


@pytest.mark.parametrize(
    ("granularity", "theirs"),
    [("connections", oracle.connection_log), ("answers", oracle.answer_log)],
)
@HEAVY
@given(data=st.data(), world=worlds(), zone=ZONES)
def test_a_log_is_the_oracles(
    data: st.DataObject, world: World, zone: ZoneInfo, granularity: str, theirs: Any
) -> None:
    with counting(world, zone) as line:
        for _ in range(3):
            log = data.draw(logs(world, line, granularity))
            expected = theirs(world.statements, world.roster, **limits(log))
            assert_log(line.report(asked(log)), expected, log)
