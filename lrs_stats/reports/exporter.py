"""The contract of an exporter: one rendering of a report, written to a stream."""

from collections.abc import Mapping
from typing import BinaryIO, ClassVar

from lrs_stats.reports.report import Report


class CannotRender(ValueError):
    """The format cannot hold this report; the message is a sentence for the reader."""


class Exporter:
    """Writes reports in one format."""

    name: ClassVar[str]
    """The name is also the extension in `/api/v1/stats/learners.csv`."""
    title: ClassVar[str]
    media_type: ClassVar[str]
    extension: ClassVar[str]

    def write(self, report: Report, stream: BinaryIO, options: Mapping[str, str]) -> None:
        """Write the report to the stream, a piece at a time.

        Raises CannotRender, before anything is written, when the format cannot hold it.
        """
        raise NotImplementedError
