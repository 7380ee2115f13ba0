"""The lines of the connection log for funders: one for each connection and local day."""

from collections.abc import Iterator
from typing import Final

import polars as pl

from lrs_stats import Report

from . import french
from .midnight import cut, end_of
from .opca_columns import batches, named, of_place
from .organisation import Organisation

METHODS: Final = {
    "measured": "Temps mesuré",
    "declared": "Temps déclaré par l'outil",
    "capped": "Temps déclaré par l'outil, plafonné",
}
WHOLE: Final = 100
DONE, UNDER_WAY = "Terminé", "En cours"


def lines(report: Report, *, open_access: bool) -> Iterator[pl.DataFrame]:
    """Yield the connections of a log cut at midnight, in open access only if that is asked for."""
    for batch in batches(report):
        some = batch if open_access else batch.filter(pl.col("session").is_not_null())
        yield cut(some, report.timezone)


def columns(organisation: Organisation) -> dict[str, pl.Expr]:
    """Return the twenty-nine columns of `opca_logs.csv`, of what `lines` yields."""
    return {
        **of_place(organisation),
        "Cours": pl.col("course_title"),
        "Identifiant du cours": pl.col("course"),
        "Date de connexion": french.date(pl.col("day")),
        "Heure de début": french.clock(pl.col("from")),
        "Heure de fin": end_of(pl.col("until"), pl.col("day")),
        "Durée de connexion (HH:MM:SS)": french.duration(pl.col("whole")),
        "Durée de connexion (heures)": french.hours(pl.col("whole")),
        "Progression (%)": french.percent(pl.col("progress")),
        "Score (%)": french.percent(pl.col("score")),
        "Statut": status(),
        "Méthode de calcul du temps": pl.col("method").replace(METHODS),
        "Référence": reference(),
    }


def rows(
    report: Report, organisation: Organisation, *, open_access: bool
) -> Iterator[pl.DataFrame]:
    """Yield the rows of `opca_logs.csv`."""
    shown = named(columns(organisation))
    for some in lines(report, open_access=open_access):
        yield some.select(shown)


def status() -> pl.Expr:
    """Return how far the learner is in the course: what is not asked for is done when whole."""
    done = pl.coalesce("completion", "progress") >= WHOLE
    return pl.when(done).then(pl.lit(DONE)).otherwise(pl.lit(UNDER_WAY))


def reference() -> pl.Expr:
    """Return the statement that opened the connection, with the number of a later day of it."""
    later = pl.concat_str("id", pl.lit("-"), "piece")
    return pl.when(pl.col("piece") > 1).then(later).otherwise("id")
