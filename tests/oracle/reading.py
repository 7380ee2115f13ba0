"""What the statements say: from statements to events."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from .parts import (
    duration_of,
    in_context,
    instant_of,
    is_cmi5,
    is_in_category,
    is_of_type,
    is_verb,
    number_at,
    object_of,
    thread_of,
    type_of,
)
from .people import Json, Roster, learner_of, program_of, session_of
from .tools import retold, told_course
from .vocabulary import (
    CMI5_PROGRESS,
    DISLIKES,
    INTERACTION,
    NO_SIGN_OF_PRESENCE,
    UNASSIGNED,
    VIDEO_CATEGORY,
    VIDEO_PROGRESS,
    kind_of_verb,
    same,
)


@dataclass(frozen=True)
class Event:
    """One thing that a statement says; the first event of a statement is its verb's own kind.

    `value` is a percentage for `answer`, `result` and `progress`, and 1 or -1 for `reaction`.
    `question` and `success` are those of an `answer`. `present` tells whether the statement is a
    sign of presence, by its own kind. `thread` is what its connection hangs on beside learner and
    course.
    """

    statement: str
    kind: str
    value: float | None
    question: str | None
    success: bool | None
    present: bool
    verb: str
    learner: str | None
    course: str
    session: str | None
    program: str | None
    thread: tuple[str, str]
    on_course: bool
    instant: datetime
    stored: datetime
    duration: timedelta | None


def events(
    statements: Iterable[Json], roster: Roster, *, zone: ZoneInfo, ignore_case: bool = False
) -> list[Event]:
    """Return the events of all statements that count, in the order in which they happened."""
    found = []
    for statement in counted(statements):
        found += read(statement, roster, zone=zone, ignore_case=ignore_case)
    return sorted(found, key=lambda event: (event.instant, event.stored, event.statement))


def counted(statements: Iterable[Json]) -> list[Json]:
    """Leave out what was sent twice and what was voided; a voiding statement stays."""
    once: dict[str, Json] = {}
    for statement in sorted(statements, key=lambda each: instant_of(each["stored"])):
        once.setdefault(statement["id"], statement)
    voided = {each["object"]["id"] for each in once.values() if is_voiding(each)}
    return [each for each in once.values() if is_voiding(each) or each["id"] not in voided]


def is_voiding(statement: Json) -> bool:
    """Tell whether a statement voids another."""
    names_another = statement["object"].get("objectType") == "StatementRef"
    return names_another and kind_of_verb(statement["verb"]["id"]) == "void"


def read(statement: Json, roster: Roster, *, zone: ZoneInfo, ignore_case: bool) -> list[Event]:
    """Return the events of one statement."""
    learner = learner_of(statement["actor"], roster, ignore_case=ignore_case)
    stored = instant_of(statement["stored"])
    instant = instant_of(statement["timestamp"]) if "timestamp" in statement else stored
    course = course_of(statement, roster)
    session = learner and session_of(
        named=[each["id"] for each in in_context(statement)],
        registration=statement.get("context", {}).get("registration"),
        learner=learner,
        course=course,
        instant=instant,
        roster=roster,
        zone=zone,
    )
    kinds = kinds_of(statement, roster, learner)
    own, _ = kinds[0]
    things = [each["id"] for each in object_of(statement)]
    return [
        Event(
            statement=statement["id"],
            kind=kind,
            value=value,
            question=next(iter(things), None) if kind == "answer" else None,
            success=statement.get("result", {}).get("success") if kind == "answer" else None,
            present=own not in NO_SIGN_OF_PRESENCE,
            verb=statement["verb"]["id"],
            learner=learner,
            course=course,
            session=session,
            program=program_of(session, roster),
            thread=thread_of(statement),
            on_course=things == [course],
            instant=instant,
            stored=stored,
            duration=duration_of(statement),
        )
        for kind, value in kinds
    ]


# Kinds of events


def kinds_of(
    statement: Json, roster: Roster, learner: str | None
) -> list[tuple[str, float | None]]:
    """Return each kind of event that a statement is, with its value, its own kind first."""
    own = own_kind(statement, roster)
    if learner is None and own != "void":
        return [("unknown", None)]
    kinds = [own] if own != "unknown" else []
    result = statement.get("result")
    completed = is_verb(statement, "completed")
    if result is not None and is_of_type(statement, INTERACTION):
        kinds.append("answer")
    if result is not None and result.get("completion") is True:
        kinds.append("complete")
    if own == "complete" and completed and "score" in (result or {}):
        kinds.append("result")
    if is_cmi5(statement) and not completed and cmi5_progress(statement) is not None:
        kinds.append("progress")
    if not is_cmi5(statement) and own != "void":
        kinds = retold(kinds, statement)
    without_repeats = list(dict.fromkeys(kinds))
    return [(kind, value_of(kind, statement)) for kind in without_repeats or ["unknown"]]


def own_kind(statement: Json, roster: Roster) -> str:
    """Return the kind that the verb gives to a statement."""
    kind = kind_of_verb(statement["verb"]["id"])
    if is_in_category(statement, VIDEO_CATEGORY):
        # These two are about a video inside a course, not about the course.
        if is_verb(statement, "initialized"):
            return "access"
        if is_verb(statement, "completed"):
            return "heartbeat"
    if is_verb(statement, "progressed") and progress_of(statement) is not None:
        return "progress"
    if kind == "enrol" and not is_course_or_program(statement, roster):
        return "unknown"
    return kind


def value_of(kind: str, statement: Json) -> float | None:
    """Return the figure that an event of this kind carries."""
    if kind in ("answer", "result"):
        return score_of(statement.get("result", {}))
    if kind == "progress":
        return progress_of(statement)
    if kind == "reaction":
        return -1 if any(same(statement["verb"]["id"], verb) for verb in DISLIKES) else 1
    return None


def score_of(result: Json) -> float | None:
    """Return the score in percent: raw first, then scaled, then success."""
    score = result.get("score", {})
    low = score.get("min", 0)
    if "raw" in score and "max" in score and score["max"] > low:
        return within_percent(100 * (score["raw"] - low) / (score["max"] - low))
    if "scaled" in score:
        return within_percent(100 * score["scaled"])
    if "success" in result:
        return 100.0 if result["success"] else 0.0
    return None


def progress_of(statement: Json) -> float | None:
    """Return the progress that is reported, in percent, on the scale of its extension."""
    result = statement.get("result", {})
    by_cmi5 = cmi5_progress(statement)
    if by_cmi5 is not None:
        return by_cmi5
    by_video = number_at(result.get("extensions", {}), VIDEO_PROGRESS)
    if by_video is not None:
        return within_percent(100 * by_video)
    if "scaled" in result.get("score", {}):
        return within_percent(100 * result["score"]["scaled"])
    return None


def cmi5_progress(statement: Json) -> float | None:
    """Return what cmi5's progress extension says, in percent."""
    result = statement.get("result", {})
    value = number_at(result.get("extensions", {}), CMI5_PROGRESS)
    if value == 1 and result.get("completion") is True:
        return 100.0
    return None if value is None else within_percent(value)


