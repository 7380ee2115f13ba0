"""Random small worlds: a roster, and a few days of xAPI statements by a few learners.

Worlds are dense on purpose: few learners, few courses and gaps around the idle limit, so that
rules meet each other. Every statement is valid xAPI 1.0.3.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha1
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests import tool_strategies as tools
from tests.roster_strategies import BEGINNING, LMS, Roster, often, rosters, uuid_of

Json = dict[str, Any]

ZONE = ZoneInfo("Europe/Paris")
IDLE = timedelta(minutes=30)

TYPES = "http://adlnet.gov/expapi/activities/"
ADL = "http://adlnet.gov/expapi/verbs/"
ADL_W3 = "https://w3id.org/xapi/adl/verbs/"
TINCAN = "http://id.tincanapi.com/verb/"
VIDEO = "https://w3id.org/xapi/video/verbs/"
EDLM = "https://xapi.edlm/profiles/edlm-lms/concepts/verbs/"
STREAMS = "http://activitystrea.ms/schema/1.0/"
ACROSSX = "https://w3id.org/xapi/acrossx/verbs/"

CMI5_PROGRESS = "https://w3id.org/xapi/cmi5/result/extensions/progress"
VIDEO_PROGRESS = "https://w3id.org/xapi/video/extensions/progress"
ENDING_POINT = "http://id.tincanapi.com/extension/ending-point"
SESSION_IDS = [
    "https://w3id.org/xapi/cmi5/context/extensions/sessionid",
    "http://w3id.org/xapi/cmi5/context/extensions/sessionid",
    "https://w3id.org/xapi/openedx/extensions/session-id",
    "https://w3id.org/xapi/video/extensions/session-id",
]
CATEGORIES = {
    "none": [],
    "cmi5": ["https://w3id.org/xapi/cmi5/context/categories/cmi5"],
    "video": ["https://w3id.org/xapi/video"],
    "other": ["http://www.w3id.org/xapi/netc", "https://w3id.org/xapi/cmi5/v1.0"],
}


@dataclass(frozen=True)
class World:
    """A roster as tables of strings, and statements with `id` and `stored` in any order."""

    roster: Roster
    statements: list[Json]


# Actors


def _actors(roster: Roster) -> st.SearchStrategy[Json]:
    known = [spelling for person in roster["people"] for spelling in _spellings(person)]
    return st.sampled_from(_spellings(roster["people"][0])) | st.sampled_from(known + STRANGERS)


def _spellings(person: dict[str, str]) -> list[Json]:
    actors: list[Json] = []
    if person["email"]:
        mbox = f"mailto:{person['email']}"
        digest = sha1(mbox.encode(), usedforsecurity=False).hexdigest()
        actors += [
            {"mbox": mbox},
            {"objectType": "Agent", "mbox": mbox.replace("mail.example", "MAIL.Example")},
            {"mbox_sha1sum": digest, "name": person["first_name"]},
        ]
    if person["account_name"]:
        account = {"homePage": person["account_homepage"], "name": person["account_name"]}
        actors.append({"objectType": "Agent", "account": account})
    return actors


STRANGERS: list[Json] = [
    {"mbox": "mailto:person.1@mail.example"},  # Person.1 only when case is ignored.
    {"mbox": "mailto:stranger@Other.example"},
    {"mbox": "mailto:stranger@other.example"},
    {"account": {"homePage": LMS, "name": "PERSON.1"}},
    {"account": {"homePage": "https://other.example", "name": "Person.1"}},
    {"openid": "https://stranger.example/id"},
    {"objectType": "Group", "mbox": "mailto:team@mail.example"},
    {"objectType": "Group", "member": [{"mbox": "mailto:Person.1@mail.example"}]},
]


# Activities


def _activity(activity_id: str, activity_type: str = "") -> Json:
    if not activity_type:
        return {"id": activity_id}
    return {"objectType": "Activity", "id": activity_id, "definition": {"type": activity_type}}


def _courses(roster: Roster) -> list[Json]:
    known = [course["id"] for course in roster["courses"]]
    return [
        *[_activity(known[0], TYPES + "course")] * 4,
        *(_activity(course) for course in known[:2]),
        *(_activity(course, TYPES + "course") for course in known[1:]),
        _activity(f"{LMS}/course/discovered", "http://vocab.example/types/course"),
    ]


PARTS = [
    _activity(f"{LMS}/part/1"),
    _activity(f"{LMS}/part/2", TYPES + "lesson"),
    _activity(f"{LMS}/part/3", "https://w3id.org/xapi/video/activity-type/video"),
    *map(_activity, tools.IDS),
]
QUESTIONS = [
    _activity(f"{LMS}/question/0"),
    _activity(f"{LMS}/question/1", TYPES + "cmi.interaction"),
    _activity(f"{LMS}/question/2", TYPES.replace("http://", "https://www.") + "cmi.interaction"),
]
SITE = _activity(LMS, "http://id.tincanapi.com/activitytype/site")


# What is said: verb, object and result


@st.composite
def _sayings(draw: st.DrawFn, roster: Roster) -> Json:
    course = st.sampled_from(_courses(roster))
    part = st.sampled_from(PARTS)
    question = st.sampled_from(QUESTIONS)
    saying = draw(
        st.sampled_from(
            [
                _say(STARTS, course | part),
                _say(STARTS, course),
                _say(STARTS, course),
                _say(ACCESSES, course | part | question),
                _say(HEARTBEATS, course | part | question),
                _say(ENDS, course | part, DURATIONS),
                _say(ENDS, course, DURATIONS),
                _say(PAUSES, course | part, DURATIONS),
                _say(PROGRESSED, course | part, PROGRESS),
                _say(PROGRESSED, course, PROGRESS),
                _say(COMPLETIONS, course | part, COMPLETED),
                _say(COMPLETIONS, course, COMPLETED),
                _say([EDLM + "uncompleted"], course | part),
                _say(RESULTS, course | part, SCORES),
                _say(ANSWERS, question, SCORES),
                _say(ANSWERS, question | part | course, SCORES),
                _say(SOME_OTHER_VERBS, question, SCORES),
                _say(ENROLLING, course | st.just(SITE)),
                _say(REACTIONS, course | part),
                _say(REACTIONS, course),
                _say([ADL_W3 + "logged-in", EDLM + "login"], st.just(SITE)),
                _say(UNKNOWN, course | part | st.just({"objectType": "Agent", **STRANGERS[1]})),
                _say(tools.VERBS, course | part | question, COMPLETED),
                _voiding(),
            ]
        )
    )
    said: Json = draw(saying)
    return said


def _say(
    verbs: list[str], objects: st.SearchStrategy[Json], results: list[Json] | None = None
) -> st.SearchStrategy[Json]:
    spelt = [*verbs, *verbs, *(_spelt_otherwise(verb) for verb in verbs)]
    return st.fixed_dictionaries(
        {
            "verb": st.sampled_from(spelt).map(lambda verb: {"id": verb}),
            "object": objects,
            "result": st.sampled_from(results or [{}]),
        }
    )


def _spelt_otherwise(iri: str) -> str:
    scheme, _, rest = iri.partition("://")
    return f"https://www.{rest}" if scheme == "http" else f"http://{rest}"


def _voiding() -> st.SearchStrategy[Json]:
    """Say that another statement is void: by its place in the world, or one that never was."""
    return st.fixed_dictionaries(
        {"verb": st.just({"id": ADL + "voided"}), "voids": st.integers(-1, 39)}
    )


STARTS = [
    *(ADL + verb for verb in ("launched", "initialized", "initialized", "attempted", "resumed")),
    "https://w3id.org/xapi/tla/verbs/resumed",
]
ACCESSES = [
    ADL + "experienced",
    TINCAN + "viewed",
    "https://w3id.org/xapi/netc/verbs/accessed",
    STREAMS + "access",
    VIDEO + "played",
]
HEARTBEATS = [ADL + "progressed", ADL + "interacted", VIDEO + "paused", VIDEO + "seeked"]
ENDS = [ADL + "terminated", ADL + "exited", ADL_W3 + "abandoned"]
PAUSES = [ADL + "suspended", "https://w3id.org/xapi/tla/verbs/suspended"]
COMPLETIONS = [
    *(ADL + verb for verb in ("completed", "completed", "passed")),
    ADL_W3 + "satisfied",
    ADL_W3 + "waived",
]
RESULTS = [
    *(ADL + verb for verb in ("passed", "failed", "scored", "mastered")),
    "https://w3id.org/xapi/tla/verbs/scored",
    TINCAN + "earned",
]
PROGRESSED = [ADL + "progressed"]
ANSWERS = [ADL + "answered", ADL + "responded"]
SOME_OTHER_VERBS = [
    "https://w3id.org/xapi/acrossx/verbs/evaluated",
    ADL + "interacted",
    ADL + "passed",
    ADL + "attempted",
]
ENROLLING = [
    *(ADL + "registered", EDLM + "enrolled", TINCAN + "unregistered"),
    *(STREAMS + "invite", ACROSSX + "was-assigned"),
]
REACTIONS = [
    *(ACROSSX + verb for verb in ("liked", "disliked")),
    *(TINCAN + verb for verb in ("voted-up", "voted-down")),
    STREAMS + "like",
]
UNKNOWN = ["https://verbs.example/sneezed", ADL + "commented", STREAMS + "answered"]

SCORES: list[Json] = [
    {"score": {"raw": 3, "max": 4}},
    {"score": {"raw": 7.5, "min": 5, "max": 10}},
    {"score": {"raw": 1, "min": 0, "max": 4, "scaled": -0.5}, "success": True},
    {"score": {"raw": -2, "max": 4}},
    {"score": {"raw": 0, "max": 0}, "success": True},
    {"score": {"raw": -3, "max": 0, "scaled": 0.25}},
    {"score": {"raw": 9}, "success": False},
    {"score": {"raw": 4, "max": 4}},
    {"score": {"scaled": 1}, "success": False},
    {"score": {"min": 0, "max": 10, "scaled": 0.6}},
    {"score": {"scaled": 0.8}, "success": False},
    {"score": {"scaled": -0.4}},
    {"success": True, "duration": "PT50M"},
    {"success": False},
    {"response": "b"},
]
COMPLETED: list[Json] = [
    {},
    {"completion": True},
    {"completion": True, "score": {"scaled": 0.9}, "duration": "PT2H"},
    {"completion": True, "success": True, "extensions": {CMI5_PROGRESS: 1}},
    {"success": True, "extensions": {CMI5_PROGRESS: 70}},
]
PROGRESS: list[Json] = [
    {"extensions": {CMI5_PROGRESS: 1}},
    {"extensions": {CMI5_PROGRESS: 1}, "completion": True},
    {"extensions": {CMI5_PROGRESS: 55}},
    {"extensions": {CMI5_PROGRESS.replace("https", "http"): 62.5}, "score": {"scaled": 0.9}},
    {"extensions": {CMI5_PROGRESS: 130}},
    {"extensions": {VIDEO_PROGRESS: 0.35}},
    {"extensions": {ENDING_POINT: 12}},
    {"extensions": {ENDING_POINT: 12}, "score": {"scaled": 0.2}},
    {"score": {"scaled": 0.45}},
    {"score": {"scaled": -0.1}},
    {"score": {"raw": 80, "max": 100}},
]
DURATIONS: list[Json] = [
    {},
    {"duration": "PT0S"},
    {"duration": "PT5M"},
    {"duration": "PT12M30.5S", "completion": True},
    {"duration": "PT1H10M"},
    {"duration": "P2DT3H"},
    {"duration": "P4W"},
]


# Where it is said: the context


@st.composite
def _contexts(draw: st.DrawFn, roster: Roster) -> Json:
    courses = st.sampled_from(_courses(roster))
    parents = (
        [draw(courses | st.sampled_from(PARTS))] if draw(often("some", "none")) == "some" else []
    )
    groupings = [draw(courses), *draw(often([], PARTS[:1]))] if draw(st.booleans()) else []
    others = draw(often([], [{"id": draw(st.sampled_from(roster["sessions"]))["id"]}]))
    places = {
        "parent": parents,
        "grouping": groupings,
        "category": [{"id": each} for each in CATEGORIES[draw(often("none", *CATEGORIES))]],
        "other": others,
    }
    activities = {
        place: here[0] if len(here) == 1 and draw(st.booleans()) else here
        for place, here in places.items()
        if here
    }
    context: Json = {"contextActivities": activities} if activities else {}
    thread = draw(st.sampled_from(["none", "session id", "registration", "both"]))
    if thread in ("session id", "both"):
        session_id = draw(st.sampled_from(["first", "second"]))
        context["extensions"] = {draw(st.sampled_from(SESSION_IDS)): session_id}
    if thread in ("registration", "both"):
        known = [row["registration"] for row in roster["enrolments"] if row["registration"]]
        context["registration"] = draw(st.sampled_from([*known[:3], uuid_of("an attempt")]))
    return context


# When it is said


@dataclass(frozen=True)
class _When:
    """How long after the statement before, how it is written, and how late it arrives."""

    gap: timedelta
    spelling: str
    delay: timedelta


GAPS = [
    timedelta(0),
    timedelta(0),
    timedelta(seconds=1),
    timedelta(minutes=5),
    timedelta(minutes=10),
    timedelta(minutes=15),
    timedelta(minutes=20),
    IDLE - timedelta(milliseconds=1),
    IDLE,
    IDLE + timedelta(milliseconds=1),
    timedelta(minutes=45),
    timedelta(hours=7),
]
MOMENTS = st.builds(
    _When,
    gap=st.sampled_from(GAPS),
    spelling=often("utc", "local", "none"),
    delay=often(timedelta(0), timedelta(seconds=2), timedelta(hours=3)),
)


def _dated(when: _When, instant: datetime) -> Json:
    """Write the instant of a statement; without a timestamp it happened when it was stored."""
    if when.spelling == "none":
        return {"stored": _utc(instant)}
    spelt = _utc(instant) if when.spelling == "utc" else instant.astimezone(ZONE).isoformat()
    return {"timestamp": spelt, "stored": _utc(instant + when.delay)}


def _utc(instant: datetime) -> str:
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


# Worlds


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Draw a roster and up to forty statements, and send some of them twice."""
    roster = draw(rosters())
    # A few actors and a few contexts for a whole world, so that statements meet in one thread.
    actors = draw(st.lists(_actors(roster), min_size=1, max_size=4))
    contexts = draw(st.lists(_contexts(roster).flatmap(tools.signed), min_size=1, max_size=4))
    lines = st.tuples(MOMENTS, st.sampled_from(actors), _sayings(roster), st.sampled_from(contexts))
    at_least = draw(often(20, 0, 12, 30))
    statements = []
    instant = BEGINNING
    for place, (when, actor, saying, context) in enumerate(
        draw(st.lists(lines, min_size=at_least, max_size=40))
    ):
        instant += when.gap
        statements.append(_statement(place, _dated(when, instant), actor, saying, context))
    repeats = draw(st.lists(st.sampled_from(statements), max_size=3)) if statements else []
    return World(roster, statements + repeats)


def _statement(place: int, dates: Json, actor: Json, saying: Json, context: Json) -> Json:
    statement = {"id": _statement_id(place), "actor": actor, **dates, "verb": saying["verb"]}
    if "voids" in saying:
        target = saying["voids"] if saying["voids"] != place else -1
        return statement | {"object": {"objectType": "StatementRef", "id": _statement_id(target)}}
    statement["object"] = saying["object"]
    if saying["result"]:
        statement["result"] = saying["result"]
    if context:
        statement["context"] = context
    return statement


def _statement_id(place: int) -> str:
    return uuid_of(f"statement {place}")
