"""A report to hand over, as PDF: what it speaks of, a chart, the rows, and the totals."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import BinaryIO

from lrs_stats import Exporter, Reports, document, hookimpl


class PdfExporter(Exporter):
    """Sets a report on pages."""

    name = "pdf"
    title = "PDF"
    media_type = "application/pdf"
    extension = "pdf"
    options = MappingProxyType(
        {
            "metric": "The figure of the chart; the first unless given.",
            "lang": "The language of titles, numbers and dates.",
        }
    )
    choices = MappingProxyType({"lang": ("en", "fr")})

    def write(self, reports: Reports, stream: BinaryIO, options: Mapping[str, str]) -> None:
        """Write a PDF/A-3a file, or an ordinary one where a character has no font."""
        stream.write(document(reports.asked, {**options, "lang": self.chosen("lang", options)}))


@hookimpl
def register_exporters() -> list[type[Exporter]]:
    """Return the exporter of this file."""
    return [PdfExporter]
