"""The periods that a page offers: twelve months unless asked, and the usual ones beside them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from lrs_stats.api.periods import instant
from lrs_stats.dashboard.address import Address
from lrs_stats.dashboard.pages import N_
from lrs_stats.errors import BadRequest

ALL: Final = "all"
DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """A half-open period of days; None is open."""

    start: date | None
    end: date | None
    title: str = ""

    @property
    def last(self) -> date | None:
        """Return its last day."""
        return None if self.end is None else self.end - DAY

    def on(self, address: Address) -> Address:
        """Return an address with this period."""
        plain = address.without("from", "to", "period", "last", "page", "interval")
        if self.start is None and self.end is None:
            return plain.having(period=ALL)
        return plain.having(from_=self.start, to=self.end)


def presets(today: date) -> list[Span]:
    """Return the usual periods as they are on a day; the first is the one unless asked."""
    month, year = today.replace(day=1), today.replace(month=1, day=1)
    next_month = _months(month, 1)
    return [
        Span(_months(month, -11), next_month, N_("Last 12 months")),
        Span(today - 29 * DAY, today + DAY, N_("Last 30 days")),
        Span(today - 6 * DAY, today + DAY, N_("Last 7 days")),
        Span(month, next_month, N_("This month")),
        Span(_months(month, -1), month, N_("Last month")),
        Span(year, year.replace(year=year.year + 1), N_("This year")),
        Span(year.replace(year=year.year - 1), year, N_("Last year")),
        Span(None, None, N_("All time")),
    ]


def span_of(address: Address, zone: ZoneInfo, today: date) -> Span:
    """Return the period of an address, with its title when it is a usual one."""
    start, end = address.first("from"), address.first("to")
    if not start and not end:
        usual = presets(today)
        return usual[-1] if address.first("period") == ALL else usual[0]
    asked = Span(_day("from", start, zone), _day("to", end, zone))
    return next((one for one in presets(today) if _same(one, asked)), asked)


def interval_of(span: Span) -> str:
    """Return the interval at which a graph of a period is read best."""
    if span.start is None or span.end is None:
        return "month"
    days = (span.end - span.start).days
    limits = (("day", 45), ("week", 200), ("month", 1500))
    return next((interval for interval, most in limits if days <= most), "year")


def corrected(address: Address) -> Address | None:
    """Return the address with `to` for the last day that a form has sent, if it has sent one."""
    last = address.first("last")
    if not last:
        return None
    try:
        end = date.fromisoformat(last) + DAY
    except (ValueError, OverflowError):
        raise BadRequest(f"last: {last[:40]!r} is no date such as 2026-01-31.") from None
    return address.without("last", "period").having(to=end)


def _same(one: Span, other: Span) -> bool:
    return (one.start, one.end) == (other.start, other.end)


def _day(name: str, text: str, zone: ZoneInfo) -> date | None:
    """Return the day that a bound is on, for the form that shows it."""
    found = instant(name, text or None, zone)
    return None if found is None else _local(found, zone)


def _local(found: datetime, zone: ZoneInfo) -> date:
    return found.astimezone(zone).date()


def _months(first: date, later: int) -> date:
    """Return the first day of the month that is so many later."""
    month = first.year * 12 + first.month - 1 + later
    return date(month // 12, month % 12 + 1, 1)
