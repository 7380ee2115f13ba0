"""The oracle's figures about people and their votes, held to worked examples.

In the roster of the examples `ana` is active in spring (March 10 and 11) and invited to summer
(11 and 12), `bob` is invited to spring, and the place of `coco`, a coach, was cancelled.
"""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.oracle_examples import (
    ALGEBRA,
    BIOLOGY,
    ROSTER,
    SPRING,
    SUMMER,
    Json,
    answer,
    by_row,
    instant_at,
    total,
    without,
)
from tests.statement_strategies import ZONE

NOTHING = ""
LOGIC = "https://lms.example/logic"

# Participants


@pytest.mark.parametrize(
    ("granularity", "expected", "whole"),
    [
        ("platform", {"": 2}, 2),
        ("programs", {"science": 2}, 2),
        ("sessions", {"spring": 2, "summer": 1}, 2),
        ("groups", {"blue": 1, "red": 2}, 2),
        ("courses", {"algebra": None, "biology": None}, None),
        ("learners", {"ana": None, "bob": None}, None),
    ],
)
def test_participants_are_enrolled_pending_or_active(
    granularity: str, expected: dict[str, int | None], whole: int | None
) -> None:
    assert by_row("participants", NOTHING, granularity) == expected
    assert total("participants", NOTHING, granularity) == whole


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"start": date(2031, 1, 1)}, 2),
        ({"sessions": [SUMMER]}, 1),
        ({"courses": [BIOLOGY]}, 2),
        ({"courses": [LOGIC]}, 0),
        ({"groups": ["blue"]}, 1),
        ({"learners": ["coco"]}, 0),
    ],
)
def test_participants_know_filters_and_no_period(asked: dict[str, Any], expected: int) -> None:
    came = "coco 09:00 launched algebra"
    assert total("participants", came, **asked) == expected


def test_those_who_left_are_participants_and_no_learners() -> None:
    left = without(ROSTER, "bob")
    assert total("participants", NOTHING, roster=left) == 2
    assert total("learners", NOTHING, roster=left) == 1


# Participants of a course


CAME = """
    ana      09:00 launched  algebra
    ana      10:00 launched  algebra
    bob      09:00 answered  algebra?1
    stranger 09:00 launched  algebra
    coco     09:00 logged-in algebra
    coco     09:00 viewed    /page
"""


@pytest.mark.parametrize(
    ("granularity", "expected", "whole"),
    [
        ("platform", {"": 2}, 2),
        ("courses", {"algebra": 2, "biology": 0}, 2),
        ("programs", {"science": 1}, 1),
        ("sessions", {"spring": 1, "summer": 0}, 1),
        ("groups", {"blue": 1, "red": 1}, 1),
    ],
)
def test_participants_of_a_course_have_a_connection(
    granularity: str, expected: dict[str, int], whole: int
) -> None:
    assert by_row("course_participants", CAME, granularity) == expected
    assert total("course_participants", CAME, granularity) == whole


def test_participants_of_a_course_have_it_in_the_period() -> None:
    later = {"start": instant_at("09:30")}
    assert by_row("course_participants", CAME, "courses", **later) == {"algebra": 1, "biology": 0}


# Participants of sessions


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (None, None, 2),
        (None, date(2025, 3, 10), 0),
        (None, date(2025, 3, 11), 2),
        (date(2025, 3, 11), date(2025, 3, 12), 2),
        (date(2025, 3, 12), date(2025, 3, 13), 1),
        (date(2025, 3, 13), None, 0),
        (instant_at("71:59"), None, 1),
        (date(2025, 3, 11), date(2025, 3, 11), 0),
    ],
)
def test_a_session_counts_from_its_first_midnight_to_its_last(
    start: date | None, end: date | None, expected: int
) -> None:
    assert total("session_participants", NOTHING, start=start, end=end) == expected


