"""What comes round: when something is due, and the period that it is then about, in local days."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, Literal, Protocol, Self, cast
from zoneinfo import ZoneInfo

Unit = Literal["days", "weeks", "months"]
UNITS: Final[tuple[Unit, ...]] = ("days", "weeks", "months")
PERIOD: Final = re.compile(
    r"yesterday|(this|last)_(week|month|quarter|year)|last_([1-9]\d{0,3})_(days|weeks|months|years)"
)
PERIODS: Final = (
    "yesterday, last_7_days, last_week, last_month, last_quarter, last_year, last_N_days, "
    "last_N_weeks, last_N_months, last_N_years, this_week, this_month, this_quarter, this_year"
)
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}


def relative(name: str, day: date) -> tuple[date, date]:
    """Return the first day of a relative period, and the day before which it ends.

    `last_…` are whole days, or whole weeks (from Monday), months, quarters, years of the calendar,
    before the one in which the day is. `this_…` begins with that one and ends before the day.
    Raises ValueError for a name that is none, or a period that began before there were years.
    """
    found = PERIOD.fullmatch(name)
    if found is None:
        raise ValueError(name)
    which, unit, number, units = found.groups()
    unit = (unit or units or "day").removesuffix("s")
    begins = _beginning(day, unit)
    if which == "this":
        return begins, day
    try:
        return _moved(begins, unit, -int(number or 1)), begins
    except OverflowError:
        raise ValueError(name) from None


def dated(given: Mapping[str, Any], period: str, day: date) -> dict[str, Any]:
    """Return parameters of the statistics with a relative period as its days; empty is none."""
    if not period:
        return dict(given)
    first, end = relative(period, day)
    return {**given, "from": first.isoformat(), "to": end.isoformat()}


class Said(Protocol):
    """A rhythm as texts, as it is kept."""

    @property
    def every(self) -> int:
        """Return of how many units it is."""

    @property
    def unit(self) -> str:
        """Return one of UNITS."""

    @property
    def first(self) -> str:
        """Return the first day."""

    @property
    def until(self) -> str | None:
        """Return the last day, if there is one."""

    @property
    def at(self) -> str:
        """Return the time of day."""


@dataclass(frozen=True)
class Rhythm:
    """Every so many days, weeks or months, at a time of day, from a first day until a last."""

    every: int
    unit: Unit
    first: date
    until: date | None
    at: time
    zone: ZoneInfo

    @classmethod
    def of(cls, said: Said, zone: ZoneInfo) -> Self:
        """Return the rhythm that is kept as texts, in a time zone."""
        until = None if said.until is None else date.fromisoformat(said.until)
        first, at = date.fromisoformat(said.first), time.fromisoformat(said.at)
        return cls(said.every, cast("Unit", said.unit), first, until, at, zone)

    def after(self, instant: datetime) -> datetime | None:
        """Return the first due time after an instant; None when there is none any more."""
        number = max(0, self._about(instant) - 1)
        while (due := self._due(number)) is not None and due <= instant:
            number += 1
        return due

    def last(self, instant: datetime) -> datetime | None:
        """Return the last due time that is not after an instant; None before the first."""
        number = self._about(instant) + 1
        while number >= 0:
            due = self._due(number)
            if due is not None and due <= instant:
                return due
            number -= 1
        return None

    def _about(self, instant: datetime) -> int:
        """Return the number of the due time that is near an instant."""
        day = instant.astimezone(self.zone).date()
        if self.unit == "months":
            months = 12 * (day.year - self.first.year) + day.month - self.first.month
            return months // self.every
        return (day - self.first).days // (self.every * (7 if self.unit == "weeks" else 1))

    def _due(self, number: int) -> datetime | None:
        """Return a due time by its number; days that a month lacks are its last."""
        try:
            day = _moved(self.first, self.unit.removesuffix("s"), number * self.every)
            due = datetime.combine(day, self.at, self.zone).astimezone(UTC)
        except (OverflowError, ValueError):
            return None
        return None if self.until is not None and day > self.until else due


def _beginning(day: date, unit: str) -> date:
    if unit == "day":
        return day
    if unit == "week":
        return day - timedelta(days=day.weekday())
    months = _MONTHS[unit]
    return day.replace(month=(day.month - 1) // months * months + 1, day=1)


def _moved(day: date, unit: str, number: int) -> date:
    """Return the day so many units later; one that a month lacks is its last."""
    if unit in {"day", "week"}:
        return day + timedelta(days=number * (7 if unit == "week" else 1))
    year, month = divmod(12 * day.year + day.month - 1 + number * _MONTHS[unit], 12)
    if not 1 <= year < date.max.year:
        raise OverflowError(year)
    following = date(year + month // 11, (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=day.day - 1), following - timedelta(1))
