"""Drift between record and facts is found, by the day; what is only under way is none."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from lrs_stats.errors import Unavailable
from lrs_stats.facts import comparing
from lrs_stats.facts.comparing import Comparison, Day, compare
from lrs_stats.facts.history import Retention
from lrs_stats.facts.tables import FactsTables
from lrs_stats.samples import statements
from tests.line import Json, Line

MONDAY = datetime(2025, 3, 3, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(params=[1, 2, 1000])
def line(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Line:
    monkeypatch.setattr(comparing, "AT_ONCE", request.param)
    monkeypatch.setattr("lrs_stats.facts.comparing.sleep", lambda _: None)
    return Line(tmp_path, ZoneInfo("Europe/Paris"), timedelta(minutes=30))


def one(number: int, stored: datetime, text: str = "zoe launched course-1") -> Json:
    when = stored.isoformat(timespec="milliseconds")
    (made,) = statements(f"{when} {text}")
    return made | {"stored": when, "id": f"{number:08}-0000-4000-8000-000000000000"}


def filled(line: Line) -> None:
    """Count two statements on each of three days, two of them stored at once."""
    for day in range(3):
        stored = MONDAY + day * DAY
        line.record.add([one(10 * day + number, stored) for number in (1, 2)])
    line.record.add([one(31, MONDAY + 3 * DAY)])
    line.catch_up()


def change(line: Line, alter: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    """Have the facts say something else than the record, as a defect would."""
    tables = FactsTables(line.folder, Retention())
    rows = alter(tables.events().collect())
    tables.replace(rows, tables.mark)
    tables.publish(tables.open_connections(), line.idle, line.record.instant)


def lose(number: int) -> Callable[[pl.DataFrame], pl.DataFrame]:
    return lambda rows: rows.filter(~pl.col("statement").str.starts_with(f"{number:08}"))


def double(number: int) -> Callable[[pl.DataFrame], pl.DataFrame]:
    return lambda rows: pl.concat(
        [rows, rows.filter(pl.col("statement").str.starts_with(f"{number:08}"))]
    )


def test_what_is_counted_agrees(line: Line) -> None:
    filled(line)
    assert compare(line.record, line.folder) == Comparison(7, MONDAY + 3 * DAY, ())


def test_progress_is_told(line: Line) -> None:
    filled(line)
    told = list[int]()
    compare(line.record, line.folder, told.append)
    assert told == sorted(told)
    assert told[-1] == 7


def test_nothing_agrees_with_nothing(line: Line) -> None:
    with pytest.raises(Unavailable):
        compare(line.record, line.folder)
    line.catch_up()
    assert compare(line.record, line.folder) == Comparison(0, None, ())


def test_what_the_facts_lack_is_told_by_the_day(line: Line) -> None:
    filled(line)
    change(line, lose(1))
    change(line, lose(12))
    assert compare(line.record, line.folder).days == (
        Day(date(2025, 3, 3), record=2, missing=1, strange=0, doubled=0),
        Day(date(2025, 3, 4), record=2, missing=1, strange=0, doubled=0),
    )


def test_what_the_record_lacks_is_told_even_when_the_numbers_agree(line: Line) -> None:
    filled(line)
    lost = one(11, MONDAY + DAY)
    del line.record.statements[lost["id"]]
    line.record.add([one(13, MONDAY + DAY)])
    assert compare(line.record, line.folder).days == (
        Day(date(2025, 3, 4), record=2, missing=1, strange=1, doubled=0),
    )


def test_a_day_that_only_the_facts_have_is_told(line: Line) -> None:
    filled(line)
    for number in (11, 12):
        del line.record.statements[one(number, MONDAY)["id"]]
    assert compare(line.record, line.folder).days == (
        Day(date(2025, 3, 4), record=0, missing=0, strange=2, doubled=0),
    )


def test_what_is_counted_twice_is_told(line: Line) -> None:
    filled(line)
    change(line, double(21))
    assert compare(line.record, line.folder).days == (
        Day(date(2025, 3, 5), record=2, missing=0, strange=0, doubled=1),
    )


def test_voided_statements_are_no_drift(line: Line) -> None:
    filled(line)
    voiding = one(41, MONDAY + 4 * DAY) | {
        "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
        "object": {"objectType": "StatementRef", "id": one(11, MONDAY)["id"]},
    }
    line.record.add([voiding])
    line.catch_up()
    assert compare(line.record, line.folder) == Comparison(8, MONDAY + 4 * DAY, ())


def test_what_is_not_read_yet_is_no_drift(line: Line) -> None:
    filled(line)
    line.record.add([one(41, MONDAY + 4 * DAY)])
    assert compare(line.record, line.folder) == Comparison(7, MONDAY + 3 * DAY, ())


def test_what_became_visible_behind_the_mark_is_no_drift_once_it_is_counted(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(line)
    line.record.add([one(30, MONDAY + 3 * DAY - timedelta(seconds=3))])
    monkeypatch.setattr("lrs_stats.facts.comparing.sleep", lambda _: line.catch_up())
    assert compare(line.record, line.folder).days == ()


def test_what_became_visible_behind_the_mark_and_stays_uncounted_is_drift(line: Line) -> None:
    filled(line)
    line.record.add([one(30, MONDAY + 3 * DAY - timedelta(seconds=3))])
    assert compare(line.record, line.folder).days == (
        Day(date(2025, 3, 6), record=2, missing=1, strange=0, doubled=0),
    )
