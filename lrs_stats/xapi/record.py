"""What the xAPI resources need of a record, whoever keeps it.

The resources depend on these few lines and never on a database; `lrs_stats.store` implements
them on MongoDB.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from lrs_stats.xapi.model import Activity

Format = Literal["exact", "ids", "canonical"]


@dataclass(frozen=True)
class Prepared:
    """A valid statement, ready to be stored: its id, its properties as sent, and what finds it.

    `properties` are the top-level properties as the bytes that were sent, completed with `id`,
    `version` and `authority`; `stored`, and `timestamp` when it was absent, are added by
    `lrs_stats.xapi.prepare.finish` at the moment of storing. `agents` are the keys of the actor,
    of the members of a group that acts, and of an agent or group that is the object. `activity`
    is the id of an activity that is the object. `related_agents` and `related_activities` are
    the keys and ids in every place, `authority` the key of who asserts the statement. `refers` is
    the statement that is the object, and `voids` the same when the statement voids it. `defined`
    are the activities that come with a definition which may be taken over.
    """

    id: str
    properties: dict[str, msgspec.Raw]
    verb: str
    agents: tuple[str, ...]
    activity: str | None = None
    registration: str | None = None
    voids: str | None = None
    refers: str | None = None
    authority: str = ""
    related_agents: tuple[str, ...] = ()
    related_activities: tuple[str, ...] = ()
    defined: tuple[Activity, ...] = ()


@dataclass(frozen=True)
class Cursor:
    """A place in the order of storing: after this statement."""

    stored: datetime
    id: str


@dataclass(frozen=True)
class StatementQuery:
    """A query for statements, every part optional; `limit` is the size of one page.

    With `related_agents` and `related_activities`, `agent` and `activity` are looked for in every
    place of a statement. `authority` leaves the statements that one agent asserts.
    """

    agent: str | None = None
    verb: str | None = None
    activity: str | None = None
    related_agents: bool = False
    related_activities: bool = False
    authority: str | None = None
    registration: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    ascending: bool = False
    limit: int = 100
    format: Format = "exact"
    after: Cursor | None = None


@dataclass(frozen=True)
class Page:
    """One page of statements as JSON bytes, and where the next begins when there is one."""

    statements: list[bytes]
    next: Cursor | None = None


class Record(Protocol):
    """The statements, stored for good, and what they say of activities."""

    def append(self, statements: Sequence[Prepared]) -> None:
        """Store all or none, durably, before returning; an equal one again is no fault.

        Raises Conflict when a different statement is stored under one of the ids.
        """

    def find(self, statement: str, *, voided: bool, authority: str | None = None) -> bytes | None:
        """Return the statement of an id that is voided, or that is not, as JSON bytes.

        With `authority` it must be one that this agent asserts.
        """

    def query(self, query: StatementQuery) -> Page:
        """Return a page of statements that are not voided, newest first unless ascending."""

    def consistent_through(self) -> datetime:
        """Return the instant up to which every statement can be found."""

    def definitions(self, activities: Collection[str]) -> dict[str, bytes]:
        """Return the definitions of those activities that have one, as JSON, merged of all."""
