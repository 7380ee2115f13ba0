"""The picture: one chart of the report's own rows, that says what it leaves out."""

import io
import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from PIL import Image

from lrs_stats import CannotRender, Column, Report
from lrs_stats.registry import build
from lrs_stats.reports import pictures
from lrs_stats.reports.chart import specification
from lrs_stats.settings import Settings
from lrs_stats.testing import REPORTS, course, rendered, report

PNG = build(Settings()).exporters["png"]
MONTH = Column("period", "Month", type="date")


def over_months(titles: list[str], metric: str = "connections") -> Report:
    """Return a report of some courses in January and March, none in February."""
    rows = [
        course(title, title, number + month, 3600.0 * number, 10.0 * number)
        | {"period": date(2026, month, 1)}
        for number, title in enumerate(titles)
        for month in (1, 3)
    ]
    columns = (*report([]).keys, MONTH, *report([]).metrics)
    return report(rows, columns=columns, interval="month")


def said(given: Report, **options: str) -> str:
    title = specification(given, options)["title"]
    return "\n".join([*title["text"], *title["subtitle"]])


def picture(given: Report, **options: str) -> Image.Image:
    return Image.open(io.BytesIO(rendered(PNG, given, options)))


@pytest.mark.parametrize("character", ["\0", "\1", "\x0b", "\ufffe", "\uffff"])
def test_a_character_that_no_picture_can_hold_is_replaced(character: str) -> None:
    given = report([course("a", f"First{character}aid", 1, 60.0, 50.0)])
    drawn = specification(given, {})
    assert [row["label"] for row in drawn["data"]["values"]] == [
        "First\N{REPLACEMENT CHARACTER}aid"
    ]
    assert picture(given).format == "PNG"


def test_more_points_than_can_be_told_apart_are_refused() -> None:
    days = [
        course("a", "First aid", 1, 60.0, 50.0) | {"period": date(year, 1, 1)}
        for year in (1, 2026, 9999)
    ]
    columns = (*report([]).keys, MONTH, *report([]).metrics)
    given = report(days, columns=columns, interval="day")
    with pytest.raises(CannotRender, match="longer interval"):
        rendered(PNG, given)


def test_what_ends_the_drawing_process_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "DRAW", "import os; os.abort()")
    with pytest.raises(CannotRender, match="cannot be made"):
        rendered(PNG, REPORTS["ordinary"])


@pytest.mark.parametrize(
    ("given", "colours"),
    [
        (REPORTS["ordinary"], {(0x00, 0x72, 0xB2)}),
        (over_months(["First aid"]), {(0x00, 0x72, 0xB2)}),
        (over_months(["First aid", "Fire safety"]), {(0x00, 0x72, 0xB2), (0xD5, 0x5E, 0x00)}),
        (REPORTS["empty"], set[tuple[int, int, int]]()),
    ],
    ids=["bars", "columns", "lines", "empty"],
)
def test_a_picture_is_drawn(given: Report, colours: set[tuple[int, int, int]]) -> None:
    image = picture(given)
    seen = {colour for _, colour in image.convert("RGB").getcolors(1 << 24) or []}
    assert image.format == "PNG"
    assert image.width > 1200
    assert image.height > 200
    assert len(seen) > 10
    assert colours <= seen


@pytest.mark.parametrize("metric", ["connections", "time_spent", "score"])
@pytest.mark.parametrize("name", ["ordinary", "nulls", "hostile"])
def test_the_data_are_the_rows_of_the_report(name: str, metric: str) -> None:
    given = REPORTS[name]
    drawn = specification(given, {"metric": metric})["data"]["values"]
    expected = {row["title"]: row[metric] for row in given.rows if row[metric] is not None}
    assert {row.get("label"): row[metric] for row in drawn if row} == expected


def test_the_data_of_a_time_series_are_the_rows_of_the_report() -> None:
    given = over_months(["First aid", "Fire safety"])
    drawn = specification(given, {"metric": "score"})["data"]["values"]
    expected = {(row["title"], str(row["period"]), row["score"]) for row in given.rows}
    assert {(row["label"], row["period"], row["score"]) for row in drawn} == expected


@pytest.mark.parametrize(
    ("metric", "axis", "domain"),
    [
        ("connections", "number", [0, 12]),
        ("time_spent", "hours", [0, 5400.5 / 3600]),
        ("score", "percent", [0, 100]),
    ],
)
def test_the_axis_names_its_unit(metric: str, axis: str, domain: list[float]) -> None:
    x = specification(REPORTS["ordinary"], {"metric": metric})["encoding"]["x"]
    assert x["title"] == axis
    assert x["scale"]["domain"] == domain


