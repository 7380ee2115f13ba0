"""What cmi5 statements mean: one course for all of a launch, and progress on any verb."""

from typing import Final

from lrs_stats import Event, Interpreter, Statement, hookimpl, iri_key

from .table_interpreter import (
    CMI5_PROGRESS,
    interpret,
    kind_of,
    progress_of,
    session_of,
)

CATEGORY: Final = "https://w3id.org/xapi/cmi5/context/categories/cmi5"
SESSION_ID: Final = "https://w3id.org/xapi/cmi5/context/extensions/sessionid"
COMPLETED: Final = iri_key("http://adlnet.gov/expapi/verbs/completed")


class Cmi5Interpreter(Interpreter):
    """Understands cmi5-defined and cmi5-allowed statements (cmi5, 9.3 and 9.4)."""

    name = "cmi5"
    title = "cmi5"
    precedence = 50

    def interpret(self, statement: Statement) -> list[Event] | None:
        """Return the events, or None when it is no statement of a cmi5 launch.

        The grouping activity is the course for all of a launch. Launching systems type the
        assignable unit as a course in `launched`, and nobody repeats it, so the type would tear
        one launch into two courses.
        """
        if not statement.has_category(CATEGORY) and statement.context_extension(SESSION_ID) is None:
            return None
        events = interpret(statement, _course(statement))
        if iri_key(statement.verb.id) == COMPLETED or any(
            e.kind == "progress" for e in events or ()
        ):
            return events
        progress = _progress(statement)
        return [*(events or ()), *progress] if events is not None or progress else None


def _course(statement: Statement) -> str:
    """Return the first grouping activity, else parent, else the object of a start, else nothing."""
    around = [*statement.activities("grouping"), *statement.activities("parent")]
    if around:
        return around[0].id
    return (statement.object_id or "") if kind_of(statement) == "start" else ""


def _progress(statement: Statement) -> list[Event]:
    """Return the progress that an assignable unit may report with any verb (cmi5, 9.5.5.2)."""
    value = progress_of(statement, (CMI5_PROGRESS,))
    if value is None:
        return []
    course, session_id = _course(statement), session_of(statement)
    return [Event(kind="progress", value=value, session_id=session_id, course=course)]


@hookimpl
def register_interpreters() -> list[type[Interpreter]]:
    """Register the cmi5 interpreter."""
    return [Cmi5Interpreter]
