"""A small language for examples of statements, and a small roster that they happen in.

A line of an example is: learner, time, verb, object, and what else the statement says. Hours run
on past 24 into the next day; a time may be an instant, with its date and offset. `algebra` and
`biology` are courses; `algebra/quiz` is something inside a course, `algebra?1` a question of it,
and `/page` lies in no course.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from tests import oracle
from tests.oracle.vocabulary import CMI5_SESSION
from tests.roster_strategies import Roster
from tests.statement_strategies import IDLE

Json = dict[str, Any]
UTC_ZONE = ZoneInfo("UTC")
MONDAY = datetime(2025, 3, 10, tzinfo=UTC)
LMS = "https://lms.example/"
ALGEBRA, BIOLOGY, SPRING, SUMMER = (
    LMS + name for name in ("algebra", "biology", "spring", "summer")
)
REGISTRATION = "6f1c2b7e-54a3-4c53-9a59-0d6d9a1f8f10"
GRANULARITIES = ["platform", "courses", "learners", "sessions", "programs", "groups"]
METRICS = ["connections", "time_spent", "score", "participation"]

VERBS = {
    "liked": "https://w3id.org/xapi/acrossx/verbs/liked",
    "disliked": "https://w3id.org/xapi/acrossx/verbs/disliked",
    "voted-up": "http://id.tincanapi.com/verb/voted-up",
    "voted-down": "http://id.tincanapi.com/verb/voted-down",
    "invite": "http://activitystrea.ms/schema/1.0/invite",
    "waived": "https://w3id.org/xapi/adl/verbs/waived",
    "abandoned": "https://w3id.org/xapi/adl/verbs/abandoned",
    "logged-in": "https://w3id.org/xapi/adl/verbs/logged-in",
    "satisfied": "https://w3id.org/xapi/adl/verbs/satisfied",
    "uncompleted": "https://xapi.edlm/profiles/edlm-lms/concepts/verbs/uncompleted",
    "viewed": "http://id.tincanapi.com/verb/viewed",
}

ROSTER: Roster = {
    "people": [
        {
            "id": name,
            "email": f"{name}@mail.example",
            "account_homepage": "",
            "account_name": "",
            "status": "active",
        }
        for name in ("ana", "bob", "coco")
    ]
    + [
        {
            "id": "JSmith",
            "email": "",
            "account_homepage": LMS,
            "account_name": "jsmith",
            "status": "active",
        }
    ],
    "groups": [{"id": "blue"}, {"id": "red"}],
    "memberships": [
        {"group_id": "blue", "person_id": "ana", "role": "learner"},
        {"group_id": "red", "person_id": "ana", "role": "learner"},
        {"group_id": "red", "person_id": "bob", "role": "learner"},
        {"group_id": "red", "person_id": "coco", "role": "coach"},
    ],
    "courses": [{"id": ALGEBRA}, {"id": BIOLOGY}],
    "programs": [{"id": "science"}],
    "program_courses": [
        {"program_id": "science", "course_id": ALGEBRA, "position": "1"},
        {"program_id": "science", "course_id": BIOLOGY, "position": "2"},
    ],
    "sessions": [
        {"id": SPRING, "program_id": "science", "start": "2025-03-10", "end": "2025-03-11"},
        {"id": SUMMER, "program_id": "science", "start": "2025-03-11", "end": "2025-03-12"},
    ],
    "enrolments": [
        {"session_id": SPRING, "person_id": "ana", "status": "active", "registration": ""},
        {
            "session_id": SUMMER,
            "person_id": "ana",
            "status": "pending",
            "registration": REGISTRATION,
        },
        {"session_id": SPRING, "person_id": "bob", "status": "pending", "registration": ""},
        {"session_id": SPRING, "person_id": "coco", "status": "cancelled", "registration": ""},
    ],
}


# Examples: from lines to statements, and from connections to lines


def told(text: str) -> list[Json]:
    """Return the statements that the lines of an example tell."""
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return [statement_of(line, number) for number, line in enumerate(lines, start=1)]


def statement_of(line: str, number: int) -> Json:
    learner, time, verb, thing, *more = line.split()
    said = dict(each.split("=", 1) for each in more)
    statement: Json = {
        "id": said.get("id", str(uuid5(NAMESPACE_URL, str(number)))),
        "actor": {"mbox": f"mailto:{learner}@mail.example"},
        "verb": {"id": VERBS.get(verb, f"http://adlnet.gov/expapi/verbs/{verb}")},
        "object": {"id": LMS + thing},
        "timestamp": instant_at(time).isoformat(),
        "stored": stored_at(said.get("stored", time), number).isoformat(),
        "result": json.loads(said.get("result", "{}")),
        "context": {"contextActivities": {}, "extensions": {}},
    }
    context = statement["context"]
    course = thing.replace("?", "/").partition("/")[0]
    if course not in ("", thing):
        context["contextActivities"]["parent"] = [{"id": LMS + course}]
    if "?" in thing:
        statement["object"]["definition"] = {
            "type": "http://adlnet.gov/expapi/activities/cmi.interaction"
        }
    if "sid" in said:
        context["extensions"][CMI5_SESSION] = said["sid"]
    if "registration" in said:
        context["registration"] = said["registration"]
    if "category" in said:
        context["contextActivities"]["category"] = {"id": said["category"]}
    if "in" in said:
        context["contextActivities"]["other"] = {"id": LMS + said["in"]}
    if "voids" in said:
        statement["object"] = {"objectType": "StatementRef", "id": said["voids"]}
    if "duration" in said:
        statement["result"]["duration"] = said["duration"]
    return statement


def stored_at(time: str, number: int) -> datetime:
    return instant_at(time) + timedelta(seconds=number)


def instant_at(time: str) -> datetime:
    if "T" in time:
        return datetime.fromisoformat(time).astimezone(UTC)
    hours, minutes = time.split(":")
    return MONDAY + timedelta(hours=int(hours), minutes=float(minutes))


def time_of(instant: datetime) -> str:
    minutes = round((instant - MONDAY).total_seconds() / 60)
    return f"{minutes // 60:02}:{minutes % 60:02}"


def cut(text: str) -> list[str]:
    """Return the connections of an example as lines: course, start, end, minutes, method."""
    found = oracle.connections(told(text), ROSTER, zone=UTC_ZONE, idle=IDLE)
    return [
        f"{each.learner} {each.course.removeprefix(LMS)} {time_of(each.start)}-{time_of(each.end)} "
        f"{each.seconds / 60:g} {each.method}"
        for each in found
    ]


def lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.strip().splitlines()]


def answer(text: str, granularity: str, *, roster: Roster = ROSTER, **asked: Any) -> oracle.Answer:
    wanted: Json = {"metrics": METRICS, "zone": UTC_ZONE, "idle": IDLE} | asked
    return oracle.report(told(text), roster, granularity, **wanted)


def total(metric: str, text: str, granularity: str = "platform", **asked: Any) -> Any:
    """Return one figure of all that an example tells."""
    return answer(text, granularity, metrics=[metric], **asked).totals[metric]


def by_row(metric: str, text: str, granularity: str, **asked: Any) -> dict[str, Any]:
    """Return one figure of each row."""
    return row_values(answer(text, granularity, metrics=[metric], **asked), metric)


def without(roster: Roster, person: str) -> Roster:
    """Return the roster after someone was deleted."""
    people = [
        row | {"status": "deleted"} if row["id"] == person else row for row in roster["people"]
    ]
    return roster | {"people": people}


def row_values(found: oracle.Answer, metric: str) -> dict[str, Any]:
    """Return one figure of each row, by the row's key without the address of the system."""
    return {
        " ".join(str(part).removeprefix(LMS) for part in key): values[metric]
        for key, values in found.rows.items()
    }
