"""What a file is called: what it holds, of whom, of which period, and when it was made."""

import re
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from lrs_stats.reports.query import Query

_ODD: Final = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\s]+')
"""What one system or another takes for no part of a file name."""
_LONGEST: Final = 40


def file_name(
    query: Query, extension: str, made: datetime, zone: ZoneInfo, *, stem: str = ""
) -> str:
    """Return the name of a file; days are those of a time zone.

    It begins with the stem, or with what the rows are.
    """
    one = [ids for ids in query.filters.values() if len(ids) == 1]
    who = next(iter(one[0])) if len(one) == 1 else ""
    parts = [
        stem or query.granularity,
        _safe(who),
        *_period(query, zone),
        f"made {made.astimezone(zone):%F}",
    ]
    return "_".join(part.replace(" ", "-") for part in parts if part) + f".{extension}"


def _safe(identifier: str) -> str:
    return _ODD.sub("-", identifier.rpartition("//")[2])[:_LONGEST].strip("-. ")


def _period(query: Query, zone: ZoneInfo) -> list[str]:
    first = None if query.start is None else query.start.astimezone(zone).date()
    last = None if query.end is None else _last_day(query.end.astimezone(zone))
    if first is None and last is None:
        return ["all time"]
    return [
        "" if first is None else f"from {first}" if last is None else f"{first}",
        "" if last is None else f"until {last}" if first is None else f"to {last}",
    ]


def _last_day(end: datetime) -> date:
    """Return the last day of a period that ends before an instant."""
    return end.date() - timedelta(days=end.time() == time.min)