def test_the_midnights_of_a_session_are_those_of_the_zone() -> None:
    before: Json = {"end": datetime(2025, 3, 9, 23, 30, tzinfo=UTC)}
    assert total("session_participants", NOTHING, **before) == 0
    assert total("session_participants", NOTHING, zone=ZONE, **before) == 2


OVER_THE_MONTH = ROSTER | {
    "sessions": [
        ROSTER["sessions"][0] | {"start": "2025-02-01", "end": "2025-03-01"},
        ROSTER["sessions"][1] | {"start": "2025-03-02", "end": "2025-03-31"},
    ]
}


def test_a_session_that_overlaps_a_month_by_one_day_counts_in_it() -> None:
    year = {"interval": "month", "start": date(2025, 1, 1), "end": date(2025, 5, 1)}
    assert by_row(
        "session_participants", NOTHING, "platform", roster=OVER_THE_MONTH, zone=ZONE, **year
    ) == {"2025-01-01": 0, "2025-02-01": 2, "2025-03-01": 2, "2025-04-01": 0}


def test_a_row_counts_the_part_of_its_month_that_was_asked_for() -> None:
    found = by_row(
        "session_participants",
        NOTHING,
        "platform",
        roster=OVER_THE_MONTH,
        interval="month",
        start=date(2025, 2, 28),
        end=date(2025, 3, 31),
        sessions=[SPRING],
    )
    assert found == {"2025-02-01": 2, "2025-03-01": 2}
    later = by_row(
        "session_participants",
        NOTHING,
        "platform",
        roster=OVER_THE_MONTH,
        interval="month",
        start=date(2025, 3, 2),
        end=date(2025, 3, 31),
    )
    assert later == {"2025-03-01": 1}


def test_someone_in_two_sessions_is_one_participant_of_sessions() -> None:
    eleventh: Json = {"start": date(2025, 3, 11), "end": date(2025, 3, 12)}
    found = answer(NOTHING, "sessions", metrics=["session_participants"], **eleventh)
    assert [row["session_participants"] for row in found.rows.values()] == [2, 1]
    assert found.totals["session_participants"] == 2


def test_at_courses_the_sessions_are_those_whose_program_has_the_course() -> None:
    assert by_row("session_participants", NOTHING, "courses") == {"algebra": 2, "biology": 2}
    more = ROSTER | {"courses": [*ROSTER["courses"], {"id": LOGIC}]}
    assert by_row("session_participants", NOTHING, "courses", roster=more)["logic"] == 0


# Attendance


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (NOTHING, {"spring": 0, "summer": 0}),
        ("ana 09:00 launched algebra", {"spring": 50, "summer": 0}),
        ("ana 49:00 launched algebra", {"spring": 0, "summer": 100}),
        ("ana 99:00 launched algebra", {"spring": 0, "summer": 0}),
        ("bob 09:00 launched algebra", {"spring": 50, "summer": 0}),
        # Bob has no place in summer, and the place of coco in spring was cancelled.
        ("bob 09:00 launched algebra in=summer", {"spring": 0, "summer": 0}),
        ("coco 09:00 launched algebra in=spring", {"spring": 0, "summer": 0}),
        ("ana 09:00 answered algebra?1", {"spring": 0, "summer": 0}),
    ],
)
def test_attendance_of_sessions(text: str, expected: dict[str, float]) -> None:
    assert by_row("attendance", text, "sessions") == expected


def test_someone_in_two_sessions_attends_with_a_connection_in_either() -> None:
    summer = "ana 49:00 launched algebra"
    assert by_row("attendance", summer, "programs") == {"science": 50}
    assert by_row("attendance", summer, "groups") == {"blue": 100, "red": 50}
    both = summer + "\nana 09:00 launched algebra"
    assert total("attendance", both) == 50


