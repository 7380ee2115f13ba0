"""What Open edX's statements mean: pages are visits, videos and blocks are not the course.

Open edX writes them with event-routing-backends, from the events of its server and its pages.
"""

from typing import Final

from lrs_stats import Event, Interpreter, Kind, Statement, hookimpl, iri_key

from .table_interpreter import ACROSSX, ADL, interpret, session_of

VERSIONS: Final = (
    "https://w3id.org/xapi/openedx/extension/transformer-version",
    "https://github.com/openedx/event-routing-backends/blob/master/docs/xapi-extensions/eventVersion.rst",
)
"""Context extensions with which event-routing-backends signs, the newer one first."""

DOD: Final = "https://w3id.org/xapi/dod-isd/verbs/"
OPENEDX: Final = "https://w3id.org/xapi/openedx/verb/"
VIDEO: Final = "https://w3id.org/xapi/video/activity-type/video"

_VERBS: Final[dict[str, Kind]] = {
    iri_key(DOD + "navigated"): "access",
    iri_key(DOD + "deleted"): "heartbeat",
    iri_key(ADL + "asked"): "heartbeat",
    iri_key(ACROSSX + "posted"): "heartbeat",
    iri_key(ACROSSX + "edited"): "heartbeat",
    iri_key(ACROSSX + "reported"): "heartbeat",
    iri_key(OPENEDX + "unreported"): "heartbeat",
    iri_key(OPENEDX + "voted"): "heartbeat",
}
"""Verbs of pages, solutions and the forum, which only Open edX uses in this way."""

_IN_VIDEOS: Final[dict[str, Kind]] = {
    iri_key(ADL + "initialized"): "access",
    iri_key(ADL + "completed"): "heartbeat",
}
_IN_COURSES: Final[dict[str, Kind]] = {
    iri_key(ADL + "terminated"): "heartbeat",
    iri_key(ADL + "progressed"): "heartbeat",
}
"""What verbs mean on anything in a course: the end or the progress of a part is not its own."""


class OpenEdxInterpreter(Interpreter):
    """Understands what event-routing-backends writes, by the extension with which it signs."""

    name = "openedx"
    title = "Open edX"
    precedence = 40

    def interpret(self, statement: Statement) -> list[Event] | None:
        """Return the events, or None when it is not from event-routing-backends."""
        if all(statement.context_extension(version) is None for version in VERSIONS):
            return None
        kind = _kind(statement)
        if kind is None:
            return interpret(statement)
        return [Event(kind=kind, session_id=session_of(statement))]


def _kind(statement: Statement) -> Kind | None:
    """Return what Open edX means by a verb, or None where the table says it."""
    verb = iri_key(statement.verb.id)
    if verb in _VERBS:
        return _VERBS[verb]
    if verb in _IN_VIDEOS and statement.has_type(VIDEO):
        return _IN_VIDEOS[verb]
    on_course = any(activity.is_course for activity in statement.object_activity)
    return None if on_course else _IN_COURSES.get(verb)


@hookimpl
def register_interpreters() -> list[type[Interpreter]]:
    """Register the Open edX interpreter."""
    return [OpenEdxInterpreter]
