"""Random small organisations: the tables of a roster, as strings."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from hypothesis import strategies as st

Roster = dict[str, list[dict[str, str]]]

LMS = "https://lms.example"
# A Friday evening, two days before the clocks of the zone go forward and three before a new month.
BEGINNING = datetime(2025, 3, 28, 20, 50, tzinfo=UTC)


def often(usual: Any, *rarer: Any) -> st.SearchStrategy[Any]:
    """Draw the usual value about as often as all the rarer ones together."""
    return st.sampled_from([usual] * max(1, len(rarer)) + list(rarer))


def uuid_of(name: str) -> str:
    """Return the same valid UUID for the same name; the order of UUIDs is not that of names."""
    return str(uuid5(NAMESPACE_URL, f"{LMS}/{name}"))


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    """Draw the tables of a small organisation."""
    people = [_person(draw, number) for number in range(1, draw(st.integers(3, 6)) + 1)]
    people_ids = [person["id"] for person in people]
    groups = [f"g{number}" for number in range(1, draw(st.integers(1, 3)) + 1)]
    courses = [f"{LMS}/course/{number}" for number in range(1, draw(st.integers(2, 4)) + 1)]
    programs = [f"prog{number}" for number in range(1, draw(st.integers(1, 2)) + 1)]
    sessions = [
        _session(draw, number, draw(st.sampled_from(programs)))
        for number in range(1, draw(st.integers(1, 3)) + 1)
    ]
    return {
        "people": people,
        "groups": [
            {"id": group, "name": group.upper(), "parent_id": "" if group == "g1" else "g1"}
            for group in groups
        ],
        "memberships": [
            {"group_id": group, "person_id": person, "role": role}
            for group in groups
            for person in people_ids
            if (role := draw(st.sampled_from(["", "learner", "learner", "coach"])))
        ],
        "courses": [
            {"id": course, "title": course[-1], "author_id": "", "planned_minutes": ""}
            for course in courses
        ],
        "course_staff": [],
        "programs": [
            {"id": program, "title": program, "nature": "", "objectives": ""}
            for program in programs
        ],
        "program_courses": [
            {"program_id": program, "course_id": course, "position": str(position)}
            for program in programs
            for position, course in enumerate(courses, start=1)
            if draw(often(True, False))  # noqa: FBT003 - the values drawn from
        ],
        "sessions": sessions,
        "enrolments": [
            {
                "session_id": session["id"],
                "person_id": person,
                "status": status,
                "registration": draw(often(uuid_of(f"{session['id']} {person}"), "")),
            }
            for session in sessions
            for person in people_ids
            if (status := draw(st.sampled_from(["", "pending", "active", "active", "cancelled"])))
        ],
    }


def _person(draw: st.DrawFn, number: int) -> dict[str, str]:
    known_by = draw(st.sampled_from(["mbox", "account", "both"]))
    name = f"Person.{number}"
    return {
        "id": f"p{number}",
        "email": f"{name}@mail.example" if known_by != "account" else "",
        "account_homepage": LMS if known_by != "mbox" else "",
        "account_name": name if known_by != "mbox" else "",
        "first_name": "Person",
        "last_name": str(number),
        "role": "",
        "manager_id": "",
        "employer": "",
        "employer_siret": "",
        "status": draw(often("active", "invited", "deleted")),
    }


def _session(draw: st.DrawFn, number: int, program: str) -> dict[str, str]:
    first_day = BEGINNING.date() + timedelta(days=draw(st.integers(-1, 2)))
    return {
        "id": f"{LMS}/session/{number}",
        "program_id": program,
        "title": f"Session {number}",
        "start": first_day.isoformat(),
        "end": (first_day + timedelta(days=draw(st.integers(0, 3)))).isoformat(),
        "modality": "",
    }
