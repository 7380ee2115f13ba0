"""Each figure as it is defined, on statements in a line each.

The program `science` has the courses `algebra` and `biology`. `ana` has a place in its session
`spring` (March 10 and 11) and is invited to `summer` (March 11 and 12); `bob` is invited to spring;
the place of `coco` was cancelled. `ana` is a learner of the groups `blue` and `red`, `bob` of red.
"""

from datetime import date, datetime
from typing import Any

import pytest

from tests.figures.asking import asked, rows, total
from tests.oracle.vocabulary import CMI5_PROGRESS
from tests.oracle_examples import ROSTER
from tests.statement_strategies import ZONE

HALF = 'result={"score":{"scaled":0.5}}'
RIGHT = 'result={"success":true}'
WRONG = 'result={"success":false}'


def test_connections() -> None:
    """Count openings of a course; a login or a visit to a home page is none."""
    text = """
    ana 09:00 logged-in   /site
    ana 09:00 viewed      /home
    ana 09:01 launched    algebra
    ana 09:02 initialized algebra
    ana 09:20 exited      algebra
    ana 09:30 logged-in   algebra
    ana 10:00 viewed      biology
    bob 09:00 answered    algebra?1
    """
    assert rows(text, "connections", "courses") == {"algebra": 1, "biology": 1}
    assert rows(text, "connections", "learners") == {"ana": 2, "bob": 0}
    assert total(text, "connections") == 2


def test_connections_of_twelve_months() -> None:
    """Sum the calendar months that end with the current one, whatever the period."""
    text = """
    ana 2024-03-31T23:59:59+02:00 launched algebra
    ana 2024-04-01T00:00:00+02:00 launched algebra
    ana 2024-11-11T12:00:00+01:00 launched biology
    bob 2025-03-10T12:00:00+01:00 launched biology
    """
    march: dict[str, Any] = {"zone": ZONE, "now": datetime(2025, 3, 15, 12, tzinfo=ZONE)}
    assert total(text, "connections_12_months", **march) == 3
    assert total(text, "connections_12_months", start=date(2025, 3, 1), **march) == 3
    assert rows(text, "connections_12_months", "courses", **march) == {"algebra": 1, "biology": 2}
    april: dict[str, Any] = {"zone": ZONE, "now": datetime(2025, 4, 1, 12, tzinfo=ZONE)}
    assert total(text, "connections_12_months", **april) == 2


def test_session_participants_of_a_month() -> None:
    """Count each learner of a session whose dates overlap the month, be it by one day."""
    over_the_month = ROSTER | {
        "sessions": [
            ROSTER["sessions"][0] | {"start": "2025-02-03", "end": "2025-03-01"},
            ROSTER["sessions"][1] | {"start": "2025-03-02", "end": "2025-03-31"},
        ]
    }
    year: dict[str, Any] = {
        "start": date(2025, 1, 1),
        "end": date(2025, 5, 1),
        "interval": "month",
        "zone": ZONE,
    }
    found = rows("", "session_participants", "platform", roster=over_the_month, **year)
    assert found == {
        date(2025, 1, 1): 0,
        date(2025, 2, 1): 2,
        date(2025, 3, 1): 2,
        date(2025, 4, 1): 0,
    }


def test_participants_of_a_program() -> None:
    """Count each learner of its sessions, pending invitations included."""
    came = "coco 09:00 launched algebra"
    assert rows(came, "participants", "programs") == {"science": 2}
    assert rows(came, "participants", "sessions") == {"spring": 2, "summer": 1}
    assert total(came, "participants", "sessions") == 2


def test_participants_of_a_course() -> None:
    """Count each learner with a connection; pending invitations have no part in it."""
    came = """
    ana      09:00 launched  algebra
    ana      12:00 launched  algebra
    stranger 12:00 launched  algebra
    bob      12:00 logged-in algebra
    """
    found = rows(came, "course_participants", "courses")
    assert found == {"algebra": 2, "biology": 0}


MORE = 'ana 09:00 progressed algebra result={"score":{"scaled":0.7}}\n'
LESS = 'ana 08:00 progressed algebra result={"score":{"scaled":0.3}}\n'


