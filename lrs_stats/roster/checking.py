"""Rows of cells, wherever they come from, become a roster without a fault, or are refused."""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lrs_stats.roster.cells import parser, quoted
from lrs_stats.roster.complaints import Complaints, Wording
from lrs_stats.roster.indexes import compared
from lrs_stats.roster.tables import TABLES, Column, RosterTables, Table


@dataclass(frozen=True)
class Offered:
    """Rows that are each fine for themselves, no two with one key, and their numbers."""

    wording: Wording
    rows: Mapping[str, Sequence[Any]]
    numbers: Mapping[str, Sequence[int]]


class Checking:
    """Rows while they are read, table by table.

    `finish` returns the roster that they are, `offered` some rows for one that there is; both
    refuse them with all that is wrong.
    """

    def __init__(self, wording: Wording) -> None:
        self._wording = wording
        self.complaints = Complaints(wording)
        self._rows: dict[str, list[Any]] = {}
        self._numbers: dict[str, array[int]] = {}
        self._unreadable: set[str] = set()

    def add(self, table: Table, rows: Iterable[tuple[int, Sequence[str]]]) -> None:
        """Read a table: for each row its number in the source, and a cell for each column."""
        parsers = [parser(column) for column in table.columns]
        self._rows[table.name], self._numbers[table.name] = kept, numbers = [], array("L")
        for number, cells in rows:
            faults, values = [], []
            for parse, cell in zip(parsers, cells, strict=True):
                try:
                    values.append(parse(cell))
                except ValueError as error:
                    faults.append(str(error))
                    values.append("")
            row = table.row._make(values)
            if not faults and table.rule and (fault := table.rule(row)):
                faults.append(fault)
            for fault in faults:
                self.complaints.about_row(table.name, number, fault)
            kept.append(row)
            numbers.append(number)

    def broken_table(self, table: Table, reason: str) -> None:
        """Take note that a table cannot be read; references to it are not judged then."""
        self._unreadable.add(table.name)
        self.complaints.about_table(table.name, reason)

    def broken_row(self, table: Table, number: int, reason: str) -> None:
        """Take note that a row cannot be read; references to its table are not judged then."""
        self._unreadable.add(table.name)
        self.complaints.about_row(table.name, number, reason)

    def finish(self) -> RosterTables:
        """Return the roster; raise RosterRefused with everything that is wrong with it."""
        for table in TABLES.values():
            for columns in table.unique:
                self._check_unique(table, columns)
        self._check_references()
        self._check_groups()
        self.complaints.refuse()
        wording, numbers = self._wording, self._numbers

        def place(table: str, position: int) -> str:
            return wording.row.format(table=table, number=numbers[table][position])

        tables = {name: tuple(rows) for name, rows in self._rows.items()}
        return RosterTables(**tables, place=place)

    def offered(self) -> Offered:
        """Return the rows; raise RosterRefused with everything that is wrong with them alone."""
        for table in TABLES.values():
            self._check_unique(table, table.key)
        self.complaints.refuse()
        return Offered(self._wording, self._rows, self._numbers)

    def _numbered(self, table: str) -> Iterator[tuple[int, Any]]:
        return zip(self._numbers.get(table, ()), self._rows.get(table, ()), strict=True)

    def _check_unique(self, table: Table, names: tuple[str, ...]) -> None:
        columns = [(at, column) for at, column in enumerate(table.columns) if column.name in names]
        first: dict[tuple[Any, ...], int] = {}
        for position, (number, row) in enumerate(self._numbered(table.name)):
            shared = tuple(compared(column, row[at]) for at, column in columns)
            if all(shared) and (earlier := first.setdefault(shared, position)) != position:
                values = ", ".join(quoted(row[at]) for at, _ in columns)
                already = "are already those of" if len(names) > 1 else "is already that of"
                self.complaints.about_row(
                    table.name,
                    number,
                    f"the {' and '.join(names)} {values} {already} "
                    f"{self._owner(table, names, earlier)}.",
                )

    def _owner(self, table: Table, names: tuple[str, ...], position: int) -> str:
        aside = self.complaints.aside(table.name, self._numbers[table.name][position])
        row = self._rows[table.name][position]
        has_other_id = "id" in row._fields and names != ("id",)
        return f"{table.one} {row.id} ({aside})" if has_other_id else aside

    def _check_references(self) -> None:
        missing: dict[str, str] = {}
        ids: dict[str, set[str]] = {}
        for table in TABLES.values():
            for at, column in enumerate(table.columns):
                referred = column.refers
                if not referred or referred in self._unreadable:
                    continue
                if referred in self._rows:
                    if referred not in ids:
                        ids[referred] = {row.id for row in self._rows[referred]}
                    self._check_known(table, at, column, ids[referred])
                elif any(row[at] for row in self._rows.get(table.name, ())):
                    missing.setdefault(referred, table.name)
        for referred, referring in missing.items():
            self.complaints.about_missing(referred, referring)

    def _check_known(self, table: Table, at: int, column: Column, ids: set[str]) -> None:
        for number, row in self._numbered(table.name):
            if row[at] and row[at] not in ids:
                self.complaints.about_row(
                    table.name,
                    number,
                    f"the {column.name} {quoted(row[at])} is the id of no "
                    f"{TABLES[column.refers].one}.",
                )

    def _check_groups(self) -> None:
        """Refuse a group that is, over its parents, its own parent."""
        parents = {row.id: row.parent_id for row in self._rows.get("groups", ())}
        settled: set[str] = {""}
        for number, row in self._numbered("groups"):
            path: dict[str, None] = {}
            group = row.id
            while group not in settled and group not in path:
                path[group] = None
                group = parents.get(group, "")
            if group in path:
                names = list(path)
                circle = " → ".join(map(quoted, [*names[names.index(group) :], group]))
                self.complaints.about_row("groups", number, f"a group is its own parent: {circle}.")
            settled.update(path)
