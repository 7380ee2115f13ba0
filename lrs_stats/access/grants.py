"""What a caller may see: a union of grants, each learners × content."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final, Literal, Protocol


class _All:
    """Every learner, course, session or group, known now or later."""

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
    "enrolments",
    "connections",
    "answers",
)


@dataclass(frozen=True)
class Grant:
    """These learners on this content, and on which pages it may be shown.

    A row of the facts is held by a grant that has both its learner and its course; one of no
    course by a grant that has all courses. Grants add up as a union and are never multiplied.

    `sessions` are those that the reader may know. Where somebody asks by session or program, a
    grant holds nothing of the others; elsewhere they count, and stay unnamed. So the author of a
    course sees how far all learners came in it, and not in which sessions. A place in a session
    is held by a grant that has all courses and the session, or one of the courses that the session
    asks for. `groups` are those that the reader may know: a learner's membership in another one is
    as if it were not there.
    """

    role: Role
    learners: Some = ALL
    courses: Some = ALL
    sessions: Some = ALL
    groups: Some = ALL
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

    def groups_within(self, group: str) -> frozenset[str]:
        """Return the groups whose parent the group is."""

    def sessions_assigned(self, learners: Iterable[str]) -> frozenset[str]:
        """Return the sessions in which the learners have a place, pending or active."""

    def courses_of(self, sessions: Iterable[str]) -> frozenset[str]:
        """Return the courses that the programs of the sessions ask for."""

    def runs_beside(self, sessions: Iterable[str]) -> frozenset[str]:
        """Return all sessions of the programs of the sessions, these among them."""


class Resolver:
    """Turns a person and the roster into grants."""

    name: ClassVar[str]
    title: ClassVar[str]

    def grants(self, person: Person, directory: Directory) -> list[Grant]:
        """Return what the person may see; an empty list is nothing at all."""
        raise NotImplementedError

    def needed(self, granularity: str) -> Sequence[str]:  # noqa: ARG002 - for those who know
        """Return the roles that open a granularity, for those who are refused it."""
        return ()
