"""Whole rosters in MongoDB, in parts of about a mebibyte before they are compressed."""

import sys
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

import msgspec
from bson import Binary, ObjectId
from pymongo.database import Database

from lrs_stats.roster.changes import Change
from lrs_stats.roster.tables import TABLES, RosterTables, Table

PART_BYTES: Final = 1 << 20
ABANDONED: Final = timedelta(days=1)
"""After so long, parts that no version names are those of somebody who was killed."""

Document = dict[str, Any]
Progress = Callable[[int, int], None]
"""Called with the number of rows written, and of all rows."""


class RosterParts:
    """The parts; each whole roster has a base of its own, after which its parts are named."""

    def __init__(self, database: Database[Document]) -> None:
        self._parts = database["roster_parts"]

    def write(self, tables: RosterTables, progress: Progress) -> Document:
        """Write a roster, and return how a version names it: the base, and the number of parts."""
        base, written, parts = ObjectId(), 0, 0
        total = sum(tables.counts().values())
        for table, count, lines in _split(tables):
            rows = Binary(zlib.compress(lines, level=1))
            self._parts.insert_one({"_id": name_of(base, parts), "table": table, "rows": rows})
            written += count
            parts += 1
            progress(written, total)
        return {"base": base, "parts": parts}

    def read(self, named: Document) -> RosterTables | None:
        """Return the roster that a version names, or None when some of its parts are gone."""
        rows: dict[str, list[Any]] = {table: [] for table in TABLES}
        parts = 0
        for part in self._parts.find({"_id": _of(named["base"])}).sort("_id"):
            rows[part["table"]] += _joined(TABLES[part["table"]], zlib.decompress(part["rows"]))
            parts += 1
        if parts != named["parts"]:
            return None
        tables: dict[str, Any] = {table: tuple(found) for table, found in rows.items()}
        return RosterTables(**tables)

    def remove(self, base: ObjectId) -> None:
        """Remove a roster that no version names."""
        self._parts.delete_many({"_id": _of(base)})

    def remove_strays(
        self, kept: Collection[ObjectId], is_theirs: Callable[[str, Any], bool]
    ) -> None:
        """Remove the rosters of all but some bases that have a row of somebody."""
        theirs: set[ObjectId] = set()
        names = [ObjectId(one.partition("/")[0]) for one in self._parts.distinct("_id")]
        for base in set(names) - set(kept):
            for part in self._parts.find({"_id": _of(base)}):
                rows = _joined(TABLES[part["table"]], zlib.decompress(part["rows"]))
                if any(is_theirs(part["table"], row) for row in rows):
                    theirs.add(base)
                    break
        for base in theirs:
            self.remove(base)

    def clear(self, kept: Collection[ObjectId], gone: Iterable[ObjectId | None]) -> None:
        """Remove the parts of some bases, and those that somebody left who was killed."""
        for base in gone:
            if base is not None:
                self._parts.delete_many({"_id": _of(base)})
        latest = ObjectId.from_datetime(datetime.now(UTC) - ABANDONED)
        old = self._parts.find({"_id": {"$lt": f"{latest}/"}}, {"_id": 1})
        bases = {ObjectId(one["_id"].partition("/")[0]) for one in old}
        for base in bases - set(kept):
            self._parts.delete_many({"_id": _of(base)})


def name_of(base: ObjectId, part: int) -> str:
    """Return the id of a part: they sort by their base, then by their place."""
    return f"{base}/{part:06}"


def encoded(change: Change) -> Binary:
    """Return a change as bytes."""
    tables = {
        table: {"put": list(change.rows(table).values()), "gone": sorted(change.keys(table))}
        for table in change.tables()
    }
    return Binary(zlib.compress(_ENCODER.encode(tables), level=1))


def decoded(data: bytes) -> Change:
    """Return the change that bytes are."""
    tables = _TABLES.decode(zlib.decompress(data))
    return Change.of(
        {name: [_CONVERT[name](row) for row in one["put"]] for name, one in tables.items()},
        {
            name: [key if isinstance(key, str) else tuple(key) for key in one["gone"]]
            for name, one in tables.items()
        },
    )


_ENCODER: Final = msgspec.json.Encoder()
_TABLES: Final = msgspec.json.Decoder(dict[str, dict[str, list[Any]]])
_CONVERT: Final = {name: partial(msgspec.convert, type=table.row) for name, table in TABLES.items()}
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


def _of(base: ObjectId) -> Document:
    """Return the condition on the ids of a base's parts; `0` is what follows `/`."""
    return {"$gte": f"{base}/", "$lt": f"{base}0"}
