"""Comma-separated values for programs and spreadsheets: RFC 4180, UTF-8, rows only.

The header holds the names of the columns. Numbers have the digits that they have in JSON, instants
are those of ISO 8601, a missing figure is an empty cell. Totals are left out, so that every line is
a row of the report.

The dialect `french` is what a French Excel opens by a double click and what funders expect: a mark
of UTF-8, semicolons, decimal commas, days as JJ/MM/AAAA in the report's time zone, durations as
HH:MM:SS, and titles in the header.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import BinaryIO, Final

import polars as pl

from lrs_stats import Column, Exporter, Reports, hookimpl, spelling, wording

from . import delimited

ROWS: Final = 8_192
"""Rows that are texts at once."""
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
            head = [_head(column, lang) for column in report.columns]
            dialect, cells = delimited.FRENCH, spelling.French(report.timezone).cells
        else:
            head = [column.name for column in report.columns]
            dialect, cells = delimited.RFC_4180, spelling.plain
        rows = (
            pl.DataFrame([cells(few[one.name], one) for one in report.columns])
            for batch in report.batches
            for few in batch.iter_slices(ROWS)
        )
        delimited.write(stream, head, rows, dialect)


def _head(column: Column, lang: str) -> str:
    title, unit = wording.said(column.title, "fr" if lang == "fr" else "en"), UNITS.get(column.unit)
    return f"{title} ({unit})" if unit else title


@hookimpl
def register_exporters() -> list[type[Exporter]]:
    """Return the exporter of this file."""
    return [CsvExporter]
