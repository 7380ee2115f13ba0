"""What H5P's statements mean: one course for a content and its parts, totals that are no answers.

H5P names no course. A part has the id of its content with the parameter `subContentId`, and its
parent is the part around it, or is left out.
"""

import re
from typing import Final

from msgspec import UNSET, structs

from lrs_stats import Event, Interpreter, Statement, hookimpl, iri_key

from .table_interpreter import interpret, session_of

LIBRARIES: Final = iri_key("http://h5p.org/libraries/")
CONTAINERS: Final = frozenset(
    f"H5P.{name}"
    for name in ("BranchingScenario", "Column", "CoursePresentation", "GameMap", "InteractiveBook",
                 "InteractiveVideo", "Questionnaire", "QuestionSet", "SingleChoiceSet")
)  # fmt: skip
"""Libraries whose score is the sum of what their parts send themselves."""

CONSUMED: Final = iri_key("http://activitystrea.ms/schema/1.0/consume")
_PART: Final = re.compile(r"[?&]subContentId=[^&#]*")


class H5pInterpreter(Interpreter):
    """Understands the statements of H5P's content types, by the library in their category."""

    name = "h5p"
    title = "H5P"
    precedence = 40

    def interpret(self, statement: Statement) -> list[Event] | None:
        """Return the events, or None when no category is an H5P library."""
        library = _library(statement)
        if library is None:
            return None
        course = _course(statement)
        events = interpret(statement, course)
        if iri_key(statement.verb.id) == CONSUMED:
            events = [
                Event(kind="heartbeat", session_id=session_of(statement), course=course),
                *(events or ()),
            ]
        if events is None:
            return None
        return _without_answers(events) if _is_total(statement, library) else _unfigured(events)


def _library(statement: Statement) -> str | None:
    """Return the content type, `H5P.Blanks` for `http://h5p.org/libraries/H5P.Blanks-1.12`."""
    for category in statement.activities("category"):
        key = iri_key(category.id)
        if key.startswith(LIBRARIES):
            return key.removeprefix(LIBRARIES).rpartition("-")[0]
    return None


def _course(statement: Statement) -> str | None:
    """Return the content that the learner opened, unless its host names something around it."""
    parents = statement.activities("parent")
    around = [*statement.object_activity, *parents, *statement.activities("grouping")]
    if statement.object_id is None or any(activity.is_course for activity in around):
        return None
    content = _content(statement.object_id)
    return content if all(_content(parent.id) == content for parent in parents) else None


def _content(activity: str) -> str:
    """Return the id of the content of which an activity is a part, or its own."""
    return _PART.sub("", activity)


def _is_total(statement: Statement, library: str) -> bool:
    """Tell whether a score is that of a container; its questions say how they are answered."""
    definition = statement.object.definition
    interaction = definition.interaction_type if definition else UNSET
    return library in CONTAINERS and interaction in {UNSET, "other"}


def _without_answers(events: list[Event]) -> list[Event]:
    """Return the events of a container, whose score is a result and was answered in its parts."""
    if any(event.kind == "result" for event in events):
        return _unfigured([event for event in events if event.kind != "answer"])
    return _unfigured(
        [
            structs.replace(event, kind="result") if event.kind == "answer" else event
            for event in events
        ]
    )


def _unfigured(events: list[Event]) -> list[Event]:
    """Return the events with `progressed` as a mere sign of presence: H5P tells a slide number."""
    return [
        structs.replace(event, kind="heartbeat", value=None) if event.kind == "progress" else event
        for event in events
    ]


@hookimpl
def register_interpreters() -> list[type[Interpreter]]:
    """Register the H5P interpreter."""
    return [H5pInterpreter]
