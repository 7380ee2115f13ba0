"""What a file or a picture says, in the language of its reader.

Texts are written in English where they are used, and looked up here for another language; what
has no translation, such as the title of somebody's plugin, stays as it is. The table is in the
form of gettext, English to French, so that pages can use the same.
"""

import tomllib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from lrs_stats.reports.report import Column, Report

Language = Literal["en", "fr"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "fr")
NARROW: Final = "\N{NARROW NO-BREAK SPACE}"
UNITS: Final = {"seconds": "h:mm:ss", "percent": "%"}
"""What stands behind the title of a column; numbers and instants need nothing."""
NUMBERS: Final[dict[Language, dict[str, Any]]] = {
    "en": {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["", ""]},
    "fr": {"decimal": ",", "thousands": NARROW, "grouping": [3], "currency": ["", ""]},
}
"""How numbers are written, in the form that d3 takes."""
_SPANS: Final = {
    (True, True): "From {start} to {end}",
    (True, False): "From {start} to now",
    (False, True): "From the beginning to {end}",
    (False, False): "From the beginning to now",
}
_MONTHS: Final = {
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    "fr": "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
}
_WHOLE_MONTHS: Final = {
    "en": "January February March April May June July August September October November December",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
}
_DAYS: Final = {
    "en": "Sunday Monday Tuesday Wednesday Thursday Friday Saturday",
    "fr": "dimanche lundi mardi mercredi jeudi vendredi samedi",
}


def language_of(options: Mapping[str, str]) -> Language:
    """Return the language that options name, English unless they do."""
    return "fr" if options.get("lang") == "fr" else "en"


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """Return the texts of a language by their English; there are none for English."""
    if language == "en":
        return {}
    text = files("lrs_stats.reports").joinpath(f"wording_{language}.toml").read_text("utf-8")
    return tomllib.loads(text)


def said(text: str, language: Language, **values: Any) -> str:
    """Return a text in a language, with the values that it names."""
    found = catalogue(language).get(text, text)
    return found.format(**values) if values else found


def title(column: Column, language: Language) -> str:
    """Return the title of a column with its unit."""
    unit = UNITS.get(column.unit)
    translated = said(column.title, language)
    return f"{translated} ({unit})" if unit else translated


def times(language: Language) -> dict[str, Any]:
    """Return how dates are written, in the form that d3 takes."""
    days, months = _DAYS[language].split(), _WHOLE_MONTHS[language].split()
    return {
        "dateTime": "%-d %b %Y %X",
        "date": "%d/%m/%Y",
        "time": "%H:%M:%S",
        "periods": ["AM", "PM"],
        "days": days,
        "shortDays": [day[:3] for day in days],
        "months": months,
        "shortMonths": _MONTHS[language].split(),
    }


def cell(value: Any, column: Column, language: Language, zone: ZoneInfo) -> str:
    """Return a value as a reader wants it: rounded, in local time, empty where there is none."""
    match value:
        case None:
            return ""
        case bool():
            return said("yes" if value else "no", language)
        case datetime():
            return f"{day(value.astimezone(zone), language)} {value.astimezone(zone):%H:%M:%S}"
        case date():
            return day(value, language)
        case int() | float():
            return number(value, column.unit, language)
        case _:
            return str(value)


def number(value: float, unit: str, language: Language) -> str:
    """Return a figure, rounded for reading: durations as hours, minutes and seconds."""
    if unit == "seconds":
        return duration(value)
    digits = 1 if unit == "percent" else 0 if float(value).is_integer() else 2
    written = f"{value:,.{digits}f}"
    if language == "fr":
        written = written.replace(",", NARROW).replace(".", ",")
    return written


def duration(seconds: float) -> str:
    """Return a duration in hours, minutes and seconds; half a second is a whole one."""
    sign, whole = "-" if seconds < 0 else "", int(abs(seconds) + 0.5)
    return f"{sign}{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"


def day(at: date, language: Language) -> str:
    """Return a day in words: 1 Mar 2026, 1er mars 2026."""
    month = _MONTHS[language].split()[at.month - 1]
    first = "1er" if language == "fr" and at.day == 1 else str(at.day)
    return f"{first} {month} {at.year}"


def heading(report: Report, language: Language, metric: Column | None = None) -> str:
    """Return what a report is about: its figure if it is one, its rows, and its interval."""
    entities = said(report.granularity.capitalize(), language)
    subject = entities if metric is None else said(metric.title, language)
    if metric is not None and report.entities:
        subject = said(
            "{figure} by {entity}", language, figure=subject, entity=_entity(report, language)
        )
    if report.interval:
        return said("{subject} per " + report.interval, language, subject=subject)
    return subject


def period(report: Report, language: Language) -> str:
    """Return the period in words; an end at midnight is told by the day before it."""
    zone = ZoneInfo(report.timezone)
    bounds = {
        "start": report.start and _moment(report.start.astimezone(zone), language),
        "end": report.end and _last(report.end.astimezone(zone), language),
    }
    span = said(_SPANS[bool(report.start), bool(report.end)], language, **bounds)
    at = _moment(report.as_of.astimezone(zone), language)
    return said(
        "{span}, as known at {at} ({zone})", language, span=span, at=at, zone=report.timezone
    )


def stretch(first: date, interval: str, language: Language) -> str:
    """Return the period of a row: its year, its month, or the day on which it begins."""
    if interval == "year":
        return str(first.year)
    month = _MONTHS[language].split()[first.month - 1]
    return f"{month} {first.year}" if interval == "month" else day(first, language)


def filters(report: Report, language: Language) -> str:
    """Return the filters in words, empty where there are none."""
    either, both = said(" or ", language), said(" and ", language)
    asked = [
        f"{said(name, language)} {either.join(ids) or said('none', language)}"
        for name, ids in report.filters.items()
    ]
    return said("Only {filters}", language, filters=both.join(asked)) if asked else ""


def _entity(report: Report, language: Language) -> str:
    titles = [title if key.name == "id" else key for key, title in report.entities]
    return said(" and ", language).join(said(one.title, language).lower() for one in titles)


def _moment(at: datetime, language: Language) -> str:
    return day(at, language) if _is_midnight(at) else f"{day(at, language)}, {at:%H:%M}"


def _last(end: datetime, language: Language) -> str:
    return _moment(end - timedelta(days=1) if _is_midnight(end) else end, language)


def _is_midnight(at: datetime) -> bool:
    return (at.hour, at.minute, at.second, at.microsecond) == (0, 0, 0, 0)
