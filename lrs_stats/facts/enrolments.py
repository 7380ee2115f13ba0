"""The roster's enrolments as columns, for saying in which session a statement was made."""

from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from lrs_stats.facts.resolve import DATED, REGISTERED, Enrolments, RosterFacts
from lrs_stats.roster.roster import Roster
from lrs_stats.roster.tables import Enrolment

ASKED: Final[dict[str, pl.DataType]] = {"program": pl.String(), "course": pl.String()}
"""The courses that a program asks its learners to follow."""


def roster_facts(roster: Roster, zone: ZoneInfo) -> RosterFacts:
    """Return a roster as the facts need it, the days of its enrolments those of a time zone."""
    return RosterFacts(roster.version, roster, enrolments(roster, zone), zone.key)


def enrolments(roster: Roster, zone: ZoneInfo) -> Enrolments:
    """Return who may be in which session, by registration and by dates, both days included."""
    placed = roster.rows("enrolments").derived("places", _places, _amended)
    days = {"session": pl.String(), "program": pl.String(), "opens": pl.Date(), "closes": pl.Date()}
    runs = [(one.id, one.program_id, one.start, one.end) for one in roster.runs().values()]
    courses = [(one.program_id, one.course_id) for one in roster.program_courses()]
    dated = (
        placed.filter(pl.col("status") != "cancelled")
        .join(pl.DataFrame(runs, schema=days, orient="row"), on="session")
        .join(pl.DataFrame(courses, schema=ASKED, orient="row"), on="program")
        .select(DATED.keys())
        .with_columns(
            midnight(pl.col("opens"), zone), midnight(pl.col("closes").dt.offset_by("1d"), zone)
        )
    )
    registered = placed.filter(pl.col("registration") != "").select(REGISTERED.keys())
    return Enrolments(registered=registered.sort("learner"), dated=dated.sort("learner"))


def _places(rows: Sequence[Enrolment]) -> pl.DataFrame:
    sessions, learners, statuses, registrations = zip(*rows, strict=True) if rows else ((),) * 4
    return pl.DataFrame(
        {
            "session": pl.Series(sessions, dtype=pl.String),
            "learner": pl.Series(learners, dtype=pl.String),
            "status": pl.Series(statuses, dtype=pl.String),
            "registration": pl.Series(registrations, dtype=pl.String).str.to_lowercase(),
        }
    )


def _amended(
    placed: pl.DataFrame, gone: Sequence[Enrolment], new: Sequence[Enrolment]
) -> pl.DataFrame:
    """Return the places without those that are gone, and with those that are new."""
    left = placed.join(_places(gone), on=["session", "learner"], how="anti")
    return pl.concat([left, _places(new)])


def midnight(day: pl.Expr, zone: ZoneInfo) -> pl.Expr:
    """Return the instant at which the local day begins; where clocks skip it, an hour later."""
    local = day.cast(pl.Datetime("us"))
    moments = (
        moment.dt.replace_time_zone(str(zone), ambiguous="earliest", non_existent="null")
        for moment in (local, local.dt.offset_by("1h"))
    )
    return pl.coalesce(*moments).dt.convert_time_zone("UTC")
