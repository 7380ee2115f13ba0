"""Which events a new roster touches.

Learner, course and session of a row follow from the row and the roster alone (`resolve`). So they
can only change where the answer to one of the row's questions does: who its actor is, which of its
activities is a course, which of its context is a session, whose enrolment its registration is, and
into which dates of an enrolment it falls. The filter names at least the rows for which one has
changed; which of them name another learner, course or session is seen when they are resolved.
"""

from collections.abc import Collection

import polars as pl

from lrs_stats.facts.resolve import RosterFacts
from lrs_stats.facts.rows import RESOLVED

_NONE = pl.lit(value=False)


def touched(
    events: pl.LazyFrame, older: RosterFacts, newer: RosterFacts, *, ignore_case: bool
) -> pl.Expr:
    """Return a filter for the events that may be resolved otherwise; they stand by the older."""
    registered = _changed(older.enrolments.registered, newer.enrolments.registered)
    return pl.any_horizontal(
        pl.col("actor").is_in(_renamed(events, newer, ignore_case=ignore_case)),
        _names_one("candidates", older.places.courses ^ newer.places.courses),
        _names_one("context", older.places.sessions ^ newer.places.sessions),
        pl.col("registration").is_in(registered["registration"].unique().to_list()),
        _within(_changed(older.enrolments.dated, newer.enrolments.dated)),
    )


def differing(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of `after` that name another learner, course or session than in `before`."""
    return after.filter(
        pl.any_horizontal(before[name].ne_missing(after[name]) for name in RESOLVED)
    )


def _renamed(events: pl.LazyFrame, newer: RosterFacts, *, ignore_case: bool) -> list[str]:
    """Return the actors that name another learner now than their events do."""
    known = events.select("actor", "learner").drop_nulls("actor").unique()
    return [
        actor
        for actor, learner in known.collect(engine="streaming").iter_rows()
        if newer.places.learner_of(actor, ignore_case=ignore_case) != learner
    ]


def _names_one(column: str, activities: Collection[str]) -> pl.Expr:
    """Return a filter for rows whose list of activities has one of some, or one that begins so."""
    return pl.col(column).str.contains_any(sorted(activities)) if activities else _NONE


def _within(enrolments: pl.DataFrame) -> pl.Expr:
    """Return a filter for rows of the learners, courses and dates of some enrolments."""
    dated = enrolments.drop_nulls()
    if dated.is_empty():
        return _NONE
    return pl.all_horizontal(
        pl.col("learner").is_in(dated["learner"].unique().to_list()),
        pl.col("course").is_in(dated["course"].unique().to_list()),
        pl.col("instant") >= dated["opens"].min(),
        pl.col("instant") < dated["closes"].max(),
    )


def _changed(older: pl.DataFrame, newer: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that only one of the two has."""
    return pl.concat(
        [
            older.join(newer, on=older.columns, how="anti"),
            newer.join(older, on=older.columns, how="anti"),
        ]
    )
