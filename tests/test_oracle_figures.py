"""The oracle's figures, rows and filters, held to worked examples."""

import json
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import oracle
from tests.oracle.vocabulary import CMI5_PROGRESS, VIDEO_PROGRESS
from tests.oracle_examples import (
    ALGEBRA,
    BIOLOGY,
    GRANULARITIES,
    METRICS,
    SPRING,
    SUMMER,
    Json,
    answer,
    instant_at,
    row_values,
)
from tests.statement_strategies import IDLE, ZONE, World, worlds

# Score


@pytest.mark.parametrize(
    ("result", "percent"),
    [
        ('{"score":{"raw":3,"max":4}}', 75),
        ('{"score":{"raw":7,"min":5,"max":10}}', 40),
        ('{"score":{"raw":1,"max":4,"scaled":-0.5}}', 25),
        ('{"score":{"raw":-1,"max":4}}', 0),
        ('{"score":{"raw":0,"max":0,"scaled":0.5}}', 50),
        ('{"score":{"raw":9,"scaled":0.25},"success":true}', 25),
        ('{"score":{"scaled":-0.5},"success":true}', 0),
        ('{"score":{"raw":9},"success":true}', 100),
        ('{"success":false}', 0),
        ('{"response":"b"}', None),
    ],
)
def test_the_score_of_an_answer(result: str, percent: float | None) -> None:
    found = answer(f"ana 09:00 answered algebra?1 result={result}", "platform")
    assert found.totals["score"] == percent


def test_the_score_is_the_mean_over_all_answers_wherever_they_were_given() -> None:
    found = answer(
        """
        ana 09:00 answered algebra?1 result={"success":false}
        ana 09:01 answered algebra?1 result={"success":true}
        ana 99:00 answered /page?1   result={"score":{"scaled":0.5}}
        ana 99:01 passed   algebra   result={"score":{"scaled":0}}
        bob 09:00 answered biology?1 result={"success":true}
        """,
        "learners",
    )
    assert row_values(found, "score") == {"ana": 50, "bob": 100}
    assert found.totals["score"] == 62.5


# Progress and participation


CMI5_60 = {"extensions": {CMI5_PROGRESS: 60}}
CMI5_1 = {"extensions": {CMI5_PROGRESS: 1}}
SLIDE = {"extensions": {"http://id.tincanapi.com/extension/ending-point": 7}}


def said(verb: str, thing: str, result: Json, more: str = "") -> str:
    """Write a line of an example with a result."""
    return f"ana 09:00 {verb} {thing} result={json.dumps(result, separators=(',', ':'))} {more}\n"


@pytest.mark.parametrize(
    ("text", "percent"),
    [
        ("", 0),
        ("ana 09:00 completed algebra", 100),
        ("ana 09:00 satisfied algebra", 100),
        (said("passed", "algebra", {"completion": True}), 100),
        ("ana 09:00 completed algebra/quiz", 0),
        ("ana 09:00 passed algebra", 0),
        (said("progressed", "algebra", CMI5_60), 60),
        (
            said("progressed", "algebra", {"extensions": {CMI5_PROGRESS.replace("s:", ":"): 5.5}}),
            5.5,
        ),
        (said("progressed", "algebra", CMI5_1), 1),
        (said("progressed", "algebra", CMI5_1 | {"score": {"scaled": 0.9}}), 1),
        (said("progressed", "algebra/au", CMI5_1 | {"completion": True}), 100),
        (said("progressed", "algebra", {"extensions": {CMI5_PROGRESS: 180}}), 100),
        (said("progressed", "algebra", {"extensions": {VIDEO_PROGRESS: 0.25}}), 25),
        (said("progressed", "algebra", {"score": {"scaled": 0.25}}), 25),
        (said("progressed", "algebra", {"score": {"scaled": -0.25}}), 0),
        (said("progressed", "algebra", SLIDE), 0),
        (said("progressed", "algebra/quiz", {"score": {"scaled": 0.5}}), 50),
        (
            said("progressed", "algebra", CMI5_60)
            + said("progressed", "algebra", {"score": {"scaled": 0.25}}),
            60,
        ),
        (said("passed", "algebra", CMI5_60), 0),
        (said("passed", "algebra", CMI5_60, "sid=s1"), 60),
        (said("completed", "algebra/au", CMI5_60, "sid=s1"), 0),
        ("ana 09:00 completed algebra\nana 10:00 uncompleted algebra", 0),
        ("ana 09:00 completed algebra\nana 10:00 uncompleted algebra/quiz", 100),
        ("ana 09:00 uncompleted algebra\nana 10:00 completed algebra", 100),
        (
            said("progressed", "algebra", CMI5_60)
            + "ana 09:00 completed algebra\nana 10:00 uncompleted algebra",
            60,
        ),
    ],
)
def test_the_progress_of_a_learner_in_a_course(text: str, percent: float) -> None:
    found = answer(text, "sessions", learners=["ana"], courses=[ALGEBRA], sessions=[SPRING])
    assert row_values(found, "participation") == {"spring": percent}


HALF = 'result={"score":{"scaled":0.5}}'
SCIENCE = f"""
    ana 09:00 progressed algebra {HALF}
    ana 49:00 completed  algebra
    ana 50:00 progressed biology {HALF}
    bob 09:00 progressed algebra {HALF}
    coco 09:00 completed algebra in=spring
    ana 99:00 completed  biology
"""


