"""The roster in MongoDB: replaced as a whole, read as a whole, each version for itself.

The rows of a version lie in parts of about a mebibyte before they are compressed. One document,
the head, says which version holds, which older ones are kept, and of how many parts each is made.
A new version is written beside the others, then the head is turned to it: whoever is killed in
between leaves the old roster, and parts that the next replacement clears away.

Older versions are kept until they are forgotten, for two questions: what has changed since the
version that the facts follow, and what was known at an instant.
"""

import sys
import threading
import zlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import dropwhile, pairwise
from typing import Any, Final

import msgspec
from bson import Binary
from pymongo import ReturnDocument
from pymongo.database import Database

from lrs_stats.errors import Unavailable
from lrs_stats.roster.roster import Roster
from lrs_stats.roster.tables import TABLES, RosterTables, Table
from lrs_stats.store.database import Document, available
from lrs_stats.store.tombstones import Tombstones

PART_BYTES: Final = 1 << 20
PARTS: Final = 1_000_000
"""Ids that are set aside for the parts of one version: they sort by version, then by place."""
HEAD: Final = {"_id": "roster"}
BEGINNING: Final = datetime.fromtimestamp(0, UTC)
"""Since when there has been no roster, or one of which nobody wrote down when it began."""

Progress = Callable[[int, int], None]
"""Called with the number of rows written, and of all rows."""


@dataclass(frozen=True)
class _Version:
    """A version, since when it has held, and the number of its parts; None once it is forgotten."""

    version: int = 0
    parts: int | None = 0
    since: datetime = BEGINNING

    @classmethod
    def read(cls, document: Document) -> "_Version":
        return cls(document["version"], document["parts"], document.get("since", BEGINNING))

    def document(self) -> Document:
        return {"version": self.version, "parts": self.parts, "since": self.since}


@dataclass(frozen=True)
class _Head:
    """The version that holds, and those that held before and are kept, the oldest first.

    Each held until the next began; so one that is forgotten leaves its place among them.
    """

    holding: _Version = _Version()
    older: tuple[_Version, ...] = ()

    @property
    def kept(self) -> list[int]:
        """Return the older versions that are not forgotten."""
        return [one.version for one in self.older if one.parts is not None]


