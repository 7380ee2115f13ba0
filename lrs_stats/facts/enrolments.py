"""The roster's enrolments as columns, for saying in which session a statement was made."""

from zoneinfo import ZoneInfo

import polars as pl

from lrs_stats.facts.resolve import DATED, REGISTERED, Enrolments, RosterFacts
from lrs_stats.roster.roster import Roster


def roster_facts(roster: Roster, zone: ZoneInfo) -> RosterFacts:
    """Return a roster as the facts need it, the days of its enrolments those of a time zone."""
    return RosterFacts(roster.version, roster, enrolments(roster, zone), zone.key)


def enrolments(roster: Roster, zone: ZoneInfo) -> Enrolments:
    """Return who may be in which session, by registration and by dates, both days included."""
    runs = roster.runs()
    courses: dict[str, list[str]] = {}
    for place in roster.program_courses():
        courses.setdefault(place.program_id, []).append(place.course_id)
    registered = [
        (one.registration.lower(), one.person_id, one.session_id)
        for one in roster.enrolments()
        if one.registration
    ]
    dated = [
        (one.person_id, course, one.session_id, run.start, run.end)
        for one in roster.enrolments()
        if one.status != "cancelled"
        for run in (runs[one.session_id],)
        for course in courses.get(run.program_id, ())
    ]
    dates = dict(DATED) | {"opens": pl.Date(), "closes": pl.Date()}
    return Enrolments(
        registered=pl.DataFrame(registered, schema=REGISTERED, orient="row").sort("learner"),
        dated=pl.DataFrame(dated, schema=dates, orient="row")
        .with_columns(
            midnight(pl.col("opens"), zone), midnight(pl.col("closes").dt.offset_by("1d"), zone)
        )
        .sort("learner"),
    )


def midnight(day: pl.Expr, zone: ZoneInfo) -> pl.Expr:
    """Return the instant at which the local day begins; where clocks skip it, an hour later."""
    local = day.cast(pl.Datetime("us"))
    moments = (
        moment.dt.replace_time_zone(str(zone), ambiguous="earliest", non_existent="null")
        for moment in (local, local.dt.offset_by("1h"))
    )
    return pl.coalesce(*moments).dt.convert_time_zone("UTC")
