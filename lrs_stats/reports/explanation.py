"""What is behind one figure: its formula, its parts, what it counts, and what it leaves out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from lrs_stats.access.grants import ALL, Grant, Some
from lrs_stats.facts.rows import IS_PRESENCE
from lrs_stats.reports.granularities import GRANULARITIES
from lrs_stats.reports.metric import Metric, Ratio
from lrs_stats.reports.query import Query
from lrs_stats.reports.selection import Selection
from lrs_stats.reports.tables import Tables


@dataclass(frozen=True)
class LeftOut:
    """What is near a figure and not in it: why, how many, and a sentence."""

    reason: str
    count: int
    text: str


@dataclass(frozen=True)
class Explanation:
    """One figure, explained; the parts are None where the figure is no ratio.

    `value` is `times` × `numerator` ÷ `denominator` of a ratio. `start` and `end` are the period
    that was counted, `scope` says what the reader may see of it.
    """

    metric: Metric
    granularity: str
    value: Any
    numerator: Any
    denominator: Any
    times: int | None
    filters: dict[str, list[str]]
    start: datetime | None
    end: datetime | None
    timezone: str
    as_of: datetime
    scope: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    evident: bool = True
    """Whether the reader may see the statements behind it one by one."""


def explain(
    metric: Metric,
    query: Query,
    selection: Selection,
    grants: Sequence[Grant],
    as_of: datetime,
) -> Explanation:
    """Return the explanation of the figure over everything that a query covers."""
    granularity = GRANULARITIES[query.granularity]
    tables = selection.of(granularity).whole()
    value = metric.compute(tables, []).collect()[metric.name].item()
    numerator, denominator = _parts(metric, tables)
    return Explanation(
        metric=metric,
        granularity=granularity.name,
        value=metric.empty if value is None else value,
        numerator=numerator,
        denominator=denominator,
        times=metric.times if isinstance(metric, Ratio) else None,
        filters={name: sorted(ids) for name, ids in query.filters.items()},
        start=query.start,
        end=query.end,
        timezone=str(selection.zone),
        as_of=as_of,
        scope=tuple(_sentence(grant) for grant in grants),
        left_out=tuple(_left_out(selection)),
    )


def _parts(metric: Metric, tables: Tables) -> tuple[Any, Any]:
    if not isinstance(metric, Ratio):
        return None, None
    parts = metric.parts(tables, []).collect()
    return parts["numerator"].item(), parts["denominator"].item()


def _sentence(grant: Grant) -> str:
    learners, courses, sessions = (
        _some(grant.learners, "learner"),
        _some(grant.courses, "course"),
        _some(grant.sessions, "session"),
    )
    return f"As {grant.role}: {learners}, {courses}, {sessions}."


def _some(some: Some, word: str) -> str:
    if some is ALL or not isinstance(some, frozenset):
        return f"every {word}"
    return f"{len(some)} {word}{'' if len(some) == 1 else 's'}"


def _left_out(selection: Selection) -> Iterator[LeftOut]:
    """Yield what is near the figure, within the same scope, filters and period."""
    counts = selection.complete_events().select(
        unassigned=(IS_PRESENCE & pl.col("course").is_null()).sum(),
        unknown=((pl.col("part") == 0) & (pl.col("kind") == "unknown")).sum(),
    )
    voided = selection.voided.select(voided=pl.col("statement").n_unique())
    pending = selection.of_roster.enrolled.select(pending=pl.col("pending").sum())
    found = pl.concat(pl.collect_all([voided, counts, pending]), how="horizontal")
    texts = {
        "voided": "Statements that were voided. They never count.",
        "unassigned": "Statements that belong to no course. They have no connection, and are in no"
        " figure of a course, session or program.",
        "unknown": "Statements that no interpreter understands. They say nothing that counts.",
        "pending": "Enrolments that are pending. They count in figures of sessions and programs,"
        " and in none that wants a connection.",
    }
    for reason, count in found.row(0, named=True).items():
        yield LeftOut(reason, int(count or 0), texts[reason])
