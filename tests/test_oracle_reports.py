"""The oracle's twelve months, its questions, its logs, and where a figure means nothing."""

from datetime import UTC, date, datetime
from itertools import product
from typing import Any

import pytest

from tests import oracle
from tests.oracle_examples import (
    BIOLOGY,
    LMS,
    REGISTRATION,
    ROSTER,
    SPRING,
    SUMMER,
    UTC_ZONE,
    answer,
    by_row,
    instant_at,
    told,
    total,
)
from tests.statement_strategies import IDLE, ZONE

# Twelve months


YEAR = """
    ana 2024-03-31T23:59:59+02:00 launched algebra
    ana 2024-04-01T00:00:00+02:00 launched algebra
    ana 2024-12-31T23:30:00+01:00 launched biology
    bob 2025-03-10T12:00:00+01:00 launched biology
    ana 2025-03-31T23:59:59+02:00 launched algebra
    ana 2025-04-01T00:00:00+02:00 launched algebra
"""


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        ("2025-03-01T00:00+01:00", 4),
        ("2025-03-31T23:59+02:00", 4),
        ("2025-04-01T00:00+02:00", 4),
        ("2025-02-28T23:59+01:00", 3),
        ("2025-12-15T00:00+01:00", 3),
        ("2026-02-15T00:00+01:00", 3),
        ("2026-03-15T00:00+01:00", 1),
        ("2026-04-01T00:00+02:00", 0),
    ],
)
def test_twelve_months_end_with_the_current_one(as_of: str, expected: int) -> None:
    instant = datetime.fromisoformat(as_of)
    assert total("connections_12_months", YEAR, zone=ZONE, as_of=instant) == expected


def test_twelve_months_are_those_of_the_zone() -> None:
    edge = "ana 2024-04-01T00:00:00+02:00 launched algebra"
    march = datetime(2025, 3, 15, tzinfo=UTC)
    assert total("connections_12_months", edge, zone=ZONE, as_of=march) == 1
    assert total("connections_12_months", edge, zone=UTC_ZONE, as_of=march) == 0
    april_in_paris = datetime(2025, 3, 31, 22, 30, tzinfo=UTC)
    assert total("connections_12_months", edge, zone=ZONE, as_of=april_in_paris) == 0


def test_a_period_does_not_narrow_twelve_months_and_filters_do() -> None:
    as_of = datetime(2025, 3, 15, tzinfo=UTC)
    march: dict[str, Any] = {"zone": ZONE, "as_of": as_of, "start": date(2025, 3, 1)}
    assert by_row("connections_12_months", YEAR, "learners", **march) == {"ana": 3, "bob": 1}
    assert total("connections_12_months", YEAR, courses=[BIOLOGY], **march) == 2
    assert total("connections_12_months", YEAR, groups=["blue"], **march) == 3


def test_twelve_months_need_an_instant() -> None:
    with pytest.raises(ValueError, match="instant"):
        total("connections_12_months", YEAR)


# Where a figure means nothing


GRANULARITIES = [
    *("platform", "courses", "learners", "sessions", "programs", "groups"),
    "questions",
]


NO_QUESTIONS = "platform courses learners sessions programs groups"


@pytest.mark.parametrize(
    ("metric", "granularities", "also"),
    [
        ("connections", NO_QUESTIONS, "series"),
        ("connections_12_months", NO_QUESTIONS, ""),
        ("course_result", NO_QUESTIONS, "series"),
        ("score", NO_QUESTIONS + " questions", "series question"),
        ("last_activity", NO_QUESTIONS + " questions", "series question"),
        ("course_participants", "platform programs sessions courses groups", "series"),
        ("session_participants", "platform programs sessions courses groups", "series"),
        ("participants", "platform programs sessions groups", ""),
        ("attendance", "platform programs sessions groups", "series"),
        ("learners", "platform groups", ""),
    ],
)
def test_where_a_figure_means_something(metric: str, granularities: str, also: str) -> None:
    for granularity, interval, filtered in product(GRANULARITIES, [None, "month"], [False, True]):
        says = granularity in granularities.split()
        says = says and (interval is None or "series" in also)
        says = says and (not filtered or "question" in also)
        assert oracle.means_nothing(metric, granularity, interval, filtered) != says


def test_a_figure_that_means_nothing_is_none() -> None:
    text = 'ana 09:00 launched algebra\nana 09:01 answered algebra?1 result={"success":true}'
    only: dict[str, Any] = {"questions": [LMS + "algebra?1"]}
    metrics = ["connections", "learners", "answers"]
    expected = {"connections": None, "learners": None, "answers": 1}
    found = answer(text, "groups", metrics=metrics, **only)
    assert found.totals == found.rows["blue",] == expected
    series = answer(text, "platform", metrics=metrics, interval="day")
    assert series.totals == {"connections": 1, "learners": None, "answers": 1}


def test_there_are_all_figures() -> None:
    as_of = instant_at("09:00")
    found = answer("", "platform", metrics=oracle.METRICS, as_of=as_of)
    assert len(found.totals) == 23
    nothing = {name for name, value in found.totals.items() if value is None}
    of_places = {"first_connection", "last_connection", "attested_time", "completed_at"}
    assert nothing - of_places == {*("score", "course_result", "question_success", "last_activity")}


# Questions


