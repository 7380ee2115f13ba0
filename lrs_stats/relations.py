"""Who authors, coaches and manages whom: a directory for the tests of role resolvers.

It is part of the kit of `lrs_stats.testing`, from where tests import it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from lrs_stats import Person

Relation = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Relations:
    """A directory: the courses, groups and people of a person, and what there is of the others.

    That is the learners of a group and the groups `within` it, the sessions `assigned` to a
    learner, the courses that a session has `asked` for, and the `runs` beside a session.
    """

    authored: Relation = field(default_factory=dict)
    supervised: Relation = field(default_factory=dict)
    coached: Relation = field(default_factory=dict)
    managed: Relation = field(default_factory=dict)
    members: Relation = field(default_factory=dict)
    within: Relation = field(default_factory=dict)
    assigned: Relation = field(default_factory=dict)
    asked: Relation = field(default_factory=dict)
    runs: Relation = field(default_factory=dict)

    def courses_authored(self, person: str) -> frozenset[str]:
        """Return the courses that the person created."""
        return self.authored.get(person, frozenset())

    def courses_supervised(self, person: str) -> frozenset[str]:
        """Return the courses of which the person is an advisor."""
        return self.supervised.get(person, frozenset())

    def groups_coached(self, person: str) -> frozenset[str]:
        """Return the groups of which the person is a coach."""
        return self.coached.get(person, frozenset())

    def people_managed(self, person: str) -> frozenset[str]:
        """Return the people whose manager the person is."""
        return self.managed.get(person, frozenset())

    def learners_of(self, groups: Iterable[str]) -> frozenset[str]:
        """Return the learners of the groups."""
        return _of(self.members, groups)

    def groups_within(self, group: str) -> frozenset[str]:
        """Return the groups whose parent the group is."""
        return self.within.get(group, frozenset())

    def sessions_assigned(self, learners: Iterable[str]) -> frozenset[str]:
        """Return the sessions in which the learners have a place."""
        return _of(self.assigned, learners)

    def courses_of(self, sessions: Iterable[str]) -> frozenset[str]:
        """Return the courses that the sessions ask for."""
        return _of(self.asked, sessions)

    def runs_beside(self, sessions: Iterable[str]) -> frozenset[str]:
        """Return all sessions of the programs of the sessions."""
        given = frozenset(sessions)
        return given | _of(self.runs, given)


def _of(relation: Relation, ids: Iterable[str]) -> frozenset[str]:
    return frozenset[str]().union(*(relation.get(one, frozenset()) for one in ids))


DIRECTORY: Final = Relations(
    authored={"zoe": frozenset({"c1"})},
    supervised={"zoe": frozenset({"c2"})},
    coached={"zoe": frozenset({"g1"})},
    managed={"zoe": frozenset({"bob"})},
    members={"g1": frozenset({"ada", "cem"})},
    within={"g1": frozenset({"g2"})},
    assigned={"ada": frozenset({"s1"})},
    asked={"s1": frozenset({"c3"})},
    runs={"s1": frozenset({"s2"})},
)
"""A directory in which Zoe has every relation, and nobody else has any."""
PEOPLE: Final = (Person("zoe"), Person("bob"), Person("zoe", "owner"), Person("eve", "admin"))