@pytest.mark.parametrize(
    ("text", "percent"),
    [
        ("", 0),
        ("ana 09:00 completed algebra", 100),
        ("ana 09:00 satisfied algebra", 100),
        ("ana 09:00 waived algebra", 100),
        ('ana 09:00 passed algebra result={"completion":true}', 100),
        ("ana 09:00 passed algebra", 0),
        ("ana 09:00 completed algebra/quiz", 0),
        (f"ana 09:00 progressed algebra {HALF}", 50),
        # The highest that was reported, in whatever order it came.
        (MORE + LESS, 70),
        (LESS + MORE, 70),
        (f'ana 09:00 progressed algebra result={{"extensions":{{"{CMI5_PROGRESS}":62.5}}}}', 62.5),
        (f'ana 09:00 progressed algebra result={{"extensions":{{"{CMI5_PROGRESS}":180}}}}', 100),
        # It never goes down, but for an explicit un-completion.
        (f"ana 09:00 completed algebra\nana 10:00 progressed algebra {HALF}", 100),
        (LESS + "ana 09:00 completed algebra\nana 10:00 uncompleted algebra", 30),
        ("ana 09:00 uncompleted algebra\nana 10:00 completed algebra", 100),
        # In another session, or in none, it is another progress.
        ("ana 49:00 completed algebra", 0),
        ("ana 99:00 completed algebra", 0),
    ],
)
@pytest.mark.parametrize("metric", ["participation", "progress"])
def test_progress_of_a_learner_in_a_course_within_a_session(
    metric: str, text: str, percent: float
) -> None:
    """One seat is one pair, so that both figures are its progress."""
    one = {"learner": "ana", "course": "algebra", "session": "spring"}
    assert total(text, metric, **one) == percent


STUDY = f"""
    ana 09:00 progressed algebra {HALF}
    ana 49:00 completed  algebra
    ana 50:00 progressed biology {HALF}
    bob 09:00 progressed algebra {HALF}
    bob 99:00 completed  biology
"""


def test_progress_is_the_mean_over_seats() -> None:
    """Six places that enrolments give, and one in open access: 50+0, 100+50, 50+0, and 100."""
    assert total(STUDY, "progress") == 50
    assert total(STUDY, "progress", program="science") == pytest.approx(250 / 6)
    assert rows(STUDY, "progress", "sessions") == {"spring": 25, "summer": 75}
    assert rows(STUDY, "progress", "learners") == {"ana": 50, "bob": 50}


def test_participation_of_a_program() -> None:
    """Σ progress ÷ (members × courses), with the best of someone's sessions for each course.

    Two members by two courses: `ana` has 100 and 50, `bob` 50 and, as open access has no part, 0.
    """
    assert rows(STUDY, "participation", "programs") == {"science": 50}
    assert rows(STUDY, "participation", "courses") == {"algebra": 75, "biology": 25}
    assert rows(STUDY, "participation", "learners") == {"ana": 75, "bob": 25}
    assert rows(STUDY, "participation", "sessions") == {"spring": 25, "summer": 75}
    assert rows(STUDY, "participation", "groups") == {"blue": 75, "red": 50}
    assert total(STUDY, "participation", end=date(2025, 3, 11)) == 25


def test_completion() -> None:
    """Count the pairs of participation that are completed: one of four."""
    assert total(STUDY, "completion") == 25
    assert rows(STUDY, "completion", "courses") == {"algebra": 50, "biology": 0}
    assert rows(STUDY, "completion", "sessions") == {"spring": 0, "summer": 50}
    taken_back = STUDY + "ana 51:00 uncompleted algebra"
    assert total(taken_back, "completion") == 0


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
        ('{"success":true}', 100),
        ('{"success":false}', 0),
        ('{"response":"b"}', None),
    ],
)
def test_score_of_an_answer(result: str, percent: float | None) -> None:
    assert total(f"ana 09:00 answered algebra?1 result={result}", "score") == percent


def test_overall_score_of_a_learner() -> None:
    """Take the mean over all answers, repeats included, in programs and in open access."""
    text = f"""
    ana 09:00 answered algebra?1 {WRONG}
    ana 09:01 answered algebra?1 {RIGHT}
    ana 99:00 answered algebra?2 {HALF}
    ana 99:01 answered /page?1   {RIGHT}
    ana 99:02 answered algebra?3 result={{"response":"b"}}
    ana 99:03 passed   algebra   result={{"score":{{"scaled":0}}}}
    """
    assert rows(text, "score", "learners") == {"ana": 62.5, "bob": None}


def test_course_result() -> None:
    """Take the last statement with a score, which is kept apart from the overall score."""
    text = """
    ana 09:00 passed    algebra   result={"score":{"scaled":0.9}}
    ana 10:00 failed    algebra   result={"score":{"raw":3,"max":10}}
    ana 11:00 answered  algebra?1 result={"score":{"scaled":1}}
    ana 12:00 scored    algebra
    bob 09:00 completed algebra   result={"score":{"scaled":0.5}}
    bob 10:00 scored    biology   result={"score":{"scaled":1}}
    """
    assert rows(text, "course_result", "learners") == {"ana": 30, "bob": 75}
    assert rows(text, "course_result", "courses") == {"algebra": 40, "biology": 100}
    assert total(text, "course_result") == 60
    assert total(text, "score") == 100


