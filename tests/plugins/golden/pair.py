"""A golden pair: a statement as a tool sends it, and what it must be understood to say."""

from dataclasses import dataclass, field
from typing import Any, Final

Json = dict[str, Any]

ADL: Final = "http://adlnet.gov/expapi/verbs/"
ACTIVITIES: Final = "http://adlnet.gov/expapi/activities/"
QUESTION: Final = ACTIVITIES + "cmi.interaction"
COURSE: Final = ACTIVITIES + "course"


@dataclass(frozen=True)
class Pair:
    """One statement and its events: `answer 75 right`, `end 90s`, the first that of its visit."""

    title: str
    statement: Json
    events: list[str]
    interpreter: str | None
    course: str | None = None
    session_id: str | None = None


@dataclass(frozen=True)
class Tool:
    """The pairs of a tool: what it sends, and what only looks as if it came from it."""

    name: str
    pairs: list[Pair]
    others: list[Pair] = field(default_factory=list)


def activity(name: str, kind: str = "", **definition: object) -> Json:
    """Return an activity with a type."""
    typed = {"type": kind} if kind else {}
    return {"id": name, "definition": typed | definition} if kind or definition else {"id": name}


def said(verb: str, thing: Json, result: Json | None = None, **context: object) -> Json:
    """Return a statement; `parent`, `grouping` and `category` are activities around it."""
    places = {
        place: here
        for place in ("parent", "grouping", "category")
        if (here := context.pop(place, None))
    }
    around = {"contextActivities": places} if places else {}
    statement: Json = {
        "actor": {"account": {"homePage": "https://school.example", "name": "ada"}},
        "verb": {"id": verb if ":" in verb else ADL + verb},
        "object": thing,
        "context": context | around,
    }
    return statement | ({"result": result} if result is not None else {})