QUIZ = """
    ana 09:00 launched algebra
    ana 09:01 answered algebra?1 result={"success":true}
    bob 09:02 answered algebra?2 result={"success":false}
    bob 33:02 answered algebra?1 result={"success":false}
    ana 57:00 answered /page?1   result={"success":true}
"""


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, {"/page?1": 1, "algebra?1": 2, "algebra?2": 1}),
        ({"learners": ["ana"]}, {"/page?1": 1, "algebra?1": 1}),
        ({"sessions": [SUMMER]}, {}),
        ({"courses": [LMS + "algebra"]}, {"algebra?1": 2, "algebra?2": 1}),
        ({"groups": ["blue"]}, {"/page?1": 1, "algebra?1": 1}),
        ({"questions": [LMS + "algebra?1", "no such question"]}, {"algebra?1": 2}),
        ({"end": date(2025, 3, 11)}, {"algebra?1": 1, "algebra?2": 1}),
        (
            {"interval": "day", "courses": [LMS + "algebra"]},
            {"algebra?1 2025-03-10": 1, "algebra?1 2025-03-11": 1, "algebra?2 2025-03-10": 1},
        ),
    ],
)
def test_questions_are_those_that_were_answered(
    asked: dict[str, Any], expected: dict[str, int]
) -> None:
    assert by_row("answers", QUIZ, "questions", **asked) == expected


@pytest.mark.parametrize(
    ("granularity", "expected"),
    [
        ("platform", {"": 2}),
        ("courses", {"algebra": 2}),
        ("learners", {"ana": 1, "bob": 1}),
        ("sessions", {"spring": 2}),
        ("programs", {"science": 2}),
        ("groups", {"blue": 1, "red": 2}),
    ],
)
def test_a_filter_by_question_leaves_answers_to_it(
    granularity: str, expected: dict[str, int]
) -> None:
    assert by_row("answers", QUIZ, granularity, questions=[LMS + "algebra?1"]) == expected


# Logs


LOG = f"""
    ana      09:00 launched   algebra   id=a
    ana      09:10 exited     algebra   id=b
    bob      09:00 launched   biology   id=c   sid=s1
    bob      09:05 terminated biology   id=d   sid=s1 duration=PT9H
    ana      49:00 viewed     biology   id=e   registration={REGISTRATION}
    stranger 99:00 launched   package   id=f
    ana      99:10 launched   algebra   id=g
    bob      99:11 voided     /it       id=h   voids=g
"""


def connection_lines(**asked: Any) -> list[str]:
    rows = oracle.connection_log(told(LOG), ROSTER, zone=UTC_ZONE, idle=IDLE, **asked)
    return [
        f"{row['id']} {row['learner']} {str(row['course']).removeprefix(LMS)} "
        f"{str(row['session']).removeprefix(LMS)} {row['program']} {row['seconds']:g} "
        f"{row['method']}"
        for row in rows
    ]


def test_the_log_of_connections() -> None:
    assert connection_lines() == [
        "f mailto:stranger@mail.example package None None 0 measured",
        "e ana biology summer science 0 measured",
        "a ana algebra spring science 600 measured",
        "c bob biology spring science 2100 capped",
    ]
    first = oracle.connection_log(told(LOG), ROSTER, zone=UTC_ZONE, idle=IDLE)[-2]
    assert (first["start"], first["end"]) == (instant_at("09:00"), instant_at("09:10"))


def test_filters_and_period_of_the_log_of_connections() -> None:
    assert [line[0] for line in connection_lines(learners=["ana"])] == ["e", "a"]
    assert [line[0] for line in connection_lines(programs=["science"])] == ["e", "a", "c"]
    assert [line[0] for line in connection_lines(end=date(2025, 3, 11))] == ["a", "c"]
    assert connection_lines(questions=[LMS + "algebra?1"]) == []


GIVEN = """
    ana 09:00 answered algebra?1 id=a result={"success":true}
    bob 09:00 answered algebra?2 id=b result={"score":{"raw":1,"max":4}}
    bob 99:00 answered /page?3   id=c result={"response":"b"}
    bob 99:01 answered /page?3   id=d result={"success":true}
    bob 99:02 voided   /it       id=e voids=d
"""


def test_the_log_of_answers() -> None:
    rows = oracle.answer_log(told(GIVEN), ROSTER, zone=UTC_ZONE, idle=IDLE)
    assert [row["id"] for row in rows] == ["c", "a", "b"]
    assert rows[0] == {
        "id": "c",
        "instant": instant_at("99:00"),
        "learner": "bob",
        "course": None,
        "session": None,
        "program": None,
        "question": LMS + "/page?3",
        "score": None,
        "success": None,
    }
    assert [(row["score"], row["success"]) for row in rows[1:]] == [(100, True), (25, None)]
    assert {(row["course"], row["session"], row["program"]) for row in rows[1:]} == {
        (LMS + "algebra", SPRING, "science")
    }


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"learners": ["bob"]}, "cb"),
        ({"groups": ["blue"]}, "a"),
        ({"sessions": [SPRING]}, "ab"),
        ({"questions": [LMS + "algebra?2"]}, "b"),
        ({"start": date(2025, 3, 11)}, "c"),
        ({"end": date(2025, 3, 11)}, "ab"),
        ({"courses": [BIOLOGY]}, ""),
    ],
)
def test_filters_and_period_of_the_log_of_answers(asked: dict[str, Any], expected: str) -> None:
    rows = oracle.answer_log(told(GIVEN), ROSTER, zone=UTC_ZONE, idle=IDLE, **asked)
    assert [row["id"] for row in rows] == list(expected)
