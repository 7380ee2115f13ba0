"""The nine tables of a roster: their columns, kinds, keys and references, declared once.

Reading CSV, checking JSON, the OpenAPI document and what the database keeps follow from this page.
An empty text is "" everywhere, a number that is not given is None.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from operator import itemgetter
from typing import Annotated, Any, Final, Literal, NamedTuple, get_type_hints

Key = str | tuple[str, ...]
"""A row's id, or the cells of its key's columns."""
Kind = Literal["text", "iri", "email", "uuid", "date", "number"]


@dataclass(frozen=True)
class Column:
    """A column: what it holds, and what its cells must be.

    `choices` are the only texts that are taken, `refers` is the table whose id it holds. Two texts
    that differ in case alone are the same when it `ignores_case`. The name is that of the row's
    field.
    """

    about: str
    kind: Kind = "text"
    required: bool = False
    choices: tuple[str, ...] = ()
    refers: str = ""
    ignores_case: bool = False
    name: str = ""

    @property
    def is_shared(self) -> bool:
        """Return whether many rows hold the same text, which is then kept in memory once."""
        return bool(self.choices or self.refers)


class Person(NamedTuple):
    """Somebody whom the LMS knows, and the identifiers under which tools know them."""

    id: Annotated[str, Column("the LMS's own id of the person", required=True)]
    email: Annotated[str, Column("the mailbox in statements", "email")]
    account_homepage: Annotated[str, Column("`homePage` of the account in statements", "iri")]
    account_name: Annotated[str, Column("`name` of the account in statements")]
    first_name: Annotated[str, Column("the first name")]
    last_name: Annotated[str, Column("the last name")]
    role: Annotated[str, Column("sees the whole platform", choices=("owner", "admin"))]
    manager_id: Annotated[str, Column("the person who manages this one", refers="people")]
    employer: Annotated[str, Column("the name of the employer")]
    employer_siret: Annotated[str, Column("the SIRET of the employer")]
    status: Annotated[
        str,
        Column("where they stand", required=True, choices=("active", "invited", "deleted")),
    ]
    user_name: Annotated[str, Column("`userName` at the identity provider", ignores_case=True)] = ""
    external_id: Annotated[str, Column("`externalId` at the identity provider")] = ""


class Group(NamedTuple):
    """A set of learners with one or more coaches."""

    id: Annotated[str, Column("the LMS's own id of the group", required=True)]
    name: Annotated[str, Column("the name on pages")]
    parent_id: Annotated[str, Column("the group of which this one is a part", refers="groups")]
    external_id: Annotated[str, Column("`externalId` at the identity provider")] = ""


class Membership(NamedTuple):
    """A person in a group."""

    group_id: Annotated[str, Column("the group", required=True, refers="groups")]
    person_id: Annotated[str, Column("the person", required=True, refers="people")]
    role: Annotated[str, Column("as what", required=True, choices=("coach", "learner"))]


class Course(NamedTuple):
    """An activity that learners open and follow."""

    id: Annotated[str, Column("the activity id in statements", "iri", required=True)]
    title: Annotated[str, Column("the title on pages")]
    author_id: Annotated[str, Column("the person who created it", refers="people")]
    planned_minutes: Annotated[int | None, Column("how long it should take", "number")]


class CourseStaff(NamedTuple):
    """A person who writes or supervises a course beside its author."""

    course_id: Annotated[str, Column("the course", required=True, refers="courses")]
    person_id: Annotated[str, Column("the person", required=True, refers="people")]
    role: Annotated[str, Column("as what", required=True, choices=("coauthor", "advisor"))]


class Program(NamedTuple):
    """An ordered list of courses."""

    id: Annotated[str, Column("the LMS's own id of the program", required=True)]
    title: Annotated[str, Column("the title on pages")]
    nature: Annotated[str, Column("the nature of the training action")]
    objectives: Annotated[str, Column("what learners are to reach")]


class ProgramCourse(NamedTuple):
    """A course in a program."""

    program_id: Annotated[str, Column("the program", required=True, refers="programs")]
    course_id: Annotated[str, Column("the course", required=True, refers="courses")]
    position: Annotated[int, Column("its place in the order", "number", required=True)]


class Session(NamedTuple):
    """One run of a program for named learners; both days are part of it."""

    id: Annotated[str, Column("the activity id in statements", "iri", required=True)]
    program_id: Annotated[str, Column("the program", required=True, refers="programs")]
    title: Annotated[str, Column("the title on pages")]
    start: Annotated[date, Column("the first day", "date", required=True)]
    end: Annotated[date, Column("the last day", "date", required=True)]
    modality: Annotated[str, Column("the modality of the training action")]


class Enrolment(NamedTuple):
    """A learner's place in a session."""

    session_id: Annotated[str, Column("the session", required=True, refers="sessions")]
    person_id: Annotated[str, Column("the learner", required=True, refers="people")]
    status: Annotated[
        str,
        Column(
            "invited, taking part, or not any more",
            required=True,
            choices=("pending", "active", "cancelled"),
        ),
    ]
    registration: Annotated[str, Column("`context.registration` in statements", "uuid")]


