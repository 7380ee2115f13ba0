"""Enrolments: a row for each learner in a session, whatever became of the place."""

from datetime import UTC, datetime
from typing import Any

import pytest

from lrs_stats.errors import BadRequest
from tests.figures.asking import asked
from tests.oracle_examples import LMS

SAID = """
    ana 09:00 launched algebra
    ana 09:10 terminated algebra
    ana 10:30 completed algebra
    ana 11:00 completed biology
    coco 10:00 launched algebra in=spring
    stranger 10:00 launched biology in=spring
"""


def enrolments(*metrics: str, **more: Any) -> dict[tuple[str, str], dict[str, Any]]:
    report = asked(lines(SAID), "enrolments", *metrics, **more)
    assert report.failed == {}
    return {(row["learner"], row["session"].removeprefix(LMS)): row for row in report.rows}


def lines(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip().splitlines())


def test_there_is_a_row_for_each_place_and_for_who_was_there_without_one() -> None:
    assert {key: row["status"] for key, row in enrolments("connections").items()} == {
        ("ana", "spring"): "active",
        ("ana", "summer"): "pending",
        ("bob", "spring"): "pending",
        ("coco", "spring"): "cancelled",
        ("mailto:stranger@mail.example", "spring"): None,
    }


def test_a_pending_place_has_figures_of_nothing() -> None:
    found = enrolments("connections", "attested_time", "participation", "first_connection")
    pending = found["bob", "spring"]
    assert (pending["connections"], pending["attested_time"]) == (0, 0)
    assert (pending["participation"], pending["first_connection"]) == (0.0, None)


def test_it_is_completed_when_the_last_course_is() -> None:
    found = enrolments("completed_at", "attested_time")
    assert found["ana", "spring"]["completed_at"] == datetime(2025, 3, 10, 11, tzinfo=UTC)
    assert found["ana", "spring"]["attested_time"] == 600
    assert found["ana", "summer"]["completed_at"] is None


def test_rows_are_sorted_by_several_columns() -> None:
    rows = [*enrolments("connections", sort="-session,connections,-learner")]
    assert rows == [
        ("ana", "summer"),
        ("bob", "spring"),
        ("mailto:stranger@mail.example", "spring"),
        ("coco", "spring"),
        ("ana", "spring"),
    ]
    with pytest.raises(BadRequest, match="there is no column 'age'"):
        enrolments("connections", sort="session,age")


def test_filters_narrow_the_rows() -> None:
    assert set(enrolments("connections", session="summer")) == {("ana", "summer")}
    assert set(enrolments("connections", learner="coco")) == {("coco", "spring")}
    assert set(enrolments("connections", group="blue")) == {("ana", "spring"), ("ana", "summer")}
