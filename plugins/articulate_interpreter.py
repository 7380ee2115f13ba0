"""What the statements of Articulate Storyline and Rise mean: slides and questions of one course.

Their ids begin with that of the course. A question's parent is the objective that it belongs
to, which is no course, and may have no type.
"""

import re
from typing import Final

from msgspec import structs

from lrs_stats import Event, Interpreter, Statement, hookimpl

from .table_interpreter import CMI5_PROGRESS, interpret, progress_of

COURSE: Final = re.compile(r"urn:articulate:storyline:[^/]+|https?://[^/?#]+_rise(?=[/?#]|$)")
"""The id that Storyline and Rise give to a course, at the beginning of those of its parts."""


class ArticulateInterpreter(Interpreter):
    """Understands Storyline and Rise, by the ids that they give unless the author chose others."""

    name = "articulate"
    title = "Articulate Storyline and Rise"
    precedence = 30

    def interpret(self, statement: Statement) -> list[Event] | None:
        """Return the events, or None when the object's id is not one of Articulate's."""
        found = COURSE.match(statement.object_id or "")
        if found is None:
            return None
        course = None if _has_course(statement) else found.group()
        events = interpret(statement, course)
        if progress_of(statement, (CMI5_PROGRESS,)) is None:
            return _unfigured(events)
        return events


def _has_course(statement: Statement) -> bool:
    """Tell whether an activity is typed as a course."""
    around = [*statement.activities("parent"), *statement.activities("grouping")]
    return any(activity.is_course for activity in [*statement.object_activity, *around])


def _unfigured(events: list[Event] | None) -> list[Event] | None:
    """Return the events without progress: a score of `progressed` is that of Rise's quizzes."""
    return events and [
        structs.replace(event, kind="heartbeat", value=None) if event.kind == "progress" else event
        for event in events
    ]


@hookimpl
def register_interpreters() -> list[type[Interpreter]]:
    """Register the Articulate interpreter."""
    return [ArticulateInterpreter]
