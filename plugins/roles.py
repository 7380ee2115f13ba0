"""The role resolver: seven roles, each a relation of the roster; docs/roles.md says what they see.

A role gives one grant or several, each with the pages on which it may be shown. What somebody
sees is the union of the grants of all their roles, and never more.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal

from lrs_stats import ALL, Directory, Grant, Options, Person, Resolver, hookimpl

NONE: frozenset[str] = frozenset()
LOGS = frozenset({"enrolments", "connections", "answers"})
COURSES = frozenset({"courses", "questions"})
SESSIONS = frozenset({"programs", "sessions"})
OF_COURSES = COURSES | {"learners"}
OF_LEARNERS = COURSES | SESSIONS | LOGS | {"learners"}
OF_GROUPS = LOGS | {"learners", "groups"}
EVERYTHING = OF_LEARNERS | {"platform", "groups"}
OPENS = {
    "owner": EVERYTHING,
    "admin": EVERYTHING,
    "author": OF_COURSES,
    "coach": OF_GROUPS | COURSES | SESSIONS,
    "advisor": OF_COURSES,
    "manager": OF_LEARNERS,
    "learner": OF_LEARNERS,
}
"""The pages that a role opens."""


class Roles(Resolver):
    """Owner, administrator, author, coach, advisor, manager and learner, and all that one is."""

    name = "roles"
    title = "Roles from the roster"

    class Options(Options, frozen=True):
        """What can be set of roles."""

        coach_subgroups: bool = False
        """The coach of a group is also coach of the groups within it."""
        coach_whole: bool = False
        """A coach sees the courses and programs of their learners whole, not these alone."""
        manager_transitive: bool = False
        """A manager also manages those whom the people whom they manage manage."""

    def __init__(self, options: Options) -> None:
        self._options = options

    def grants(self, person: Person, directory: Directory) -> list[Grant]:
        """Return what a person may see in all their roles; everyone is a learner."""
        return [
            *_platform(person),
            *_author(directory.courses_authored(person.id)),
            *self._coach(person.id, directory),
            *_advisor(directory.courses_supervised(person.id)),
            *self._manager(person.id, directory),
            _whole("learner", frozenset({person.id})),
        ]

    def needed(self, granularity: str) -> Sequence[str]:
        """Return the roles that open a page."""
        return [role for role, pages in OPENS.items() if granularity in pages]

    def _coach(self, person: str, directory: Directory) -> Iterator[Grant]:
        """Yield what a coach sees, group by group: no group's learners with another's courses."""
        coached = directory.groups_coached(person)
        if self._options.coach_subgroups:
            coached = _reached(coached, directory.groups_within)
        for group in sorted(coached):
            yield from self._coach_of(group, directory)

    def _coach_of(self, group: str, directory: Directory) -> Iterator[Grant]:
        own = frozenset({group})
        learners = directory.learners_of(own)
        sessions = directory.sessions_assigned(learners)
        courses = directory.courses_of(sessions)
        yield Grant("coach", learners, groups=own, granularities=OF_GROUPS)
        yield Grant("coach", learners, courses=courses, groups=own, granularities=COURSES)
        yield Grant("coach", learners, sessions=sessions, groups=own, granularities=SESSIONS)
        if self._options.coach_whole:
            runs = directory.runs_beside(sessions)
            yield Grant("coach", ALL, courses, runs, own, COURSES)
            yield Grant("coach", ALL, ALL, runs, own, SESSIONS)

    def _manager(self, person: str, directory: Directory) -> list[Grant]:
        managed = directory.people_managed(person)
        if self._options.manager_transitive:
            managed = _reached(managed, directory.people_managed)
        return [_whole("manager", managed)] if managed else []


def _platform(person: Person) -> list[Grant]:
    return [Grant(role=person.role)] if person.role else []


def _author(courses: frozenset[str]) -> list[Grant]:
    return [Grant("author", ALL, courses, NONE, NONE, OF_COURSES)] if courses else []


def _advisor(courses: frozenset[str]) -> list[Grant]:
    return [Grant("advisor", ALL, courses, NONE, NONE, OF_COURSES)] if courses else []


def _whole(role: Literal["manager", "learner"], learners: frozenset[str]) -> Grant:
    """Return a grant on everything that some learners do; their groups stay unnamed."""
    return Grant(role, learners, groups=NONE, granularities=OF_LEARNERS)


def _reached(first: Iterable[str], following: Callable[[str], frozenset[str]]) -> frozenset[str]:
    """Return what is reached from some, over any number of steps; circles end."""
    reached: set[str] = set()
    waiting = set(first)
    while waiting:
        one = waiting.pop()
        reached.add(one)
        waiting |= following(one) - reached
    return frozenset(reached)


@hookimpl
def register_resolvers() -> list[type[Resolver]]:
    """Register the resolver."""
    return [Roles]
