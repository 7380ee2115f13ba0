"""Who, which course, which session: the roster applied to rows of the events table.

A function of the rows and the roster alone. The projector applies it to what arrives, and to what
a new roster touches, so that every figure is as if the roster had been known from the start.
"""

from dataclasses import dataclass
from typing import Final, Protocol

import polars as pl

from lrs_stats.facts.rows import EVENTS, INSTANT, RESOLVED


class Places(Protocol):
    """What the resolution asks of a roster."""

    @property
    def courses(self) -> frozenset[str]:
        """Return the ids of the courses."""

    @property
    def sessions(self) -> frozenset[str]:
        """Return the ids of the sessions."""

    def learner_of(self, actor_key: str, *, ignore_case: bool) -> str:
        """Return the person whom an identifier names, else the identifier in its one spelling."""


@dataclass(frozen=True)
class Enrolments:
    """The roster's enrolments as columns: who may be in which session, when, for which course.

    `registered` has registration, learner, session; `dated` has learner, course, session, and
    the half-open stretch `opens`, `closes`. Both are sorted by learner, so that those of a few
    learners are found without a look at all.
    """

    registered: pl.DataFrame
    dated: pl.DataFrame

    def of(self, learners: pl.Series) -> "Enrolments":
        """Return the enrolments of some learners, each named once."""
        return Enrolments(_of(self.registered, learners), _of(self.dated, learners))


@dataclass(frozen=True)
class RosterFacts:
    """The roster as the facts need it: its version, its lookups, its enrolments.

    `zone` names the time zone in which the days of the enrolments begin.
    """

    version: int
    places: Places
    enrolments: Enrolments
    zone: str


REGISTERED: Final[dict[str, pl.DataType]] = {
    "registration": pl.String(),
    "learner": pl.String(),
    "session": pl.String(),
}
DATED: Final[dict[str, pl.DataType]] = {
    "learner": pl.String(),
    "course": pl.String(),
    "session": pl.String(),
    "opens": INSTANT,
    "closes": INSTANT,
}


def resolve(
    rows: pl.DataFrame, places: Places, enrolments: Enrolments, *, ignore_case: bool
) -> pl.DataFrame:
    """Return the rows with the columns learner, course and session as the roster has them."""
    raw = rows.drop(RESOLVED, strict=False)
    people: dict[str, str | None] = {
        actor: places.learner_of(actor, ignore_case=ignore_case)
        for actor in raw["actor"].drop_nulls().unique()
    }
    courses = {
        candidates: next((one for one in candidates.split(" ") if one in places.courses), None)
        for candidates in raw["candidates"].unique()
    }
    named = {
        context: next((one for one in context.split(" ") if one in places.sessions), None)
        for context in raw["context"].unique()
    }
    keyed = raw.with_columns(
        _mapped("actor", people).alias("learner"),
        pl.coalesce(_mapped("candidates", courses), "hint").alias("course"),
        _mapped("context", named).alias("named"),
    ).with_row_index("row")
    theirs = enrolments.of(keyed["learner"].drop_nulls().unique())
    return _in_sessions(keyed, theirs).select(EVENTS.keys())


def _mapped(column: str, values: dict[str, str | None]) -> pl.Expr:
    return pl.col(column).replace_strict(values, default=None, return_dtype=pl.String)


def _of(enrolments: pl.DataFrame, learners: pl.Series) -> pl.DataFrame:
    sorted_by = enrolments["learner"]
    places = pl.int_ranges(
        sorted_by.search_sorted(learners, "left"),
        sorted_by.search_sorted(learners, "right"),
        eager=True,
    )
    return enrolments[places.explode(empty_as_null=False)]


def _in_sessions(keyed: pl.DataFrame, enrolments: Enrolments) -> pl.DataFrame:
    """Add the session: named, else by registration, else by the dates of an enrolment."""
    registered = enrolments.registered.rename({"session": "registered"})
    joined = keyed.join(registered, on=["registration", "learner"], how="left")
    dated = (
        keyed.select("row", "learner", "course", "instant")
        .join(enrolments.dated, on=["learner", "course"])
        .filter(pl.col("instant") >= pl.col("opens"), pl.col("instant") < pl.col("closes"))
        .sort("row", "opens", "session")
        .unique("row", keep="first", maintain_order=True)
        .select("row", dated="session")
    )
    return (
        joined.join(dated, on="row", how="left")
        .with_columns(session=pl.coalesce("named", "registered", "dated"))
        .sort("row")
    )
