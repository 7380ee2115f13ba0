"""What the files for French funders (OPCO, once OPCA) have in common: needs, columns, refusals.

docs/opco.md says what each column is and where it comes from.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import BinaryIO, Final

import polars as pl

from lrs_stats import CannotRender, Exporter, Need, Report, Reports, spelling

from . import delimited, french
from .organisation import Organisation

OPEN_ACCESS: Final = "Accès libre"
"""What stands for the session of connections outside any."""
OF_LEARNERS: Final = ("last_name", "first_name", "email", "employer", "employer_siret", "groups")
OF_SESSIONS: Final = ("nature", "modality", "session_start", "session_end", "planned_minutes")
BY_PLACE: Final = "session,learner"
LOG: Final = Need(
    "log",
    "connections",
    metrics=("progress", "completion", "score"),
    attributes=(*OF_LEARNERS, *OF_SESSIONS),
    sort=f"{BY_PLACE},start",
)
PLACES: Final = Need(
    "places",
    "enrolments",
    metrics=(
        *("connections", "attested_time", "first_connection", "last_connection"),
        *("participation", "progress", "completion", "answers", "score", "completed_at"),
    ),
    attributes=(*OF_LEARNERS, *OF_SESSIONS, "objectives"),
    sort=BY_PLACE,
)
OPTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {"open_access": "yes to have connections in open access in the log."}
)
CHOICES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({"open_access": ("no", "yes")})
_MINUTE: Final = 60


OF_PLACES: Final = frozenset({"enrolments"})
OF_LINES: Final = OF_PLACES | {"connections"}


def refuse(exporter: Exporter, reports: Reports) -> None:
    """Raise CannotRender for what these files cannot be made of, in one sentence."""
    asked = reports.asked
    if why_not := exporter.refusal(asked.granularity):
        raise CannotRender(why_not)
    if asked.interval:
        raise CannotRender(f"{exporter.title} is no series: ask for its period with from and to.")
    parts = {"question"} if exporter.granularities == OF_LINES else {"question", "course"}
    for name in sorted(parts & asked.filters.keys()):
        raise CannotRender(
            f"{exporter.title} speaks of whole actions of training: leave out the filter by {name}."
        )
    for report in reports.others.values():
        for sentence in report.failed.values():
            raise CannotRender(f"{exporter.title} would lack a figure. {sentence}")


def batches(report: Report) -> Iterable[pl.DataFrame]:
    """Return the rows of a report with the planned time in seconds as `planned`."""
    planned = (pl.col("planned_minutes") * _MINUTE).alias("planned")
    return (batch.with_columns(planned) for batch in report.batches)


def write(stream: BinaryIO, header: Sequence[str], frames: Iterable[pl.DataFrame]) -> None:
    """Write the rows of frames of texts in the French dialect, with nothing that runs."""
    rows = (pl.DataFrame([_cells(frame[name]) for name in header]) for frame in frames)
    delimited.write(stream, header, rows, delimited.FRENCH)


def _cells(texts: pl.Series) -> pl.Series:
    """Return texts that no spreadsheet runs; one without a letter is nothing, and not `""`."""
    return spelling.safe(texts).set(texts == "", None)


def of_place(organisation: Organisation) -> dict[str, pl.Expr]:
    """Return the seventeen columns that say who trains whom, in what: organisation to groups."""
    siret, declaration = organisation.numbers
    return {
        "Organisme de formation": pl.lit(organisation.name),
        "SIRET organisme": pl.lit(siret),
        "Numéro de déclaration d'activité": pl.lit(declaration),
        "Intitulé de l'action": pl.col("program_title"),
        "Nature de l'action": pl.col("nature"),
        "Modalité": pl.col("modality"),
        "Session": pl.col("session_title").fill_null(OPEN_ACCESS),
        "Date de début de session": french.date(pl.col("session_start")),
        "Date de fin de session": french.date(pl.col("session_end")),
        "Durée prévue (HH:MM:SS)": french.duration(pl.col("planned")),
        "Nom": pl.col("last_name"),
        "Prénom": pl.col("first_name"),
        "E-mail": pl.col("email"),
        "Identifiant": pl.col("learner"),
        "Entreprise": pl.col("employer"),
        "SIRET entreprise": pl.col("employer_siret"),
        "Groupe(s)": pl.col("groups"),
    }


def named(columns: Mapping[str, pl.Expr]) -> list[pl.Expr]:
    """Return the columns under their headers."""
    return [column.alias(header) for header, column in columns.items()]
