"""How figures, dates and texts are written in a language: the one place where that is decided."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from gettext import NullTranslations
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_skeleton
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit

from lrs_stats.reports.report import Column
from lrs_stats.reports.wording import Language

NOTHING: Final = "–"
LOCALES: Final = {"en": "en_GB", "fr": "fr_FR"}
PERIODS: Final = {"day": "yMMMd", "week": "yMMMd", "month": "yMMM", "year": "y"}
"""The parts of a date by which periods are named."""
MINUTE: Final = 60
HOUR: Final = 3600
MANY_HOURS: Final = 100
"""From so many hours on minutes are left out."""
LONGEST_PATH: Final = 44
WIDTHS: Final[dict[str, Literal["short", "narrow"]]] = {"en": "narrow", "fr": "short"}
"""How units are written where figures stand close: `5h 12m`, and `5 h 12 min`."""


@dataclass(frozen=True)
class Wording:
    """A language and a time zone, and how things are written in them."""

    language: Language
    zone: ZoneInfo
    texts: NullTranslations

    @cached_property
    def locale(self) -> Locale:
        """Return the locale that stands for the language."""
        return Locale.parse(LOCALES[self.language])

    def text(self, english: str) -> str:
        """Return a text in the language."""
        return self.texts.gettext(english) if english else ""

    def count(self, one: str, many: str, number: int) -> str:
        """Return a text with a number of things, which stands in it as `%(num)s`."""
        return self.texts.ngettext(one, many, number) % {"num": self.number(number)}

    def number(self, value: float) -> str:
        """Return a number, with two decimals at most."""
        return format_decimal(_decimal(value), "#,##0.##", locale=self.locale)

    def percent(self, value: float) -> str:
        """Return a figure in percent, with one decimal."""
        pattern = self.locale.percent_formats[None].pattern.replace("##0", "##0.0")
        return format_percent(_decimal(value) / 100, pattern, locale=self.locale)

    def duration(self, seconds: float) -> str:
        """Return a time in hours and minutes; a short one in seconds, a long one in hours alone."""
        if round(seconds) < MINUTE:
            return self._unit(round(seconds), "second")
        hours, minutes = divmod(round(seconds / MINUTE), MINUTE)
        if hours >= MANY_HOURS:
            return self._unit(round(seconds / HOUR), "hour")
        parts = [(hours, "hour"), (minutes, "minute")]
        return " ".join(self._unit(value, unit) for value, unit in parts if value)

    def moment(self, instant: datetime) -> str:
        """Return an instant in the zone, to the minute."""
        local = instant.astimezone(self.zone)
        day = format_date(local, "medium", locale=self.locale)
        return f"{day}, {format_datetime(local, 'HH:mm', locale=self.locale)}"

    def day(self, day: date) -> str:
        """Return a day."""
        return format_date(day, "medium", locale=self.locale)

    def period(self, first: date, interval: str) -> str:
        """Return the name of a period that begins on a day."""
        return format_skeleton(PERIODS[interval], first, locale=self.locale)

    def both(self, several: list[str]) -> str:
        """Return several things as an enumeration."""
        return format_list(several, style="standard", locale=self.locale)

    def named(self, text: str) -> str:
        """Return a title; of the address of an activity, the end of what comes behind its host."""
        _, scheme, place = text.partition("://")
        host, _, path = place.partition("/")
        if not (scheme and host and path):
            return text
        return path if len(path) <= LONGEST_PATH else f"…{path[-LONGEST_PATH:]}"

    def cell(self, value: Any, column: Column, interval: str | None = None) -> str:
        """Return what stands in a cell of a report."""
        match value:
            case None | "":
                return NOTHING
            case bool():
                return self.text("yes") if value else self.text("no")
            case datetime():
                return self.moment(value)
            case date():
                return self.period(value, interval) if interval else self.day(value)
            case int() | float():
                return self._figure(value, column.unit)
            case _:
                return self.named(str(value))

    def _figure(self, value: float, unit: str) -> str:
        if unit == "percent":
            return self.percent(value)
        return self.duration(value) if unit == "seconds" else self.number(value)

    def _unit(self, value: int, unit: str) -> str:
        width = WIDTHS[self.language]
        written = format_unit(value, f"duration-{unit}", length=width, locale=self.locale)
        return written.replace(" ", "\N{NO-BREAK SPACE}")


def _decimal(value: float) -> Decimal:
    """Return a number by its shortest spelling, which is that of the API."""
    return Decimal(str(value))
