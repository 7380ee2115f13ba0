"""`opca_assiduite.csv`: the attendance file that French funders ask for, a line for each place."""

from collections.abc import Mapping, Sequence
from typing import BinaryIO

from lrs_stats import Exporter, Reports, hookimpl

from . import opca_attendance
from .opca_columns import OF_PLACES, PLACES, refuse, write
from .opca_lacking import EVERYBODY, INSPECTS, lacking
from .organisation import TABLE, Organisation, missing


class OpcaAssiduite(Exporter):
    """Writes the attendance of learners in sessions in the form of French funders."""

    name = "opca_assiduite"
    title = "OPCO: attendance"
    media_type = "text/csv; charset=utf-8"
    extension = "csv"
    stem = "opca_assiduite"
    needs = (PLACES,)
    inspects = INSPECTS
    granularities = OF_PLACES
    options_table = TABLE
    Options = Organisation

    def __init__(self, organisation: Organisation) -> None:
        self._organisation = organisation

    def warnings(self) -> Sequence[str]:
        """Return what the file will lack."""
        return [*missing(self._organisation)]

    def lacking(self, reports: Reports) -> Sequence[str]:
        """Return what the roster lacks of those who have a line."""
        return lacking(reports, EVERYBODY)

    def write(self, reports: Reports, stream: BinaryIO, options: Mapping[str, str]) -> None:  # noqa: ARG002 - it has no options
        """Write the header and the lines, a batch after the other."""
        refuse(self, reports)
        report, organisation = reports[PLACES.name], self._organisation
        columns = opca_attendance.columns(report, organisation)
        places = opca_attendance.places(report, organisation)
        write(stream, [*columns], opca_attendance.shown(places, columns))


@hookimpl
def register_exporters() -> list[type[Exporter]]:
    """Return the exporter of this file."""
    return [OpcaAssiduite]
