"""What a change of the roster changes: all of it counted, and as much of it listed as is asked."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, Literal

from lrs_stats.roster.changes import Change
from lrs_stats.roster.roster import Roster
from lrs_stats.roster.tables import TABLES, Key

LIMIT: Final = 100
"""Rows that are listed unless another number is asked for."""
Kind = Literal["added", "changed", "removed"]


@dataclass(frozen=True)
class Listed:
    """One row that changes; `columns` are those of a changed one whose cells differ."""

    table: str
    kind: Kind
    key: Key
    columns: tuple[str, ...] = ()

    def named_key(self) -> dict[str, str]:
        """Return the key's columns with their cells."""
        cells = (self.key,) if isinstance(self.key, str) else self.key
        return dict(zip(TABLES[self.table].key, cells, strict=True))


@dataclass(frozen=True)
class Listing:
    """The numbers of rows, by table and kind; the first rows; and how many are not listed."""

    counts: dict[str, dict[str, int]]
    rows: tuple[Listed, ...]
    left_out: int

    def lines(self) -> Iterator[str]:
        """Yield the listing as text: the numbers, the rows, and how many of them are missing."""
        yield from self.counted()
        for row in self.rows:
            cells = " ".join(row.named_key().values())
            columns = f" ({', '.join(row.columns)})" if row.columns else ""
            yield f"  {row.kind:<8} {row.table} {cells}{columns}"
        if self.left_out:
            yield f"{self.left_out} more rows change than are listed; the numbers count them all."

    def counted(self) -> Iterator[str]:
        """Yield the numbers as text."""
        for name, counts in self.counts.items():
            yield f"{name}: " + ", ".join(f"{count} {kind}" for kind, count in counts.items())
        if not self.counts:
            yield "Nothing changes."


def listing(roster: Roster, change: Change, limit: int = LIMIT) -> Listing:
    """Return what a change does to a roster, with at most `limit` rows listed."""
    counts: dict[str, dict[str, int]] = {}
    for table in change.tables():
        there, put = roster.rows(table), change.rows(table)
        added = sum(key not in there for key in put)
        numbers = {"added": added, "changed": len(put) - added, "removed": len(change.keys(table))}
        counts[table] = numbers
    rows = tuple(islice(_rows(roster, change), limit))
    return Listing(counts, rows, len(change) - len(rows))


def _rows(roster: Roster, change: Change) -> Iterator[Listed]:
    for table in change.tables():
        for key, row in change.rows(table).items():
            before = roster.row(table, key)
            if before is None:
                yield Listed(table, "added", key)
            else:
                yield Listed(table, "changed", key, _differing(before, row))
        for key in sorted(change.keys(table)):
            yield Listed(table, "removed", key)


def _differing(before: Any, after: Any) -> tuple[str, ...]:
    pairs = zip(before._fields, before, after, strict=True)
    return tuple(name for name, one, other in pairs if one != other)
