"""One version of the roster, and the questions that the rest of the server has for it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from lrs_stats.roster.identities import canonical, folded, folded_keys_of, keys_of
from lrs_stats.roster.tables import (
    Enrolment,
    Membership,
    Person,
    ProgramCourse,
    RosterTables,
    Session,
)

Relation = Mapping[str, frozenset[str]]
_NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class Roster:
    """A roster that never changes, an `lrs_stats.access.grants.Directory`.

    Every answer comes from an index, which is built when it is first needed.
    """

    tables: RosterTables = field(default_factory=RosterTables, repr=False)
    version: int = 0

    @cached_property
    def courses(self) -> frozenset[str]:
        """Return the ids of all courses."""
        return frozenset(course.id for course in self.tables.courses)

    @cached_property
    def sessions(self) -> frozenset[str]:
        """Return the ids of all sessions."""
        return frozenset(session.id for session in self.tables.sessions)

    @cached_property
    def groups(self) -> frozenset[str]:
        """Return the ids of all groups."""
        return frozenset(group.id for group in self.tables.groups)

    @cached_property
    def programs(self) -> frozenset[str]:
        """Return the ids of all programs."""
        return frozenset(program.id for program in self.tables.programs)

    def courses_authored(self, person: str) -> frozenset[str]:
        """Return the courses that the person created or wrote with their author."""
        return self._authored.get(person, _NOBODY)

    def courses_supervised(self, person: str) -> frozenset[str]:
        """Return the courses of which the person is an advisor."""
        return self._supervised.get(person, _NOBODY)

    def groups_coached(self, person: str) -> frozenset[str]:
        """Return the groups of which the person is a coach; their sub-groups are not among them."""
        return self._coached.get(person, _NOBODY)

    def people_managed(self, person: str) -> frozenset[str]:
        """Return the people whose manager the person is; not those whom these manage."""
        return self._managed.get(person, _NOBODY)

    def learners_of(self, groups: Iterable[str]) -> frozenset[str]:
        """Return the members of the groups with the role of learner."""
        return _NOBODY.union(*(self._learners.get(group, _NOBODY) for group in groups))

    def groups_within(self, group: str) -> frozenset[str]:
        """Return the groups whose parent the group is; not those within these."""
        return self._within.get(group, _NOBODY)

    def sessions_assigned(self, learners: Iterable[str]) -> frozenset[str]:
        """Return the sessions in which the learners have a place, pending or active."""
        return _NOBODY.union(*(self._assigned.get(one, _NOBODY) for one in learners))

    def courses_of(self, sessions: Iterable[str]) -> frozenset[str]:
        """Return the courses that the programs of the sessions ask for."""
        programs = self._programs_of(sessions)
        return _NOBODY.union(*(self._asked.get(one, _NOBODY) for one in programs))

    def runs_beside(self, sessions: Iterable[str]) -> frozenset[str]:
        """Return all sessions of the programs of the sessions, these among them."""
        programs = self._programs_of(sessions)
        return _NOBODY.union(*(self._runs.get(one, _NOBODY) for one in programs))

    def learner_of(self, actor_key: str, *, ignore_case: bool) -> str:
        """Return the person whom an actor key names, else the key in the one spelling of all."""
        known = self.person_of(actor_key, ignore_case=ignore_case)
        return known or (folded(actor_key) if ignore_case else canonical(actor_key))

    def person_of(self, actor_key: str, *, ignore_case: bool) -> str | None:
        """Return the id of the person whom an actor key names.

        With `ignore_case`, a key that two people share but for case is nobody's, unless it is
        spelled exactly as one of them has it.
        """
        exact = self._people_by_key.get(canonical(actor_key))
        if exact is not None or not ignore_case:
            return exact
        return self._people_by_folded_key.get(folded(actor_key))

    def person(self, person: str) -> Person | None:
        """Return what the roster says of a person."""
        return self._people.get(person)

    def person_name(self, person: str) -> str:
        """Return first and last name, else the e-mail, else the account's name, else the id."""
        known = self._people.get(person)
        if known is None:
            return person
        name = f"{known.first_name} {known.last_name}".strip()
        return name or known.email or known.account_name or person

    def title(self, table: str, identifier: str) -> str:
        """Return what a row of people, groups, courses, programs or sessions is called on pages.

        It is the id where there is no title, and where the roster knows no such row.
        """
        if table == "people":
            return self.person_name(identifier)
        return self._titles[table].get(identifier) or identifier

    def enrolments(self) -> Sequence[Enrolment]:
        """Return (session_id, person_id, status, registration) of every place in a session."""
        return self.tables.enrolments

    def memberships(self) -> Sequence[Membership]:
        """Return (group_id, person_id, role) of everybody in a group."""
        return self.tables.memberships

    def program_courses(self) -> Sequence[ProgramCourse]:
        """Return (program_id, course_id, position) of every course in a program."""
        return self.tables.program_courses

    def runs(self) -> Mapping[str, Session]:
        """Return the sessions by their ids: each has program_id, start and end, both included."""
        return self._sessions

    @cached_property
    def _people(self) -> Mapping[str, Person]:
        return {person.id: person for person in self.tables.people}

    @cached_property
    def _sessions(self) -> Mapping[str, Session]:
        return {session.id: session for session in self.tables.sessions}

    @cached_property
    def _titles(self) -> Mapping[str, Mapping[str, str]]:
        return {
            "groups": {group.id: group.name for group in self.tables.groups},
            "courses": {course.id: course.title for course in self.tables.courses},
            "programs": {program.id: program.title for program in self.tables.programs},
            "sessions": {session.id: session.title for session in self.tables.sessions},
        }

    @cached_property
    def _authored(self) -> Relation:
        authors = [(course.author_id, course.id) for course in self.tables.courses]
        return _relation([*authors, *self._staff("coauthor")])

    @cached_property
    def _supervised(self) -> Relation:
        return _relation(self._staff("advisor"))

    @cached_property
    def _coached(self) -> Relation:
        members = self.tables.memberships
        return _relation((one.person_id, one.group_id) for one in members if one.role == "coach")

    @cached_property
    def _learners(self) -> Relation:
        members = self.tables.memberships
        return _relation((one.group_id, one.person_id) for one in members if one.role == "learner")

    @cached_property
    def _managed(self) -> Relation:
        return _relation((person.manager_id, person.id) for person in self.tables.people)

    @cached_property
    def _within(self) -> Relation:
        return _relation((group.parent_id, group.id) for group in self.tables.groups)

    @cached_property
    def _assigned(self) -> Relation:
        places = self.tables.enrolments
        return _relation((p.person_id, p.session_id) for p in places if p.status != "cancelled")

    @cached_property
    def _asked(self) -> Relation:
        return _relation((one.program_id, one.course_id) for one in self.tables.program_courses)

    @cached_property
    def _runs(self) -> Relation:
        return _relation((one.program_id, one.id) for one in self.tables.sessions)

    def _programs_of(self, sessions: Iterable[str]) -> set[str]:
        return {self._sessions[one].program_id for one in sessions if one in self._sessions}

    @cached_property
    def _people_by_key(self) -> Mapping[str, str]:
        return {key: person.id for person in self.tables.people for key in keys_of(person)}

    @cached_property
    def _people_by_folded_key(self) -> Mapping[str, str]:
        owners: dict[str, set[str]] = {}
        for person in self.tables.people:
            for key in folded_keys_of(person):
                owners.setdefault(key, set()).add(person.id)
        return {key: one for key, (one, *others) in owners.items() if not others}

    def _staff(self, role: str) -> list[tuple[str, str]]:
        return [
            (one.person_id, one.course_id) for one in self.tables.course_staff if one.role == role
        ]


def _relation(pairs: Iterable[tuple[str, str]]) -> Relation:
    """Return, for each left of the pairs that is not empty, all its rights."""
    gathered: dict[str, set[str]] = {}
    for left, right in pairs:
        if left:
            gathered.setdefault(left, set()).add(right)
    return {left: frozenset(rights) for left, rights in gathered.items()}
