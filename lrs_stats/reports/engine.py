"""Evaluates a query: scope and filter the tables first, then every metric in few passes.

A metric is handed tables that hold nothing but what its reader may see, so none can leak.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl
import structlog

from lrs_stats.access.grants import Grant
from lrs_stats.access.scope import for_granularity, sees_all
from lrs_stats.errors import BadRequest
from lrs_stats.facts.tables import Snapshot
from lrs_stats.reports.granularities import GRANULARITIES, Granularity
from lrs_stats.reports.metric import Metric, Tables
from lrs_stats.reports.query import Query
from lrs_stats.reports.report import Column, Report
from lrs_stats.reports.roster_frames import RosterFrames
from lrs_stats.reports.rows import listed
from lrs_stats.reports.selection import Selection

_log = structlog.get_logger()
WHOLE: Final = {"count": "integer", "seconds": "number", "percent": "number"}


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
        granularity = GRANULARITIES[query.granularity]
        opening = for_granularity(grants, granularity.name)
        metrics = [self._metrics[name] for name in query.metrics]
        selection = Selection(query, opening, facts.snapshot, facts.roster, self._zone)
        by = [name for name in (granularity.key, "period" if query.interval else "") if name]
        keyed = selection.keyed(granularity)
        rows = listed(granularity, query, selection, keyed, whole=sees_all(opening))
        figures = evaluate(metrics, replace(keyed, rows=rows.lazy().select(by)), by)
        totals = evaluate(metrics, selection.whole(granularity), [])
        frame = _filled(rows, figures.frame, by, metrics)
        columns = _columns(granularity, query, metrics)
        ordered = _ordered(frame, columns, query.sort).rename({granularity.key: "id"}, strict=False)
        return Report(
            granularity=granularity.name,
            columns=columns,
            rows=_page(ordered, query).select(column.name for column in columns).to_dicts(),
            totals=_filled_total(totals.frame, metrics),
            count=ordered.height,
            timezone=str(self._zone),
            as_of=facts.as_of,
            start=query.start,
            end=query.end,
            interval=query.interval,
            filters={name: sorted(ids) for name, ids in query.filters.items()},
            failed=figures.failed | totals.failed,
        )


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
    for source, table in (("connections", tables.connections), ("events", tables.events)):
        plain = [
            m.expression.alias(m.name)
            for m in metrics
            if _plain(m, source) and m.expression is not None
        ]
        if plain:
            plans.append(table.group_by(by).agg(plain) if by else table.select(plain))
    plans += [m.compute(tables, by) for m in metrics if not _plain(m)]
    return plans


def _plain(metric: Metric, source: str = "") -> bool:
    inherited = type(metric).compute is Metric.compute
    return inherited and metric.expression is not None and source in {"", metric.source}


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


def _filled_total(frame: pl.DataFrame, metrics: Sequence[Metric]) -> dict[str, Any]:
    row = frame.row(0, named=True) if frame.height else {}
    found = {metric: row.get(metric.name) for metric in metrics}
    return {m.name: m.empty if value is None else value for m, value in found.items()}


def _columns(
    granularity: Granularity, query: Query, metrics: Sequence[Metric]
) -> tuple[Column, ...]:
    keys = []
    if granularity.key:
        keys += [Column("id", "Id"), Column("title", granularity.title)]
    if query.interval:
        keys.append(Column("period", query.interval.capitalize(), type="date"))
    figures = (
        Column(m.name, m.title, m.unit, "integer" if m.unit == "count" else "number", metric=True)
        for m in metrics
    )
    return (*keys, *figures)


def _ordered(frame: pl.DataFrame, columns: Sequence[Column], sort: str) -> pl.DataFrame:
    """Sort by the column asked for, then by period, title and id, so that pages are stable."""
    names = [column.name for column in columns]
    wanted = sort.removeprefix("-")
    if wanted and wanted not in names:
        raise BadRequest(
            f"sort: there is no column {wanted!r}. The columns are: {', '.join(names)}."
        )
    frame = frame.rename({frame.columns[0]: "id"}) if "id" in names else frame
    rest = [name for name in ("period", "title", "id") if name in names and name != wanted]
    keys = [
        pl.col(name).str.to_lowercase() if name == "title" else pl.col(name)
        for name in ([wanted] if wanted else []) + rest
    ]
    falling = [sort.startswith("-")] * bool(wanted) + [False] * len(rest)
    return frame.sort(keys, descending=falling, nulls_last=True) if keys else frame


def _page(frame: pl.DataFrame, query: Query) -> pl.DataFrame:
    if query.page_size is None:
        return frame
    # A page may be any number; Polars takes 64 bits.
    first = min((query.page - 1) * query.page_size, frame.height)
    return frame.slice(first, query.page_size)
