"""What Moodle's statements mean: enrolments, quiz attempts, and what others do to a learner.

Moodle writes them with its plugin logstore_xapi, one for each event of its log, and names the
event in an extension.
"""

from typing import Any, Final

from msgspec import UNSET

from lrs_stats import Event, Interpreter, Kind, Statement, hookimpl, iri_key

from .table_interpreter import ACROSSX, EDLM, TINCAN, interpret, session_of

INFO: Final = "http://lrs.learninglocker.net/define/extensions/info"
LOGSTORE: Final = iri_key("https://github.com/xAPI-vle/moodle-logstore_xapi")

STREAMS: Final = ("http://activitystrea.ms/", "http://activitystrea.ms/schema/1.0/")
_VERBS: Final[dict[str, Kind]] = {
    **{iri_key(prefix + "start"): "start" for prefix in STREAMS},
    iri_key(EDLM + "restarted"): "start",
    **{
        iri_key(prefix + verb): "heartbeat"
        for prefix in STREAMS
        for verb in ("create", "delete", "leave", "send", "submit")
    },
    iri_key(ACROSSX + "edited"): "heartbeat",
    iri_key(TINCAN + "replied"): "heartbeat",
    iri_key(EDLM + "toured"): "heartbeat",
    iri_key(EDLM + "exceeded"): "nothing",
}
"""Verbs that the table has not; `exceeded` is said by Moodle's clock, not by the learner."""

ENROLMENT: Final = "\\core\\event\\user_enrolment_"
SUSPENDED: Final = "/suspended"


class MoodleInterpreter(Interpreter):
    """Understands what logstore_xapi writes, by the extension with which it signs."""

    name = "moodle"
    title = "Moodle (logstore_xapi)"
    precedence = 40

    def interpret(self, statement: Statement) -> list[Event] | None:
        """Return the events, or None when it is not from logstore_xapi."""
        info = statement.context_extension(INFO)
        if not isinstance(info, dict) or LOGSTORE not in map(iri_key, info):
            return None
        enrolment = _enrolment(statement, info.get("event_name"))
        if enrolment is not None:
            return [Event(kind=enrolment)]
        kind = _VERBS.get(iri_key(statement.verb.id))
        own = Event(kind=kind, session_id=session_of(statement)) if kind else None
        events = interpret(statement) if own is None else [own]
        return _done_by_another(events) if _has_instructor(statement) else events


def _enrolment(statement: Statement, event: Any) -> Kind | None:
    """Return what happened to an enrolment, which is told with the verbs of visits."""
    if not isinstance(event, str) or not event.startswith(ENROLMENT):
        return None
    ended = event == f"{ENROLMENT}deleted" or statement.verb.id.endswith(SUSPENDED)
    return "unenrol" if ended else "enrol"


def _has_instructor(statement: Statement) -> bool:
    """Tell whether someone else did it: who grades, awards, removes or notes an attendance."""
    return statement.context is not UNSET and statement.context.instructor is not UNSET


def _done_by_another(events: list[Event] | None) -> list[Event]:
    """Return the events with their figures, and with no sign that the learner was there."""
    figures = [event for event in events or () if event.kind in {"result", "complete", "answer"}]
    return [Event(kind="nothing"), *figures]


@hookimpl
def register_interpreters() -> list[type[Interpreter]]:
    """Register the Moodle interpreter."""
    return [MoodleInterpreter]