class RosterStore:
    """Keeps the roster; any number of processes may read and replace it at the same time."""

    def __init__(self, database: Database[Document]) -> None:
        self._head = database["roster"]
        self._parts = database["roster_parts"]
        self._tombstones = Tombstones(database)
        self._loaded = Roster()
        self._loading = threading.Lock()

    def replace(self, tables: RosterTables, progress: Progress | None = None) -> int:
        """Put a roster in the place of the one there was, and return its version.

        Of replacements at the same time the one that began last holds in the end. Raises
        RosterRefused for one with an erased person in it.
        """
        self._tombstones.refuse_people(tables.people)
        with available():
            version = self._next_version()
            parts = self._write(version, tables, progress or _silent)
            self._turn(version, parts)
            self._clear()
        return version

    def version(self) -> int:
        """Return the version that holds; 0 when there has never been a roster."""
        with available():
            return self._current().holding.version

    def load(self) -> Roster:
        """Return the roster that holds; it is read only when it is another than the last time."""
        if self.version() != self._loaded.version:
            with self._loading, available():
                self._loaded = self._newest()
        return self._loaded

    def of_version(self, version: int) -> Roster | None:
        """Return the roster of a version, or None when it is not kept any more."""
        if version == self._loaded.version:
            return self._loaded
        with available():
            head = self._current()
            versions = (*head.older, head.holding)
            return self._kept(next((one for one in versions if one.version == version), None))

    def at(self, instant: datetime) -> Roster | None:
        """Return the roster that held at an instant, or None when it is not kept any more."""
        with available():
            head = self._current()
            versions = (head.holding, *reversed(head.older))
            return self._kept(next((one for one in versions if one.since <= instant), None))

    def forget(self, before: datetime, keep: Collection[int] = ()) -> None:
        """Remove the versions that held before an instant alone, but for some to be kept."""
        with available():
            head = self._current()
            ends = [one.since for one in (*head.older[1:], head.holding)]
            older = [
                one if one.version in keep or end > before else replace(one, parts=None)
                for one, end in zip(head.older, ends, strict=False)
            ]
            left = [one.document() for one in dropwhile(lambda one: one.parts is None, older)]
            self._head.update_one(
                HEAD | {"version": head.holding.version}, {"$set": {"older": left}}
            )
            self._clear()

    def _newest(self) -> Roster:
        held = self._current().holding
        while held.version != self._loaded.version:
            if (tables := self._read(held)) is not None:
                return Roster(tables, held.version)
            read, held = held, self._current().holding
            if held == read:
                raise Unavailable("A part of the roster is lost in the database. Import it again.")
        return self._loaded

    def _kept(self, version: _Version | None) -> Roster | None:
        if version is None or version.parts is None:
            return None
        tables = self._read(version)
        return None if tables is None else Roster(tables, version.version)

    def _current(self) -> _Head:
        head = self._head.find_one(HEAD)
        if head is None:
            return _Head()
        return _Head(_Version.read(head), tuple(map(_Version.read, head.get("older", ()))))

    def _turn(self, version: int, parts: int) -> None:
        """Let a version hold, unless a later one does; the one that did is an older one."""
        while (held := self._current().holding).version < version:
            turned = self._head.update_one(
                HEAD | {"version": held.version},
                {
                    "$set": {"version": version, "parts": parts},
                    "$currentDate": {"since": True},
                    "$push": {"older": held.document()},
                },
            )
            if turned.modified_count:
                return

    def _clear(self) -> None:
        """Remove the parts of what is forgotten, and of replacements that did not come to hold."""
        head = self._current()
        for low, high in pairwise((-1, *head.kept, head.holding.version)):
            if high - low > 1:
                self._parts.delete_many({"_id": {"$gte": _id(low + 1, 0), "$lt": _id(high, 0)}})

    def _next_version(self) -> int:
        head: Any = self._head.find_one_and_update(
            HEAD,
            {"$inc": {"last": 1}, "$setOnInsert": {"version": 0, "parts": 0}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        return int(head["last"])

    def _write(self, version: int, tables: RosterTables, progress: Progress) -> int:
        """Write the parts of a version, and return their number."""
        total = sum(tables.counts().values())
        written = parts = 0
        for table, count, lines in _split(tables):
            rows = Binary(zlib.compress(lines, level=1))
            self._parts.insert_one({"_id": _id(version, parts), "table": table, "rows": rows})
            written += count
            parts += 1
            progress(written, total)
        return parts

    def _read(self, held: _Version) -> RosterTables | None:
        """Return the rows of a version, or None when some of its parts are gone."""
        rows: dict[str, list[Any]] = {table: [] for table in TABLES}
        parts = 0
        which = {"_id": {"$gte": _id(held.version, 0), "$lt": _id(held.version + 1, 0)}}
        for part in self._parts.find(which).sort("_id"):
            rows[part["table"]] += _joined(TABLES[part["table"]], zlib.decompress(part["rows"]))
            parts += 1
        return (
            RosterTables(**{t: tuple(r) for t, r in rows.items()}) if parts == held.parts else None
        )


_ENCODER: Final = msgspec.json.Encoder()
_DECODERS: Final = {name: msgspec.json.Decoder(table.row) for name, table in TABLES.items()}


def _split(tables: RosterTables) -> Iterator[tuple[str, int, bytes]]:
    """Yield the rows in parts: their table, their number, and a JSON array a line for each."""
    for table in TABLES:
        lines: list[bytes] = []
        size = 0
        for row in tables.rows(table):
            lines.append(_ENCODER.encode(row))
            size += len(lines[-1])
            if size >= PART_BYTES:
                yield table, len(lines), b"\n".join(lines)
                lines, size = [], 0
        if lines:
            yield table, len(lines), b"\n".join(lines)


def _joined(table: Table, lines: bytes) -> Iterator[Any]:
    """Return the rows of a part; a text that many of them share is kept once."""
    shared = [column.is_shared for column in table.columns]
    columns = zip(*_DECODERS[table.name].decode_lines(lines), strict=True)
    kept = (map(sys.intern, c) if once else c for c, once in zip(columns, shared, strict=True))
    return map(table.row._make, zip(*kept, strict=True))


def _id(version: int, part: int) -> int:
    return version * PARTS + part


def _silent(written: int, total: int) -> None:
    """Tell nobody."""
