"""Evaluates a query: scope and filter the tables first, then every metric in few passes.

A metric is handed tables that hold nothing but what its reader may see, so none can leak.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, get_args
from zoneinfo import ZoneInfo

import polars as pl
import structlog

from lrs_stats.access.grants import Grant
from lrs_stats.access.scope import for_granularity, sees_all
from lrs_stats.errors import BadRequest
from lrs_stats.facts.reader import Snapshot
from lrs_stats.reports.explanation import Explanation, explain
from lrs_stats.reports.granularities import GRANULARITIES, Granularity
from lrs_stats.reports.logs import LOGS, evidence, log
from lrs_stats.reports.meaning import why_not
from lrs_stats.reports.metric import Metric, Ratio, Source, Tables, Unit, gathered
from lrs_stats.reports.ordering import ordered, page_of
from lrs_stats.reports.periods import last_months
from lrs_stats.reports.query import Query
from lrs_stats.reports.report import Column, ColumnType, Report
from lrs_stats.reports.roster_frames import RosterFrames
from lrs_stats.reports.rows import listed
from lrs_stats.reports.selection import Selection

_log = structlog.get_logger()
TYPES: Final[dict[Unit, ColumnType]] = {
    "count": "integer",
    "seconds": "number",
    "percent": "number",
    "instant": "instant",
}


@dataclass(frozen=True)
class Figures:
    """The figures of some metrics: a frame keyed by `by`, and why some are missing."""

    frame: pl.DataFrame
    failed: dict[str, str]


@dataclass(frozen=True)
class Facts:
    """What a report is computed from: the published facts, the roster, and when they stood so."""

    snapshot: Snapshot
    roster: RosterFrames
    as_of: datetime


class Engine:
    """Answers queries with the metrics that are registered."""

    def __init__(self, metrics: Mapping[str, Metric], zone: ZoneInfo) -> None:
        self._metrics = metrics
        self._zone = zone

    def report(self, query: Query, grants: Sequence[Grant], facts: Facts) -> Report:
        """Return the report, one page of it when the query has a page size."""
        opening = for_granularity(grants, query.granularity)
        selection = self._selection(query, opening, facts)
        if query.granularity in LOGS:
            return log(query, selection, facts.as_of)
        granularity = GRANULARITIES[query.granularity]
        metrics = [self._metrics[name] for name in query.metrics]
        not_applicable = {m.name: why for m in metrics if (why := why_not(m, query))}
        by = [name for name in (granularity.key, "period" if query.interval else "") if name]
        rows = listed(granularity, query, selection, whole=sees_all(opening))
        keys = rows.lazy().select(by)
        figures, totals = [], []
        for months, some in _by_months(m for m in metrics if m.name not in not_applicable):
            counted = selection
            if months is not None:
                own = last_months(query, months, facts.as_of, self._zone)
                counted = self._selection(own, opening, facts)
            figures.append(evaluate(some, counted.keyed(granularity, keys), by))
            totals.append(evaluate(some, counted.whole(granularity), []))
        failed = {name: why for one in (*figures, *totals) for name, why in one.failed.items()}
        frame = _filled(rows, _joined([one.frame for one in figures], by), by, metrics)
        total = _joined([one.frame for one in totals], [])
        columns = _columns(granularity, query, metrics)
        lines = ordered(frame.rename({granularity.key: "id"}, strict=False), columns, query.sort)
        return Report(
            granularity=granularity.name,
            columns=columns,
            rows=page_of(lines, query).select(column.name for column in columns).to_dicts(),
            totals=_filled_total(total, metrics, failed | not_applicable),
            count=lines.height,
            timezone=str(self._zone),
            as_of=facts.as_of,
            start=query.start,
            end=query.end,
            interval=query.interval,
            filters={name: sorted(ids) for name, ids in query.filters.items()},
            failed=failed,
            not_applicable=not_applicable,
        )

    def explain(self, query: Query, grants: Sequence[Grant], facts: Facts) -> Explanation:
        """Return what is behind the one metric of a query, over everything that it covers."""
        metric, opening, counted = self._one(query, grants, facts)
        selection = self._selection(counted, opening, facts)
        return explain(metric, counted, selection, opening, facts.as_of)

    def evidence(self, query: Query, grants: Sequence[Grant], facts: Facts) -> Report:
        """Return the statements on which the one metric of a query rests, or a page of them."""
        metric, opening, counted = self._one(query, grants, facts)
        return evidence(metric, counted, self._selection(counted, opening, facts), facts.as_of)

    def _one(
        self, query: Query, grants: Sequence[Grant], facts: Facts
    ) -> tuple[Metric, Sequence[Grant], Query]:
        """Return the metric of a query, the grants that open it, and the period that it counts."""
        (name,) = query.metrics
        metric, opening = self._metrics[name], for_granularity(grants, query.granularity)
        if why := why_not(metric, query):
            raise BadRequest(why)
        if metric.months is None:
            return metric, opening, query
        return metric, opening, last_months(query, metric.months, facts.as_of, self._zone)

    def _selection(self, query: Query, opening: Sequence[Grant], facts: Facts) -> Selection:
        return Selection(query, opening, facts.snapshot, facts.roster, self._zone)


def _by_months(metrics: Iterable[Metric]) -> Iterator[tuple[int | None, list[Metric]]]:
    """Yield the metrics that count over the same period: that asked for, or so many months."""
    sorted_out: dict[int | None, list[Metric]] = {}
    for metric in metrics:
        sorted_out.setdefault(metric.months, []).append(metric)
    yield from sorted_out.items()


def evaluate(metrics: Sequence[Metric], tables: Tables, by: Sequence[str]) -> Figures:
    """Evaluate all metrics together; when that fails, one by one, to spare the others."""
    try:
        frames = pl.collect_all(_plans(metrics, tables, by))
        return Figures(_joined(frames, by), {})
    except Exception:  # noqa: BLE001 - whichever plugin failed is found below
        return _one_by_one(metrics, tables, by)


def _one_by_one(metrics: Sequence[Metric], tables: Tables, by: Sequence[str]) -> Figures:
    """Evaluate each metric for itself; tables that cannot be read are no metric's failure."""
    pl.collect_all([table.select(pl.len()) for table in (tables.events, tables.connections)])
    frames, failed = [], {}
    for metric in metrics:
        try:
            frames.append(_joined([metric.compute(tables, by).collect()], by))
        except Exception as error:  # noqa: BLE001 - a plugin's failure is its own column alone
            _log.exception("metric failed", metric=metric.name)
            failed[metric.name] = f"The metric {metric.name} failed: {type(error).__name__}."
    return Figures(_joined(frames, by), failed)