def _account_is_whole(person: Person) -> str:
    if bool(person.account_homepage) == bool(person.account_name):
        return ""
    return "an account needs both its account_homepage and its account_name."


def _starts_before_it_ends(session: Session) -> str:
    if session.start <= session.end:
        return ""
    return f"the session ends on {session.end}, before it starts on {session.start}."


@dataclass(frozen=True)
class Table:
    """A table: its name, the noun for one row, and what no two rows may share.

    Each of `unique` is a set of columns, the first of them the row's key; rows in which one of them
    is empty do not count. `rule` returns what is wrong with a row whose cells are all fine, or "".
    """

    name: str
    one: str
    row: type[Any]
    unique: tuple[tuple[str, ...], ...]
    rule: Callable[[Any], str] | None = None

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """Return the columns in their order, which is that of a row's fields."""
        hints = get_type_hints(self.row, include_extras=True)
        return tuple(replace(hints[name].__metadata__[0], name=name) for name in self.row._fields)

    @property
    def key(self) -> tuple[str, ...]:
        """Return the columns by which a row is found, the first of `unique`."""
        return self.unique[0]

    @cached_property
    def key_of(self) -> Callable[[Any], Key]:
        """Return the function that gives a row's key: its id, or the cells of the key's columns."""
        return itemgetter(*(self.row._fields.index(name) for name in self.key))

    def as_key(self, cells: Sequence[str]) -> Key:
        """Return the key that some cells are, those of the key's columns."""
        return tuple(cells) if len(self.key) > 1 else cells[0]


_ID = ("id",)
_ACCOUNT = ("account_homepage", "account_name")

TABLES: Final = {
    table.name: table
    for table in (
        Table(
            "people",
            "person",
            Person,
            (_ID, ("email",), _ACCOUNT, ("user_name",)),
            _account_is_whole,
        ),
        Table("groups", "group", Group, (_ID,)),
        Table("memberships", "membership", Membership, (("group_id", "person_id", "role"),)),
        Table("courses", "course", Course, (_ID,)),
        Table("course_staff", "staff", CourseStaff, (("course_id", "person_id", "role"),)),
        Table("programs", "program", Program, (_ID,)),
        Table("program_courses", "place", ProgramCourse, (("program_id", "course_id"),)),
        Table("sessions", "session", Session, (_ID,), _starts_before_it_ends),
        Table(
            "enrolments", "enrolment", Enrolment, (("session_id", "person_id"), ("registration",))
        ),
    )
}


def _by_its_position(table: str, position: int) -> str:
    return f"{table}[{position}]"


@dataclass(frozen=True)
class RosterTables:
    """A whole roster without a fault: each reference leads somewhere, each id is there once.

    `place` returns where a row, by its table and its position there, stands in the source.
    """

    people: tuple[Person, ...] = ()
    groups: tuple[Group, ...] = ()
    memberships: tuple[Membership, ...] = ()
    courses: tuple[Course, ...] = ()
    course_staff: tuple[CourseStaff, ...] = ()
    programs: tuple[Program, ...] = ()
    program_courses: tuple[ProgramCourse, ...] = ()
    sessions: tuple[Session, ...] = ()
    enrolments: tuple[Enrolment, ...] = ()
    place: Callable[[str, int], str] = field(default=_by_its_position, compare=False, repr=False)

    def rows(self, table: str) -> tuple[Any, ...]:
        """Return the rows of a table by its name."""
        rows: tuple[Any, ...] = getattr(self, table)
        return rows

    def counts(self) -> dict[str, int]:
        """Return the number of rows of each table."""
        return {table: len(self.rows(table)) for table in TABLES}
