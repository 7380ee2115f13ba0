"""Comma-separated values for programs and spreadsheets: RFC 4180, UTF-8, rows only.

The header holds the names of the columns. Numbers have the digits that they have in JSON, instants
are those of ISO 8601, a missing figure is an empty cell. Totals are left out, so that every line is
a row of the report.
"""

import csv
from collections.abc import Iterator, Mapping
from datetime import date
from io import TextIOWrapper
from typing import Any, BinaryIO

from lrs_stats import Exporter, Report, Reports, hookimpl

FORMULA = frozenset("=+-@\t\r")


class CsvExporter(Exporter):
    """Writes a report as comma-separated values."""

    name = "csv"
    title = "CSV"
    media_type = "text/csv; charset=utf-8"
    extension = "csv"

    def write(self, reports: Reports, stream: BinaryIO, options: Mapping[str, str]) -> None:  # noqa: ARG002 - CSV has no options
        """Write the header and the rows, one at a time."""
        report = reports.asked
        text = TextIOWrapper(stream, encoding="utf-8", newline="")
        try:
            writer = csv.writer(text)
            writer.writerow(column.name for column in report.columns)
            writer.writerows(_cells(report))
        finally:
            text.detach()


def _cells(report: Report) -> Iterator[list[Any]]:
    for batch in report.batches:
        for row in batch.iter_rows():
            yield [_cell(value) for value in row]


def _cell(value: Any) -> Any:
    """Return a value as JSON spells it, and so that no spreadsheet takes it for a formula."""
    match value:
        case bool():
            return str(value).lower()
        case date():
            return value.isoformat()
        case str():
            return f"'{value}" if value[:1] in FORMULA else value
        case _:
            return value


@hookimpl
def register_exporters() -> list[type[Exporter]]:
    """Return the exporter of this file."""
    return [CsvExporter]
