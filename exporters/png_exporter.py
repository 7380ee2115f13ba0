"""A picture of a report: its chart, drawn on the server at twice the size of a screen's."""

from collections.abc import Mapping
from typing import BinaryIO

import vl_convert

from lrs_stats import Exporter, Report, hookimpl
from lrs_stats.reports.chart import VEGA_LITE, specification


class PngExporter(Exporter):
    """Draws a report; the option `metric` names the figure, else it is the first."""

    name = "png"
    title = "Picture (PNG)"
    media_type = "image/png"
    extension = "png"

    def write(self, report: Report, stream: BinaryIO, options: Mapping[str, str]) -> None:
        """Write one picture, which says so when the report has no rows."""
        drawn = specification(report, options)
        stream.write(vl_convert.vegalite_to_png(drawn, vl_version=VEGA_LITE, scale=2))


@hookimpl
def register_exporters() -> list[type[Exporter]]:
    """Return the exporter of this file."""
    return [PngExporter]
