"""Statements at the edge of what can be sent end in figures, never in an error."""

from pathlib import Path
from typing import Any, get_args

import pytest

from lrs_stats.errors import BadRequest
from lrs_stats.reports.query import Interval, Query
from tests.line import Json, Line
from tests.statement_strategies import IDLE, ZONE

METRICS = ("connections", "time_spent", "score", "participation")


def answered(number: int, **changes: Any) -> Json:
    return {
        "id": f"00000000-0000-4000-8000-0000000000{number:02}",
        "stored": f"2025-06-15T10:00:{number:02}.000Z",
        "actor": {"mbox": "mailto:ada@example.org"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/answered"},
        "object": {"id": "https://lms.example/q1"},
    } | changes


@pytest.mark.parametrize("interval", get_args(Interval))
@pytest.mark.parametrize("timestamp", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
def test_the_first_and_the_last_instant_have_a_period(
    tmp_path: Path, timestamp: str, interval: Interval
) -> None:
    line = Line(tmp_path, ZONE, IDLE)
    line.record.add([answered(1, timestamp=timestamp)])
    line.catch_up()
    report = line.report(Query("learners", METRICS, interval=interval))
    assert [str(row["period"])[:4] for row in report.rows] == [timestamp[:4]]


def test_more_periods_than_anybody_reads_are_refused(tmp_path: Path) -> None:
    line = Line(tmp_path, ZONE, IDLE)
    line.record.add([answered(1), answered(2, timestamp="9000-01-01T00:00:00Z")])
    line.catch_up()
    with pytest.raises(BadRequest, match="Narrow the period"):
        line.report(Query("platform", METRICS, interval="day"))


def test_a_score_beyond_all_numbers_is_none(tmp_path: Path) -> None:
    line = Line(tmp_path, ZONE, IDLE)
    huge = {"raw": 1e308, "min": -1e308, "max": 1.5e308}
    line.record.add([answered(1, result={"score": huge}), answered(2, result={"success": True})])
    line.catch_up()
    assert line.report(Query("platform", METRICS)).totals["score"] == 100