def test_attendance_looks_at_the_connections_of_the_period() -> None:
    text = "ana 09:00 launched algebra\nbob 30:00 launched biology"
    assert total("attendance", text) == 100
    assert total("attendance", text, end=date(2025, 3, 11)) == 50
    assert total("attendance", text, courses=[BIOLOGY]) == 50
    assert by_row("attendance", text, "platform", interval="day") == {
        "2025-03-10": 50,
        "2025-03-11": 50,
    }


def test_attendance_of_nobody_is_none() -> None:
    assert total("attendance", NOTHING, learners=["coco"]) is None


# Learners


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, 3),
        ({"start": date(2031, 1, 1)}, 3),
        ({"groups": ["red"]}, 2),
        ({"sessions": [SUMMER]}, 1),
        ({"programs": ["science"]}, 2),
        ({"courses": [ALGEBRA]}, 2),
        ({"groups": ["red"], "sessions": [SUMMER]}, 1),
        ({"learners": ["JSmith", "bob"]}, 2),
    ],
)
def test_learners_are_in_a_group_or_enrolled(asked: dict[str, Any], expected: int) -> None:
    grouped = [
        *ROSTER["memberships"],
        {"group_id": "blue", "person_id": "JSmith", "role": "learner"},
    ]
    roster = ROSTER | {"memberships": grouped}
    came = "coco 09:00 launched algebra\nstranger 09:00 launched algebra"
    assert total("learners", came, roster=roster, **asked) == expected


def test_learners_of_groups() -> None:
    assert by_row("learners", NOTHING, "groups") == {"blue": 1, "red": 2}
    assert total("learners", NOTHING, "groups") == 2
    assert by_row("learners", NOTHING, "groups", roster=without(ROSTER, "ana")) == {
        "blue": 0,
        "red": 1,
    }


# Votes


VOTES = """
    ana 09:00 liked      algebra
    ana 09:01 liked      algebra id=again
    ana 09:02 voted-down biology
    bob 09:03 disliked   algebra
    bob 33:04 voted-up   algebra/page
    bob 99:00 disliked   biology id=wrong
    ana 99:01 voided     /it     voids=wrong
"""


def test_votes() -> None:
    assert by_row("useful", VOTES, "courses") == {"algebra": 3, "biology": 0}
    assert by_row("not_useful", VOTES, "courses") == {"algebra": 1, "biology": 1}
    assert by_row("useful", VOTES, "learners") == {"ana": 2, "bob": 1}
    assert by_row("useful", VOTES, "platform", interval="day") == {
        "2025-03-10": 2,
        "2025-03-11": 1,
    }
    assert total("not_useful", NOTHING) == 0


# Last activity


BUSY = """
    ana  09:00 launched  algebra
    ana  09:10 answered  algebra?1 result={"success":true}
    ana  09:20 viewed    /page
    bob  30:00 launched  biology
    bob  31:00 logged-in /site
    bob  32:00 invite    biology
    bob  33:00 sneezed   biology
    bob  34:00 viewed    biology id=wrong
    ana  35:00 voided    /it     voids=wrong
    coco 09:05 logged-in /site
"""


def test_last_activity_is_the_last_sign_of_presence() -> None:
    assert by_row("last_activity", BUSY, "learners") == {
        "ana": instant_at("09:20"),
        "bob": instant_at("30:00"),
    }
    assert by_row("last_activity", BUSY, "courses") == {
        "algebra": instant_at("09:10"),
        "biology": instant_at("30:00"),
    }
    assert by_row("last_activity", BUSY, "sessions") == {
        "spring": instant_at("30:00"),
        "summer": None,
    }
    assert total("last_activity", BUSY, end=instant_at("09:10")) == instant_at("09:00")
    assert total("last_activity", BUSY, learners=["coco"]) is None


def test_last_activity_of_questions_is_the_last_answer() -> None:
    assert by_row("last_activity", BUSY, "questions") == {"algebra?1": instant_at("09:10")}
    asked = {"questions": ["https://lms.example/algebra?1"]}
    assert by_row("last_activity", BUSY, "learners", **asked) == {"ana": instant_at("09:10")}