def within_percent(value: float) -> float:
    """Keep a percentage between 0 and 100."""
    return float(min(max(value, 0), 100))


# Courses


def course_of(statement: Json, roster: Roster) -> str:
    """Return the course of a statement, or `unassigned`."""
    courses = {course["id"] for course in roster["courses"]}
    parents = in_context(statement, "parent")
    groupings = in_context(statement, "grouping")
    cmi5 = is_cmi5(statement)
    for activity in [*object_of(statement), *parents, *groupings]:
        typed = not cmi5 and type_of(activity).endswith("course")
        if activity["id"] in courses or typed:
            return str(activity["id"])
    if cmi5 and groupings:
        return str(groupings[0]["id"])
    by_tool = None if cmi5 else told_course(statement)
    if by_tool is not None:
        return by_tool
    if parents:
        return str(parents[0]["id"])
    meant = own_kind(statement, roster)
    meant = meant if cmi5 else retold([meant], statement)[0]
    if object_of(statement) and meant == "start":
        return str(statement["object"]["id"])
    return UNASSIGNED


def is_course_or_program(statement: Json, roster: Roster) -> bool:
    """Tell whether the object is something to enrol in, and not a site."""
    known = {row["id"] for table in ("courses", "programs") for row in roster[table]}
    return any(
        activity["id"] in known or type_of(activity).endswith(("course", "program"))
        for activity in object_of(statement)
    )
