"""Delimited text: a head and rows whose cells are texts, written frame by frame.

RFC 4180 is what programs read; the French dialect is what a French Excel opens by a double click
and what funders expect: a mark of UTF-8, and semicolons.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

import polars as pl
from polars.io.plugins import register_io_source

from lrs_stats import spelling


@dataclass(frozen=True)
class Dialect:
    """What stands between two cells, and before everything."""

    separator: str
    mark: bytes = b""


RFC_4180: Final = Dialect(",")
FRENCH: Final = Dialect(";", "\N{BYTE ORDER MARK}".encode())
END: Final = "\r\n"


def write(
    stream: BinaryIO, head: Sequence[str], frames: Iterable[pl.DataFrame], dialect: Dialect
) -> None:
    """Write the head, and the rows of frames; a file is never in memory as a whole.

    Each frame has a column of texts for each title of the head, in its order.
    """
    stream.write(dialect.mark + _head(head, dialect))
    names = [f"column {place}" for place in range(len(head))]

    def rows(*_: object) -> Iterator[pl.DataFrame]:
        for frame in frames:
            yield frame.rename(dict(zip(frame.columns, names, strict=True)))

    register_io_source(rows, schema=dict.fromkeys(names, pl.String)).sink_csv(
        stream,
        include_header=False,
        separator=dialect.separator,
        line_terminator=END,
        quote_style="necessary",
    )


def _head(titles: Sequence[str], dialect: Dialect) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=dialect.separator, lineterminator=END).writerow(
        spelling.safe(pl.Series(titles, dtype=pl.String))
    )
    return text.getvalue().encode()
