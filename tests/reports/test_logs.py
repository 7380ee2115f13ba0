"""The logs as a whole: in stretches of time, the same lines in the same order as page by page."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from lrs_stats.access.grants import Grant
from lrs_stats.reports import logs, report
from lrs_stats.reports.query import Query
from tests.line import Line
from tests.oracle_examples import ROSTER, UTC_ZONE, told
from tests.statement_strategies import IDLE

MONDAY = datetime(2025, 3, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Line:
    """Give the facts of three learners who come every few hours, sometimes at one instant."""
    made = Line(tmp_path_factory.mktemp("line"), UTC_ZONE, IDLE, ROSTER)
    text = "\n".join(
        f"{name} {6 * hour:02}:00 {verb}"
        for hour in range(8)
        for name in ("ana", "ben", "eve")
        for verb in ("launched algebra", "answered /q1 in=algebra score=0.5")
    )
    made.record.add(told(text))
    made.catch_up()
    return made


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a batch and a stretch be of some five rows."""
    monkeypatch.setattr(logs, "ROWS", 5)
    monkeypatch.setattr(report, "ROWS", 5)


def paged(line: Line, query: Query) -> Iterator[dict[str, Any]]:
    pages = -(-line.report(replace(query, page_size=7)).count // 7)
    for page in range(1, pages + 1):
        yield from line.report(replace(query, page=page, page_size=7)).rows


@pytest.mark.parametrize("sort", ["", "start", "-start", "learner", "-seconds"])
@pytest.mark.parametrize("period", [(None, None), (6, 20), (0, 0)], ids=str)
def test_a_whole_log_is_its_pages(line: Line, sort: str, period: tuple[int, int]) -> None:
    start, end = (hour if hour is None else MONDAY + timedelta(hours=hour) for hour in period)
    query = Query("connections", (), start, end, sort=sort)
    whole = line.report(query)
    expected = [*paged(line, query)]
    assert whole.rows == expected
    assert whole.count == len(expected)
    assert whole.totals["seconds"] == sum(row["seconds"] for row in expected)


@pytest.mark.parametrize("sort", ["", "instant", "score"])
def test_so_is_that_of_answers(line: Line, sort: str) -> None:
    query = Query("answers", (), sort=sort)
    whole = line.report(query)
    assert whole.rows == [*paged(line, query)]
    assert whole.count == 24


def test_it_is_read_as_it_is_asked_for(line: Line) -> None:
    """By time there are several batches, each of few rows, with the columns of the report."""
    whole = line.report(Query("connections", ()))
    batches = [*whole.batches]
    assert len(batches) > 3
    assert all(batch.height <= 5 for batch in batches)
    assert all(batch.columns == [one.name for one in whole.columns] for batch in batches)
    assert {type(dtype) for batch in batches for dtype in batch.dtypes} <= {
        pl.String,
        pl.Datetime,
        pl.Float64,
        pl.UInt32,
        pl.Int64,
    }


def test_what_comes_later_is_not_read_yet(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the first batch one stretch of time has been read, and no other."""
    ordered, read = logs._ordered, []

    def counting(lines: pl.LazyFrame, kept: logs.Log, sort: str) -> pl.LazyFrame:
        read.append(sort)
        return ordered(lines, kept, sort)

    monkeypatch.setattr(logs, "_ordered", counting)
    batches = iter(line.report(Query("connections", ())).batches)
    assert read == []
    assert next(batches).height > 0
    assert len(read) == 1
    assert sum(batch.height for batch in batches) > 5
    assert len(read) > 3


def test_a_log_of_nothing_has_one_batch_without_rows(line: Line) -> None:
    (batch,) = line.report(Query("connections", (), filters={"learner": frozenset()})).batches
    assert (batch.height, batch.columns[0]) == (0, "id")


def test_a_whole_log_shows_the_readers_alone(line: Line) -> None:
    """The stretches are cut from what the reader may see, and so are their lines."""
    own = Grant("learner", learners=frozenset({"ana"}), granularities=frozenset({"connections"}))
    whole = line.report(Query("connections", ()), [own])
    assert {row["learner"] for row in whole.rows} == {"ana"}
    assert whole.count == 8
