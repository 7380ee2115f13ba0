"""Periods of the calendar, in the configured time zone."""

from dataclasses import replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from lrs_stats.reports.query import Query

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


def _month(day: datetime, later: int) -> datetime:
    """Return the beginning of the month that is so many later."""
    month = day.year * MONTHS + day.month - 1 + later
    return datetime(month // MONTHS, month % MONTHS + 1, 1, tzinfo=day.tzinfo)
