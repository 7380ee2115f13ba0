"""The built-in metrics on small tables; docs/metrics.md says what they mean."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest

from lrs_stats import Tables
from lrs_stats.registry import build
from lrs_stats.settings import Settings
from lrs_stats.testing import handed, tables

METRICS = build(Settings()).metrics
ADA = {"learner": "ada", "session": "s1", "program": "p1"}
ADA_AGAIN = {"learner": "ada", "session": "s2", "program": "p1"}
BOB = {"learner": "bob", "session": "s1", "program": "p1"}
START = {"kind": "start", "course": "c1", "object": "c1"}
COMPLETE = {"kind": "complete", "course": "c1", "object": "c1"}
UNCOMPLETE = {"kind": "uncomplete", "course": "c1", "object": "c1"}


def progress(value: float | None, course: str = "c1") -> dict[str, Any]:
    return {"kind": "progress", "course": course, "object": course, "value": value}


def answer(value: float | None, **more: str) -> dict[str, Any]:
    return {"kind": "answer", "learner": "ada", "course": "c1", "value": value} | more


def asked(*learners: dict[str, str], courses: Sequence[str] = ("c1",)) -> list[dict[str, Any]]:
    return [learner | {"course": course} for learner in learners for course in courses]


def moment(hour: int) -> datetime:
    return datetime(2026, 3, 2, hour, tzinfo=UTC)


def figures(name: str, given: Tables, *by: str) -> dict[Any, Any]:
    frame = METRICS[name].compute(handed(METRICS[name], given), list(by)).collect()
    keys = frame.select(by).rows() if by else [()]
    return dict(zip((key[0] if len(key) == 1 else key for key in keys), frame[name], strict=True))


def total(name: str, given: Tables) -> Any:
    return figures(name, given)[()]


def test_connections_are_counted() -> None:
    given = tables(connections=[{"course": "c1"}, {"course": "c1"}, {"course": "c2"}])
    assert figures("connections", given, "course") == {"c1": 2, "c2": 1}
    assert total("connections", given) == 3


def test_time_spent_is_the_sum_of_connections() -> None:
    given = tables(
        connections=[{"course": "c1", "seconds": 1.5}, {"course": "c2", "seconds": 60.0}]
    )
    assert figures("time_spent", given, "course") == {"c1": 1.5, "c2": 60}
    assert total("time_spent", given) == 61.5


def test_score_is_the_mean_of_answers_repeats_included() -> None:
    given = tables(events=[answer(100), answer(100), answer(25), answer(None)])
    assert total("score", given) == 75


def test_score_leaves_out_what_is_no_answer() -> None:
    given = tables(events=[answer(40), answer(90, kind="result"), answer(90, kind="progress")])
    assert total("score", given) == 40


def test_score_of_no_answer_is_nothing() -> None:
    given = tables(events=[answer(None, course="c1"), START | {"course": "c2"}])
    assert figures("score", given, "course") == {"c1": None}


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], 0),
        ([START], 0),
        ([progress(20), progress(60), progress(40)], 60),
        ([progress(None), progress(130)], 100),
        ([progress(-5)], 0),
        ([COMPLETE], 100),
        ([progress(30), COMPLETE, UNCOMPLETE], 30),
        ([COMPLETE, UNCOMPLETE, COMPLETE], 100),
        ([UNCOMPLETE, COMPLETE], 100),
        ([COMPLETE, UNCOMPLETE, progress(50)], 50),
        ([COMPLETE | {"object": "module"}], 0),
        ([COMPLETE, UNCOMPLETE | {"object": "module"}], 100),
    ],
)
def test_progress(events: list[dict[str, Any]], expected: float) -> None:
    given = tables(events=[ADA | event for event in events], pairs=asked(ADA))
    assert total("participation", given) == expected


def test_order_of_completions_is_that_of_instants_not_of_rows() -> None:
    late, early = {"instant": moment(2)}, {"instant": moment(1)}
    given = tables(events=[ADA | COMPLETE | late, ADA | UNCOMPLETE | early], pairs=asked(ADA))
    assert total("participation", given) == 100


def test_participation_divides_by_every_pair_that_is_asked_for() -> None:
    events = [ADA | progress(50, "c1"), ADA | progress(100, "c2"), BOB | progress(30, "c1")]
    given = tables(events=events, pairs=asked(ADA, BOB, courses=("c1", "c2")))
    assert total("participation", given) == 45
    assert figures("participation", given, "learner") == {"ada": 75, "bob": 15}
    assert figures("participation", given, "course") == {"c1": 40, "c2": 50}
    assert figures("participation", given, "program") == {"p1": 45}


def test_a_learner_in_two_sessions_counts_once_with_the_best_progress() -> None:
    events = [ADA | progress(20), ADA_AGAIN | progress(80)]
    given = tables(events=events, pairs=asked(ADA, ADA_AGAIN))
    assert total("participation", given) == 80
    assert figures("participation", given, "learner") == {"ada": 80}


def test_progress_in_a_session_without_a_place_in_it_has_no_part() -> None:
    given = tables(events=[ADA_AGAIN | progress(80)], pairs=asked(ADA))
    assert total("participation", given) == 0
    assert figures("participation", given, "program") == {"p1": 0}


def test_at_sessions_each_has_its_own_progress() -> None:
    events = [ADA | progress(20), ADA_AGAIN | progress(80)]
    given = tables(events=events, pairs=asked(ADA, ADA_AGAIN, BOB))
    assert figures("participation", given, "session") == {"s1": 10, "s2": 80}


def test_the_same_course_in_two_programs_counts_twice() -> None:
    elsewhere = {"learner": "ada", "session": "s9", "program": "p9"}
    given = tables(events=[ADA | COMPLETE], pairs=asked(ADA, elsewhere))
    assert total("participation", given) == 50
    assert figures("participation", given, "program") == {"p1": 100, "p9": 0}


def test_open_access_and_courses_outside_the_program_have_no_part() -> None:
    events = [{"learner": "ada"} | COMPLETE, ADA | progress(100, "c7")]
    given = tables(events=events, pairs=asked(ADA))
    assert total("participation", given) == 0


def test_a_pending_learner_without_statements_counts_in_the_denominator() -> None:
    given = tables(events=[ADA | COMPLETE], pairs=asked(ADA, BOB))
    assert figures("participation", given, "learner") == {"ada": 100, "bob": 0}


def test_a_period_shows_its_own_progress_over_all_pairs() -> None:
    march, april = {"period": date(2026, 3, 1)}, {"period": date(2026, 4, 1)}
    events = [ADA | march | progress(40), ADA | april | COMPLETE, BOB | april | progress(20)]
    given = tables(events=events, pairs=asked(ADA, BOB))
    assert figures("participation", given, "period") == {
        march["period"]: 20,
        april["period"]: 60,
    }
    assert figures("participation", given, "learner", "period") == {
        ("ada", march["period"]): 40,
        ("ada", april["period"]): 100,
        ("bob", april["period"]): 20,
    }


def test_a_group_has_the_pairs_of_its_learners() -> None:
    one, two = {"group": "g1"}, {"group": "g2"}
    given = tables(
        events=[ADA | one | COMPLETE, ADA | two | COMPLETE, BOB | two | progress(50)],
        pairs=asked(ADA | one, ADA | two, BOB | two),
    )
    assert figures("participation", given, "group") == {"g1": 100, "g2": 75}


def test_participation_of_nobody_is_nothing() -> None:
    assert total("participation", tables(events=[ADA | COMPLETE])) is None
