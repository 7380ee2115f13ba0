"""The lines of the attendance file for funders: one for each learner in a session."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from lrs_stats import Report

from . import french
from .opca_columns import batches, named, of_place
from .organisation import Organisation

MODES: Final = {
    "measured": "Temps mesuré",
    "progress": "Progression × durée prévue",
    "completion": "Durée prévue, une fois l'action achevée",
}
WHOLE: Final = 100
_PLANNED: Final = pl.col("planned")


def places(report: Report, organisation: Organisation) -> Iterator[pl.DataFrame]:
    """Yield places with `share`, `mode`, the `delivered` seconds, `rate` and `state`."""
    for batch in batches(report):
        yield (
            batch.with_columns(
                share=pl.coalesce("participation", "progress"), mode=_mode(organisation)
            )
            .with_columns(delivered=_delivered(), state=_state())
            .with_columns(rate=_rate())
        )


def columns(report: Report, organisation: Organisation) -> dict[str, pl.Expr]:
    """Return the thirty-three columns of `opca_assiduite.csv`, of what `places` yields."""
    zone = report.timezone
    return {
        **of_place(organisation),
        "Première connexion": french.date(french.local(pl.col("first_connection"), zone)),
        "Dernière connexion": french.date(french.local(pl.col("last_connection"), zone)),
        "Nombre de connexions": pl.col("connections").cast(pl.String),
        "Temps total (HH:MM:SS)": french.duration(pl.col("attested_time")),
        "Temps total (heures)": french.hours(pl.col("attested_time")),
        "Progression (%)": french.percent(pl.col("share")),
        "Durée réalisée (heures)": french.hours(pl.col("delivered")),
        "Mode de calcul de la durée réalisée": pl.col("mode").replace(MODES),
        "Taux d'assiduité (%)": french.percent(pl.col("rate")),
        "Évaluations réalisées": pl.col("answers").cast(pl.String),
        "Résultat moyen (%)": french.percent(pl.col("score")),
        "Statut": pl.col("state"),
        "Date d'achèvement": french.date(french.local(pl.col("completed_at"), zone)),
        "Représentant légal": pl.lit(organisation.representative),
        "Lieu": pl.lit(organisation.place),
        "Date d'édition": pl.lit(edited_on(report.as_of, zone)),
    }


def shown(frames: Iterable[pl.DataFrame], columns: Mapping[str, pl.Expr]) -> Iterator[pl.DataFrame]:
    """Yield the rows of `opca_assiduite.csv`, of what `places` yields."""
    return (frame.select(named(columns)) for frame in frames)


def edited_on(instant: datetime, zone: str) -> str:
    """Spell the local day of an instant; of `as_of` it is that on which a document is made."""
    return instant.astimezone(ZoneInfo(zone)).strftime("%d/%m/%Y")


def _mode(organisation: Organisation) -> pl.Expr:
    """Return the method of delivered time of each program."""
    method = pl.lit(organisation.delivered_time)
    for program, one in organisation.delivered_time_of.items():
        method = pl.when(pl.col("program") == program).then(pl.lit(one)).otherwise(method)
    return method


def _delivered() -> pl.Expr:
    """Return the delivered seconds; null where they follow from a planned time that is missing."""
    reached = (_PLANNED * pl.col("share") / WHOLE + 0.5).floor()
    once_done = pl.when(_is_done()).then(_PLANNED).otherwise(_PLANNED * 0)
    return (
        pl.when(pl.col("mode") == "progress")
        .then(reached)
        .when(pl.col("mode") == "completion")
        .then(once_done)
        .otherwise("attested_time")
        .cast(pl.Int64)
    )


def _rate() -> pl.Expr:
    """Return the delivered part of the planned time in percent, 100 at most."""
    part = pl.min_horizontal(WHOLE * pl.col("delivered") / _PLANNED, pl.lit(float(WHOLE)))
    return pl.when(_PLANNED > 0, pl.col("delivered").is_not_null()).then(part)


def _is_done() -> pl.Expr:
    return (pl.col("completion") >= WHOLE).fill_null(value=False)


def _state() -> pl.Expr:
    """Return what became of the place, in French."""
    idle = pl.col("connections") == 0
    return (
        pl.when(pl.col("status") == "cancelled")
        .then(pl.lit("Annulé"))
        .when(_is_done())
        .then(pl.lit("Terminé"))
        .when(idle & (pl.col("status") == "pending"))
        .then(pl.lit("Invitation en attente"))
        .when(idle & (pl.col("share").fill_null(0) == 0))
        .then(pl.lit("Non commencé"))
        .otherwise(pl.lit("En cours"))
    )
