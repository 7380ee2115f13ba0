"""The rules that hold for all figures, on statements in a line each."""

from datetime import date
from typing import Any

import pytest

from tests.figures.asking import rows, total
from tests.oracle_examples import ROSTER, without
from tests.statement_strategies import ZONE

RIGHT = 'result={"success":true}'
WRONG = 'result={"success":false}'


def test_voided_statements_never_count() -> None:
    text = f"""
    ana 09:00 launched algebra   id=opened
    ana 09:05 answered algebra?1 id=given   {RIGHT}
    bob 09:06 voided   /it       voids=opened
    bob 09:07 voided   /it       voids=given
    """
    assert total(text, "connections") == 0
    assert total(text, "score") is None


def test_a_statement_sent_twice_counts_once() -> None:
    text = f"""
    ana 09:00 answered algebra?1 id=one {RIGHT}
    ana 09:00 answered algebra?1 id=one {RIGHT}
    ana 09:01 answered algebra?1 id=two {WRONG}
    """
    assert total(text, "score") == 50


def test_an_empty_denominator_gives_null_and_a_count_of_nothing_0() -> None:
    assert total("", "score") is None
    assert total("", "participation", learner="coco") is None
    assert total("", "connections") == 0
    assert total("", "time_spent") == 0


@pytest.mark.parametrize(
    "metric", ["course_result", "question_success", "last_activity", "attendance", "completion"]
)
def test_an_empty_denominator_gives_null_in_other_figures(metric: str) -> None:
    assert total("", metric, session="no such session") is None


def test_figures_are_computed_after_filters() -> None:
    text = f"""
    ana 09:00 launched algebra
    ana 09:10 answered algebra?1 {RIGHT}
    bob 09:00 launched biology
    bob 09:05 answered biology?1 {WRONG}
    """
    assert total(text, "score") == 50
    assert total(text, "score", course="algebra") == 100
    assert rows(text, "score", "learners", course="biology") == {"ana": None, "bob": 0}
    assert total(text, "time_spent", group="blue") == 600


def test_a_period_is_half_open_and_its_days_are_those_of_the_zone() -> None:
    text = """
    ana 2025-03-09T23:59:59+01:00 launched algebra
    ana 2025-03-10T00:00:00+01:00 launched algebra
    ana 2025-03-10T23:59:59+01:00 launched algebra
    ana 2025-03-11T00:00:00+01:00 launched algebra
    """
    tenth: dict[str, Any] = {"start": date(2025, 3, 10), "end": date(2025, 3, 11), "zone": ZONE}
    assert total(text, "connections", **tenth) == 2
    assert rows(text, "connections", "platform", interval="day", zone=ZONE) == {
        date(2025, 3, 9): 1,
        date(2025, 3, 10): 2,
        date(2025, 3, 11): 1,
    }


def test_an_open_series_begins_with_the_first_statement() -> None:
    """What follows within the same quarter of an hour takes nothing away from it."""
    text = """
    ana 2025-03-10T09:01:00+01:00 launched   algebra
    ana 2025-03-10T09:05:00+01:00 interacted algebra
    """
    for figure, expected in (("connections", 1), ("time_spent", 240)):
        assert rows(text, figure, "platform", interval="day", zone=ZONE) == {
            date(2025, 3, 10): expected
        }


def test_a_series_reaches_to_the_end_of_the_calendar() -> None:
    text = """
    ana 2025-03-10T09:01:00Z launched algebra
    ana 9999-12-31T23:50:00Z launched algebra
    """
    found = rows(text, "connections", "platform", interval="year")
    assert sum(found.values()) == 2


def test_past_activity_of_those_who_left_stays_counted() -> None:
    text = "ana 09:00 launched algebra\nbob 09:00 launched algebra"
    assert total(text, "connections", roster=without(ROSTER, "bob")) == 2


def test_head_counts_of_who_is_here_now_leave_them_out() -> None:
    left = without(ROSTER, "bob")
    assert total("", "learners") == 2
    assert total("", "learners", roster=left) == 1
    assert total("", "participants", roster=left) == 2
