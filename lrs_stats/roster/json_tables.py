"""A roster as JSON: an object with a member for each table, an array of objects.

The members of a row are the table's columns. An optional one that is empty may be absent, null or
"". All is taken, or nothing is and every fault is told.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from lrs_stats.roster.cells import quoted
from lrs_stats.roster.checking import Checking, Offered
from lrs_stats.roster.complaints import Complaint, Complaints, RosterRefused, Wording
from lrs_stats.roster.tables import TABLES, Column, Key, RosterTables, Table

WORDING: Final = Wording(
    thing="table", table="{table}", row="{table}[{number}]", aside="{table}[{number}]"
)
_ROWS_A_PIECE: Final = 1_000


def check(tables: object) -> RosterTables:
    """Return the roster in decoded JSON; raise RosterRefused with everything that is wrong."""
    if not isinstance(tables, Mapping) or tables.keys().isdisjoint(TABLES):
        names = ", ".join(TABLES)
        reason = f"expected an object with at least one of the members {names}."
        raise RosterRefused([Complaint("roster", reason)])
    checking = Checking(WORDING)
    for name in sorted(map(str, tables.keys() - TABLES.keys())):
        names = ", ".join(TABLES)
        checking.complaints.about(name, f"this is no table; the tables are {names}.")
    for name, table in TABLES.items():
        if name in tables:
            checking.add(table, _rows(checking, table, tables[name]))
    return checking.finish()


def offered(table: Table, rows: object) -> Offered:
    """Return the rows of one table in decoded JSON, or raise RosterRefused."""
    checking = Checking(WORDING)
    checking.add(table, _rows(checking, table, rows))
    return checking.offered()


def keys(table: Table, rows: object) -> list[Key]:
    """Return the keys that decoded JSON holds, objects with the key's columns, or raise."""
    told = Complaints(WORDING)
    found: list[Key] = []
    if not isinstance(rows, list):
        told.about_table(table.name, "expected an array of objects, each the key of a row.")
        rows = []
    for number, row in enumerate(rows):
        cells = [row.get(name) for name in table.key] if isinstance(row, Mapping) else []
        if set(row if cells else ()) != set(table.key) or not all(
            isinstance(cell, str) for cell in cells
        ):
            reason = f"expected an object with {' and '.join(table.key)}, each a string."
            told.about_row(table.name, number, reason)
        else:
            found.append(table.as_key([str(cell).strip() for cell in cells]))
    told.refuse()
    return found


def encoded(tables: RosterTables) -> Iterator[bytes]:
    """Yield the JSON of a roster, which `check` takes, a piece at a time."""
    for table in TABLES:
        yield f'{"{" if table == next(iter(TABLES)) else ","}"{table}":['.encode()
        rows = tables.rows(table)
        for at in range(0, len(rows), _ROWS_A_PIECE):
            piece = msgspec.json.encode([row._asdict() for row in rows[at : at + _ROWS_A_PIECE]])
            yield (b"," if at else b"") + piece[1:-1]
        yield b"]"
    yield b"}"


def _rows(checking: Checking, table: Table, rows: object) -> Iterator[tuple[int, list[str]]]:
    if not isinstance(rows, list | tuple):
        checking.broken_table(table, "expected an array of objects.")
        return
    names = {column.name for column in table.columns}
    for number, row in enumerate(rows):
        if not isinstance(row, Mapping):
            checking.broken_row(table, number, "expected an object.")
            continue
        for name in sorted(map(str, row.keys() - names)):
            checking.complaints.about_row(
                table.name,
                number,
                f"the column {quoted(name)} is unknown; the columns are "
                f"{', '.join(column.name for column in table.columns)}.",
            )
        try:
            cells = [_cell(column, row.get(column.name)) for column in table.columns]
        except ValueError as error:
            checking.broken_row(table, number, str(error))
        else:
            yield number, cells


def _cell(column: Column, value: object) -> str:
    """Return a JSON value as the text that a CSV file would have."""
    if value is None:
        return ""
    if column.kind == "number":
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        raise ValueError(f"the {column.name} is no whole number.")
    if isinstance(value, str):
        return value
    raise ValueError(f"the {column.name} is no string.")
