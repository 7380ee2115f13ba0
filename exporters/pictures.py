"""A picture of a report, as PNG or SVG: its chart, or its table."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import BinaryIO, ClassVar, Literal

from lrs_stats import Exporter, Reports, chart, drawn, hookimpl, table_picture


class _Picture(Exporter):
    """Draws one figure of a report, or its rows."""

    form: ClassVar[Literal["png", "svg"]]
    options = MappingProxyType(
        {
            "metric": "The figure to draw; the first unless given.",
            "as": "`chart`, or `table` for the rows as a picture.",
            "lang": "The language of titles, numbers and dates.",
            "theme": "The ground: light or dark.",
        }
    )
    choices = MappingProxyType(
        {"as": ("chart", "table"), "lang": ("en", "fr"), "theme": ("light", "dark")}
    )

    def write(self, reports: Reports, stream: BinaryIO, options: Mapping[str, str]) -> None:
        """Write one picture, which says so when the report has no rows."""
        chosen = {**options, **{name: self.chosen(name, options) for name in self.choices}}
        if chosen["as"] == "table":
            stream.write(table_picture(reports.asked, chosen, self.form))
        else:
            stream.write(drawn(chart(reports.asked, chosen), self.form))


class PngExporter(_Picture):
    """Draws at twice the size of a screen's, which prints well."""

    name = "png"
    title = "Picture (PNG)"
    media_type = "image/png"
    extension = "png"
    form = "png"


class SvgExporter(_Picture):
    """Draws lines and texts, which are sharp at every size."""

    name = "svg"
    title = "Picture (SVG)"
    media_type = "image/svg+xml"
    extension = "svg"
    form = "svg"


@hookimpl
def register_exporters() -> list[type[Exporter]]:
    """Return the exporters of this file."""
    return [PngExporter, SvgExporter]
