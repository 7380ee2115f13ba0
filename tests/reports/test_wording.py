"""French stands beside every English text of the product, with the same places for values."""

import re
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lrs_stats import Column, wording
from lrs_stats.dashboard.language import catalogue as translations
from lrs_stats.registry import build
from lrs_stats.reports.granularities import EVERY, GRANULARITIES
from lrs_stats.reports.logs import EVIDENCE, LOGS
from lrs_stats.settings import Settings
from lrs_stats.testing import report

FRENCH = wording.catalogue("fr")
PLACES = re.compile(r"\{\w+\}")
LATE = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)


def test_every_built_in_title_has_its_french() -> None:
    titles = [metric.title for metric in build(Settings()).metrics.values()]
    titles += [one.title for log in (*LOGS.values(), EVIDENCE) for one in log.columns]
    titles += [one.title for granularity in EVERY.values() for one in granularity.columns]
    titles += [name.capitalize() for name in (*GRANULARITIES, *LOGS)]
    titles += [*GRANULARITIES, "Day", "Week", "Month", "Year"]
    assert sorted({title for title in titles if title not in FRENCH}) == []


def test_a_text_and_its_french_have_the_same_places() -> None:
    assert [
        english
        for english, french in FRENCH.items()
        if sorted(PLACES.findall(english)) != sorted(PLACES.findall(french))
    ] == []


def test_pages_and_files_use_the_same_words() -> None:
    """But a file has a column of titles beside that of identifiers, and "From" is a bound here."""
    pages = translations("fr")
    own = {"Title of the course", "Title of the session", "From"}
    said = {text: pages.gettext(text) for text in FRENCH.keys() - own}
    assert {
        text: (found, FRENCH[text])
        for text, found in said.items()
        if found not in (text, FRENCH[text])
    } == {}


def test_no_two_columns_of_a_log_have_one_title() -> None:
    for log in (*LOGS.values(), EVIDENCE):
        titles = [wording.title(column, "fr") for column in log.columns]
        assert len(titles) == len({*titles})


def test_a_title_of_somebody_elses_stays_as_it_is() -> None:
    column = Column("revisits", "Revisits {of} all", "count", "integer", metric=True)
    assert wording.title(column, "fr") == "Revisits {of} all"


@pytest.mark.parametrize(
    ("value", "unit", "english", "french"),
    [
        (1234567, "count", "1,234,567", "1\u202f234\u202f567"),
        (1234.5, "count", "1,234.50", "1\u202f234,50"),
        (100 / 3, "percent", "33.3", "33,3"),
        (90061.6, "seconds", "25:01:02", "25:01:02"),
        (-61, "seconds", "-00:01:01", "-00:01:01"),
        (None, "count", "", ""),
        (True, "", "yes", "oui"),
        (date(2026, 3, 1), "", "1 Mar 2026", "1er mars 2026"),
        (
            datetime(2026, 3, 1, 23, 30, tzinfo=UTC),
            "",
            "2 Mar 2026 00:30:00",
            "2 mars 2026 00:30:00",
        ),
    ],
)
def test_values_in_both_languages(value: Any, unit: str, english: str, french: str) -> None:
    zone, column = ZoneInfo("Europe/Paris"), Column("x", "X", unit)
    assert wording.cell(value, column, "en", zone) == english
    assert wording.cell(value, column, "fr", zone) == french


@pytest.mark.parametrize(
    ("start", "end", "french"),
    [
        (None, None, "De l’origine à maintenant"),
        (datetime(2025, 12, 31, 23, tzinfo=UTC), None, "Du 1er janv. 2026 à maintenant"),
        (None, datetime(2026, 1, 31, 23, tzinfo=UTC), "De l’origine au 31 janv. 2026"),
        (
            datetime(2026, 1, 1, 9, tzinfo=UTC),
            datetime(2026, 1, 2, 9, tzinfo=UTC),
            "Du 1er janv. 2026, 10:00 au 2 janv. 2026, 10:00",
        ),
    ],
)
def test_a_period_in_french(start: datetime | None, end: datetime | None, french: str) -> None:
    told = wording.period(report([], start=start, end=end), "fr")
    assert told == f"{french}, état au 1er avr. 2026 (Europe/Paris)"
