"""CSV: RFC 4180, the digits of JSON, and nothing that a spreadsheet would run."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import pytest

from lrs_stats import Column, Reports
from lrs_stats.registry import build
from lrs_stats.settings import Settings
from lrs_stats.testing import course, rendered, report

CSV = build(Settings()).exporters["csv"]


def lines(rows: list[dict[str, Any]]) -> list[str]:
    return rendered(CSV, report(rows)).decode().split("\r\n")


def test_names_then_rows() -> None:
    rows = [course("c1", "First aid", 12, 5400.5, 80.0), course("c2", "Fire, safety", 0, 0.0, None)]
    assert lines(rows) == [
        "id,title,connections,time_spent,score",
        "c1,First aid,12,5400.5,80.0",
        'c2,"Fire, safety",0,0.0,',
        "",
    ]


def test_an_empty_report_is_its_header() -> None:
    assert lines([]) == ["id,title,connections,time_spent,score", ""]


def test_quotes_and_line_breaks_come_back_as_they_were() -> None:
    title = 'A "quoted"\nline,\r\nÉcole 漢'
    text = rendered(CSV, report([course("c1", title, 1, 1.0, 1.0)])).decode("utf-8")
    _, row = csv.reader(io.StringIO(text, newline=""))
    assert row[1] == title


@pytest.mark.parametrize("figure", [1 / 3, 1e-7, 1e22, 0.1 + 0.2, 100.0, -2.5])
def test_numbers_have_the_digits_of_json(figure: float) -> None:
    assert lines([course("c1", "One", 1, 0.0, figure)])[1].split(",")[-1] == json.dumps(figure)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_text_cannot_run_as_a_formula(start: str) -> None:
    text = rendered(CSV, report([course("c1", f"{start}1+1", 1, 1.0, 1.0)])).decode()
    _, row = csv.reader(io.StringIO(text, newline=""))
    assert row[1] == f"'{start}1+1"


def test_a_period_is_its_first_day() -> None:
    columns = (Column("period", "Month", type="date"), Column("n", "N", "count", metric=True))
    given = report([{"period": date(2026, 3, 1), "n": 2}], columns=columns, interval="month")
    assert rendered(CSV, given) == b"period,n\r\n2026-03-01,2\r\n"


def test_it_writes_as_it_goes() -> None:
    """The first rows are out before the last are asked for."""
    written: list[int] = []

    def batches() -> Iterator[pl.DataFrame]:
        for _ in range(3):
            written.append(stream.tell())
            yield from report([course("c1", "One", 1, 0.0, None)] * 10_000).batches

    stream = io.BytesIO()
    CSV.write(Reports(replace(report([]), batches=batches())), stream, {})
    assert 0 < written[1] < written[2] < stream.tell()
