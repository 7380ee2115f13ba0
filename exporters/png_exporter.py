"""A picture of a report: its chart, drawn on the server at twice the size of a screen's.

It is drawn by a process of its own. The library that draws holds up every thread while it does,
and ends its process when it fails; neither may happen where statements are taken.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import BinaryIO

from lrs_stats import CannotRender, Exporter, Reports, hookimpl
from lrs_stats.reports.chart import VEGA_LITE, specification

SECONDS = 30
DRAW = f"""
import json, sys, vl_convert
drawn = json.load(sys.stdin)
sys.stdout.buffer.write(vl_convert.vegalite_to_png(drawn, vl_version={VEGA_LITE!r}, scale=2))
"""


class PngExporter(Exporter):
    """Draws one figure of a report."""

    name = "png"
    title = "Picture (PNG)"
    media_type = "image/png"
    extension = "png"
    options = MappingProxyType({"metric": "The figure to draw; the first unless given."})

    def write(self, reports: Reports, stream: BinaryIO, options: Mapping[str, str]) -> None:
        """Write one picture, which says so when the report has no rows."""
        drawn = specification(reports.asked, options)
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-c", DRAW],
                input=json.dumps(drawn).encode(),
                capture_output=True,
                timeout=SECONDS,
                check=True,
            )
        except subprocess.TimeoutExpired as error:
            raise CannotRender(f"The picture takes longer than {SECONDS} s to draw.") from error
        except subprocess.CalledProcessError as error:
            raise CannotRender("The picture cannot be drawn; ask for the CSV.") from error
        stream.write(done.stdout)


@hookimpl
def register_exporters() -> list[type[Exporter]]:
    """Return the exporter of this file."""
    return [PngExporter]
