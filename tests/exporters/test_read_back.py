"""Every file, read by another library than the one that wrote it, has the figures of the API."""

import csv
import io
import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import duckdb
import openpyxl
import pytest
from flask.testing import FlaskClient
from PIL import Image
from pypdf import PdfReader

from lrs_stats.registry import build
from lrs_stats.settings import Settings
from lrs_stats.testing import course, rendered, report
from tests.api.test_stats import ask, basic, http

__all__ = ["http"]

ZONE = ZoneInfo("Europe/Paris")
ROOT = basic("root", "root")
ASKED = (
    "platform",
    "platform?interval=month",
    "courses",
    "sessions",
    "learners",
    "learners?interval=day&sort=-connections",
    "questions",
    "connections",
    "answers",
    "courses?learner=nobody",
)
Row = dict[str, Any]


def file(http: FlaskClient, asked: str, form: str, **options: str) -> bytes:
    granularity, _, query = asked.partition("?")
    given = "&".join(part for part in (query, urlencode(options)) if part)
    answer = http.get(f"/api/v1/stats/{granularity}.{form}?{given}", headers=ROOT)
    assert answer.status_code == 200, answer.text
    return bytes(answer.data)


def whole(http: FlaskClient, asked: str) -> Any:
    """Return the report of the API, which has few rows, with instants and days as such."""
    report = ask(http, f"{asked}{'&' if '?' in asked else '?'}page_size=1000")
    kinds = {one["name"]: one["type"] for one in report["columns"]}
    read: dict[str, Callable[[str], Any]] = {
        "instant": datetime.fromisoformat,
        "date": date.fromisoformat,
    }
    for row in (*report["rows"], report["totals"]):
        for name, value in row.items():
            if value is not None and kinds.get(name) in read:
                row[name] = read[kinds[name]](value)
    return report


def read_csv(text: bytes, report: Any) -> list[Row]:
    head, *lines = csv.reader(io.StringIO(text.decode("utf-8"), newline=""))
    assert head == [one["name"] for one in report["columns"]]
    return [
        {
            one["name"]: PLAIN[one["type"]](cell) if cell else None
            for one, cell in zip(report["columns"], line, strict=True)
        }
        for line in lines
    ]


PLAIN: dict[str, Callable[[str], Any]] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": {"true": True, "false": False}.__getitem__,
    "date": date.fromisoformat,
    "instant": datetime.fromisoformat,
}


@pytest.mark.parametrize("asked", ASKED)
def test_csv(http: FlaskClient, asked: str) -> None:
    report = whole(http, asked)
    assert read_csv(file(http, asked, "csv"), report) == report["rows"]


def hours(text: str) -> int:
    parts = [int(part) for part in text.split(":")]
    return parts[0] * 3600 + parts[1] * 60 + parts[2]


FRENCH: dict[str, Callable[[str], Any]] = PLAIN | {
    "number": lambda cell: float(cell.replace(",", ".")),
    "boolean": {"oui": True, "non": False}.__getitem__,
    "date": lambda cell: datetime.strptime(cell, "%d/%m/%Y").date(),  # noqa: DTZ007
    "instant": lambda cell: datetime.strptime(cell, "%d/%m/%Y %H:%M:%S"),  # noqa: DTZ007
}


@pytest.mark.parametrize("asked", ASKED)
def test_the_french_dialect(http: FlaskClient, asked: str) -> None:
    """It has the same values, instants to the second in the report's zone, durations too."""
    report = whole(http, asked)
    text = file(http, asked, "csv", dialect="french")
    assert text.startswith(b"\xef\xbb\xbf")
    assert text.count(b"\n") == text.count(b"\r\n")
    head, *lines = csv.reader(io.StringIO(text.decode("utf-8-sig"), newline=""), delimiter=";")
    assert len(head) == len(report["columns"])
    assert len(lines) == len(report["rows"])
    for line, row in zip(lines, report["rows"], strict=True):
        for cell, one in zip(line, report["columns"], strict=True):
            value = row[one["name"]]
            if value is None:
                assert cell == ""
            elif one["unit"] == "seconds":
                assert hours(cell) == int(value + 0.5)
            elif one["type"] == "instant":
                local = value.astimezone(ZONE).replace(tzinfo=None, microsecond=0)
                assert FRENCH["instant"](cell) == local
            else:
                assert FRENCH[one["type"]](cell) == value, one["name"]


@pytest.mark.parametrize("asked", ASKED)
def test_json_lines(http: FlaskClient, asked: str) -> None:
    lines = file(http, asked, "jsonl").splitlines()
    expected = ask(http, f"{asked}{'&' if '?' in asked else '?'}page_size=1000")["rows"]
    assert [json.loads(line) for line in lines] == expected


