"""The oracle's progress, completion, results and answers, held to worked examples.

In the roster of the examples the program has two courses; `ana` has a place in spring (March 10
and 11) and in summer (11 and 12), `bob` one in spring. So there are six seats, and four pairs.
"""

from datetime import date

import pytest

from tests.oracle_examples import (
    ALGEBRA,
    BIOLOGY,
    ROSTER,
    SPRING,
    answer,
    by_row,
    row_values,
    total,
    without,
)

HALF = 'result={"score":{"scaled":0.5}}'
RIGHT = 'result={"success":true}'
WRONG = 'result={"success":false}'

# Progress


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        ("ana 09:00 completed algebra", 100 / 6),
        (f"ana 09:00 progressed algebra {HALF}", 50 / 6),
        # Each session has its own progress.
        (f"ana 09:00 completed algebra\nana 49:00 progressed algebra {HALF}", 150 / 6),
        # Who comes in open access takes another seat, and so does who has no place.
        (f"ana 99:00 progressed algebra {HALF}", 50 / 7),
        (f"stranger 09:00 progressed package/1 {HALF}", 50 / 7),
        ("coco 09:00 completed algebra in=spring", 100 / 7),
        ("coco 09:00 viewed algebra\ncoco 10:00 viewed algebra", 0),
        # A seat that an enrolment gives is the same when its learner comes.
        ("ana 09:00 viewed algebra", 0),
        # What is unassigned has no seat, and neither has what is no sign of presence.
        (f"ana 99:00 progressed /page {HALF}", 0),
        ("ana 99:00 logged-in algebra", 0),
        ("ana 09:00 completed algebra\nana 10:00 uncompleted algebra", 0),
        ("ana 09:00 completed algebra id=wrong\nbob 10:00 voided /it voids=wrong", 0),
    ],
)
def test_progress_is_the_mean_over_seats(text: str, expected: float) -> None:
    assert total("progress", text) == pytest.approx(expected)


STUDY = f"""
    ana 09:00 completed  algebra
    ana 49:00 progressed biology {HALF}
    bob 09:00 progressed algebra {HALF}
    bob 99:00 completed  biology
"""


@pytest.mark.parametrize(
    ("granularity", "expected"),
    [
        ("platform", {"": 300 / 7}),
        ("courses", {"algebra": 50, "biology": 37.5}),
        ("learners", {"ana": 37.5, "bob": 50}),
        ("sessions", {"spring": 37.5, "summer": 25}),
        ("programs", {"science": 200 / 6}),
        ("groups", {"blue": 37.5, "red": 300 / 7}),
        ("questions", {}),
    ],
)
def test_progress_of_rows(granularity: str, expected: dict[str, float]) -> None:
    assert by_row("progress", STUDY, granularity) == pytest.approx(expected)


def test_seats_of_enrolments_know_no_period_and_those_of_visitors_do() -> None:
    assert total("progress", STUDY, end=date(2025, 3, 11)) == 150 / 6
    assert by_row("progress", STUDY, "platform", interval="day") == pytest.approx(
        {"2025-03-10": 150 / 6, "2025-03-11": 0, "2025-03-12": 50 / 6, "2025-03-13": 0}
        | {"2025-03-14": 100 / 7}
    )


# Completion


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        ("ana 09:00 completed algebra", 25),
        ("ana 09:00 waived algebra", 25),
        ("ana 09:00 passed algebra", 0),
        ('ana 09:00 passed algebra result={"completion":true}', 25),
        ("ana 09:00 completed algebra/quiz", 0),
        # One pair, however many sessions; one is taken back, the other stays.
        ("ana 09:00 completed algebra\nana 49:00 completed algebra", 25),
        ("ana 09:00 completed algebra\nana 49:00 uncompleted algebra", 25),
        ("ana 09:00 completed algebra\nana 10:00 uncompleted algebra", 0),
        ("ana 09:00 uncompleted algebra\nana 10:00 completed algebra", 25),
        ("bob 09:00 completed algebra\nbob 09:01 completed biology", 50),
        ("bob 99:00 completed algebra", 0),
        ("bob 09:00 completed algebra in=summer", 0),
        ("coco 09:00 completed algebra in=spring", 0),
    ],
)
def test_completion_is_the_part_of_the_pairs_that_are_completed(text: str, expected: float) -> None:
    assert total("completion", text) == expected


def test_completion_of_rows() -> None:
    text = "ana 09:00 completed algebra\nana 49:00 completed biology"
    assert by_row("completion", text, "courses") == {"algebra": 50, "biology": 50}
    assert by_row("completion", text, "learners") == {"ana": 100, "bob": 0}
    assert by_row("completion", text, "sessions") == {"spring": 25, "summer": 50}
    assert by_row("completion", text, "groups") == {"blue": 100, "red": 50}
    assert total("completion", text, learners=["coco"]) is None
    assert total("completion", text, end=date(2025, 3, 11)) == 25
    assert total("completion", text, courses=[ALGEBRA]) == 50


def test_those_who_left_stay_counted() -> None:
    text = "bob 09:00 completed algebra"
    left = without(ROSTER, "bob")
    assert total("completion", text, roster=left) == 25
    assert total("progress", text, roster=left) == 100 / 6


