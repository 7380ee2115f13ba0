"""A change of a roster: the rows that are put, and the keys of those that are removed."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from lrs_stats.roster.layers import Layers
from lrs_stats.roster.tables import TABLES, Key, RosterTables

Rows = Mapping[Key, Any]
_NO_ROWS: Final[Rows] = MappingProxyType({})


def _by_its_key(table: str, key: Key) -> str:
    return f"{table} {key if isinstance(key, str) else ', '.join(key)}"


@dataclass(frozen=True)
class Change:
    """What is put and what is removed, by table; one without either says nothing of a table.

    A row that is put takes the place of the one with its key, as a whole. `place` returns where a
    row, by its table and key, stands in the source of the change.
    """

    put: Mapping[str, Rows] = field(default_factory=dict)
    gone: Mapping[str, frozenset[Key]] = field(default_factory=dict)
    place: Callable[[str, Key], str] = field(default=_by_its_key, compare=False, repr=False)

    @classmethod
    def of(
        cls, put: Mapping[str, Iterable[Any]], gone: Mapping[str, Iterable[Key]] | None = None
    ) -> "Change":
        """Return the change that puts some rows, and removes those with some keys."""
        return cls(
            {
                table: {TABLES[table].key_of(row): row for row in rows}
                for table, rows in put.items()
            },
            {table: frozenset(keys) for table, keys in (gone or {}).items()},
        )

    def rows(self, table: str) -> Rows:
        """Return the rows that are put into a table, by their keys."""
        return self.put.get(table, _NO_ROWS)

    def keys(self, table: str) -> frozenset[Key]:
        """Return the keys of the rows that are removed from a table."""
        return self.gone.get(table, frozenset())

    def tables(self) -> Iterator[str]:
        """Yield the tables in which something changes, in their order."""
        return (table for table in TABLES if self.rows(table) or self.keys(table))

    def __len__(self) -> int:
        return sum(len(self.rows(table)) + len(self.keys(table)) for table in TABLES)


def replacement(before: Mapping[str, Layers[Key, Any]], after: RosterTables) -> Change:
    """Return the change that makes a roster of another; rows in another order are no change."""
    put: dict[str, Rows] = {}
    gone: dict[str, frozenset[Key]] = {}
    for name, table in TABLES.items():
        had = before[name]
        left = set(had.keys)
        new = {}
        for row in after.rows(name):
            key = table.key_of(row)
            left.discard(key)
            if had.get(key) != row:
                new[key] = row
        put[name], gone[name] = new, frozenset(left)

    def place(name: str, key: Key) -> str:
        keys = map(TABLES[name].key_of, after.rows(name))
        return after.place(name, next(at for at, one in enumerate(keys) if one == key))

    return Change(put, gone, place)
