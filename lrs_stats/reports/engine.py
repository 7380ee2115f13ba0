"""Evaluates a query: scope and filter the tables first, then every metric in few passes.

A metric is handed tables that hold nothing but what its reader may see, so none can leak.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl

from lrs_stats.access.grants import Grant
from lrs_stats.access.scope import for_evidence, for_granularity, shows_evidence
from lrs_stats.errors import BadRequest
from lrs_stats.facts.reader import Snapshot
from lrs_stats.reports.asked import Standings
from lrs_stats.reports.attributes import ATTRIBUTES, attributes
from lrs_stats.reports.evaluation import Asked, Batch, Figures, evaluate
from lrs_stats.reports.explanation import Explanation, explain
from lrs_stats.reports.granularities import EVERY, SEATS, Granularity, page_to_open
from lrs_stats.reports.keyed import OPEN_ACCESS
from lrs_stats.reports.logs import LOGS, Beside, evidence, log
from lrs_stats.reports.meaning import why_not
from lrs_stats.reports.metric import Metric, Unit
from lrs_stats.reports.ordering import FEW_OF, near, ordered, sorting
from lrs_stats.reports.periods import last_months
from lrs_stats.reports.query import Query
from lrs_stats.reports.report import (
    Column,
    ColumnType,
    Need,
    Report,
    Reports,
    plain,
    sliced,
)
from lrs_stats.reports.roster_frames import RosterFrames
from lrs_stats.reports.rows import entitled, listed
from lrs_stats.reports.searching import found
from lrs_stats.reports.selection import Selection

TYPES: Final[dict[Unit, ColumnType]] = {
    "count": "integer",
    "seconds": "number",
    "percent": "number",
    "instant": "instant",
}

PLACE: Final = "#"
"""The number of a row, which no column is called."""


@dataclass(frozen=True)
class Facts:
    """What a report is computed from: the published facts, the roster, and when they stood so."""

    snapshot: Snapshot
    roster: RosterFrames
    as_of: datetime


class Engine:
    """Answers queries with the metrics that are registered."""

    def __init__(
        self,
        metrics: Mapping[str, Metric],
        zone: ZoneInfo,
        needed: Callable[[str], Sequence[str]] = lambda _: (),
    ) -> None:
        """Take the metrics, the zone of days, and what says which roles open a granularity."""
        self._metrics = metrics
        self._zone = zone
        self._needed = needed
        self._standings = Standings()

    def report(self, query: Query, grants: Sequence[Grant], facts: Facts) -> Report:
        """Return the report, one page of it when the query has a page size."""
        opening = self._opening(query, grants)
        if query.search:
            searched = self._searched(query, opening, facts)
            return replace(self.report(searched, opening, facts), filters=_told(query))
        selection = self._selection(query, opening, facts)
        if query.granularity in LOGS:
            return log(query, selection, facts.as_of, self._beside_log(query, selection))
        granularity = EVERY[query.granularity]
        metrics = [self._metrics[name] for name in query.metrics]
        not_applicable = {m.name: why for m in metrics if (why := why_not(m, query))}
        by = [*granularity.keys, *(["period"] if query.interval else [])]
        columns = _columns(granularity, query, metrics)
        rows = listed(granularity, query, selection, opening)
        count = rows.height
        if few := _needs_few(granularity, columns, query, count):
            rows = near(rows, columns, query, granularity.ranks(facts.roster))
        rows = entitled(rows, granularity, selection)
        meaningful = [m for m in metrics if m.name not in not_applicable]
        of_all = self._counted(query, selection, meaningful, facts)
        of_rows = of_all
        if few:
            rows = _page_of(rows, granularity, columns, query)
            key = granularity.key or "learner"
            narrow = selection.of_page(key, rows[key])
            of_rows = self._counted(query, narrow, meaningful, facts)
        keys = rows.lazy().select(by)
        asked = [Asked([_whole(some, one, granularity, kinds) for one, kinds, some in of_all])]
        if by:  # without, the one row is the total
            batches = [_by_row(some, one, granularity, kinds, keys) for one, kinds, some in of_rows]
            asked.append(Asked(batches, by, rows))
        totals, *keyed = evaluate(*asked)
        figures = keyed[0] if by else totals.beside(rows)
        failed = figures.failed | totals.failed
        frame = figures.frame.with_columns(_empty(metric, figures.frame) for metric in metrics)
        frame = attributes(query.attributes, selection)(frame)
        lines = _identified(frame, granularity)
        lines = lines if few else ordered(lines, columns, query)
        return Report(
            granularity=granularity.name,
            columns=columns,
            batches=tuple(sliced(plain(lines, columns))),
            totals=_filled_total(totals.frame, metrics, failed | not_applicable),
            count=count,
            timezone=str(self._zone),
            as_of=facts.as_of,
            start=query.start,
            end=query.end,
            interval=query.interval,
            filters=_told(query),
            failed=failed,
            not_applicable=not_applicable,
        )

    def _counted(
        self, query: Query, selection: Selection, metrics: Sequence[Metric], facts: Facts
    ) -> list[tuple[Selection, tuple[str, ...], list[Metric]]]:
        """Return what metrics that read the same are to count, each over its own period."""
        selection.settle(
            {m.source for m in metrics if m.months is None}, in_series=query.interval is not None
        )
        counted = []
        for (months, kinds), some in _alike(metrics):
            period = self._period(query, months, facts)
            one = selection if months is None else selection.in_period(period)
            counted.append((one, kinds, some))
        return counted

    def reports(
        self, query: Query, needs: Iterable[Need], grants: Sequence[Grant], facts: Facts
    ) -> Reports:
        """Return the report of a query, and those that are needed beside it, of the same facts."""
        found_of = self._searched(query, self._opening(query, grants), facts)
        others = {need.name: self._beside(found_of, need) for need in needs}
        return Reports(
            replace(self.report(found_of, grants, facts), filters=_told(query)),
            {name: self.report(other, grants, facts) for name, other in others.items()},
        )

    def meaningful(self, query: Query) -> tuple[str, ...]:
        """Return the names of the metrics that mean something in the report of a query."""
        if query.granularity in LOGS:
            return ()
        return tuple(name for name, one in self._metrics.items() if not why_not(one, query))

    def _beside(self, query: Query, need: Need) -> Query:
        other = replace(
            query,
            granularity=need.granularity,
            metrics=need.metrics,
            interval=need.interval,
            sort=need.sort,
            attributes=need.attributes,
            page=1,
            page_size=None,
        )
        return replace(other, metrics=need.metrics or self.meaningful(other))

    def _beside_log(self, query: Query, selection: Selection) -> Beside:
        """Return what a log has beside its lines: attributes, and the figures of their seats."""
        metrics = [self._metrics[name] for name in query.metrics]
        figures = _of_seats(metrics, selection)
        add_attributes = attributes(query.attributes, selection)

        def add(lines: pl.DataFrame) -> pl.DataFrame:
            lines = lines.join(
                figures.frame, on=SEATS.pair, how="left", nulls_equal=True, maintain_order="left"
            )
            return add_attributes(lines)

        columns = (*_of_roster(query), *map(_figure, metrics))
        return Beside(columns, add if columns else _as_they_are, figures.failed)

    def _searched(self, query: Query, opening: Sequence[Grant], facts: Facts) -> Query:
        """Return the query of what is found among the titles that the reader may see."""
        if not query.search:
            return query
        key, ids = found(query, self._selection(query, opening, facts), opening)
        wanted = query.filters.get(key, ids) & ids
        return replace(query, search="", filters=query.filters | {key: wanted})

    def explain(self, query: Query, grants: Sequence[Grant], facts: Facts) -> Explanation:
        """Return what is behind the one metric of a query, over everything that it covers."""
        metric, opening, counted = self._one(query, grants, facts)
        selection = self._selection(counted, opening, facts)
        explained = explain(metric, counted, selection, opening, facts.as_of)
        return replace(explained, evident=shows_evidence(grants), filters=_told(query))

    def evidence(self, query: Query, grants: Sequence[Grant], facts: Facts) -> Report:
        """Return the statements on which the one metric of a query rests, or a page of them.

        They are those that the reader may see on this page, and one by one.
        """
        metric, opening, counted = self._one(query, grants, facts)
        selection = self._selection(counted, opening, facts)
        return evidence(metric, counted, selection, for_evidence(grants), facts.as_of)

    def _one(
        self, query: Query, grants: Sequence[Grant], facts: Facts
    ) -> tuple[Metric, Sequence[Grant], Query]:
        """Return the metric of a query, the grants that open it, and the period that it counts."""
        (name,) = query.metrics
        metric, opening = self._metrics[name], self._opening(query, grants)
        if why := why_not(metric, query):
            raise BadRequest(why)
        searched = self._searched(query, opening, facts)
        return metric, opening, self._period(searched, metric.months, facts)

    def _opening(self, query: Query, grants: Sequence[Grant]) -> list[Grant]:
        """Return the grants that open the page of a query, or raise Forbidden."""
        page = page_to_open(query.granularity)
        return for_granularity(grants, page, self._needed(page))

    def _period(self, query: Query, months: int | None, facts: Facts) -> Query:
        """Return the query over the period that a metric counts: that asked for, or its own."""
        return query if months is None else last_months(query, months, facts.as_of, self._zone)

    def _selection(self, query: Query, opening: Sequence[Grant], facts: Facts) -> Selection:
        return Selection(
            query, opening, facts.snapshot, facts.roster, self._zone, standings=self._standings
        )


def _needs_few(
    granularity: Granularity, columns: Sequence[Column], query: Query, count: int
) -> bool:
    """Return whether a page needs the figures of its own learners alone, or of its groups.

    It does when its order does not follow from figures, and the rows are many: learners, or groups
    of which the page has a small part.
    """
    if query.page_size is None:
        return False
    many_groups = granularity.key == "group" and count >= FEW_OF * query.page_size
    if "learner" not in granularity.keys and not many_groups:
        return False
    names = [column.name for column in columns]
    known = {column.name for column in granularity.columns} | {"period"}
    return sorting(query.sort, names).keys() <= known


def _page_of(
    rows: pl.DataFrame, granularity: Granularity, columns: Sequence[Column], query: Query
) -> pl.DataFrame:
    """Return the rows of the page that is asked for, in their order."""
    numbered = rows.with_row_index(PLACE)
    known = [column for column in columns if column.name in {"id", *numbered.columns}]
    nearest = _identified(near(numbered, known, query), granularity)
    return rows[ordered(nearest, known, query)[PLACE]]


def _by_row(
    metrics: Sequence[Metric],
    counted: Selection,
    granularity: Granularity,
    kinds: tuple[str, ...],
    keys: pl.LazyFrame,
) -> Batch:
    """Return what gives the figures of each row."""
    of = counted.of(granularity)
    tables = of.by_row(keys, kinds)
    return Batch(metrics, tables, partial(of.completed, kinds, tables))


def _whole(
    metrics: Sequence[Metric], counted: Selection, granularity: Granularity, kinds: tuple[str, ...]
) -> Batch:
    """Return what gives the figures of all rows together."""
    of = counted.of(granularity)
    tables = of.whole(kinds)
    return Batch(metrics, tables, partial(of.completed, kinds, tables))


def _as_they_are(lines: pl.DataFrame) -> pl.DataFrame:
    return lines


def _of_seats(metrics: Sequence[Metric], selection: Selection) -> Figures:
    """Return figures of the seats in which there is a connection: learner, course and session."""
    if not metrics:
        return Figures(pl.DataFrame(schema=dict.fromkeys(SEATS.pair, pl.Categorical())), {})
    selection.settle({metric.source for metric in metrics}, in_series=False)
    happened = selection.connections.select(SEATS.pair).unique().collect()
    rows = happened.with_columns(pl.col("session").fill_null(OPEN_ACCESS))
    batches = [
        _by_row(some, selection, SEATS, kinds, rows.lazy()) for (_, kinds), some in _alike(metrics)
    ]
    [figures] = evaluate(Asked(batches, SEATS.pair, rows))
    in_session = pl.when(pl.col("session") != OPEN_ACCESS).then("session")
    filled = (_empty(metric, figures.frame) for metric in metrics)
    return Figures(figures.frame.with_columns(in_session, *filled), figures.failed)


def _told(query: Query) -> dict[str, list[str]]:
    """Return the filters of a query as they were asked for."""
    searched = {"search": [query.search]} if query.search else {}
    return {name: sorted(ids) for name, ids in query.filters.items()} | searched


def _alike(
    metrics: Iterable[Metric],
) -> Iterator[tuple[tuple[int | None, tuple[str, ...]], list[Metric]]]:
    """Yield the metrics that count over the same period, and over the same kinds of events."""
    sorted_out: dict[tuple[int | None, tuple[str, ...]], list[Metric]] = {}
    for metric in metrics:
        sorted_out.setdefault((metric.months, metric.kinds), []).append(metric)
    yield from sorted_out.items()


def _identified(frame: pl.DataFrame, granularity: Granularity) -> pl.DataFrame:
    """Call the key of the rows their id, and make texts of ids."""
    if not granularity.key:
        return frame.with_columns(pl.col(pl.Categorical).cast(pl.String))
    return frame.rename({granularity.key: "id"}).cast({"id": pl.String})


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
    keys = [*granularity.columns]
    if query.interval:
        keys.append(Column("period", query.interval.capitalize(), type="date"))
    return (*keys, *_of_roster(query), *map(_figure, metrics))


def _of_roster(query: Query) -> tuple[Column, ...]:
    return tuple(ATTRIBUTES[name].column for name in query.attributes)


def _figure(metric: Metric) -> Column:
    kind = TYPES[metric.unit]
    return Column(metric.name, metric.title, metric.unit, kind, metric=True, version=metric.version)
