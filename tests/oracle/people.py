"""Who a statement is about, and in which session it happened, as the roster tells it."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from hashlib import sha1
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]
Roster = dict[str, list[dict[str, str]]]


def learner_of(actor: Json, roster: Roster, *, ignore_case: bool) -> str | None:
    """Return the person's id; a discovered learner's own identifier; None for a group."""
    if actor.get("objectType", "Agent") != "Agent":
        return None
    identifier = _identifier(actor, ignore_case=ignore_case)
    for person in roster["people"]:
        if identifier in _identifiers(person, ignore_case=ignore_case):
            return person["id"]
    return identifier


def _identifier(actor: Json, *, ignore_case: bool) -> str:
    if "mbox" in actor:
        return "mailto:" + _address(actor["mbox"].removeprefix("mailto:"), ignore_case=ignore_case)
    if "mbox_sha1sum" in actor:
        return "sha1:" + str(actor["mbox_sha1sum"]).lower()
    if "openid" in actor:
        return f"openid:{actor['openid']}"
    account = actor["account"]
    return _account(account["homePage"], account["name"], ignore_case=ignore_case)


def _identifiers(person: dict[str, str], *, ignore_case: bool) -> set[str]:
    found = set()
    email = person["email"]
    if email:
        address = _address(email, ignore_case=ignore_case)
        found.add("mailto:" + address)
        found |= {"sha1:" + _sha1("mailto:" + spelling) for spelling in (email, address)}
    if person["account_name"]:
        found.add(
            _account(person["account_homepage"], person["account_name"], ignore_case=ignore_case)
        )
    return found


def _address(email: str, *, ignore_case: bool) -> str:
    """Spell an address in one way: the domain never depends on case."""
    local, _, domain = email.rpartition("@")
    return f"{local.lower() if ignore_case else local}@{domain.lower()}"


def _account(home_page: str, name: str, *, ignore_case: bool) -> str:
    return f"{home_page}|{name.lower() if ignore_case else name}"


def _sha1(text: str) -> str:
    return sha1(text.encode(), usedforsecurity=False).hexdigest()


def groups_of(learner: str, roster: Roster) -> list[str]:
    """Return the groups of which someone is a learner; sub-groups do not count for parents."""
    return [
        membership["group_id"]
        for membership in roster["memberships"]
        if membership["person_id"] == learner and membership["role"] == "learner"
    ]


def is_enrolled(enrolment: dict[str, str]) -> bool:
    """Tell whether an enrolment gives a place in the session: pending or active."""
    return enrolment["status"] in ("pending", "active")


def is_here(learner: str, roster: Roster) -> bool:
    """Tell whether someone is a person of the roster who was not deleted."""
    return any(
        person["id"] == learner and person.get("status") != "deleted" for person in roster["people"]
    )


def program_of(session: str | None, roster: Roster) -> str | None:
    """Return the program of a session; None for open access."""
    for known in roster["sessions"]:
        if known["id"] == session:
            return known["program_id"] or None
    return None


def courses_of(program: str | None, roster: Roster) -> list[str]:
    """Return the courses of a program."""
    return [
        entry["course_id"]
        for entry in roster["program_courses"]
        if program and entry["program_id"] == program
    ]


def session_of(
    *,
    named: Iterable[str],
    registration: str | None,
    learner: str,
    course: str,
    instant: datetime,
    roster: Roster,
    zone: ZoneInfo,
) -> str | None:
    """Return the session of a statement that names these activities; None for open access."""
    sessions = {session["id"]: session for session in roster["sessions"]}
    for activity in named:
        if activity in sessions:
            return activity

    enrolments = [row for row in roster["enrolments"] if row["person_id"] == learner]
    enrolments.sort(key=lambda row: (sessions[row["session_id"]]["start"], row["session_id"]))
    for enrolment in enrolments:
        if registration and enrolment["registration"] == registration:
            return enrolment["session_id"]

    day = instant.astimezone(zone).date()
    for enrolment in enrolments:
        session = sessions[enrolment["session_id"]]
        on_the_program = course in courses_of(session["program_id"], roster)
        if is_enrolled(enrolment) and on_the_program and _holds(session, day):
            return session["id"]
    return None


def lifetime(session: str, roster: Roster, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the midnight with which a session's first day begins, and its last day ends."""
    [known] = [row for row in roster["sessions"] if row["id"] == session]
    last_day = date.fromisoformat(known["end"])
    return (
        midnight(date.fromisoformat(known["start"]), zone),
        midnight(last_day + timedelta(days=1), zone),
    )


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant with which a day begins in a zone."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def _holds(session: dict[str, str], day: date) -> bool:
    """Tell whether the day lies in the session, both ends included; no date is no bound."""
    begun = not session["start"] or date.fromisoformat(session["start"]) <= day
    over = bool(session["end"]) and date.fromisoformat(session["end"]) < day
    return begun and not over
