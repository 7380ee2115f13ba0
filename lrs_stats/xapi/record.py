"""What the xAPI resources need of a record, whoever keeps it.

The resources depend on these few lines and never on a database; `lrs_stats.store` implements
them on MongoDB.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Final, Literal, Protocol

import msgspec

from lrs_stats.xapi.model import Activity

Format = Literal["exact", "ids", "canonical"]

READ_AT_ONCE: Final = 65_536


@dataclass(frozen=True)
class Declared:
    """An attachment that a statement declares at a place.

    `sha2` is the hash in lower case; `signs` tells that it is the signature of the statement.
    """

    place: str
    sha2: str
    has_url: bool
    signs: bool


@dataclass(frozen=True)
class Content:
    """The content of an attachment: its hash in lower case, and where it lies in a file."""

    sha2: str
    length: int
    file: IO[bytes]
    offset: int = 0

    def chunks(self, size: int = READ_AT_ONCE) -> Iterator[bytes]:
        """Yield the bytes in chunks of one size, the last of which may be smaller."""
        for done in range(0, self.length, size):
            self.file.seek(self.offset + done)
            yield self.file.read(min(size, self.length - done))


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A valid statement, ready to be stored: its id, its properties as sent, and what finds it.

    `properties` are the top-level properties as the bytes that were sent, completed with `id`,
    `version` and `authority`; `stored`, and `timestamp` when it was absent, are added by
    `lrs_stats.xapi.prepare.finish` at the moment of storing. `agents` are the keys of the actor,
    of the members of a group that acts, and of an agent or group that is the object. `activity`
    is the id of an activity that is the object. `related_agents` and `related_activities` are
    the keys and ids in every place, `authority` the key of who asserts the statement. `refers` is
    the statement that is the object, and `voids` the same when the statement voids it. `defined`
    are the activities that come with a definition which may be taken over. `attachments` are those
    that are declared, `files` the hashes of those whose content came.
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
    attachments: tuple[Declared, ...] = ()
    files: tuple[str, ...] = ()


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
    attachments: bool = False
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

    def known_consistent_through(self) -> datetime:
        """Return an instant of which that was so a moment ago, without asking for it again."""

    def definitions(self, activities: Collection[str]) -> dict[str, bytes]:
        """Return the definitions of those activities that have one, as JSON, merged of all."""


class Files(Protocol):
    """The contents of attachments, each kept once, by its hash in lower case."""

    def store(self, contents: Sequence[Content]) -> None:
        """Store what is not stored yet, durably, before returning.

        What no statement is stored with within a day may be removed again.
        """

    def attached(self, statements: Collection[str]) -> dict[str, int]:
        """Return the contents that came with statements of these ids: their lengths by hash."""

    def read(self, sha2: str) -> Iterator[bytes]:
        """Yield a stored content in chunks."""