def test_title_and_subtitle_say_what_was_asked() -> None:
    given = report(
        REPORTS["ordinary"].rows,
        start=datetime(2025, 12, 31, 23, tzinfo=UTC),
        end=datetime(2026, 3, 31, 22, tzinfo=UTC),
        filters={"group": ["sales", "IT"], "session": ["s1"]},
    )
    assert said(given) == (
        "Connections by course\n"
        "From 1 Jan 2026 to 31 Mar 2026, as known at 1 Apr 2026 (Europe/Paris)\n"
        "Only group sales or IT and session s1"
    )


def test_a_time_series_shows_periods_without_rows() -> None:
    x = specification(over_months(["First aid"]), {})["encoding"]["x"]
    assert x["scale"]["domain"] == ["2026-01-01", "2026-02-01", "2026-03-01"]


def test_more_than_eight_series_are_cut_and_said() -> None:
    given = over_months([f"Course {number}" for number in range(11)])
    drawn = {row["label"] for row in specification(given, {})["data"]["values"]}
    assert drawn == {f"Course {number}" for number in range(3, 11)}
    assert "The 8 highest of 11 courses; 3 are not shown." in said(given)


def test_more_than_thirty_bars_are_cut_and_said() -> None:
    given = report([course(f"c{n}", f"Course {n}", n, 0.0, None) for n in range(32)])
    drawn = [row["label"] for row in specification(given, {})["data"]["values"]]
    assert drawn == [f"Course {n}" for n in range(31, 1, -1)]
    assert "The 30 highest of 32 courses; 2 are not shown." in said(given)


def test_rows_without_a_figure_and_rows_of_other_pages_are_said() -> None:
    given = report([course("a", "A", 1, 0.0, 5.0), course("b", "B", 1, 0.0, None)], count=9)
    assert "Not shown, for want of a figure: 1 of 2 courses." in said(given, metric="score")
    assert "One page alone: 2 of 9 rows." in said(given)


def test_two_of_one_title_are_told_apart() -> None:
    given = report([course("c1", "Welcome", 2, 0.0, None), course("c2", "Welcome", 1, 0.0, None)])
    drawn = specification(given, {})["data"]["values"]
    assert [row["label"] for row in drawn] == ["Welcome (c1)", "Welcome (c2)"]


def test_a_row_for_a_pair_is_told_by_both() -> None:
    names = ("learner", "learner_title", "session", "session_title", "program", "program_title")
    columns = (*(Column(name, name.capitalize()) for name in names), *report([]).metrics)
    rows = [
        dict(zip(names, ("ada", "Ada", session, "Spring", "p", "Safety"), strict=True))
        | {"connections": number, "time_spent": 1.0, "score": None}
        for number, session in enumerate(("s1", "s2"), start=1)
    ]
    given = report(rows, columns, granularity="enrolments")
    drawn = specification(given, {})
    labels = [row["label"] for row in drawn["data"]["values"]]
    assert labels == ["Ada · Spring (ada, s2)", "Ada · Spring (ada, s1)"]
    assert drawn["title"]["text"] == ["Connections by learner and session"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "There is no figure for connections in this report."),
        ({"failed": {"connections": "The metric failed."}}, "The metric failed."),
    ],
)
def test_a_picture_of_nothing_says_so(changes: dict[str, Any], sentence: str) -> None:
    assert specification(report([], **changes), {})["mark"]["text"] == sentence


@pytest.mark.parametrize(
    ("given", "metric", "reason"),
    [
        (REPORTS["ordinary"], "speed", "This report has no figure 'speed'; it has connections, "),
        (report([], columns=report([]).keys), "", "A report on courses has no figure to draw."),
    ],
)
def test_what_cannot_be_drawn_is_refused(given: Report, metric: str, reason: str) -> None:
    with pytest.raises(CannotRender) as refusal:
        specification(given, {"metric": metric})
    assert str(refusal.value).startswith(reason)


def test_nothing_is_fetched() -> None:
    drawn = specification(REPORTS["ordinary"], {})
    assert drawn.pop("$schema").startswith("https://vega.github.io/schema/vega-lite/v")
    assert '"url"' not in json.dumps(drawn)
    assert "://" not in json.dumps(drawn)
