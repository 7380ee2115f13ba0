"""Files of a table, in an order that tells nothing but what stands in the rows themselves.

The facts have connections in the order of the learners' ids, and a roster has people in that of
whoever keeps it: who knows that order would know whom each pseudonym stands for. So which file a
row is in, and where, follows from what is exported of it alone.
"""

import os
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from lrs_stats.analysis.tables import Exported


class Files:
    """The files of one table, of some rows each."""

    def __init__(self, folder: Path, table: Exported, rows: int) -> None:
        """Write files of so many rows into a folder of the table's name."""
        self.folder = folder / table.name
        self.table = table
        self.rows = rows
        self.count = 0
        self._number = 0
        self.folder.mkdir()

    def write(self, frames: Iterable[pl.DataFrame]) -> None:
        """Write one file."""
        whole = pl.concat([pl.DataFrame(schema=self.table.schema), *frames])
        self._number += 1
        self.count += whole.height
        with (self.folder / f"{self._number:05}.parquet").open("wb") as file:
            whole.sort(self.table.order).write_parquet(file)
            file.flush()
            os.fsync(file.fileno())

    @property
    def is_empty(self) -> bool:
        """Tell whether no file has been written."""
        return not self._number


class InOrder:
    """Files of rows that come in the order of what they hold, such as events by `stored`."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._waiting: list[pl.DataFrame] = []

    def add(self, rows: pl.DataFrame) -> None:
        """Take rows, and write as many as fill files."""
        self._waiting.append(rows)
        while sum(one.height for one in self._waiting) >= self._files.rows:
            joined = pl.concat(self._waiting)
            self._files.write([joined[: self._files.rows]])
            self._waiting = [joined[self._files.rows :]]

    def finish(self) -> int:
        """Write what is left, an empty file for an empty table, and return how many rows it has."""
        if self._files.is_empty or any(one.height for one in self._waiting):
            self._files.write(self._waiting)
        return self._files.count


class Scattered:
    """Files of rows that come in an order that nobody may see.

    Into which file a row goes is decided by a digest of its first column. Until all rows are there
    they lie in a folder beside, in pieces.
    """

    def __init__(self, files: Files, beside: Path, expected: int) -> None:
        """Scatter about so many rows, with pieces in a folder that is removed by the caller."""
        self._files = files
        self._beside = beside / files.table.name
        self._beside.mkdir(parents=True)
        self._parts = max(1, -(-expected // files.rows))
        self._pieces: list[list[Path]] = [[] for _ in range(self._parts)]

    def add(self, rows: pl.DataFrame) -> None:
        """Take rows."""
        digest = pl.col(rows.columns[0]).hash() % self._parts
        for (part,), some in rows.group_by(digest.alias("part")):
            pieces = self._pieces[int(str(part))]
            path = self._beside / f"{part}-{len(pieces)}.parquet"
            some.write_parquet(path)
            pieces.append(path)

    def finish(self) -> int:
        """Write the files, and return how many rows they have."""
        for pieces in self._pieces:
            self._files.write(pl.read_parquet(path) for path in pieces)
        return self._files.count
