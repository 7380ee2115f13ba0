"""Periods of the calendar, in the configured time zone."""

from dataclasses import replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from lrs_stats.reports.query import INTERVALS, Interval, Query

MONTHS: Final = 12
"""Months of a year."""


def last_months(query: Query, months: int, now: datetime, zone: ZoneInfo) -> Query:
    """Return the query over so many whole months, the current one being the last."""
    today = now.astimezone(zone)
    return replace(
        query,
        start=_month(today, 1 - months),
        end=_month(today, 1),
        interval=None,
    )


def period_of(instant: pl.Expr, zone: ZoneInfo, interval: Interval) -> pl.Expr:
    """Return the first day of the local day, week, month or year that an instant is in."""
    local = instant.dt.convert_time_zone(str(zone)).dt.replace_time_zone(None)
    return local.dt.truncate(INTERVALS[interval]).dt.date()


def _month(day: datetime, later: int) -> datetime:
    """Return the beginning of the month that is so many later."""
    month = day.year * MONTHS + day.month - 1 + later
    return datetime(month // MONTHS, month % MONTHS + 1, 1, tzinfo=day.tzinfo)
