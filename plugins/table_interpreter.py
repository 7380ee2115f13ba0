"""What the verbs of the common profiles mean, as a table: the interpreter of last resort."""

from collections.abc import Iterable, Iterator
from typing import Final, Literal, cast

from msgspec import structs

from lrs_stats import Event, Interpreter, Kind, Statement, answer_score, hookimpl, iri_key

ADL: Final = "http://adlnet.gov/expapi/verbs/"
ADLW3: Final = "https://w3id.org/xapi/adl/verbs/"
TLA: Final = "https://w3id.org/xapi/tla/verbs/"
TINCAN: Final = "http://id.tincanapi.com/verb/"
VIDEO: Final = "https://w3id.org/xapi/video/verbs/"
EDLM: Final = "https://xapi.edlm/profiles/edlm-lms/concepts/verbs/"
AS: Final = "http://activitystrea.ms/schema/1.0/"
ACROSSX: Final = "https://w3id.org/xapi/acrossx/verbs/"

MEANINGS: Final = {
    "start": (ADL + "launched", ADL + "initialized", ADL + "attempted", ADL + "resumed",
              TLA + "resumed"),
    "access": (ADL + "experienced", TINCAN + "viewed", AS + "access", VIDEO + "played",
               "https://w3id.org/xapi/netc/verbs/accessed"),
    "heartbeat": (ADL + "interacted", VIDEO + "paused", VIDEO + "seeked"),
    "end": (ADL + "terminated", ADL + "exited", ADLW3 + "abandoned"),
    "pause": (ADL + "suspended", TLA + "suspended"),
    "progress": (ADL + "progressed",),
    "complete": (ADL + "completed", ADLW3 + "satisfied", ADLW3 + "waived"),
    "uncomplete": (EDLM + "uncompleted",),
    "result": (ADL + "passed", ADL + "failed", ADL + "scored", ADL + "mastered", TLA + "scored",
               TINCAN + "earned"),
    "answer": (ADL + "answered", ADL + "responded"),
    "enrol": (ADL + "registered", TLA + "registered", EDLM + "enrolled"),
    "unenrol": (TINCAN + "unregistered",),
    "invite": (AS + "invite", AS + "assign", ACROSSX + "was-assigned"),
    "like": (ACROSSX + "liked", TINCAN + "voted-up", AS + "like"),
    "dislike": (ACROSSX + "disliked", TINCAN + "voted-down"),
    "login": (ADLW3 + "logged-in", EDLM + "login"),
}  # fmt: skip

CMI5_PROGRESS: Final = "https://w3id.org/xapi/cmi5/result/extensions/progress"
PROGRESS: Final = {
    CMI5_PROGRESS: 1,
    "https://w3id.org/xapi/video/extensions/progress": 100,
}
"""Progress extensions of a result, and what their figure is multiplied with to be in percent."""

SESSION_IDS: Final = (
    "https://w3id.org/xapi/cmi5/context/extensions/sessionid",
    "https://w3id.org/xapi/openedx/extensions/session-id",
    "https://w3id.org/xapi/video/extensions/session-id",
)
VIDEO_CATEGORY: Final = "https://w3id.org/xapi/video"
INTERACTION: Final = "http://adlnet.gov/expapi/activities/cmi.interaction"
PLACES: Final = ("course", "program")
IN_VIDEOS: Final = {ADL + "initialized": "access", ADL + "completed": "heartbeat"}
"""What the verbs mean under the video category, where they are about a video in the course."""

_KINDS: Final = {iri_key(verb): kind for kind, verbs in MEANINGS.items() for verb in verbs}
_COMPLETED: Final = iri_key(ADL + "completed")
_KINDS_IN_VIDEOS: Final = {iri_key(verb): kind for verb, kind in IN_VIDEOS.items()}


class TableInterpreter(Interpreter):
    """Understands a statement by its verb, its object's type and its extensions."""

    name = "table"
    title = "Verbs of the common profiles"
    precedence = 0

    def interpret(self, statement: Statement) -> list[Event] | None:
        """Return what the table says of the statement, or None when it does not know the verb."""
        return interpret(statement)


def interpret(statement: Statement, course: str | None = None) -> list[Event] | None:
    """Return the events of a statement, or None when nothing in it is known.

    `course` is the course when the roster knows none of the statement's activities; an empty
    text means that there is none.
    """
    kind = kind_of(statement)
    events = [*_said(statement, kind), *_besides(statement, kind)]
    if kind is None and not events:
        return None
    session_id = session_of(statement)
    if session_id is None and course is None:
        return events
    return [structs.replace(event, session_id=session_id, course=course) for event in events]


def session_of(statement: Statement) -> str | None:
    """Return the id of the visit to which a statement belongs, when its tool gives one."""
    for extension in SESSION_IDS:
        value = statement.context_extension(extension)
        if isinstance(value, str) and value:
            return value
    return None


def progress_of(statement: Statement, extensions: Iterable[str] = PROGRESS) -> float | None:
    """Return the progress that a statement's result reports, in percent from 0 to 100."""
    for extension in extensions:
        value, factor = statement.result_extension(extension), PROGRESS[extension]
        if isinstance(value, int | float) and not isinstance(value, bool):
            whole = value == 1 and statement.completion is True
            return 100.0 if whole else min(max(float(value) * factor, 0.0), 100.0)
    return None


def kind_of(statement: Statement) -> str | None:
    """Return what the verb means on such an object, or None when the table does not know it."""
    verb = iri_key(statement.verb.id)
    kind = _KINDS.get(verb)
    if verb in _KINDS_IN_VIDEOS and statement.has_category(VIDEO_CATEGORY):
        return _KINDS_IN_VIDEOS[verb]
    if kind in {"enrol", "unenrol", "invite"} and not statement.object_type.endswith(PLACES):
        return "nothing"
    return kind


def _said(statement: Statement, kind: str | None) -> list[Event]:
    """Return what the verb says."""
    match kind:
        case None | "nothing":
            return []
        case "like" | "dislike":
            return [Event(kind="reaction", value=1.0 if kind == "like" else -1.0)]
        case "progress":
            value = progress_of(statement)
            if value is None and statement.scaled is not None:
                value = min(max(100 * statement.scaled, 0.0), 100.0)
            return [Event(kind="heartbeat" if value is None else "progress", value=value)]
        case "answer" | "result":
            return [_scored(statement, kind)]
        case "end":
            return [Event(kind="end", seconds=statement.duration_seconds)]
        case _:
            return [Event(kind=cast("Kind", kind))]


def _besides(statement: Statement, kind: str | None) -> Iterator[Event]:
    """Yield what the result says beside the verb: an answer, a completion, a score."""
    if kind != "answer" and statement.has_result and statement.has_type(INTERACTION):
        yield _scored(statement, "answer")
    if statement.completion is True and kind not in {"complete", "uncomplete"}:
        yield Event(kind="complete")
    completed = kind == "complete" and iri_key(statement.verb.id) == _COMPLETED
    if completed and statement.has_score:
        yield _scored(statement, "result")


def _scored(statement: Statement, kind: Literal["answer", "result"]) -> Event:
    score = answer_score(statement.result) if statement.result else None
    return Event(kind=kind, value=score, success=statement.success)


@hookimpl
def register_interpreters() -> list[type[Interpreter]]:
    """Register the table-driven interpreter."""
    return [TableInterpreter]
