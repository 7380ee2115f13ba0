"""One visit of a learner to a course: the steps that every tool has words for.

A `Course` is one tool's way of saying them: each subclass turns the steps of a visit into the
statements that its tool emits. What cannot change is encoded once per course, because most of a
statement is the same every time.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any, ClassVar, Final, Literal, NamedTuple

import msgspec

from lrs_stats.simulate.draws import uuid
from lrs_stats.simulate.tables import LMS, Row

ADL: Final = "http://adlnet.gov/expapi/verbs/"
Naming = Literal["account", "mbox"]


class Line(NamedTuple):
    """A statement as it is sent, and when it happened, in milliseconds since 1970."""

    at: int
    id: str
    statement: bytes


@dataclass(slots=True)
class Learner:
    """Somebody who learns: an agent in either naming, how able, how diligent, how busy."""

    agents: dict[Naming, str]
    ability: float
    diligence: float
    busy_until: int = 0
    browsing: "list[Journey]" = field(default_factory=list)


@dataclass(slots=True)
class Journey:
    """A learner's way through a course: chapters studied, tests taken, and whether it is done."""

    learner: Learner
    course: "Course"
    registration: str
    session: str = ""
    chapter: int = 0
    attempts: int = 0
    done: bool = False


@dataclass(slots=True)
class Visit:
    """One opening of a course, written down as it happens."""

    rng: Random
    journey: Journey
    now: int
    id: str
    lines: list[Line] = field(default_factory=list)

    def say(self, members: str, naming: Naming | None = None) -> None:
        """Write down a statement of the learner: the JSON members from the verb on."""
        agent = self.journey.learner.agents[naming or self.journey.course.naming]
        self.write(f'"actor":{agent},{members}')

    def write(self, members: str) -> None:
        """Write down a statement of anybody: the JSON members from the actor on."""
        name = uuid(self.rng)
        text = f'{{"id":"{name}","timestamp":"{instant(self.now)}",{members}}}'
        self.lines.append(Line(self.now, name, text.encode()))

    def wait(self, shortest: float, longest: float) -> float:
        """Let a time between two limits go by, and return it; in seconds."""
        seconds = shortest + (longest - shortest) * self.rng.random()
        self.now += int(1000 * seconds)
        return seconds


class Course:
    """A course in one tool; subclasses say a visit's steps in the words of that tool."""

    naming: ClassVar[Naming]

    def __init__(self, row: Row) -> None:
        minutes = int(row["planned_minutes"])
        self.id = row["id"]
        self.title = row["title"]
        self.chapters = 2 + minutes // 20
        self.pace = 60 * minutes / self.chapters
        self.questions = [2 if n % 3 else 1 for n in range(self.chapters - 1)] + [5]

    def open(self, visit: Visit) -> None:
        """Say that the course is opened."""

    def study(self, visit: Visit, chapter: int) -> None:
        """Say that a chapter is opened."""

    def leave(self, visit: Visit, chapter: int) -> None:
        """Say that a chapter has been studied to its end."""

    def answer(self, visit: Visit, chapter: int, question: int, score: float) -> None:
        """Say that a question is answered, with a score from 0 to 1."""

    def result(self, visit: Visit, score: float, *, passed: bool) -> None:
        """Say how the test at the end went."""

    def complete(self, visit: Visit, score: float) -> None:
        """Say that the course is completed."""

    def close(self, visit: Visit, seconds: float) -> None:
        """Say that the course is left, after some seconds."""

    def progress(self, chapter: int) -> int:
        """Return the percentage that is done with a chapter; the last 5 are for the test."""
        return 95 * (chapter + 1) // self.chapters


def instant(at: int) -> str:
    """Return an instant as xAPI writes it, from milliseconds since 1970."""
    seconds, milliseconds = divmod(at, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC).isoformat()[:19]}.{milliseconds:03}Z"


def members(**values: Any) -> str:
    """Return the members of a JSON object without its braces."""
    return encode(values)[1:-1]


def encode(value: Any) -> str:
    """Return a value as JSON."""
    return msgspec.json.encode(value).decode()


def verb(iri: str, display: str, language: str = "en") -> dict[str, Any]:
    """Return a verb."""
    return {"id": iri, "display": {language: display}}


def activity(iri: str, kind: str = "", name: str = "", **more: Any) -> dict[str, Any]:
    """Return an activity with what is known of it."""
    definition = ({"type": kind} if kind else {}) | ({"name": {"fr": name}} if name else {}) | more
    return {"objectType": "Activity", "id": iri} | (
        {"definition": definition} if definition else {}
    )


def interaction(iri: str, number: int) -> dict[str, Any]:
    """Return a question: by its number a choice, true or false, or a figure to fill in."""
    kind = ("choice", "true-false", "numeric")[number % 3]
    choices = [{"id": letter, "description": {"fr": f"Réponse {letter}"}} for letter in "abc"]
    return activity(
        iri,
        "http://adlnet.gov/expapi/activities/cmi.interaction",
        f"Question {number + 1}",
        interactionType=kind,
        correctResponsesPattern=[RESPONSES[number % 3][1]],
        **({"choices": choices} if kind == "choice" else {}),
    )


RESPONSES: Final = (("a", "b"), ("false", "true"), ("41", "42"))
"""A wrong and a right response to each kind of question, as `interaction` numbers them."""

SITE: Final = activity(LMS, "http://id.tincanapi.com/activitytype/lms", "Plateforme de formation")
