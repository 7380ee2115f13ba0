"""Comma-separated values for programs and spreadsheets: RFC 4180, UTF-8, rows only.

The header holds the names of the columns. Numbers have the digits that they have in JSON, instants
are those of ISO 8601, a missing figure is an empty cell. Totals are left out, so that every line is
a row of the report.

The dialect `french` is what a French Excel opens by a double click and what funders expect: a mark
of UTF-8, semicolons, decimal commas, days as JJ/MM/AAAA in the report's time zone, durations as
HH:MM:SS, and titles in the header.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import BinaryIO, Final

import polars as pl
from polars.io.plugins import register_io_source

from lrs_stats import Column, Exporter, Reports, hookimpl, spelling, wording

ROWS: Final = 8_192
"""Rows that are texts at once."""
MARK: Final = "\N{BYTE ORDER MARK}".encode()
UNITS: Final = {"seconds": "HH:MM:SS", "percent": "%"}
"""What the French header says of the unit of a column."""


class CsvExporter(Exporter):
    """Writes a report as comma-separated values."""

    name = "csv"
    title = "CSV"
    media_type = "text/csv; charset=utf-8"
    extension = "csv"
    options = MappingProxyType(
        {
            "dialect": "`rfc4180`, or `french` for a French spreadsheet.",
            "lang": "The language of the titles in the header of the French dialect.",
        }
    )
    choices = MappingProxyType({"dialect": ("rfc4180", "french"), "lang": ("fr", "en")})

    def write(self, reports: Reports, stream: BinaryIO, options: Mapping[str, str]) -> None:
        """Write the header and the rows, a batch at a time."""
        report, lang = reports.asked, self.chosen("lang", options)
        if self.chosen("dialect", options) == "french":
            stream.write(MARK)
            heads = [_head(column, lang) for column in report.columns]
            separator, cells = ";", spelling.French(report.timezone).cells
        else:
            heads = [column.name for column in report.columns]
            separator, cells = ",", spelling.plain
        stream.write(_line(heads, separator))

        def lines(*_: object) -> Iterator[pl.DataFrame]:
            for batch in report.batches:
                for few in batch.iter_slices(ROWS):
                    yield pl.DataFrame([cells(few[one.name], one) for one in report.columns])

        texts = {column.name: pl.String for column in report.columns}
        register_io_source(lines, schema=texts).sink_csv(
            stream,
            include_header=False,
            separator=separator,
            line_terminator="\r\n",
            quote_style="necessary",
        )


def _head(column: Column, lang: str) -> str:
    title, unit = wording.said(column.title, "fr" if lang == "fr" else "en"), UNITS.get(column.unit)
    return f"{title} ({unit})" if unit else title


def _line(heads: list[str], separator: str) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerow(spelling.safe(pl.Series(heads)))
    return text.getvalue().encode()


@hookimpl
def register_exporters() -> list[type[Exporter]]:
    """Return the exporter of this file."""
    return [CsvExporter]
