"""A roster as a folder of CSV files, `people.csv` and so on: one for each table that has rows.

UTF-8 with or without a byte order mark, commas, a header line; the columns in any order, and
optional ones may be absent. All is taken, or nothing is and every fault is told.
"""

import csv
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

from lrs_stats.batches import batches
from lrs_stats.roster.cells import quoted
from lrs_stats.roster.checking import Checking, Offered
from lrs_stats.roster.complaints import Complaint, RosterRefused, Wording
from lrs_stats.roster.tables import TABLES, RosterTables, Table

WORDING: Final = Wording(
    thing="file", table="{table}.csv", row="{table}.csv, line {number}", aside="line {number}"
)
T = TypeVar("T")
ROWS_A_PIECE: Final = 10_000
Progress = Callable[[int, int], None]
"""Called with the number of rows done, and of all rows."""
_BOM: Final = b"\xef\xbb\xbf"
_FAULTS: Final = {
    "unexpected end of data": "a quotation mark is opened in this row and never closed.",
    "',' expected after '\"'": "a closing quotation mark is not followed by a comma; write a "
    "quotation mark within a cell twice.",
    "field larger than field limit": "a cell is longer than any can be; look for a quotation mark "
    "that is opened and never closed.",
    "new-line character seen": "a carriage return stands within a cell without quotation marks.",
}


def read(folder: Path, progress: Progress | None = None) -> RosterTables:
    """Return the roster in a folder; raise RosterRefused with everything that is wrong.

    The progress is told in bytes.
    """
    return _checking(folder, progress).finish()


def offered(folder: Path, progress: Progress | None = None) -> Offered:
    """Return the rows in a folder, those of a part of a roster, or raise RosterRefused."""
    return _checking(folder, progress).offered()


def write(folder: Path, roster: RosterTables, progress: Progress) -> None:
    """Write a roster into a folder, a file for each table, so that `read` takes it unchanged.

    Each file is written beside the one there was, and then takes its place.
    """
    folder.mkdir(parents=True, exist_ok=True)
    total, written = sum(roster.counts().values()), 0
    for name, table in TABLES.items():
        path = folder / f"{name}.csv"
        with path.with_suffix(".csv.part").open("w", encoding="utf-8", newline="") as file:
            lines = csv.writer(file, lineterminator="\r\n")
            lines.writerow(column.name for column in table.columns)
            for rows in batches(roster.rows(name), ROWS_A_PIECE):
                lines.writerows(rows)
                written += len(rows)
                progress(written, total)
        path.with_suffix(".csv.part").replace(path)


def _checking(folder: Path, progress: Progress | None) -> Checking:
    files = {path.stem: path for path in sorted(folder.glob("*.csv"))}
    if files.keys().isdisjoint(TABLES):
        names = ", ".join(f"{name}.csv" for name in TABLES)
        raise RosterRefused([Complaint(str(folder), f"the folder holds none of {names}.")])
    checking = Checking(WORDING)
    for name in sorted(files.keys() - TABLES.keys()):
        names = ", ".join(TABLES)
        checking.complaints.about(f"{name}.csv", f"this is no table; the tables are {names}.")
    sizes = {name: files[name].stat().st_size for name in TABLES if name in files}
    done = 0
    for name, size in sizes.items():
        _add(checking, TABLES[name], files[name], _beyond(progress, done, sum(sizes.values())))
        done += size
    return checking


def _beyond(progress: Progress | None, done: int, total: int) -> Callable[[int], None]:
    """Return what tells how far a file is read, beyond the bytes that were read before it."""
    return lambda read: progress(done + read, total) if progress else None


def _add(checking: Checking, table: Table, path: Path, tell: Callable[[int], None]) -> None:
    try:
        with path.open("rb") as file:
            checking.add(table, _told(_rows(checking, table, file), lambda: tell(file.tell())))
    except OSError as error:
        checking.broken_table(table, f"the file cannot be read: {error.strerror}.")


def _rows(checking: Checking, table: Table, file: BinaryIO) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a file with the numbers of their first lines, the cells in our order."""
    lines = _records(checking, table, file)
    _, first = next(lines, (0, []))
    header = [name.strip() for name in first]
    order = _order(checking, table, header)
    if order is None:
        return
    for number, cells in lines:
        if len(cells) != len(header):
            reason = f"expected {len(header)} cells as in the header, found {len(cells)}."
            checking.broken_row(table, number, reason)
        else:
            yield number, ["" if at is None else cells[at] for at in order]


def _told(rows: Iterator[T], tell: Callable[[], None]) -> Iterator[T]:
    """Yield the rows, and tell now and then how far they are."""
    for place, row in enumerate(rows):
        if place % ROWS_A_PIECE == 0:
            tell()
        yield row
    tell()


def _records(checking: Checking, table: Table, file: BinaryIO) -> Iterator[tuple[int, list[str]]]:
    """Yield the cells of each row that is not blank, with the number of its first line."""
    rows = csv.reader(_decoded(checking, table, file), strict=True)
    while True:
        number = rows.line_num + 1
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            reason = next(
                (told for sign, told in _FAULTS.items() if sign in str(error)), f"{error}."
            )
            checking.broken_row(table, number, reason)
            continue
        if len(cells) > 1 or "".join(cells).strip():
            yield number, cells


def _decoded(checking: Checking, table: Table, file: BinaryIO) -> Iterator[str]:
    for number, line in enumerate(file, start=1):
        text = line.removeprefix(_BOM) if number == 1 else line
        try:
            yield text.decode()
        except UnicodeDecodeError:
            checking.broken_row(table, number, "the line is not valid UTF-8.")
            yield text.decode(errors="replace")


def _order(checking: Checking, table: Table, header: Sequence[str]) -> list[int | None] | None:
    """Return where each of the table's columns stands, or None when rows cannot be read by it."""
    names = [column.name for column in table.columns]
    if not header:
        checking.broken_table(table, "the file has no header line.")
        return None
    if len(header) == 1 and ";" in header[0]:
        checking.broken_table(table, "the cells are separated by semicolons; use commas.")
        return None
    faults = [
        f"the column {quoted(name)} is unknown; the columns are {', '.join(names)}."
        for name in header
        if name not in names
    ]
    unusable = [
        f"the column {name} is there {header.count(name)} times."
        for name in names
        if header.count(name) > 1
    ] + [
        f"the column {column.name} is missing."
        for column in table.columns
        if column.required and column.name not in header
    ]
    for fault in faults + unusable:
        checking.broken_table(table, fault)
    return None if unusable else [header.index(n) if n in header else None for n in names]