@pytest.mark.parametrize(
    ("granularity", "expected", "total"),
    [
        # Two learners by two courses: ana 100 and 50 at best, bob 50 and 0.
        ("platform", {"": 50}, 50),
        ("programs", {"science": 50}, 50),
        ("courses", {"algebra": 75, "biology": 25}, 50),
        ("learners", {"ana": 75, "bob": 25, "coco": None}, 50),
        # In spring ana has 50 and 0; in summer, where bob is not, 100 and 50.
        ("sessions", {"spring": 25, "summer": 75}, 50),
        ("groups", {"blue": 75, "red": 50}, 50),
    ],
)
def test_participation(granularity: str, expected: dict[str, float | None], total: float) -> None:
    found = answer(SCIENCE, granularity)
    assert row_values(found, "participation") == expected
    assert found.totals["participation"] == total


def test_the_denominator_of_participation_does_not_depend_on_the_period() -> None:
    first_day = answer(SCIENCE, "platform", end=date(2025, 3, 11))
    assert first_day.totals["participation"] == 25


def test_a_cancelled_enrolment_or_none_is_no_pair() -> None:
    found = answer(SCIENCE, "learners", learners=["coco", "stranger"])
    assert found.totals["participation"] is None


# Rows, filters, periods

WEEK = """
    ana      09:00 launched  algebra
    ana      09:10 exited    algebra
    bob      23:50 launched  biology
    bob      24:10 answered  biology?1 result={"success":true}
    ana      72:00 launched  algebra
    ana      72:05 answered  /page?1   result={"success":false}
    stranger 72:10 launched  package
    stranger 72:20 suspended package
    nobody   72:30 logged-in /site
"""


@pytest.mark.parametrize(
    ("granularity", "asked", "expected"),
    [
        ("platform", {}, {"": 4}),
        ("courses", {}, {"algebra": 2, "biology": 1, "package": 1, "unassigned": 0}),
        ("learners", {}, {"ana": 2, "bob": 1, "mailto:stranger@mail.example": 1}),
        ("sessions", {}, {"spring": 2, "summer": 0}),
        ("programs", {}, {"science": 2}),
        ("groups", {}, {"blue": 2, "red": 3}),
        ("learners", {"courses": [BIOLOGY]}, {"ana": 0, "bob": 1}),
        ("learners", {"groups": ["red"]}, {"ana": 2, "bob": 1}),
        ("learners", {"groups": ["blue"], "learners": ["bob"]}, {}),
        ("courses", {"learners": ["mailto:stranger@mail.example"]}, {"package": 1}),
        ("courses", {"courses": [ALGEBRA, "no such course"]}, {"algebra": 2}),
        ("courses", {"sessions": ["no such session"]}, {}),
        ("groups", {"sessions": [SUMMER]}, {"blue": 0, "red": 0}),
        ("platform", {"sessions": ["no such session"]}, {"": 0}),
        ("courses", {"end": date(2025, 3, 11)}, {"algebra": 1, "biology": 1}),
        (
            "learners",
            {"interval": "day"},
            {
                "ana 2025-03-10": 1,
                "bob 2025-03-10": 1,
                "bob 2025-03-11": 0,
                "ana 2025-03-13": 1,
                "mailto:stranger@mail.example 2025-03-13": 1,
            },
        ),
        (
            "platform",
            {"interval": "day"},
            {
                "2025-03-10": 2,
                "2025-03-11": 0,
                "2025-03-12": 0,
                "2025-03-13": 2,
            },
        ),
        (
            "platform",
            {"interval": "week", "start": date(2025, 3, 12), "end": date(2025, 3, 25)},
            {
                "2025-03-10": 2,
                "2025-03-17": 0,
                "2025-03-24": 0,
            },
        ),
        ("platform", {"interval": "month"}, {"2025-03-01": 4}),
        ("platform", {"interval": "year"}, {"2025-01-01": 4}),
    ],
)
def test_rows(granularity: str, asked: Json, expected: dict[str, float]) -> None:
    assert row_values(answer(WEEK, granularity, **asked), "connections") == expected


def test_a_period_is_half_open() -> None:
    edges: Json = {"start": instant_at("23:50"), "end": instant_at("72:00")}
    assert answer(WEEK, "platform", **edges).totals["connections"] == 1


def test_days_are_those_of_the_zone() -> None:
    found = answer(WEEK, "courses", courses=[BIOLOGY], interval="day", zone=ZoneInfo("Asia/Tokyo"))
    assert row_values(found, "connections") == {"biology 2025-03-11": 1}


def test_the_answer_of_a_later_day_is_scored_there_and_the_time_stays_with_the_start() -> None:
    found = answer(WEEK, "learners", learners=["bob"], interval="day")
    assert row_values(found, "time_spent") == {"bob 2025-03-10": 1200, "bob 2025-03-11": 0}
    assert row_values(found, "score") == {"bob 2025-03-10": None, "bob 2025-03-11": 100}


def test_a_learner_in_two_groups_counts_once_in_the_total() -> None:
    assert answer(WEEK, "groups").totals["connections"] == 3


def test_a_filter_never_changes_how_a_gap_is_cut() -> None:
    text = """
    ana 09:00 launched   algebra
    ana 09:10 launched   biology
    ana 09:20 interacted algebra
    """
    assert answer(text, "platform", courses=[ALGEBRA]).totals["time_spent"] == 600


# Any world


@settings(max_examples=40, deadline=None, database=None)
@given(worlds(), st.sampled_from([None, "day", "week", "month", "year"]))
def test_rows_that_share_nothing_add_up_to_the_total(world: World, interval: str | None) -> None:
    for granularity in GRANULARITIES[:-1]:
        found = oracle.report(
            world.statements,
            world.roster,
            granularity,
            metrics=METRICS,
            interval=interval,
            zone=ZONE,
            idle=IDLE,
        )
        for metric in ("connections", "time_spent"):
            rows = [values[metric] or 0 for values in found.rows.values()]
            assert sum(rows) == pytest.approx(found.totals[metric])
