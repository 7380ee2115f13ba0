"""Parquet for analysts: typed columns, and what the report speaks of as metadata of the file."""

import json
from collections.abc import Iterator, Mapping
from typing import BinaryIO, Final

import polars as pl
from polars.io.plugins import register_io_source

from lrs_stats import Exporter, Report, Reports, hookimpl

ROWS: Final = 1 << 17
"""Rows of a group, as readers like to skip them."""


class ParquetExporter(Exporter):
    """Writes a report as a Parquet file."""

    name = "parquet"
    title = "Parquet"
    media_type = "application/vnd.apache.parquet"
    extension = "parquet"

    def write(self, reports: Reports, stream: BinaryIO, options: Mapping[str, str]) -> None:  # noqa: ARG002 - it has none
        """Write the rows, a group of them at a time; the types are those of the figures."""
        report = reports.asked
        batches = iter(report.batches)
        first = next(batches)

        def rows(*_: object) -> Iterator[pl.DataFrame]:
            yield first
            yield from batches

        register_io_source(rows, schema=first.schema).sink_parquet(
            stream, row_group_size=ROWS, metadata=_about(report)
        )


def _about(report: Report) -> dict[str, str]:
    """Return the question, the columns and the totals, each as JSON."""
    told = {
        "granularity": report.granularity,
        "from": report.start and report.start.isoformat(),
        "to": report.end and report.end.isoformat(),
        "interval": report.interval,
        "timezone": report.timezone,
        "as_of": report.as_of.isoformat(),
        "filters": report.filters,
        "columns": [
            {"name": one.name, "title": one.title, "unit": one.unit, "type": one.type}
            for one in report.columns
        ],
        "totals": report.totals,
        "failed": report.failed,
        "not_applicable": report.not_applicable,
    }
    return {f"lrs_stats.{name}": json.dumps(value, default=str) for name, value in told.items()}


@hookimpl
def register_exporters() -> list[type[Exporter]]:
    """Return the exporter of this file."""
    return [ParquetExporter]
