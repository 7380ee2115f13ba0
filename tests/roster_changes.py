"""Changes of a small organisation's roster, and visits that they move to other rows."""

import copy
from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Any

from tests.roster_strategies import BEGINNING, LMS, Roster, uuid_of

Json = dict[str, Any]
Row = dict[str, str]
EMAILS = ["person.1@mail.example", "stranger@other.example", "new@mail.example"]
ACCOUNTS = [(LMS, "PERSON.1"), ("https://other.example", "Person.1")]
COURSES = [f"{LMS}/course/discovered", f"{LMS}/part/1", f"{LMS}/course/1", f"{LMS}/course/2"]
SESSIONS = [f"{LMS}/session/{number}" for number in range(1, 5)]
VERBS = ["launched", "launched", "experienced", "completed"]
REFERENCES = ("memberships", "course_staff", "enrolments")


def changed(roster: Roster, chance: Random) -> Roster:
    """Return a valid roster that differs from another in one thing, or in nothing."""
    after = copy.deepcopy(roster)
    chance.choice(CHANGES)(after, chance)
    return after


def visits(roster: Roster, chance: Random, number: int) -> list[Json]:
    """Return statements that each touch as much of a roster as one statement can."""
    said = []
    for place in range(number):
        place_of = chance.choice([(s, p["id"]) for s in SESSIONS for p in roster["people"]])
        context: Json = {}
        if chance.random() < 0.6:
            context["registration"] = uuid_of(" ".join(place_of))
        if chance.random() < 0.2:
            context["contextActivities"] = {"other": [{"id": chance.choice(SESSIONS)}]}
        if chance.random() < 0.3:
            context["contextActivities"] = {"parent": [{"id": chance.choice(COURSES)}]}
        when = BEGINNING + timedelta(hours=chance.randrange(96))
        said.append(
            {
                "id": uuid_of(f"visit {place}"),
                "actor": chance.choice(_actors(roster)),
                "verb": {"id": f"http://adlnet.gov/expapi/verbs/{chance.choice(VERBS)}"},
                "object": {"id": chance.choice(COURSES)},
                "timestamp": when.isoformat(),
                "context": context,
            }
        )
    return said


def merge(roster: Roster, chance: Random) -> None:
    """Have two people be one, under the identifiers of both as far as one person can have them."""
    if len(roster["people"]) > 1:
        one, other = chance.sample(roster["people"], 2)
        roster["people"].remove(other)
        for names in (("email",), ("account_homepage", "account_name")):
            if not one[names[0]]:
                one.update({name: other[name] for name in names})
        _refer(roster, other["id"], one["id"])


def split(roster: Roster, chance: Random) -> None:
    """Have the account of somebody be another's."""
    if both := [one for one in roster["people"] if one["email"] and one["account_name"]]:
        one = chance.choice(both)
        roster["people"].append(_person(roster, one["account_homepage"], one["account_name"]))
        one["account_homepage"] = one["account_name"] = ""


def swap(roster: Roster, chance: Random) -> None:
    """Have two people change their mailboxes."""
    if len(roster["people"]) > 1:
        one, other = chance.sample(roster["people"], 2)
        one["email"], other["email"] = other["email"], one["email"]


def name(roster: Roster, chance: Random) -> None:
    """Have somebody be known by an identifier under which statements may have come."""
    known = {one["email"].lower() for one in roster["people"]}
    accounts = {(one["account_homepage"], one["account_name"]) for one in roster["people"]}
    email, account = chance.choice(EMAILS), chance.choice(ACCOUNTS)
    if chance.random() < 0.5 and email not in known:
        roster["people"].append(_person(roster) | {"email": email})
    elif account not in accounts:
        roster["people"].append(_person(roster, *account))


def leave(roster: Roster, chance: Random) -> None:
    """Have somebody never have been known."""
    if roster["people"]:
        gone = roster["people"].pop(chance.randrange(len(roster["people"])))
        _refer(roster, gone["id"], "")


def course(roster: Roster, chance: Random) -> None:
    """Add a course, or take it away."""
    which = chance.choice(COURSES)
    if any(one["id"] == which for one in roster["courses"]):
        roster["courses"] = [one for one in roster["courses"] if one["id"] != which]
        for table in ("program_courses", "course_staff"):
            roster[table] = [one for one in roster[table] if one["course_id"] != which]
    else:
        roster["courses"].append({"id": which, "title": "", "author_id": "", "planned_minutes": ""})