@pytest.mark.parametrize("asked", ASKED)
def test_parquet(http: FlaskClient, asked: str, tmp_path: Path) -> None:
    report = whole(http, asked)
    path = tmp_path / "report.parquet"
    path.write_bytes(file(http, asked, "parquet"))
    instants = {one["name"] for one in report["columns"] if one["type"] == "instant"}
    chosen = ", ".join(
        f'epoch_us("{name}") AS "{name}"' if name in instants else f'"{name}"'
        for name in (one["name"] for one in report["columns"])
    )
    with duckdb.connect() as database:
        found = database.execute(f"SELECT {chosen} FROM '{path}'")
        names = [one[0] for one in found.description]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        told = database.execute(
            f"SELECT decode(key), decode(value) FROM parquet_kv_metadata('{path}')"
        ).fetchall()
    epoch = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
    for row in rows:
        for name in instants:
            row[name] = row[name] and epoch + timedelta(microseconds=row[name])
    assert rows == report["rows"]
    about = {name.removeprefix("lrs_stats."): json.loads(text) for name, text in told
             if name.startswith("lrs_stats.")}  # fmt: skip
    totals = {
        name: str(v) if isinstance(v, datetime) else v for name, v in report["totals"].items()
    }
    assert about["totals"] == totals
    assert about["as_of"] <= report["as_of"]
    assert about["timezone"] == report["timezone"]


def of_excel(cell: Any, one: Row) -> Any:
    """Return a cell as the API has it: durations as seconds, instants in UTC."""
    value = cell.value
    if isinstance(value, timedelta):
        return value.total_seconds()
    if one["unit"] == "seconds" and value is not None:
        return round(value * 86_400, 6)
    if one["type"] == "date" and isinstance(value, datetime):
        return value.date()
    if one["type"] == "instant" and isinstance(value, datetime):
        return value.replace(tzinfo=ZONE).astimezone(ZoneInfo("UTC"))
    return value


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_excel(http: FlaskClient, asked: str, lang: str) -> None:
    report = whole(http, asked)
    book = openpyxl.load_workbook(io.BytesIO(file(http, asked, "xlsx", lang=lang)))
    rows, about = book.worksheets
    assert rows.freeze_panes == "A2"
    assert rows.max_row == len(report["rows"]) + 1
    columns = report["columns"]
    for line, row in zip(rows.iter_rows(min_row=2), report["rows"], strict=True):
        found = {one["name"]: of_excel(cell, one) for cell, one in zip(line, columns, strict=True)}
        assert found == row
    told = {cells[0].value: cells[1] for cells in about.iter_rows() if cells[0].value}
    heads = {one["name"]: cell.value for cell, one in zip(rows[1], columns, strict=True)}
    for one in columns:
        total = report["totals"].get(one["name"])
        if total is not None:
            assert of_excel(told[heads[one["name"]]], one) == total
    assert report["timezone"] in {cell.value for cell in told.values()}


def test_pdf(http: FlaskClient) -> None:
    report = whole(http, "learners")
    pdf = PdfReader(io.BytesIO(file(http, "learners", "pdf", lang="fr")))
    assert pdf.metadata is not None
    assert pdf.metadata.title == "Apprenants"
    assert b"pdfaid:part" in pdf.root_object["/Metadata"].get_object().get_data()  # type: ignore[union-attr]
    pages = [page.extract_text() for page in pdf.pages]
    for number, text in enumerate(pages, start=1):
        assert f"{number} / {len(pages)}" in text
        assert "Europe/Paris" in text
    text = "\n".join(pages)
    for row in report["rows"]:
        assert row["title"].replace("mailto:eve", "") in text.replace("\u200b", "")
        assert f"{row['score']:.1f}".replace(".", ",") in text if row["score"] else True
    score = f"{report['totals']['score']:.1f}".replace(".", ",")
    assert f"Total ({len(report['rows'])} lignes)" in text
    assert score in text


@pytest.mark.parametrize("given", [{}, {"as": "table"}, {"theme": "dark"}], ids=str)
def test_png(http: FlaskClient, given: dict[str, str]) -> None:
    picture = Image.open(io.BytesIO(file(http, "courses", "png", **given)))
    picture.load()
    assert picture.format == "PNG"
    assert len(picture.convert("RGB").getcolors(1 << 24) or []) > 10


@pytest.mark.parametrize("given", [{}, {"as": "table"}], ids=str)
def test_svg(http: FlaskClient, given: dict[str, str]) -> None:
    text = file(http, "courses", "svg", **given).decode()
    assert text.startswith("<svg")
    assert text.rstrip().endswith("</svg>")


def test_every_character_comes_back(tmp_path: Path) -> None:
    """Texts that other formats must take care of are in JSON lines and Parquet as they are."""
    texts = ["=1+1", "a;b,c", 'say "so"', "two\r\nlines", "مريم 😀 漢字", "\x01", "", " "]
    given = report([course(text, text, 1, 0.1 + 0.2, 1e-7) for text in texts])
    exporters = build(Settings()).exporters
    lines = rendered(exporters["jsonl"], given).splitlines()
    assert [json.loads(line) for line in lines] == given.rows
    path = tmp_path / "given.parquet"
    path.write_bytes(rendered(exporters["parquet"], given))
    with duckdb.connect() as database:
        found = database.execute(f"SELECT * FROM '{path}'").fetchall()
    assert found == [tuple(row.values()) for row in given.rows]
