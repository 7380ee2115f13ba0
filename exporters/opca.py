"""`opca`: the evidence pack, a ZIP of both tables, all documents, and a manifest of them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import BinaryIO, Final

import polars as pl

from lrs_stats import Exporter, Reports, hookimpl

from . import opca_attendance, opca_log
from .opca_columns import CHOICES, LOG, OPTIONS, PLACES, refuse, write
from .opca_documents import ATTESTATION, CERTIFICATE
from .opca_evidence import NEEDS
from .opca_lacking import EVERYBODY
from .opca_making import Making, OfOrganisation, packed

AGAIN: Final = replace(LOG, name="log_again")
"""The log a second time: lines are read as they are written, for the table and for documents."""
FOLDERS: Final = {ATTESTATION: "attestations/", CERTIFICATE: "certificats/"}


class Opca(OfOrganisation):
    """Writes an evidence pack."""

    name = "opca"
    title = "OPCO: evidence pack"
    media_type = "application/zip"
    extension = "zip"
    stem = "opca"
    options = OPTIONS
    choices = CHOICES
    needs = (*NEEDS, AGAIN)
    whose = EVERYBODY

    def write(self, reports: Reports, stream: BinaryIO, options: Mapping[str, str]) -> None:
        """Write the log, the documents, the attendance and the manifest, one after the other."""
        refuse(self, reports)
        wanted = self.chosen("open_access", options) == "yes"
        making, places = Making(reports, self._organisation), list[pl.DataFrame]()
        with packed(stream, reports) as pack:
            with pack.file("opca_logs.csv") as file:
                self._log(reports, file, open_access=wanted)
            kept = _kept(making.places(), places)
            for path, made in making.documents(kept, [*FOLDERS], FOLDERS):
                with pack.file(path) as file:
                    file.write(made)
            with pack.file("opca_assiduite.csv") as file:
                self._attendance(reports, file, places)
            pack.close(making.told(self, options))

    def _log(self, reports: Reports, file: BinaryIO, *, open_access: bool) -> None:
        header = [*opca_log.columns(self._organisation)]
        lines = opca_log.rows(reports[AGAIN.name], self._organisation, open_access=open_access)
        write(file, header, lines)

    def _attendance(self, reports: Reports, file: BinaryIO, places: list[pl.DataFrame]) -> None:
        columns = opca_attendance.columns(reports[PLACES.name], self._organisation)
        write(file, [*columns], opca_attendance.shown(places, columns))


def _kept(frames: Iterable[pl.DataFrame], kept: list[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Yield frames, and keep them: a report by granularity is in memory anyway."""
    for frame in frames:
        kept.append(frame)
        yield frame


@hookimpl
def register_exporters() -> list[type[Exporter]]:
    """Return the exporter of this file."""
    return [Opca]
