"""Every figure of every report equals that of the oracle, in random small worlds."""

import math
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrs_stats.reports.query import Interval, Query
from tests import oracle
from tests.examples import examples
from tests.line import Line
from tests.roster_strategies import BEGINNING
from tests.statement_strategies import IDLE, ZONE, World, worlds

GRANULARITIES = ("platform", "courses", "learners", "sessions", "programs", "groups")
METRICS = ("connections", "time_spent", "score", "participation")
DAYS = [BEGINNING.date() + timedelta(days=days) for days in (-2, 0, 1, 2, 4)]
PLURALS = {
    "learner": ("learners", "people"),
    "group": ("groups", "groups"),
    "program": ("programs", "programs"),
    "session": ("sessions", "sessions"),
    "course": ("courses", "courses"),
}


@dataclass(frozen=True)
class Question:
    granularity: str
    start: date | None
    end: date | None
    interval: Interval | None
    filters: dict[str, frozenset[str]]


@st.composite
def questions(draw: st.DrawFn, world: World) -> Question:
    start, end = draw(st.sampled_from([None, *DAYS])), draw(st.sampled_from([None, *DAYS]))
    filters = {}
    for name, (_, table) in PLURALS.items():
        known = [row["id"] for row in world.roster[table]]
        if draw(st.integers(0, 4)) == 0:
            some = st.lists(st.sampled_from([*known, "nobody"]), min_size=1)
            filters[name] = frozenset(draw(some))
    return Question(
        draw(st.sampled_from(GRANULARITIES)),
        start,
        end if start is None or end is None or start <= end else None,
        draw(st.sampled_from([None, None, *get_args(Interval)])),
        filters,
    )


def midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time.min, ZONE)


def asked(question: Question) -> Query:
    return Query(
        question.granularity,
        METRICS,
        midnight(question.start),
        midnight(question.end),
        question.interval,
        question.filters,
    )


def ours(line: Line, question: Question) -> tuple[dict[Any, Any], dict[str, Any]]:
    report = line.report(asked(question))
    assert report.failed == {}
    keys = [name for name in ("id", "period") if any(c.name == name for c in report.columns)]
    rows = {tuple(row[key] for key in keys): {m: row[m] for m in METRICS} for row in report.rows}
    assert len(rows) == len(report.rows)
    return rows, report.totals


def theirs(world: World, question: Question) -> oracle.Answer:
    filters: dict[str, Any] = {PLURALS[name][0]: ids for name, ids in question.filters.items()}
    return oracle.report(
        world.statements,
        world.roster,
        question.granularity,
        metrics=METRICS,
        start=question.start,
        end=question.end,
        interval=question.interval,
        zone=ZONE,
        idle=IDLE,
        **filters,
    )


def assert_same(mine: dict[str, Any], other: dict[str, Any], where: object) -> None:
    for name in METRICS:
        left, right = mine[name], other[name]
        if left is None or right is None:
            same = left == right
        else:
            same = math.isclose(left, right, rel_tol=1e-12, abs_tol=1e-9)
        assert same, (where, name, mine, other)


@settings(
    deadline=None,
    max_examples=examples(40),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data(), world=worlds())
def test_every_report_is_the_oracles(data: st.DataObject, world: World) -> None:
    with TemporaryDirectory() as folder:
        line = Line(Path(folder), ZONE, IDLE, world.roster)
        line.record.add(world.statements)
        line.catch_up()
        for _ in range(3):
            question = data.draw(questions(world))
            expected = theirs(world, question)
            rows, totals = ours(line, question)
            assert rows.keys() == expected.rows.keys(), question
            for key, row in rows.items():
                assert_same(row, expected.rows[key], (question, key))
            assert_same(totals, expected.totals, (question, "totals"))
