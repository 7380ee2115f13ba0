"""The French dialect of CSV: UTF-8 with BOM, `;`, CRLF; what a spreadsheet would run is disarmed.

Frames of texts are written one after the other, so that a file is never in memory as a whole.
"""

from collections.abc import Iterable, Sequence
from typing import BinaryIO, Final

import polars as pl

BOM: Final = b"\xef\xbb\xbf"
FORMULA: Final = r"^[=+\-@\t\r]"
"""How a text begins that a spreadsheet would run as a formula (OWASP, CSV injection)."""


def write(stream: BinaryIO, header: Sequence[str], frames: Iterable[pl.DataFrame]) -> int:
    """Write the header and the rows of frames whose columns are texts; return how many rows."""
    stream.write(BOM)
    stream.write(_lines(pl.DataFrame([dict.fromkeys(header, "")]).clear(), include_header=True))
    written = 0
    for frame in frames:
        if frame.height:
            stream.write(_lines(frame.select(_disarmed(name) for name in header)))
            written += frame.height
    return written


def _lines(frame: pl.DataFrame, *, include_header: bool = False) -> bytes:
    text = frame.write_csv(include_header=include_header, separator=";", line_terminator="\r\n")
    return text.encode()


def _disarmed(name: str) -> pl.Expr:
    text = pl.col(name)
    runs = text.str.contains(FORMULA)
    empty = pl.when(text != "").then(text)  # nothing, rather than a pair of quotes
    return pl.when(runs).then(pl.lit("'") + text).otherwise(empty).alias(name)
