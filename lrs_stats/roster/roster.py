"""One version of the roster, and the questions that the rest of the server has for it."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from lrs_stats.roster import indexes
from lrs_stats.roster.changes import Change
from lrs_stats.roster.identities import canonical, folded
from lrs_stats.roster.indexes import REFERRING, Entries, Index
from lrs_stats.roster.layers import Layers
from lrs_stats.roster.tables import (
    TABLES,
    Enrolment,
    Key,
    Membership,
    Person,
    ProgramCourse,
    RosterTables,
    Session,
)

_NOBODY: frozenset[str] = frozenset()
Rows = Layers[Key, Any]
"""The rows of a table by their keys."""


class Roster:
    """A roster that never changes, an `lrs_stats.access.grants.Directory`.

    Every answer comes from an index, which is made when it is first needed. The next version
    shares what does not differ, and has the indexes that this one has.
    """

    def __init__(
        self,
        tables: RosterTables | None = None,
        version: int = 0,
        *,
        rows: Mapping[str, Rows] | None = None,
        entries: Mapping[Index, Entries] | None = None,
    ) -> None:
        given = tables or RosterTables()
        self.version = version
        self._rows = rows or {
            name: Layers.of(given.rows(name), table.key_of) for name, table in TABLES.items()
        }
        self._entries = dict(entries or {})

    def __repr__(self) -> str:
        return f"Roster(version={self.version})"

    def amended(self, change: Change, version: int) -> "Roster":
        """Return the roster after a change; it costs what changes."""
        rows, entries = dict(self._rows), self._entries.copy()
        for table in change.tables():
            rows[table] = self._rows[table].amended(change.rows(table), change.keys(table))
        for index, found in entries.items():
            put, gone = change.rows(index.table), change.keys(index.table)
            if put or gone:
                had = [self._rows[index.table].get(key) for key in (*gone, *put)]
                left = [row for row in had if row is not None]
                entries[index] = index.amended(found, left, put.values())
        return Roster(version=version, rows=rows, entries=entries)

    @cached_property
    def tables(self) -> RosterTables:
        """Return all rows, by table."""
        rows: dict[str, Any] = {name: rows.values for name, rows in self._rows.items()}
        return RosterTables(**rows)

    def rows(self, table: str) -> Rows:
        """Return the rows of a table by their keys."""
        return self._rows[table]

    def all_rows(self) -> Mapping[str, Rows]:
        """Return the rows of every table by their keys."""
        return self._rows

    def row(self, table: str, key: Key) -> Any:
        """Return a row by its key, or None."""
        return self._rows[table].get(key)

    def counts(self) -> dict[str, int]:
        """Return the number of rows of each table."""
        return {table: len(rows) for table, rows in self._rows.items()}

    def find(self, index: Index, value: Hashable) -> Sequence[Any]:
        """Return the rows that are found under a value."""
        if index not in self._entries:
            self._entries[index] = index.entries(self._rows[index.table].values)
        return self._entries[index].get(value) or ()

    def referring(self, table: str, column: str, identifier: str) -> Sequence[Any]:
        """Return the rows of a table in which a column names a row of another by its id."""
        return self.find(REFERRING[table, column], identifier)

    @property
    def courses(self) -> frozenset[str]:
        """Return the ids of all courses."""
        return self._ids("courses")

    @property
    def sessions(self) -> frozenset[str]:
        """Return the ids of all sessions."""
        return self._ids("sessions")

    @property
    def groups(self) -> frozenset[str]:
        """Return the ids of all groups."""
        return self._ids("groups")

    @property
    def programs(self) -> frozenset[str]:
        """Return the ids of all programs."""
        return self._ids("programs")

    def courses_authored(self, person: str) -> frozenset[str]:
        """Return the courses that the person created or wrote with their author."""
        created = (one.id for one in self.referring("courses", "author_id", person))
        return _NOBODY.union(created, self._staffed(person, "coauthor"))

    def courses_supervised(self, person: str) -> frozenset[str]:
        """Return the courses of which the person is an advisor."""
        return self._staffed(person, "advisor")

    def groups_coached(self, person: str) -> frozenset[str]:
        """Return the groups of which the person is a coach; their sub-groups are not among them."""
        places = self.referring("memberships", "person_id", person)
        return frozenset(one.group_id for one in places if one.role == "coach")

    def people_managed(self, person: str) -> frozenset[str]:
        """Return the people whose manager the person is; not those whom these manage."""
        return frozenset(one.id for one in self.referring("people", "manager_id", person))

    def learners_of(self, groups: Iterable[str]) -> frozenset[str]:
        """Return the members of the groups with the role of learner."""
        return frozenset(
            one.person_id
            for group in groups
            for one in self.referring("memberships", "group_id", group)
            if one.role == "learner"
        )

    def groups_within(self, group: str) -> frozenset[str]:
        """Return the groups whose parent the group is; not those within these."""
        return frozenset(one.id for one in self.referring("groups", "parent_id", group))

    def sessions_assigned(self, learners: Iterable[str]) -> frozenset[str]:
        """Return the sessions in which the learners have a place, pending or active."""
        return frozenset(
            one.session_id
            for learner in learners
            for one in self.referring("enrolments", "person_id", learner)
            if one.status != "cancelled"
        )

    def courses_of(self, sessions: Iterable[str]) -> frozenset[str]:
        """Return the courses that the programs of the sessions ask for."""
        return frozenset(
            one.course_id
            for program in self._programs_of(sessions)
            for one in self.referring("program_courses", "program_id", program)
        )

    def runs_beside(self, sessions: Iterable[str]) -> frozenset[str]:
        """Return all sessions of the programs of the sessions, these among them."""
        return frozenset(
            one.id
            for program in self._programs_of(sessions)
            for one in self.referring("sessions", "program_id", program)
        )

    def learner_of(self, actor_key: str, *, ignore_case: bool) -> str:
        """Return the person whom an actor key names, else the key in the one spelling of all."""
        known = self.person_of(actor_key, ignore_case=ignore_case)
        return known or (folded(actor_key) if ignore_case else canonical(actor_key))

    def person_of(self, actor_key: str, *, ignore_case: bool) -> str | None:
        """Return the id of the person whom an actor key names.

        With `ignore_case`, a key that two people share but for case is nobody's, unless it is
        spelled exactly as one of them has it.
        """
        exact = self.find(indexes.ACTORS, canonical(actor_key))
        if exact:
            return str(exact[-1].id)
        alike = self.find(indexes.FOLDED_ACTORS, folded(actor_key)) if ignore_case else ()
        return str(alike[0].id) if len(alike) == 1 else None

    def person(self, person: str) -> Person | None:
        """Return what the roster says of a person."""
        found: Person | None = self.row("people", person)
        return found

    def person_name(self, person: str) -> str:
        """Return first and last name, else the e-mail, else the account's name, else the id."""
        known = self.person(person)
        return person if known is None else name_of(known)

    def title(self, table: str, identifier: str) -> str:
        """Return what a row of people, groups, courses, programs or sessions is called on pages.

        It is the id where there is no title, and where the roster knows no such row.
        """
        if table == "people":
            return self.person_name(identifier)
        row = self.row(table, identifier)
        name = "" if row is None else row.name if table == "groups" else row.title
        return name or identifier

    def enrolments(self) -> Sequence[Enrolment]:
        """Return (session_id, person_id, status, registration) of every place in a session."""
        return self._rows["enrolments"].values

    def memberships(self) -> Sequence[Membership]:
        """Return (group_id, person_id, role) of everybody in a group."""
        return self._rows["memberships"].values

    def program_courses(self) -> Sequence[ProgramCourse]:
        """Return (program_id, course_id, position) of every course in a program."""
        return self._rows["program_courses"].values

    def runs(self) -> Mapping[str, Session]:
        """Return the sessions by their ids: each has program_id, start and end, both included."""
        return dict(self._rows["sessions"].items())  # type: ignore[arg-type]

    def _ids(self, table: str) -> frozenset[str]:
        return self._rows[table].keys  # type: ignore[return-value]

    def _programs_of(self, sessions: Iterable[str]) -> set[str]:
        known = (self.row("sessions", one) for one in sessions)
        return {session.program_id for session in known if session is not None}

    def _staffed(self, person: str, role: str) -> frozenset[str]:
        places = self.referring("course_staff", "person_id", person)
        return frozenset(one.course_id for one in places if one.role == role)


def name_of(person: Person) -> str:
    """Return what a person is called: first and last name, else the e-mail, the account, the id."""
    name = f"{person.first_name} {person.last_name}".strip()
    return name or person.email or person.account_name or person.id
