"""Dates and instants in a query, in the configured time zone."""

import re
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from lrs_stats.errors import BadRequest
from lrs_stats.xapi.formats import parse_timestamp

DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
EARLIEST: Final = 1900
LATEST: Final = 2200


def instant(name: str, text: str | None, zone: ZoneInfo) -> datetime | None:
    """Return the instant that a date (its first moment in the zone) or a timestamp means."""
    if text is None:
        return None
    try:
        found = (
            datetime.combine(date.fromisoformat(text), time.min, zone)
            if DATE.fullmatch(text)
            else parse_timestamp(text)
        )
    except ValueError:
        raise _refused(name, text) from None
    if not EARLIEST <= found.year < LATEST:
        raise _refused(name, text)
    return found


def period(
    start: str | None, end: str | None, zone: ZoneInfo
) -> tuple[datetime | None, datetime | None]:
    """Return the half-open period of `from` and `to`."""
    first, last = instant("from", start, zone), instant("to", end, zone)
    if first is not None and last is not None and first > last:
        raise BadRequest(f"from ({start}) is after to ({end}); a period begins before it ends.")
    return first, last


def _refused(name: str, text: str) -> BadRequest:
    return BadRequest(
        f"{name}: {text[:40]!r} is no date; expected a date such as 2026-01-31 "
        f"or an instant such as 2026-01-31T08:00:00Z, between {EARLIEST} and {LATEST}."
    )
