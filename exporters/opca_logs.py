"""`opca_logs.csv`: the connection log that French funders ask for, a line for each connection."""

from collections.abc import Mapping, Sequence
from typing import BinaryIO

from lrs_stats import Exporter, Reports, hookimpl

from . import opca_log
from .opca_columns import CHOICES, LOG, OF_LINES, OPTIONS, refuse, write
from .opca_lacking import CONNECTED, INSPECTS, lacking
from .organisation import TABLE, Organisation, missing


class OpcaLogs(Exporter):
    """Writes the log of connections in the form of French funders."""

    name = "opca_logs"
    title = "OPCO: connection log"
    media_type = "text/csv; charset=utf-8"
    extension = "csv"
    stem = "opca_logs"
    options = OPTIONS
    choices = CHOICES
    needs = (LOG,)
    inspects = INSPECTS
    granularities = OF_LINES
    options_table = TABLE
    Options = Organisation

    def __init__(self, organisation: Organisation) -> None:
        self._organisation = organisation

    def warnings(self) -> Sequence[str]:
        """Return what the file will lack."""
        return [*missing(self._organisation)]

    def lacking(self, reports: Reports) -> Sequence[str]:
        """Return what the roster lacks of those who have lines in sessions."""
        return lacking(reports, CONNECTED)

    def write(self, reports: Reports, stream: BinaryIO, options: Mapping[str, str]) -> None:
        """Write the header and the lines, a batch after the other."""
        refuse(self, reports)
        wanted = self.chosen("open_access", options) == "yes"
        header = [*opca_log.columns(self._organisation)]
        lines = opca_log.rows(reports[LOG.name], self._organisation, open_access=wanted)
        write(stream, header, lines)


@hookimpl
def register_exporters() -> list[type[Exporter]]:
    """Return the exporter of this file."""
    return [OpcaLogs]
