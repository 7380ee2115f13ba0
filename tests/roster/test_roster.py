"""The questions that the rest of the server has for a roster."""

import hashlib
from datetime import date
from typing import Any

import pytest

from lrs_stats.access.grants import Directory
from lrs_stats.roster.json_tables import check
from lrs_stats.roster.roster import Roster

SAFETY = "https://lms.example.org/courses/safety"
FIRST_AID = "https://lms.example.org/courses/first-aid"
SPRING = "https://lms.example.org/sessions/spring"
LMS = "https://lms.example.org"


def person(identifier: str, **columns: str) -> dict[str, Any]:
    return {"id": identifier, "status": "active", **columns}


def roster() -> Roster:
    tables = {
        "people": [
            person("nadia", first_name="Nadia", last_name="Benali", role="owner"),
            person("marc", email="Marc.Dubois@Example.org", manager_id="nadia"),
            person("lea", account_homepage=LMS, account_name="LMartin", manager_id="marc"),
            person("yann", manager_id="marc", last_name="Le Goff"),
            person("zoe", email="zoe@example.org", status="deleted"),
        ],
        "groups": [{"id": "all", "name": "Everybody"}, {"id": "new", "parent_id": "all"}],
        "memberships": [
            {"group_id": "all", "person_id": "marc", "role": "coach"},
            {"group_id": "new", "person_id": "marc", "role": "coach"},
            {"group_id": "all", "person_id": "marc", "role": "learner"},
            {"group_id": "all", "person_id": "lea", "role": "learner"},
            {"group_id": "new", "person_id": "zoe", "role": "learner"},
        ],
        "courses": [
            {"id": SAFETY, "title": "Safety", "author_id": "marc"},
            {"id": FIRST_AID, "author_id": "nadia"},
        ],
        "course_staff": [
            {"course_id": FIRST_AID, "person_id": "marc", "role": "coauthor"},
            {"course_id": SAFETY, "person_id": "lea", "role": "advisor"},
        ],
        "programs": [{"id": "welcome", "title": "Welcome"}],
        "program_courses": [{"program_id": "welcome", "course_id": SAFETY, "position": 1}],
        "sessions": [
            {"id": SPRING, "program_id": "welcome", "start": "2024-03-01", "end": "2024-05-31"}
        ],
        "enrolments": [{"session_id": SPRING, "person_id": "lea", "status": "pending"}],
    }
    return Roster(check(tables), version=3)


def sha1(text: str) -> str:
    return f"sha1:{hashlib.sha1(text.encode()).hexdigest()}"


def test_relations_of_a_person() -> None:
    directory: Directory = roster()
    assert directory.courses_authored("marc") == {SAFETY, FIRST_AID}
    assert directory.courses_authored("lea") == set()
    assert directory.courses_supervised("lea") == {SAFETY}
    assert directory.courses_supervised("marc") == set()
    assert directory.groups_coached("marc") == {"all", "new"}
    assert directory.groups_coached("lea") == set()
    assert directory.people_managed("marc") == {"lea", "yann"}
    assert directory.people_managed("nadia") == {"marc"}
    assert directory.people_managed("") == set()


def test_learners_of_groups() -> None:
    learners_of = roster().learners_of
    assert learners_of(["all"]) == {"marc", "lea"}
    assert learners_of(["all", "new"]) == {"marc", "lea", "zoe"}
    assert learners_of(["nowhere"]) == learners_of([]) == set()


@pytest.mark.parametrize(
    ("actor_key", "exactly", "ignoring_case"),
    [
        ("mailto:Marc.Dubois@Example.org", "marc", "marc"),
        ("mailto:Marc.Dubois@EXAMPLE.ORG", "marc", "marc"),
        ("mailto:marc.dubois@example.org", None, "marc"),
        (sha1("mailto:Marc.Dubois@example.org"), "marc", "marc"),
        (sha1("mailto:Marc.Dubois@Example.org"), "marc", "marc"),
        (sha1("mailto:Marc.Dubois@example.org").upper().replace("SHA1", "sha1"), "marc", "marc"),
        (sha1("mailto:marc.dubois@example.org"), None, "marc"),
        (f"{LMS}|LMartin", "lea", "lea"),
        (f"{LMS}|lmartin", None, "lea"),
        (f"{LMS.upper()}|LMartin", None, None),
        (f"{LMS}/|LMartin", None, None),
        ("mailto:zoe@example.org", "zoe", "zoe"),
        ("openid:https://zoe.example.org", None, None),
        ("mailto:nobody@example.org", None, None),
        ("mailto:", None, None),
        ("|", None, None),
        ("", None, None),
    ],
)
def test_person_of_an_actor(actor_key: str, exactly: str | None, ignoring_case: str | None) -> None:
    assert roster().person_of(actor_key, ignore_case=False) == exactly
    assert roster().person_of(actor_key, ignore_case=True) == ignoring_case


def test_key_that_two_people_share_but_for_case() -> None:
    tables = check({"people": [person("a", email="Jo@x.org"), person("b", email="jo@x.org")]})
    two = Roster(tables)
    assert two.person_of("mailto:Jo@x.org", ignore_case=True) == "a"
    assert two.person_of("mailto:jo@x.org", ignore_case=True) == "b"
    assert two.person_of("mailto:JO@x.org", ignore_case=True) is None


def test_names_and_titles() -> None:
    known = roster()
    assert known.person_name("nadia") == "Nadia Benali"
    assert known.person_name("yann") == "Le Goff"
    assert known.person_name("marc") == "Marc.Dubois@Example.org"
    assert known.person_name("lea") == "LMartin"
    assert known.person_name("mailto:x@y.org") == "mailto:x@y.org"
    assert known.title("people", "nadia") == "Nadia Benali"
    assert known.title("groups", "all") == "Everybody"
    assert known.title("groups", "new") == "new"
    assert known.title("courses", SAFETY) == "Safety"
    assert known.title("courses", "https://elsewhere.org") == "https://elsewhere.org"
    assert known.title("programs", "welcome") == "Welcome"
    assert known.title("sessions", SPRING) == SPRING


def test_columns_for_frames() -> None:
    known = roster()
    assert known.version == 3
    assert known.courses == {SAFETY, FIRST_AID}
    assert known.sessions == {SPRING}
    assert known.groups == {"all", "new"}
    assert known.programs == {"welcome"}
    assert [tuple(row) for row in known.enrolments()] == [(SPRING, "lea", "pending", "")]
    assert [tuple(row) for row in known.program_courses()] == [("welcome", SAFETY, 1)]
    assert tuple(known.memberships()[0]) == ("all", "marc", "coach")
    run = known.runs()[SPRING]
    assert (run.program_id, run.start, run.end) == ("welcome", date(2024, 3, 1), date(2024, 5, 31))
    found = known.person("zoe")
    assert found is not None
    assert found.status == "deleted"
    assert known.person("nobody") is None


def test_empty_roster() -> None:
    nothing = Roster()
    assert nothing.version == 0
    assert nothing.courses == nothing.sessions == set()
    assert nothing.person_of("mailto:zoe@example.org", ignore_case=True) is None
