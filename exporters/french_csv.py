"""The French dialect of CSV: UTF-8 with BOM, `;`, CRLF; what a spreadsheet would run is disarmed.

Frames of texts are written one after the other, so that a file is never in memory as a whole.
"""

from collections.abc import Iterable, Sequence
from typing import BinaryIO, Final

import polars as pl

from lrs_stats import spelling

BOM: Final = b"\xef\xbb\xbf"


def write(stream: BinaryIO, header: Sequence[str], frames: Iterable[pl.DataFrame]) -> int:
    """Write the header and the rows of frames whose columns are texts; return how many rows."""
    stream.write(BOM)
    stream.write(_lines(pl.DataFrame([dict.fromkeys(header, "")]).clear(), include_header=True))
    written = 0
    for frame in frames:
        if frame.height:
            stream.write(_lines(frame.select(_cells(frame[name]) for name in header)))
            written += frame.height
    return written


def _lines(frame: pl.DataFrame, *, include_header: bool = False) -> bytes:
    text = frame.write_csv(include_header=include_header, separator=";", line_terminator="\r\n")
    return text.encode()


def _cells(texts: pl.Series) -> pl.Series:
    """Return texts that no spreadsheet runs; one without a letter is nothing, and not `""`."""
    return spelling.safe(texts).set(texts == "", None)
