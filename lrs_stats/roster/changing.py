"""Whether a roster is still without a fault after a change, asked of what the change touches.

The same rules as for a roster that is read whole (`checking`): no two rows share what they may not,
each reference leads somewhere, no group is its own parent.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lrs_stats.roster.cells import quoted
from lrs_stats.roster.changes import Change
from lrs_stats.roster.checking import Offered
from lrs_stats.roster.complaints import Complaints, Wording
from lrs_stats.roster.indexes import UNIQUE
from lrs_stats.roster.roster import Roster
from lrs_stats.roster.tables import TABLES, Column, Key

Number = Callable[[str, Key], int]
"""Returns the number that a row has in what was offered, by its table and key."""

REFERENCES: Final = {
    referred: tuple(
        (table.name, column)
        for table in TABLES.values()
        for column in table.columns
        if column.refers == referred
    )
    for referred in TABLES
}
"""The tables and columns that refer to each table."""


def upsertion(offered: Offered, roster: Roster) -> Change:
    """Return the change that puts the rows that are offered, or raise RosterRefused.

    Rows that the roster has just so are no part of it.
    """
    numbers: dict[tuple[str, Key], int] = {}
    put: dict[str, dict[Key, Any]] = {}
    for name, rows in offered.rows.items():
        put[name] = new = {}
        had, key_of = roster.rows(name), TABLES[name].key_of
        for number, row in zip(offered.numbers[name], rows, strict=True):
            key = key_of(row)
            if had.get(key) != row:
                new[key], numbers[name, key] = row, number

    def place(table: str, key: Key) -> str:
        return offered.wording.row.format(table=table, number=numbers[table, key])

    change = Change(put, place=place)
    check(roster, change, offered.wording, lambda table, key: numbers[table, key])
    return change


def removal(
    table: str, keys: Sequence[Key], roster: Roster, wording: Wording, *, cascade: bool
) -> Change:
    """Return the change that removes rows, or raise RosterRefused.

    With `cascade`, rows that cannot be without them go too, and other references are emptied.
    """
    told = Complaints(wording)
    numbers = {key: number for number, key in reversed(list(enumerate(keys)))}
    for key, number in numbers.items():
        if key not in roster.rows(table):
            told.about_row(table, number, f"there is no {named(table, key)}.")
    told.refuse()
    change = _cascaded(roster, table, keys) if cascade else Change({}, {table: frozenset(keys)})
    check(roster, change, wording, lambda at, key: numbers.get(key, 0) if at == table else 0)
    return change


def check(roster: Roster, change: Change, wording: Wording, number: Number) -> None:
    """Raise RosterRefused with everything that would be wrong after a change."""
    _Check(roster, change, Complaints(wording), number).run()


def named(table: str, key: Key) -> str:
    """Return how a row is called in a sentence."""
    cells = (key,) if isinstance(key, str) else key
    return f"{TABLES[table].one} {', '.join(map(quoted, cells))}"


@dataclass(frozen=True)
class _Check:
    roster: Roster
    change: Change
    told: Complaints
    number: Number

    def run(self) -> None:
        for table, names in UNIQUE:
            self._unique(table, names)
        for table in self.change.tables():
            for at, column in enumerate(TABLES[table].columns):
                if column.refers:
                    self._references(table, at, column)
            for key in sorted(self.change.keys(table), key=str):
                self._referred(table, key)
        self._parents()
        self.told.refuse()

    def _fault(self, table: str, key: Key, reason: str) -> None:
        self.told.about_row(table, self.number(table, key), reason)

    def _unique(self, table: str, names: tuple[str, ...]) -> None:
        index, key_of = UNIQUE[table, names], TABLES[table].key_of
        put, gone = self.change.rows(table), self.change.keys(table)
        first: dict[Any, Key] = {}
        for key, row in put.items():
            for value in index.values(row):
                others = [key_of(one) for one in self.roster.find(index, value)]
                other = next((one for one in others if one not in put and one not in gone), None)
                if other is None and first.setdefault(value, key) != key:
                    other = first[value]
                if other is not None:
                    shown = ", ".join(quoted(getattr(row, name)) for name in names)
                    already = "are already those of" if len(names) > 1 else "is already that of"
                    owner = named(table, other)
                    self._fault(table, key, f"the {' and '.join(names)} {shown} {already} {owner}.")

    def _references(self, table: str, at: int, column: Column) -> None:
        there, put = self.roster.rows(column.refers), self.change.rows(column.refers)
        gone = self.change.keys(column.refers)
        for key, row in self.change.rows(table).items():
            known = row[at] in put or (row[at] in there and row[at] not in gone)
            if row[at] and not known:
                one = TABLES[column.refers].one
                self._fault(
                    table, key, f"the {column.name} {quoted(row[at])} is the id of no {one}."
                )

    def _referred(self, table: str, key: Key) -> None:
        """Refuse to remove a row that others still name."""
        left = Counter(
            (name, column.name)
            for name, column, row in _referring(self.roster, table, key)
            if _still_refers(self.change, name, column, row)
        )
        if left:
            these = " and ".join(
                f"{count} of {name} by {column}" for (name, column), count in left.items()
            )
            self._fault(
                table,
                key,
                f"the {named(table, key)} cannot be removed, for it is still referred to: {these}. "
                "Change or remove these first; or remove it with cascade, which removes rows that "
                "cannot be without it, and empties the other references.",
            )

    def _parents(self) -> None:
        """Refuse a group that is, over its parents, its own parent."""
        put = self.change.rows("groups")
        settled: set[Key] = {""}
        for key in put:
            path: dict[Key, None] = {}
            group = key
            while group not in settled and group not in path:
                path[group] = None
                row = put.get(group) or self.roster.row("groups", group)
                group = row.parent_id if row else ""
            if group in path:
                names = [*path, group]
                circle = " → ".join(quoted(str(one)) for one in names[names.index(group) :])
                self._fault("groups", key, f"a group is its own parent: {circle}.")
            settled.update(path)


def _still_refers(change: Change, table: str, column: Column, row: Any) -> bool:
    key = TABLES[table].key_of(row)
    if key in change.keys(table):
        return False
    after = change.rows(table).get(key, row)
    return bool(getattr(after, column.name) == getattr(row, column.name))


def _referring(roster: Roster, table: str, key: Key) -> Iterator[tuple[str, Column, Any]]:
    for name, column in REFERENCES[table]:
        for row in roster.referring(name, column.name, str(key)):
            yield name, column, row


def _cascaded(roster: Roster, table: str, keys: Sequence[Key]) -> Change:
    """Return the removal of rows, and of what cannot be without them; other references empty."""
    gone: dict[str, set[Key]] = {table: set(keys)}
    emptied: dict[str, dict[Key, Any]] = {}
    waiting = [(table, key) for key in keys]
    while waiting:
        for name, column, row in _referring(roster, *waiting.pop()):
            key = TABLES[name].key_of(row)
            if not column.required:
                rows = emptied.setdefault(name, {})
                rows[key] = rows.get(key, row)._replace(**{column.name: ""})
            elif key not in gone.setdefault(name, set()):
                gone[name].add(key)
                waiting.append((name, key))
    put: Mapping[str, Mapping[Key, Any]] = {
        name: {key: row for key, row in rows.items() if key not in gone.get(name, ())}
        for name, rows in emptied.items()
    }
    return Change(put, {name: frozenset(left) for name, left in gone.items()})