def test_time_of_a_connection() -> None:
    """Each is measured, declared under a session id, or capped at the span and the idle limit."""
    text = """
    ana      09:00 launched   algebra
    ana      09:10 exited     algebra duration=PT1H
    bob      09:00 launched   algebra sid=s1
    bob      09:10 terminated algebra sid=s1 duration=PT4M
    coco     09:00 launched   algebra sid=s2
    coco     09:10 terminated algebra sid=s2 duration=PT400H
    stranger 09:00 launched   algebra
    """
    assert rows(text, "time_spent", "learners") == {
        "ana": 600,
        "bob": 240,
        "coco": 2400,
        "mailto:stranger@mail.example": 0,
    }


def test_method_of_the_time_of_a_connection() -> None:
    text = """
    ana  09:00 launched   algebra
    ana  09:10 exited     algebra duration=PT1H
    bob  09:01 launched   algebra sid=s1
    bob  09:10 terminated algebra sid=s1 duration=PT4M
    coco 09:02 launched   algebra sid=s2
    coco 09:10 terminated algebra sid=s2 duration=PT400H
    """
    log = asked(text, "connections")
    assert [(row["learner"], row["method"]) for row in log.rows] == [
        ("coco", "capped"),
        ("bob", "declared"),
        ("ana", "measured"),
    ]


def test_total_time_of_a_learner() -> None:
    """Sum all connections: in sessions, in programs and in open access."""
    text = """
    ana 09:00 launched algebra
    ana 09:10 exited   algebra
    ana 49:00 launched biology
    ana 49:05 exited   biology
    ana 99:00 launched algebra
    ana 99:20 exited   algebra
    """
    assert rows(text, "time_spent", "learners") == {"ana": 2100, "bob": 0}
    assert rows(text, "time_spent", "sessions") == {"spring": 600, "summer": 300}
    assert rows(text, "time_spent", "programs") == {"science": 900}


def test_attendance_of_a_session_and_of_a_group() -> None:
    """Divide those who started by those enrolled; either session of someone will do."""
    text = """
    ana  49:00 launched algebra
    bob  09:00 answered algebra?1
    coco 09:00 launched algebra   in=spring
    """
    assert rows(text, "attendance", "sessions") == {"spring": 0, "summer": 100}
    assert rows(text, "attendance", "programs") == {"science": 50}
    assert rows(text, "attendance", "groups") == {"blue": 100, "red": 50}
    elsewhere = "bob 09:00 launched algebra in=summer"
    assert total(elsewhere, "attendance") == 0


def test_question_success() -> None:
    """Divide correct answers by answers, beside the mean score and the distinct respondents."""
    text = f"""
    ana 09:00 answered algebra?1 {WRONG}
    ana 09:01 answered algebra?1 {RIGHT}
    bob 09:02 answered algebra?1 result={{"score":{{"raw":4,"max":4}}}}
    bob 09:03 answered algebra?1 result={{"response":"b"}}
    bob 09:04 answered algebra?2 result={{"score":{{"raw":4,"max":4}},"success":false}}
    """
    one, two = "algebra?1", "algebra?2"
    assert rows(text, "question_success", "questions") == {one: 50, two: 0}
    assert rows(text, "answers", "questions") == {one: 4, two: 1}
    assert rows(text, "respondents", "questions") == {one: 2, two: 1}
    assert rows(text, "score", "questions") == pytest.approx({one: 200 / 3, two: 100})
    assert total(text, "question_success", "questions", question=one) == 50
    assert total(text, "respondents", "questions") == 2


def test_reactions() -> None:
    """Count useful and not-useful votes on a course."""
    text = """
    ana 09:00 liked      algebra
    bob 09:01 voted-up   algebra
    bob 09:02 disliked   biology
    ana 09:03 voted-down biology id=wrong
    ana 09:04 voided     /it     voids=wrong
    """
    assert rows(text, "useful", "courses") == {"algebra": 2, "biology": 0}
    assert rows(text, "not_useful", "courses") == {"algebra": 0, "biology": 1}


def test_last_activity() -> None:
    """Take the last sign of presence: no login, no invitation, nothing that is not understood."""
    text = """
    ana 2025-03-10T10:00:00+01:00 launched  algebra
    ana 2025-03-10T10:20:00+01:00 viewed    /page
    ana 2025-03-10T11:00:00+01:00 logged-in /site
    ana 2025-03-10T12:00:00+01:00 invite    biology
    ana 2025-03-10T13:00:00+01:00 sneezed   algebra
    """
    found = rows(text, "last_activity", "learners", zone=ZONE)
    assert found == {"ana": datetime(2025, 3, 10, 10, 20, tzinfo=ZONE), "bob": None}
