"""The rules of time, on statements in a line each."""

import pytest

from tests.figures.asking import rows, total
from tests.oracle_examples import REGISTRATION

MINUTE = 60


def test_a_gap_belongs_to_the_connection_of_the_earlier_statement() -> None:
    text = """
    ana 09:00 launched   algebra
    ana 09:10 interacted algebra
    ana 09:25 launched   biology
    ana 09:30 interacted biology
    """
    assert rows(text, "time_spent", "courses") == {"algebra": 25 * MINUTE, "biology": 5 * MINUTE}


def test_two_courses_side_by_side_never_count_a_moment_twice() -> None:
    """Two windows are open for forty minutes: the courses share them, and add up to them."""
    text = """
    ana 09:00 launched   algebra
    ana 09:10 launched   biology
    ana 09:15 interacted algebra
    ana 09:25 interacted biology
    ana 09:40 interacted algebra
    """
    assert rows(text, "connections", "courses") == {"algebra": 1, "biology": 1}
    assert rows(text, "time_spent", "courses") == {"algebra": 20 * MINUTE, "biology": 20 * MINUTE}
    assert rows(text, "time_spent", "learners", learner="ana") == {"ana": 40 * MINUTE}


def test_a_gap_before_a_statement_about_no_course_counts_too() -> None:
    text = """
    ana 09:00 launched algebra
    ana 09:10 viewed   /page
    ana 09:25 viewed   algebra
    """
    assert total(text, "time_spent") == 10 * MINUTE


@pytest.mark.parametrize(
    ("later", "minutes"), [("09:29", 29), ("09:30", 30), ("09:31", 30), ("33:00", 30)]
)
def test_a_gap_counts_up_to_the_idle_limit(later: str, minutes: int) -> None:
    text = f"ana 09:00 launched algebra\nana {later} interacted biology"
    assert total(text, "time_spent") == minutes * MINUTE


def test_a_single_statement_is_0_seconds() -> None:
    assert total("ana 09:00 launched algebra", "time_spent") == 0


@pytest.mark.parametrize("closing", ["exited", "suspended"])
def test_the_gap_after_an_end_or_a_pause_counts_for_nothing(closing: str) -> None:
    text = f"""
    ana 09:00 launched algebra
    ana 09:05 {closing} algebra
    ana 09:15 viewed   algebra
    """
    assert total(text, "time_spent") == 5 * MINUTE


def test_logins_and_invitations_cut_no_gap() -> None:
    text = """
    ana 09:00 launched   algebra
    ana 09:05 logged-in  /site
    ana 09:06 invite     biology
    ana 09:10 interacted algebra
    """
    assert total(text, "time_spent") == 10 * MINUTE


@pytest.mark.parametrize("verb", ["terminated", "exited", "abandoned"])
def test_an_end_under_a_session_id_declares_the_time(verb: str) -> None:
    text = f"""
    ana 09:00 launched algebra sid=s1
    ana 09:20 {verb}   algebra sid=s1 duration=PT12M30S
    """
    assert total(text, "time_spent") == 12.5 * MINUTE


def test_the_last_declared_duration_is_the_time() -> None:
    text = """
    ana 09:00 launched   algebra sid=s1
    ana 09:10 exited     algebra sid=s1 duration=PT1M
    ana 09:20 terminated algebra sid=s1 duration=PT18M
    """
    assert total(text, "time_spent") == 18 * MINUTE


@pytest.mark.parametrize(
    ("declared", "minutes"),
    [
        ("PT0S", 0),
        ("PT39M59S", 39 + 59 / 60),
        ("PT40M", 40),
        ("PT40M1S", 40),
        ("PT400H", 40),
        ("P4W", 40),
        ("P9999Y", 40),
    ],
)
def test_a_declared_time_is_capped_at_the_span_and_the_idle_limit(
    declared: str, minutes: float
) -> None:
    """The connection spans ten minutes: with the idle limit no more than forty."""
    text = f"""
    ana 09:00 launched   algebra sid=s1
    ana 09:10 terminated algebra sid=s1 duration={declared}
    """
    assert total(text, "time_spent") == pytest.approx(minutes * MINUTE)


def test_without_a_session_id_nothing_is_declared() -> None:
    text = f"""
    ana 09:00 launched   algebra registration={REGISTRATION}
    ana 09:10 terminated algebra registration={REGISTRATION} duration=PT1M
    """
    assert total(text, "time_spent") == 10 * MINUTE


@pytest.mark.parametrize("verb", ["completed", "passed", "failed", "suspended"])
def test_durations_of_other_verbs_are_never_added(verb: str) -> None:
    text = f"""
    ana 09:00 launched   algebra sid=s1
    ana 09:10 {verb}     algebra sid=s1 duration=PT2H
    """
    assert total(text, "time_spent") == 10 * MINUTE
