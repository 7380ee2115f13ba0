"""JSON lines for programs: each row an object on a line of its own, as the API has it.

Totals and what the report speaks of are left out, so that every line is a row.
"""

from collections.abc import Mapping
from typing import BinaryIO

import msgspec
import polars as pl

from lrs_stats import Exporter, Reports, hookimpl, spelling


class JsonLinesExporter(Exporter):
    """Writes a row a line."""

    name = "jsonl"
    title = "JSON lines"
    media_type = "application/jsonl"
    extension = "jsonl"

    def write(self, reports: Reports, stream: BinaryIO, options: Mapping[str, str]) -> None:  # noqa: ARG002 - it has none
        """Write the rows, a batch at a time."""
        encoder = msgspec.json.Encoder()
        for batch in reports.asked.batches:
            lines = encoder.encode_lines(_spelled(batch).iter_rows(named=True))
            stream.write(lines)


def _spelled(batch: pl.DataFrame) -> pl.DataFrame:
    """Return a batch with its instants as JSON has them."""
    when = [name for name, dtype in batch.schema.items() if isinstance(dtype, pl.Datetime)]
    return batch.with_columns(spelling.instants(batch[name]) for name in when)


@hookimpl
def register_exporters() -> list[type[Exporter]]:
    """Return the exporter of this file."""
    return [JsonLinesExporter]
