"""The facts of the period of a query; in a series each row with the period that it is of.

Nothing of scope and filters is known here.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from lrs_stats.facts import connected
from lrs_stats.facts.answered import one_by_one
from lrs_stats.facts.digest import Digest, Summary
from lrs_stats.facts.reader import Snapshot
from lrs_stats.facts.signs import KEYS
from lrs_stats.facts.standing import IN_COURSE, REPORTED, SEAT, heard_of
from lrs_stats.reports.periods import period_of
from lrs_stats.reports.query import Query
from lrs_stats.reports.series import Part, parts

ALWAYS: Final = (None, None)
"""The period that is open on both sides."""
MANY: Final = 300_000
"""Rows for which the engine that is made for many is the faster one."""
Bound = datetime | None


class OfPeriod:
    """The facts of a snapshot in the period of a query."""

    def __init__(self, snapshot: Snapshot, query: Query, zone: ZoneInfo) -> None:
        self._snapshot = snapshot
        self._interval = query.interval
        self._zone = zone
        self._digests: dict[tuple[Bound, Bound], Digest] = {}
        self.period = (
            query.start and query.start.astimezone(UTC),
            query.end and query.end.astimezone(UTC),
        )

    @property
    def is_all_time(self) -> bool:
        """Return whether the period is open on both sides."""
        return self.period == ALWAYS

    @property
    def has_many(self) -> bool:
        """Return whether the period has so many connections that it takes a while to read them."""
        return self._snapshot.closed.most_between(*self.period) > MANY

    def within(self, since: Bound, until: Bound) -> tuple[Bound, Bound]:
        """Return the part of the period that lies between two instants; None is open."""
        start, end = self.period
        return (
            since if start is None or (since and since > start) else start,
            until if end is None or (until and until < end) else end,
        )

    def placed(self, rows: pl.LazyFrame, instant: str) -> pl.LazyFrame:
        """Return rows with the period of a series that they are of, by an instant of theirs."""
        if self._interval is None:
            return rows
        return rows.with_columns(period=period_of(pl.col(instant), self._zone, self._interval))

    def digested(self, summary: Summary, *, in_series: bool) -> pl.LazyFrame:
        """Return what the events come to by seat: of the whole period, or of each of a series."""
        columns = self._snapshot.columns
        if not in_series:
            return columns.summary_between(summary, *self.period)
        if self._parts is None:
            return self._row_by_row(summary)
        return self._joined(lambda *part: columns.summary(self._digest_of(*part), summary))

    def _digest_of(self, start: Bound, end: Bound) -> Digest:
        """Return the digest of a period of the series, of which there may be hundreds."""
        if (start, end) not in self._digests:
            self._digests[start, end] = self._snapshot.columns.digest_between(start, end)
        return self._digests[start, end]

    def connections(self, since: Bound = None, until: Bound = None) -> pl.LazyFrame:
        """Return the connections that start in the period, and between two instants, if given."""
        if self._parts is not None and since is None and until is None:
            return self._joined(self._snapshot.connections_between)
        start, end = self.within(since, until)
        return self.placed(self._snapshot.connections_between(start, end), "start")

    def connected(self, *, in_series: bool) -> pl.LazyFrame:
        """Return the TOTALS of connections: in a series of each, else of the seats."""
        if in_series:
            return connected.one_by_one(self.connections(), [*SEAT, "period"])
        return self._snapshot.connected_between(*self.period)

    @property
    def questions(self) -> pl.LazyFrame:
        """Return what the answers of the period come to by question, course and session."""
        return self._snapshot.columns.questions(*self.period)

    @cached_property
    def outcomes(self) -> pl.LazyFrame:
        """Return the results and completions of courses."""
        return self.placed(self._snapshot.columns.outcomes(*self.period), "instant")

    @cached_property
    def _parts(self) -> tuple[Part, ...] | None:
        """Return the periods of a series, as far as the facts reach; None as `parts` says."""
        span = self._snapshot.columns.span
        if self._interval is None or span is None:
            return None
        start, end = self.within(*span)
        if start is None or end is None or start >= end:
            return None
        return parts(start, end, self._interval, self._zone)

    def _joined(self, cut: Callable[[Bound, Bound], pl.LazyFrame]) -> pl.LazyFrame:
        """Return what is cut out for each period of the series."""
        return pl.concat(
            [
                cut(part.start, part.end).with_columns(period=pl.lit(part.period))
                for part in self._parts or ()
            ]
        )

    def _row_by_row(self, summary: Summary) -> pl.LazyFrame:
        """Return the same by a look at each row."""
        columns = self._snapshot.columns
        signs = self.placed(columns.signs(*self.period).select(*KEYS, "instant"), "instant")
        match summary:
            case "seats":
                return signs
            case "heard":
                progress = columns.events(("progress",), *self.period).filter(REPORTED)
                came = signs.filter("present", IN_COURSE)
                return heard_of(came, self.placed(progress, "instant"), [*SEAT, "period"])
            case "answered":
                answers = self.placed(columns.events(("answer",), *self.period), "instant")
                return one_by_one(answers, [*SEAT, "period"])
