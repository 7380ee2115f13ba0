"""Which sessions run: those whose dates overlap a period."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import polars as pl

from lrs_stats.facts.enrolments import midnight
from lrs_stats.reports.periods import period_of
from lrs_stats.reports.query import INTERVALS, Query
from lrs_stats.reports.roster_frames import RosterFrames


def running(
    roster: RosterFrames, query: Query, zone: ZoneInfo, rows: pl.LazyFrame | None
) -> pl.LazyFrame:
    """Return the sessions that overlap the period; with rows, for each period of theirs."""
    start, end = query.start, query.end
    first, after = pl.col("first"), pl.col("last").dt.offset_by("1d")
    sessions = roster.sessions.lazy().select(
        "session",
        opens=pl.max_horizontal(midnight(first, zone), _instant(start)),
        closes=pl.min_horizontal(midnight(after, zone), _instant(end)),
    )
    overlapping = sessions.filter(pl.col("opens") < pl.col("closes"))
    if rows is None or query.interval is None:
        return overlapping.select("session")
    step = INTERVALS[query.interval]
    listed = rows.select("period").unique()
    last_moment = pl.col("closes") - pl.duration(microseconds=1)
    return (
        overlapping.join(
            listed.select(earliest=pl.col("period").min(), latest=pl.col("period").max()),
            how="cross",
        )
        .select(
            "session",
            begins=pl.max_horizontal(period_of(pl.col("opens"), zone, query.interval), "earliest"),
            ends=pl.min_horizontal(period_of(last_moment, zone, query.interval), "latest"),
        )
        .filter(pl.col("begins") <= pl.col("ends"))
        .select("session", period=pl.date_ranges("begins", "ends", step))
        .explode("period")
    )


def _instant(bound: datetime | None) -> pl.Expr:
    """Return a bound of the period as an instant; null where the period is open."""
    return pl.lit(bound and bound.astimezone(UTC), pl.Datetime("us", "UTC"))
