"""What a caller may see: a union of grants, each learners × content."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar, Final, Literal, Protocol


class _All:
    """Every learner, or every course and session, known now or later."""

    def __contains__(self, item: object) -> bool:
        return True

    def __repr__(self) -> str:
        return "ALL"


ALL: Final = _All()
Some = _All | frozenset[str]

Role = Literal["owner", "admin", "author", "coach", "advisor", "manager", "learner"]

GRANULARITIES: Final = (
    "platform",
    "programs",
    "sessions",
    "courses",
    "questions",
    "groups",
    "learners",
    "connections",
    "answers",
)


@dataclass(frozen=True)
class Grant:
    """These learners on this content, and on which pages it may be shown.

    A row is visible when one grant holds both its learner and its content. Content is the course
    of the row; `sessions` says which sessions' enrolments and rosters come with it. Grants add
    up as a union and are never multiplied.
    """

    role: Role
    learners: Some = ALL
    courses: Some = ALL
    sessions: Some = ALL
    granularities: frozenset[str] = field(default_factory=lambda: frozenset(GRANULARITIES))


@dataclass(frozen=True)
class Person:
    """Somebody who asks: an id of the roster, and the role that the roster or a token gives."""

    id: str
    role: Literal["owner", "admin", ""] = ""
    name: str = ""


class Directory(Protocol):
    """What a resolver may ask about a person: the relations that make up roles."""

    def courses_authored(self, person: str) -> frozenset[str]:
        """Return the courses that the person created."""

    def courses_supervised(self, person: str) -> frozenset[str]:
        """Return the courses of which the person is an advisor."""

    def groups_coached(self, person: str) -> frozenset[str]:
        """Return the groups of which the person is a coach."""

    def people_managed(self, person: str) -> frozenset[str]:
        """Return the people whose manager the person is."""

    def learners_of(self, groups: Iterable[str]) -> frozenset[str]:
        """Return the learners of the groups."""


class Resolver:
    """Turns a person and the roster into grants."""

    name: ClassVar[str]
    title: ClassVar[str]

    def grants(self, person: Person, directory: Directory) -> list[Grant]:
        """Return what the person may see; an empty list is nothing at all."""
        raise NotImplementedError