# Course result


RESULTS = """
    ana 09:00 passed    algebra result={"score":{"scaled":0.9}}
    ana 10:00 failed    algebra result={"score":{"raw":3,"max":10}}
    ana 11:00 scored    algebra
    ana 12:00 answered  algebra?1 result={"score":{"scaled":1}}
    bob 09:00 completed algebra result={"score":{"scaled":0.5}}
    bob 49:00 passed    biology/quiz result={"score":{"scaled":1}}
    bob 99:00 passed    /page result={"score":{"scaled":0}}
"""


def test_the_course_result_is_the_last_one_of_each_learner_and_course() -> None:
    assert by_row("course_result", RESULTS, "learners") == {"ana": 30, "bob": 75}
    assert by_row("course_result", RESULTS, "courses") == {"algebra": 40, "biology": 100}
    assert total("course_result", RESULTS) == 60
    assert by_row("course_result", RESULTS, "sessions") == {"spring": 40, "summer": None}
    assert total("course_result", RESULTS, end=date(2025, 3, 10)) is None
    assert total("course_result", RESULTS, learners=["ana"], courses=[BIOLOGY]) is None


def test_a_voided_result_gives_way_to_the_one_before() -> None:
    text = """
    ana 09:00 passed algebra result={"score":{"scaled":0.9}}
    ana 10:00 passed algebra result={"score":{"scaled":0.2}} id=wrong
    ana 11:00 voided /it     voids=wrong
    """
    assert total("course_result", text) == 90


def test_one_result_for_all_sessions_and_one_within_each() -> None:
    text = """
    ana 09:00 passed algebra result={"score":{"scaled":0.4}}
    ana 49:00 passed algebra result={"score":{"scaled":0.6}}
    ana 99:00 passed algebra result={"score":{"scaled":0.8}}
    """
    assert total("course_result", text) == 80
    assert by_row("course_result", text, "sessions") == {"spring": 40, "summer": 60}
    assert total("course_result", text, "programs") == 60


# Answers


ANSWERS = f"""
    ana 09:00 answered algebra?1 {WRONG}
    ana 09:01 answered algebra?1 {RIGHT}
    ana 09:02 answered algebra?2 result={{"response":"b"}}
    bob 09:03 answered algebra?1 result={{"score":{{"raw":4,"max":4}}}}
    bob 09:04 answered algebra?1 result={{"score":{{"raw":4,"max":4}},"success":false}}
    bob 09:05 answered /page?3   result={{"score":{{"raw":1,"max":2}}}}
    ana 09:06 passed   biology?4 result={{"score":{{"scaled":0.2}},"success":true}}
    ana 33:00 answered algebra?1 {RIGHT} id=wrong
    ana 33:01 voided   /it       voids=wrong
"""


def test_answers_of_questions() -> None:
    wanted = ["answers", "respondents", "score", "question_success"]
    found = answer(ANSWERS, "questions", metrics=wanted)
    assert row_values(found, "answers") == {
        "algebra?1": 4,
        "algebra?2": 1,
        "biology?4": 1,
        "/page?3": 1,
    }
    assert row_values(found, "respondents") == {
        "algebra?1": 2,
        "algebra?2": 1,
        "biology?4": 1,
        "/page?3": 1,
    }
    assert row_values(found, "score") == {
        "algebra?1": 75,
        "algebra?2": None,
        "biology?4": 20,
        "/page?3": 50,
    }
    assert row_values(found, "question_success") == {
        "algebra?1": 50,
        "algebra?2": 0,
        "biology?4": 100,
        "/page?3": 0,
    }
    assert found.totals == {
        "answers": 7,
        "respondents": 2,
        "score": pytest.approx((0 + 100 + 100 + 100 + 50 + 20) / 6),
        "question_success": pytest.approx(300 / 7),
    }


def test_answers_elsewhere() -> None:
    assert by_row("answers", ANSWERS, "courses") == {"algebra": 5, "biology": 1, "unassigned": 1}
    assert by_row("respondents", ANSWERS, "courses") == {
        "algebra": 2,
        "biology": 1,
        "unassigned": 1,
    }
    assert by_row("question_success", ANSWERS, "learners") == {"ana": 50, "bob": 100 / 3}
    assert by_row("respondents", ANSWERS, "learners") == {"ana": 1, "bob": 1}
    assert by_row("answers", ANSWERS, "sessions") == {"spring": 6, "summer": 0}
    assert total("question_success", ANSWERS, sessions=["no such session"]) is None
    assert total("answers", ANSWERS, sessions=["no such session"]) == 0


def test_the_unassigned_row_has_answers_and_no_progress() -> None:
    text = f"bob 09:05 answered /page?3 {RIGHT}\nbob 09:06 answered biology?1 {RIGHT}"
    metrics = ["answers", "progress", "completion", "connections", "course_result"]
    found = answer(text, "courses", metrics=metrics, sessions=[SPRING])
    assert "unassigned" not in {key[0] for key in found.rows}
    assert answer(text, "courses", metrics=metrics).rows["unassigned",] == {
        "answers": 1,
        "progress": None,
        "completion": None,
        "connections": 0,
        "course_result": None,
    }
