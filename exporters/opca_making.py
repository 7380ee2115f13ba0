"""How attestations, certificates and evidence packs are made: document by document, into a pack."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO, ClassVar
from zoneinfo import ZoneInfo

import polars as pl

from lrs_stats import CannotRender, Exporter, Need, Pack, Report, Reports, __version__

from . import opca_attendance
from .opca_columns import LOG, OF_PLACES, PLACES, refuse
from .opca_documents import Kind, content, pictures
from .opca_evidence import COURSES, NEEDS, Evidence, evidence
from .opca_lacking import BEGUN, INSPECTS, OF_DOCUMENTS, lacking
from .organisation import TABLE, Organisation, missing
from .typesetting import Typesetter


class OfOrganisation(Exporter):
    """Makes files of learners in sessions that name the organisation."""

    needs: ClassVar[tuple[Need, ...]] = NEEDS
    inspects = INSPECTS
    whose: ClassVar[pl.Expr] = BEGUN
    """Of which places something is in the files."""
    granularities = OF_PLACES
    options_table = TABLE
    Options = Organisation
    kind: ClassVar[Kind]

    def __init__(self, organisation: Organisation) -> None:
        self._organisation = organisation

    def warnings(self) -> Sequence[str]:
        """Return what the files will lack."""
        return [*missing(self._organisation)]

    def lacking(self, reports: Reports) -> Sequence[str]:
        """Return what the roster lacks of those of whom something is in the files."""
        return lacking(reports, self.whose, OF_DOCUMENTS)


class Documents(OfOrganisation):
    """Writes a ZIP of the documents of one kind: one for each learner and session."""

    media_type = "application/zip"
    extension = "zip"

    def write(self, reports: Reports, stream: BinaryIO, options: Mapping[str, str]) -> None:
        """Write the documents of all who have begun, and a manifest."""
        refuse(self, reports)
        making = Making(reports, self._organisation)
        with packed(stream, reports) as pack:
            for path, made in making.documents(making.places(), [self.kind], {self.kind: ""}):
                with pack.file(path) as file:
                    file.write(made)
            if not pack.files:
                raise CannotRender(_NOBODY)
            pack.close(making.told(self, options))


class OneDocument(OfOrganisation):
    """Writes the document of one learner in one session."""

    media_type = "application/pdf"
    extension = "pdf"

    def write(self, reports: Reports, stream: BinaryIO, options: Mapping[str, str]) -> None:  # noqa: ARG002 - it has no options
        """Write the one document, or say that there are more, or none."""
        refuse(self, reports)
        making = Making(reports, self._organisation)
        begun = [one for one in making.evidence(making.places()) if one.has_begun]
        if not begun:
            raise CannotRender(_NOBODY)
        if len(begun) > 1:
            raise CannotRender(
                f"There are {len(begun)} of them: name one learner and one session, or ask for "
                f"{self.name}s, which is a ZIP of all."
            )
        with making.typesetter() as typesetter:
            stream.write(making.made(typesetter, self.kind, begun[0]))


_NOBODY = "Nobody of those who are asked for has begun, so there is nothing to attest."


class Making:
    """What files are made of in one go: the reports, the organisation, and what was met in them."""

    def __init__(self, reports: Reports, organisation: Organisation, log: str = LOG.name) -> None:
        self._reports = reports
        self._organisation = organisation
        self._log = reports[log]
        self._as_of = self._log.as_of.astimezone(ZoneInfo(self._log.timezone))
        self._lacking: dict[str, None] = {}
        self._without: list[dict[str, str]] = []

    def places(self) -> Iterator[pl.DataFrame]:
        """Yield the places in sessions."""
        return opca_attendance.places(self._reports[PLACES.name], self._organisation)

    def evidence(self, places: Iterable[pl.DataFrame]) -> Iterator[Evidence]:
        """Yield each place with its lines and courses, and keep what it lacks."""
        for one in evidence(places, self._log, self._reports[COURSES.name]):
            self._note(one)
            yield one

    def documents(
        self, places: Iterable[pl.DataFrame], kinds: Sequence[Kind], folders: Mapping[Kind, str]
    ) -> Iterator[tuple[str, bytes]]:
        """Yield the path of each document, and the document."""
        with self.typesetter() as typesetter:
            for one in self.evidence(places):
                for kind in kinds if one.has_begun else []:
                    path = f"{folders[kind]}{kind.name}_{one.stem}.pdf"
                    yield path, self.made(typesetter, kind, one)

    def typesetter(self) -> Typesetter:
        """Return what sets the documents."""
        return Typesetter(pictures(self._organisation, as_paths=True))

    def made(self, typesetter: Typesetter, kind: Kind, one: Evidence) -> bytes:
        """Return one document."""
        told = content(kind, one, self._organisation, self._log)
        return typesetter.document(told, self._as_of.isoformat(timespec="seconds"))

    def told(self, exporter: Exporter, options: Mapping[str, str]) -> dict[str, Any]:
        """Return what a manifest says of its files: of what, when and by which rules they are."""
        asked, organisation = self._reports.asked, self._organisation
        return {
            "exporter": exporter.name,
            "program": {"name": "lrs-stats", "version": __version__},
            "metrics": _versions(self._reports.others.values()),
            "query": {
                "granularity": asked.granularity,
                "from": asked.start and asked.start.isoformat(),
                "to": asked.end and asked.end.isoformat(),
                "filters": asked.filters,
                "options": dict(options),
            },
            "as_of": asked.as_of.isoformat(),
            "timezone": asked.timezone,
            "delivered_time": {
                "method": organisation.delivered_time,
                "of_programs": organisation.delivered_time_of,
            },
            "retention_years": organisation.retention_years,
            "lacking": [*exporter.warnings(), *self._lacking],
            "without_documents": self._without,
        }

    def _note(self, one: Evidence) -> None:
        """Keep what the roster does not say of a place, and who has no document."""
        place = one.place
        title = place["program_title"] or place["session_title"]
        for name, words in (("planned", "planned time"), ("nature", "nature")):
            if not place[name]:
                self._lacking[f"The {words} of {title} is not in the roster."] = None
        if not one.has_begun:
            state = str(place["state"])
            self._without.append(
                {"learner": place["learner"], "session": place["session"], "state": state}
            )


def packed(stream: BinaryIO, reports: Reports) -> Pack:
    """Return a pack whose files are dated as the reports are."""
    asked = reports.asked
    return Pack(stream, asked.as_of.astimezone(ZoneInfo(asked.timezone)))


def _versions(reports: Iterable[Report]) -> dict[str, str]:
    return {column.name: column.version for report in reports for column in report.metrics}
