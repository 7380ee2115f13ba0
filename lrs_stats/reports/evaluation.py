"""Evaluates metrics over their tables in few passes; one that fails spares the others."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, get_args

import polars as pl
import structlog

from lrs_stats.reports.metric import Metric, Ratio, gathered
from lrs_stats.reports.tables import OF_ROSTER, OfRoster, Source, Tables

_log = structlog.get_logger()


Manner = Literal["in-memory", "streaming", "alone"]
"""How plans are carried out: together by one of Polars' engines, or one after the other."""
MANNERS: Final[tuple[Manner, ...]] = get_args(Manner)
PARTS: Final = 4
"""Parts in which it is counted what is distinct among many rows."""


class Batch(NamedTuple):
    """Metrics that read the same tables, whose events have few columns; `complete` has all."""

    metrics: Sequence[Metric]
    tables: Tables
    complete: Callable[[], Tables]


@dataclass(frozen=True)
class Figures:
    """The figures of some metrics: a frame of the rows asked for, and why some are missing."""

    frame: pl.DataFrame
    failed: dict[str, str]

    def beside(self, rows: pl.DataFrame) -> "Figures":
        """Return these figures of everything beside the one row of a report, if it has one."""
        joined = pl.concat([rows, self.frame.head(rows.height)], how="horizontal")
        return Figures(joined, self.failed)


class Asked(NamedTuple):
    """Metrics to evaluate by the keys of `rows`, which get their figures; without, a total."""

    batches: Sequence[Batch]
    by: Sequence[str] = ()
    rows: pl.DataFrame | None = None


def evaluate(*asked: Asked) -> list[Figures]:
    """Evaluate metrics, everything that is asked for in one pass.

    When that fails they are evaluated one by one, to spare the others.
    """
    try:
        plans = [
            (manner, number, plan)
            for number, one in enumerate(asked)
            for batch in one.batches
            for manner, plan in _plans(batch, one.by)
        ]
        frames: list[list[pl.DataFrame]] = [[] for _ in asked]
        for each in MANNERS:
            some = [(number, plan) for manner, number, plan in plans if manner == each]
            made = _carried_out([plan for _, plan in some], each)
            for (number, _), frame in zip(some, made, strict=True):
                frames[number].append(frame)
        return [Figures(_joined(some, one), {}) for some, one in zip(frames, asked, strict=True)]
    except Exception:  # noqa: BLE001 - whichever plugin failed is found below
        return [_one_by_one(one) for one in asked]


def _carried_out(plans: Sequence[pl.LazyFrame], manner: Manner) -> list[pl.DataFrame]:
    if manner == "alone":
        return [plan.collect() for plan in plans]
    return pl.collect_all(plans, engine=manner)


def _one_by_one(asked: Asked) -> Figures:
    """Evaluate each metric for itself; tables that cannot be read are no metric's failure."""
    frames, failed = [], {}
    for batch in asked.batches:
        tables = batch.tables
        pl.collect_all([table.select(pl.len()) for table in (tables.events, tables.connections)])
        for metric in batch.metrics:
            try:
                figures = _plan(metric, batch, asked.by).collect()
                _joined([figures], asked)  # which fails when the plugin's keys are wrong
                frames.append(figures)
            except Exception as error:  # noqa: BLE001 - a plugin's failure is its own column alone
                _log.exception("metric failed", metric=metric.name)
                failed[metric.name] = f"The metric {metric.name} failed: {type(error).__name__}."
    return Figures(_joined(frames, asked), failed)


def _plans(batch: Batch, by: Sequence[str]) -> Iterator[tuple[Manner, pl.LazyFrame]]:
    """Yield plans and their manner: of plain expressions over a table, and of the others.

    The plain ones have one plan for those that count what is distinct, and one for the rest.
    """
    others = list(batch.metrics)
    for source in [one for one in get_args(Source) if any(m.source == one for m in others)]:
        table: pl.LazyFrame = getattr(batch.tables, source)
        names = set(table.collect_schema())
        plain = [
            m
            for m in others
            if m.source == source
            and (figure := _plain(m)) is not None
            and names.issuperset(figure.meta.root_names())
        ]
        others = [m for m in others if m not in plain]
        for some in _apart(plain):
            yield _manner(some[0], batch.tables), _together(batch.tables, source, tuple(by), some)
    for metric in others:
        yield _manner(metric, batch.tables), _plan(metric, batch, by)


