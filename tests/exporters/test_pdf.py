"""The PDF: what is on its pages in both languages, and what it says that it leaves out."""

import io
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pypdf import PdfReader

from lrs_stats import CannotRender, Column, Report
from lrs_stats.registry import build
from lrs_stats.settings import Settings
from lrs_stats.testing import REPORTS, course, rendered, report

PDF = build(Settings()).exporters["pdf"]


def pages(given: Report, **options: str) -> list[str]:
    read = PdfReader(io.BytesIO(rendered(PDF, given, options)))
    return [page.extract_text().replace("\u200b", "") for page in read.pages]


def test_it_says_what_it_speaks_of() -> None:
    given = report(
        REPORTS["ordinary"].rows,
        start=datetime(2025, 12, 31, 23, tzinfo=UTC),
        end=datetime(2026, 3, 31, 22, tzinfo=UTC),
        filters={"group": ["sales"]},
        totals={"connections": 15, "time_spent": 5460.5, "score": 40.15},
        not_applicable={"attendance": "Attendance means nothing by courses."},
    )
    (english,), (french,) = pages(given), pages(given, lang="fr")
    for text in (
        "From 1 Jan 2026 to 31 Mar 2026, as known at 1 Apr 2026 (Europe/Paris)",
        "Only group sales",
        "Connections by course",
        "Identifiers are left out; the CSV has them.",
        "Attendance means nothing by courses.",
        "1 / 1",
    ):
        assert text in english
    assert "Du 1er janv. 2026 au 31 mars 2026" in french
    line = next(one for one in french.splitlines() if one.startswith("Total"))
    assert line.split(")")[1].split() == ["15", "01:31:01", "40,1"]


def test_a_long_report_repeats_its_header_and_counts_its_pages() -> None:
    given = report([course(f"c{n}", f"Course {n}", n, 60.0 * n, 50.0) for n in range(200)])
    found = pages(given)
    assert len(found) > 2
    for number, text in enumerate(found, start=1):
        assert f"{number} / {len(found)}" in text
        assert "Time spent (h:mm:ss)" in text
    for n in range(200):
        assert any(f"Course {n}\n" in text or f"Course {n} " in text for text in found)


def test_many_figures_stand_below_each_other() -> None:
    metrics = [Column(f"m{n}", f"Figure {n}", "count", "integer", metric=True) for n in range(19)]
    columns = (Column("id", "Id"), Column("title", "Course"), *metrics)
    row: dict[str, Any] = {"id": "c", "title": "Aid"} | {one.name: 1 for one in metrics}
    text = "\n".join(pages(report([row], columns)))
    assert "Columns 1 to 8 of 19" in text
    assert "Columns 17 to 19 of 19" in text
    assert all(one.title in text for one in metrics)
    assert text.count("Aid") >= 3


def test_one_row_for_all_has_no_line_of_totals() -> None:
    columns = report([]).metrics
    rows = [{"connections": 7, "time_spent": 60.0, "score": None}]
    (text,) = pages(report(rows, columns, granularity="platform", totals=rows[0]))
    assert "00:01:00" in text
    assert "Total" not in text


def test_a_period_is_told_by_its_name() -> None:
    (text,) = pages(REPORTS["periods"], lang="fr")
    assert "janv. 2026" in text
    assert "Cours par mois" in text


def test_characters_without_a_font_are_said() -> None:
    private = report([course("c", "Logo \ue000", 1, 60.0, 50.0)])
    assert "have no font on this server" in pages(private)[0]
    assert "have no font" not in pages(REPORTS["ordinary"])[0]


def test_a_title_is_no_markup() -> None:
    title = '#panic("x") *bold* $x$ <b> @ref \\ // /* ['
    (text,) = pages(report([course("c", title, 1, 60.0, 50.0)]))
    assert title in text


def test_too_many_rows_are_refused() -> None:
    with pytest.raises(CannotRender, match="5,001 rows; a PDF holds 5,000"):
        rendered(PDF, report([], count=5_001))


def test_the_same_report_has_no_chart_of_a_figure_that_is_not_there() -> None:
    with pytest.raises(CannotRender, match="no figure 'speed'"):
        rendered(PDF, REPORTS["ordinary"], {"metric": "speed"})
    with pytest.raises(CannotRender, match="no figure to draw"):
        rendered(PDF, REPORTS["log"], {"metric": "speed"})


def test_a_log_has_names_and_local_times() -> None:
    columns = (
        Column("id", "Statement"),
        Column("start", "Start", type="instant"),
        Column("learner", "Learner"),
        Column("learner_title", "Name"),
        Column("seconds", "Time", "seconds", "number"),
    )
    rows = [
        {
            "id": "8f1e",
            "start": datetime(2026, 3, 2, 9, tzinfo=UTC),
            "learner": "ada",
            "learner_title": "Ada Lovelace",
            "seconds": 90.0,
        }
    ]
    given = report(rows, columns, granularity="connections", totals={"count": 1, "seconds": 90.0})
    (text,) = pages(given)
    assert "2 Mar 2026 10:00:00" in text
    assert "Ada Lovelace" in text
    assert "8f1e" not in text
    assert date(2026, 3, 2).isoformat() not in text
