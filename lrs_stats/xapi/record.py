"""What the xAPI resources need of a record, whoever keeps it.

The resources depend on these few lines and never on a database; `lrs_stats.store` implements
them on MongoDB.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import msgspec


@dataclass(frozen=True)
class Prepared:
    """A valid statement, ready to be stored: its id, its properties as sent, and what finds it.

    `properties` are the top-level properties as the bytes that were sent, completed with `id`,
    `version` and `authority`; `stored`, and `timestamp` when it was absent, are added by
    `lrs_stats.xapi.prepare.finish` at the moment of storing. `agents` are the keys of the actor,
    of the members of a group that acts, and of an agent or group that is the object. `activity`
    is the id of an activity that is the object. `voids` is the statement that a voiding
    statement names.
    """

    id: str
    properties: dict[str, msgspec.Raw]
    verb: str
    agents: tuple[str, ...]
    activity: str | None = None
    registration: str | None = None
    voids: str | None = None


@dataclass(frozen=True)
class Cursor:
    """A place in the order of storing: after this statement."""

    stored: datetime
    id: str


@dataclass(frozen=True)
class StatementQuery:
    """A query for statements, every part optional; `limit` is the size of one page."""

    agent: str | None = None
    verb: str | None = None
    activity: str | None = None
    registration: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    ascending: bool = False
    limit: int = 100
    after: Cursor | None = None


@dataclass(frozen=True)
class Page:
    """One page of statements as JSON bytes, and where the next begins when there is one."""

    statements: list[bytes]
    next: Cursor | None = None


class Record(Protocol):
    """The statements, stored for good."""

    def append(self, statements: Sequence[Prepared]) -> None:
        """Store all or none, durably, before returning; an equal one again is no fault.

        Raises Conflict when a different statement is stored under one of the ids.
        """

    def find(self, statement: str, *, voided: bool) -> bytes | None:
        """Return the statement of an id that is voided, or that is not, as JSON bytes."""

    def query(self, query: StatementQuery) -> Page:
        """Return a page of statements that are not voided, newest first unless ascending."""

    def consistent_through(self) -> datetime:
        """Return the instant up to which every statement can be found."""