def _apart(plain: Sequence[Metric]) -> Iterator[tuple[Metric, ...]]:
    """Yield the metrics that count what is distinct, and the others, as far as there are some."""
    for distinct in (True, False):
        if some := tuple(m for m in plain if _counts_distinct(m) == distinct):
            yield some


def _counts_distinct(metric: Metric) -> bool:
    return "n_unique" in str(_plain(metric))


def _manner(metric: Metric, tables: Tables) -> Manner:
    """Return what is faster, and for what is distinct among many rows what takes less memory."""
    if metric.source not in tables.many:
        return "in-memory"
    return "alone" if _counts_distinct(metric) else "streaming"


def _together(
    tables: Tables, source: Source, by: tuple[str, ...], plain: tuple[Metric, ...]
) -> pl.LazyFrame:
    """Return the plan of plain expressions over a table, or what is known of them."""
    if source == "running":
        return tables.of_running(_gathered, by, plain)
    if source in OF_ROSTER:
        return tables.of_roster(_gathered_of, source, by, plain)
    brief = tables.whoever(source)
    if brief is not None and _reads_no_more(plain, brief):
        return _gathered(brief, by, plain)
    is_held = source != "events" or all(one.kinds for one in plain)
    if is_held and source in tables.many and _counts_distinct(plain[0]):
        return _in_parts(getattr(tables, source), by, plain)
    return _gathered(getattr(tables, source), by, plain)


def _in_parts(table: pl.LazyFrame, by: tuple[str, ...], plain: tuple[Metric, ...]) -> pl.LazyFrame:
    """Return figures of many rows, of a part of the keys after the other.

    To know what is distinct takes memory for each row of which it is asked at once.
    """
    if not by or table.collect_schema()[by[0]] != pl.Categorical():
        return _gathered(table, by, plain)
    part = pl.col(by[0]).to_physical().fill_null(0) % PARTS
    some = (_gathered(table.filter(part == one), by, plain) for one in range(PARTS))
    return pl.concat(some, parallel=False)


def _reads_no_more(plain: Sequence[Metric], table: pl.LazyFrame) -> bool:
    """Return whether expressions name the columns that they read, and a table has them all."""
    figures = [figure.meta for one in plain if (figure := _plain(one)) is not None]
    if any(one.has_multiple_outputs() or not one.root_names() for one in figures):
        return False
    names = set(table.collect_schema())
    return all(names.issuperset(one.root_names()) for one in figures)


def _gathered_of(
    tables: OfRoster, source: Source, by: Sequence[str], plain: Sequence[Metric]
) -> pl.LazyFrame:
    return _gathered(getattr(tables, source), by, plain)


def _gathered(table: pl.LazyFrame, by: Sequence[str], plain: Sequence[Metric]) -> pl.LazyFrame:
    figures = [figure.alias(m.name) for m in plain if (figure := _plain(m)) is not None]
    return gathered(table, by, *figures)


def _plan(metric: Metric, batch: Batch, by: Sequence[str]) -> pl.LazyFrame:
    """Return the plan of one metric; over the complete tables if it wants other columns."""
    try:
        plan = metric.compute(batch.tables, by)
        plan.collect_schema()
    except pl.exceptions.ColumnNotFoundError:
        return metric.compute(batch.complete(), by)
    return plan


def _plain(metric: Metric) -> pl.Expr | None:
    """Return the expression that is the whole of a metric, if there is one."""
    if isinstance(metric, Ratio):
        return metric.quotient if type(metric).compute is Ratio.compute else None
    return metric.expression if type(metric).compute is Metric.compute else None


def _joined(frames: Sequence[pl.DataFrame], asked: Asked) -> pl.DataFrame:
    """Put frames with the same keys beside the rows, or those of a total beside each other."""
    if asked.rows is None:
        return pl.concat(frames, how="horizontal") if frames else pl.DataFrame([{}])
    joined = asked.rows.lazy()
    for frame in frames:
        joined = joined.join(frame.lazy(), on=asked.by, how="left", maintain_order="left")
    return joined.collect(engine="in-memory")
