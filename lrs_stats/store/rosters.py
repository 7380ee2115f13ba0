"""The roster in MongoDB: replaced as a whole, read as a whole, each version for itself.

The rows of a version lie in parts of about a mebibyte before they are compressed. One document,
the head, says which version holds and of how many parts it is made. A new version is written beside
the old one, then the head is turned to it, then what is older is removed: whoever is killed in
between leaves the old roster, and parts that the next replacement clears away.
"""

import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from bson import Binary
from pymongo import ReturnDocument
from pymongo.database import Database

from lrs_stats.errors import Unavailable
from lrs_stats.roster.roster import Roster
from lrs_stats.roster.tables import TABLES, RosterTables, Table
from lrs_stats.store.database import Document, available

PART_BYTES: Final = 1 << 20
PARTS: Final = 1_000_000
"""Ids that are set aside for the parts of one version: they sort by version, then by place."""
HEAD: Final = {"_id": "roster"}

Progress = Callable[[int, int], None]
"""Called with the number of rows written, and of all rows."""


@dataclass(frozen=True)
class _Head:
    """Which version holds, and the number of its parts."""

    version: int = 0
    parts: int = 0


class RosterStore:
    """Keeps the roster; any number of processes may read and replace it at the same time."""

    def __init__(self, database: Database[Document]) -> None:
        self._head = database["roster"]
        self._parts = database["roster_parts"]
        self._loaded = Roster()
        self._loading = threading.Lock()

    def replace(self, tables: RosterTables, progress: Progress | None = None) -> int:
        """Put a roster in the place of the one there was, and return its version.

        Of replacements at the same time the one that began last holds in the end.
        """
        with available():
            version = self._next_version()
            parts = self._write(version, tables, progress or _silent)
            self._head.update_one(
                HEAD | {"version": {"$lt": version}}, {"$set": {"version": version, "parts": parts}}
            )
            self._parts.delete_many({"_id": {"$lt": _id(self._current().version, 0)}})
        return version

    def version(self) -> int:
        """Return the version that holds; 0 when there has never been a roster."""
        with available():
            return self._current().version

    def load(self) -> Roster:
        """Return the roster that holds; it is read only when it is another than the last time."""
        if self.version() != self._loaded.version:
            with self._loading, available():
                self._loaded = self._newest()
        return self._loaded

    def of_version(self, version: int) -> Roster | None:
        """Return the roster of a version, or None when that is not kept."""
        present = self.load()
        return present if present.version == version else None

    def _newest(self) -> Roster:
        head = self._current()
        while head.version != self._loaded.version:
            if (tables := self._read(head)) is not None:
                return Roster(tables, head.version)
            read, head = head, self._current()
            if head == read:
                raise Unavailable("A part of the roster is lost in the database. Import it again.")
        return self._loaded

    def _current(self) -> _Head:
        head = self._head.find_one(HEAD)
        return _Head(head["version"], head["parts"]) if head else _Head()

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

    def _read(self, head: _Head) -> RosterTables | None:
        """Return the rows of a version, or None when some of its parts are gone."""
        rows: dict[str, list[Any]] = {table: [] for table in TABLES}
        parts = 0
        which = {"_id": {"$gte": _id(head.version, 0), "$lt": _id(head.version + 1, 0)}}
        for part in self._parts.find(which).sort("_id"):
            rows[part["table"]] += _joined(TABLES[part["table"]], zlib.decompress(part["rows"]))
            parts += 1
        return (
            RosterTables(**{t: tuple(r) for t, r in rows.items()}) if parts == head.parts else None
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
