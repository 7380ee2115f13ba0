"""The periods of a series, each as a half-open stretch of time.

What is cut out of the facts by stretches need not be looked at row by row.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from lrs_stats.facts.signs import REGULAR
from lrs_stats.reports.query import Interval

RESOLUTION: Final = timedelta(microseconds=1)
"""Of instants."""
MOST: Final = 400
"""Beyond so many periods it is faster to look at rows."""


@dataclass(frozen=True)
class Part:
    """A period of a series: its first day, and since when and until before when it is."""

    period: date
    start: datetime
    end: datetime


def parts(
    start: datetime, end: datetime, interval: Interval, zone: ZoneInfo
) -> tuple[Part, ...] | None:
    """Return the periods that a half-open stretch of time meets, cut to it.

    None is told where that is not to be had so: where there are too many, where a day begins
    twice or not at all because clocks are changed at midnight, and before zones were regular.
    """
    found = list[Part]()
    first = _truncated(start.astimezone(zone).date(), interval)
    for day in _from(first, interval):
        begins = _midnight(day, zone)
        if begins is None or len(found) > MOST:
            return None
        if found:
            found[-1] = Part(found[-1].period, found[-1].start, min(begins, end))
        if begins >= end:
            return tuple(found)
        found.append(Part(day, max(begins, start), end))
    return None


def _from(day: date, interval: Interval) -> Iterator[date]:
    while day.year < date.max.year:
        yield day
        day = _next(day, interval)


def _truncated(day: date, interval: Interval) -> date:
    match interval:
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "year":
            return day.replace(month=1, day=1)


def _next(day: date, interval: Interval) -> date:
    match interval:
        case "day":
            return day + timedelta(days=1)
        case "week":
            return day + timedelta(days=7)
        case "month":
            return _truncated(day + timedelta(days=31), "month")
        case "year":
            return day.replace(year=day.year + 1)


def _midnight(day: date, zone: ZoneInfo) -> datetime | None:
    """Return the one instant at which a day begins."""
    begins = datetime.combine(day, time(), zone)
    if begins.utcoffset() != begins.replace(fold=1).utcoffset() or begins < REGULAR:
        return None
    return begins.astimezone(UTC)