def program(roster: Roster, chance: Random) -> None:
    """Add a course to a program, or take it out."""
    if roster["courses"]:
        pair = {
            "program_id": chance.choice(roster["programs"])["id"],
            "course_id": chance.choice(roster["courses"])["id"],
        }
        left = [one for one in roster["program_courses"] if not pair.items() <= one.items()]
        if len(left) == len(roster["program_courses"]):
            left.append(pair | {"position": str(max([0, *_positions(left)]) + 1)})
        roster["program_courses"] = left


def session(roster: Roster, chance: Random) -> None:
    """Add a session, take it away, or move it by some days."""
    which = chance.choice(SESSIONS)
    held = next((one for one in roster["sessions"] if one["id"] == which), None)
    if held is None:
        roster["sessions"].append(
            {
                "id": which,
                "program_id": chance.choice(roster["programs"])["id"],
                "title": "",
                "start": "2025-03-28",
                "end": "2025-03-30",
                "modality": "",
            }
        )
    elif chance.random() < 0.5:
        roster["sessions"].remove(held)
        roster["enrolments"] = [one for one in roster["enrolments"] if one["session_id"] != which]
    else:
        days = timedelta(days=chance.choice([-1, 1, 2]))
        for end in ("start", "end"):
            held[end] = (date.fromisoformat(held[end]) + days).isoformat()


def enrolment(roster: Roster, chance: Random) -> None:
    """Add an enrolment, take it away, or cancel it."""
    if not (roster["sessions"] and roster["people"]):
        return
    place = {
        "session_id": chance.choice(roster["sessions"])["id"],
        "person_id": chance.choice(roster["people"])["id"],
    }
    held = next((one for one in roster["enrolments"] if place.items() <= one.items()), None)
    registration = uuid_of(f"{place['session_id']} {place['person_id']}")
    if held is None:
        if any(one["registration"] == registration for one in roster["enrolments"]):
            registration = ""
        roster["enrolments"].append(place | {"status": "active", "registration": registration})
    elif chance.random() < 0.5:
        roster["enrolments"].remove(held)
    else:
        held["status"] = "cancelled" if held["status"] != "cancelled" else "active"


def register(roster: Roster, chance: Random) -> None:
    """Take the registrations from all enrolments of a session, or give them to those without."""
    which = chance.choice(SESSIONS)
    taken = {one["registration"] for one in roster["enrolments"]}
    for one in roster["enrolments"]:
        own = uuid_of(f"{one['session_id']} {one['person_id']}")
        if one["session_id"] == which:
            one["registration"] = "" if one["registration"] or own in taken else own


def nothing(roster: Roster, chance: Random) -> None:
    """Say something else that no event follows from."""
    for one in roster["people"]:
        one["first_name"] = chance.choice(["Ada", "Bob"])


CHANGES: list[Callable[[Roster, Random], None]] = [
    merge,
    merge,
    split,
    swap,
    name,
    name,
    leave,
    course,
    course,
    program,
    session,
    enrolment,
    enrolment,
    register,
    register,
    nothing,
]


def _actors(roster: Roster) -> list[Json]:
    accounts = [(one["account_homepage"], one["account_name"]) for one in roster["people"]]
    emails = [one["email"] for one in roster["people"]]
    return [
        *({"mbox": f"mailto:{email}"} for email in (*emails, *EMAILS) if email),
        *({"account": {"homePage": h, "name": n}} for h, n in (*accounts, *ACCOUNTS) if n),
        {"objectType": "Group", "mbox": "mailto:team@mail.example"},
    ]


def _person(roster: Roster, homepage: str = "", account: str = "") -> Row:
    known = {one["id"] for one in roster["people"]}
    return {
        "id": next(new for number in range(100) if (new := f"n{number}") not in known),
        "email": "",
        "account_homepage": homepage,
        "account_name": account,
        "first_name": "",
        "last_name": "",
        "role": "",
        "manager_id": "",
        "employer": "",
        "employer_siret": "",
        "status": "active",
    }


def _refer(roster: Roster, old: str, new: str) -> None:
    """Put one person in the place of another, or nobody, where no row is there twice for it."""
    for table in REFERENCES:
        kept: dict[tuple[str, ...], Row] = {}
        for row in roster[table]:
            moved = row | {"person_id": new} if row["person_id"] == old else row
            if moved["person_id"]:
                names = ("registration", "status")
                key = tuple(cell for name, cell in moved.items() if name not in names)
                kept.setdefault(key, moved)
        roster[table] = list(kept.values())


def _positions(places: list[Row]) -> list[int]:
    return [int(one["position"]) for one in places]
