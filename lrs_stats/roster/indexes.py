"""By what else than its key a row is found: each index is one line, made when it is first asked."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from lrs_stats.roster.identities import folded_keys_of, keys_of, mailbox
from lrs_stats.roster.layers import Layers
from lrs_stats.roster.tables import TABLES, Column, Person, Table

Found = tuple[Any, ...]
Entries = Layers[Hashable, Found]
"""The rows under each value, in the order in which they came."""


@dataclass(frozen=True, eq=False)
class Index:
    """The values under which the rows of a table are found."""

    table: str
    values: Callable[[Any], Iterable[Hashable]]

    def entries(self, rows: Iterable[Any]) -> Entries:
        """Return the rows of a table under their values."""
        entries: dict[Hashable, Found] = {}
        for row in rows:
            for value in self.values(row):
                entries[value] = (*entries.get(value, ()), row)
        return Layers(entries)

    def amended(self, entries: Entries, gone: Iterable[Any], new: Iterable[Any]) -> Entries:
        """Return the entries without some rows, and with others."""
        put: dict[Hashable, Found] = {}

        def found(value: Hashable) -> Found:
            return put[value] if value in put else entries.get(value) or ()

        for row in gone:
            for value in self.values(row):
                put[value] = tuple(one for one in found(value) if one is not row)
        for row in new:
            for value in self.values(row):
                put[value] = (*found(value), row)
        empty = [value for value, rows in put.items() if not rows]
        for value in empty:
            del put[value]
        return entries.amended(put, empty)


def compared(column: Column, value: Any) -> Any:
    """Return what two values must differ in, to be different."""
    if column.kind == "email":
        return mailbox(value)
    return value.casefold() if column.ignores_case else value


def _shared(table: Table, names: tuple[str, ...]) -> Index:
    """Return the index by a set of columns that no two rows may share."""
    columns = [(at, column) for at, column in enumerate(table.columns) if column.name in names]

    def values(row: Any) -> Iterator[Hashable]:
        cells = tuple(compared(column, row[at]) for at, column in columns)
        if all(cells):
            yield cells

    return Index(table.name, values)


def _referring(table: Table, at: int) -> Index:
    def values(row: Any) -> Iterator[Hashable]:
        if row[at]:
            yield row[at]

    return Index(table.name, values)


def shown_name(person: Person) -> str:
    """Return the name by which an identity provider finds somebody, who may have come otherwise."""
    return person.user_name or person.email or person.account_name or person.id


UNIQUE: Final = {
    (table.name, names): _shared(table, names)
    for table in TABLES.values()
    for names in table.unique[1:]
}
"""By what no two rows may share, beside the key."""
REFERRING: Final = {
    (table.name, column.name): _referring(table, at)
    for table in TABLES.values()
    for at, column in enumerate(table.columns)
    if column.refers
}
"""By the row to which a column refers."""
ACTORS: Final = Index("people", keys_of)
FOLDED_ACTORS: Final = Index("people", lambda person: dict.fromkeys(folded_keys_of(person)))
SHOWN_NAMES: Final = Index("people", lambda person: (shown_name(person).casefold(),))
EXTERNAL_IDS: Final = {
    table: Index(table, lambda row: (row.external_id,) if row.external_id else ())
    for table in ("people", "groups")
}
GROUP_NAMES: Final = Index("groups", lambda group: (group.name.casefold(),))