def _plans(metrics: Sequence[Metric], tables: Tables, by: Sequence[str]) -> list[pl.LazyFrame]:
    """Return one plan for all plain expressions over a table, and one for each other metric."""
    plans = []
    for source in get_args(Source):
        plain = [
            figure.alias(m.name)
            for m in metrics
            if m.source == source and (figure := _plain(m)) is not None
        ]
        if plain:
            plans.append(gathered(getattr(tables, source), by, *plain))
    plans += [m.compute(tables, by) for m in metrics if _plain(m) is None]
    return plans


def _plain(metric: Metric) -> pl.Expr | None:
    """Return the expression that is the whole of a metric, if there is one."""
    if isinstance(metric, Ratio):
        return metric.quotient if type(metric).compute is Ratio.compute else None
    return metric.expression if type(metric).compute is Metric.compute else None


def _joined(frames: Sequence[pl.DataFrame], by: Sequence[str]) -> pl.DataFrame:
    """Join frames with the same keys into one."""
    if not by:
        return pl.concat(frames, how="horizontal") if frames else pl.DataFrame([{}])
    joined = frames[0] if frames else pl.DataFrame(schema=dict.fromkeys(by, pl.Null))
    for frame in frames[1:]:
        joined = joined.join(frame, on=by, how="full", coalesce=True)
    return joined


def _filled(
    rows: pl.DataFrame, figures: pl.DataFrame, by: Sequence[str], metrics: Sequence[Metric]
) -> pl.DataFrame:
    """Give each listed row its figures; where nothing happened, the metric's own emptiness."""
    if not by:
        joined = pl.concat([rows, figures.head(1)], how="horizontal")
    elif figures.width > len(by):
        joined = rows.join(figures, on=by, how="left")
    else:
        joined = rows
    return joined.with_columns(_empty(metric, joined) for metric in metrics)


def _empty(metric: Metric, frame: pl.DataFrame) -> pl.Expr:
    if metric.name not in frame.columns:
        return pl.lit(None, dtype=pl.Float64).alias(metric.name)
    figure = pl.col(metric.name)
    return figure if metric.empty is None else figure.fill_null(metric.empty)


def _filled_total(
    frame: pl.DataFrame, metrics: Sequence[Metric], without: Collection[str]
) -> dict[str, Any]:
    row = frame.row(0, named=True) if frame.height else {}
    empty = {m.name: None if m.name in without else m.empty for m in metrics}
    return {
        name: value if (found := row.get(name)) is None else found for name, value in empty.items()
    }


def _columns(
    granularity: Granularity, query: Query, metrics: Sequence[Metric]
) -> tuple[Column, ...]:
    keys = []
    if granularity.key:
        keys += [Column("id", "Id"), Column("title", granularity.title)]
    if query.interval:
        keys.append(Column("period", query.interval.capitalize(), type="date"))
    figures = (Column(m.name, m.title, m.unit, TYPES[m.unit], metric=True) for m in metrics)
    return (*keys, *figures)
