"""Excel: typed cells that nothing runs, and limits that are said before anything is written."""

import io
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from openpyxl.utils.escape import unescape

from lrs_stats import CannotRender, Column, Report, Reports
from lrs_stats.registry import build
from lrs_stats.settings import Settings
from lrs_stats.testing import REPORTS, course, rendered, report

XLSX = build(Settings()).exporters["xlsx"]
HOSTILE = ("=1+1", "@SUM(A1)", "two\nlines", 'a "quote"; é 漢 😀 مريم', "\x01\x02", "_x0041_", "  ")


def book(given: Report, **options: str) -> Any:
    return openpyxl.load_workbook(io.BytesIO(rendered(XLSX, given, options)))


def test_texts_are_texts() -> None:
    sheet = book(report([course(text, text, 1, 0.0, 0.0) for text in HOSTILE])).worksheets[0]
    cells = [row[1] for row in sheet.iter_rows(min_row=2)]
    assert {cell.data_type for cell in cells} <= {"s", "inlineStr"}
    assert [unescape(cell.value) for cell in cells] == [*HOSTILE]


def test_figures_are_numbers_with_the_format_of_their_unit() -> None:
    sheet = book(report([course("c", "C", 1234567, 90061.25, 100 / 3)])).worksheets[0]
    _, _, count, duration, percent = sheet[2]
    assert (count.value, count.number_format) == (1234567, "#,##0")
    assert (duration.value, duration.number_format) == (
        timedelta(days=1, hours=1, minutes=1, seconds=1.25),
        "[hh]:mm:ss",
    )
    assert (percent.value, percent.number_format) == (100 / 3, "0.0")


def test_days_and_instants_are_dates_of_the_reports_zone() -> None:
    columns = (
        Column("day", "Day", type="date"),
        Column("at", "At", type="instant"),
        Column("yes", "Yes", type="boolean"),
    )
    at = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    rows = [
        {"day": date(2026, 3, 1), "at": at, "yes": True},
        {"day": date(1850, 3, 1), "at": at.replace(year=1), "yes": False},
    ]
    sheet = book(report(rows, columns)).worksheets[0]
    assert [cell.value for cell in sheet[2]] == [
        datetime(2026, 3, 1),  # noqa: DTZ001
        datetime(2026, 7, 2, 0, 30),  # noqa: DTZ001
        True,
    ]
    assert sheet[3][0].value == "1850-03-01"
    assert str(sheet[3][1].value).startswith("0001-07-01")


def test_the_second_sheet_says_what_the_rows_speak_of() -> None:
    given = report(
        [],
        start=datetime(2025, 12, 31, 23, tzinfo=UTC),
        filters={"group": ["IT", "sales"]},
        totals={"connections": 7, "time_spent": 86400.0, "score": None},
        failed={"score": "The metric score failed: ZeroDivisionError."},
    )
    about = book(given, lang="fr").worksheets[1]
    told = {str(row[0].value): row[1].value for row in about.iter_rows()}
    assert told["De"] == "2026-01-01 00:00:00+01:00"
    assert told["À"] == "ouvert"
    assert told["Filtres"] == "Seulement groupe IT ou sales"
    assert told["Fuseau horaire"] == "Europe/Paris"
    assert told["Remarques"] == "The metric score failed: ZeroDivisionError."
    assert told["Connexions"] == 7
    assert told["Temps passé (h:mm:ss)"] == timedelta(days=1)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (report([], count=1_048_576), "holds 1,048,575 rows, and this report has 1,048,576"),
        (report([course("c", "x" * 32_768, 1, 0.0, 0.0)]), "Row 1 has more than 32,767 characters"),
        (report([course("c", "😀" * 16_384, 1, 0.0, 0.0)]), "Row 1 has more than 32,767"),
    ],
    ids=["rows", "characters", "pairs"],
)
def test_what_a_sheet_cannot_hold_is_refused(given: Report, reason: str) -> None:
    stream = io.BytesIO()
    with pytest.raises(CannotRender, match=reason):
        XLSX.write(Reports(given), stream, {})
    assert not stream.getvalue()


def test_what_is_called_off_leaves_no_temporary_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def stopping() -> Iterator[pl.DataFrame]:
        yield from REPORTS["ordinary"].batches
        assert len([*tmp_path.iterdir()]) == 1
        raise InterruptedError("enough")

    with pytest.raises(InterruptedError):
        XLSX.write(Reports(replace(REPORTS["ordinary"], batches=stopping())), io.BytesIO(), {})
    assert [*tmp_path.iterdir()] == []
