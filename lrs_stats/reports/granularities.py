"""What a report can have a row for: the key, where the rows come from, and their titles."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from lrs_stats.reports.report import Column
from lrs_stats.reports.roster_frames import RosterFrames

WHO_AND_WHERE: Final = (
    Column("learner", "Learner"),
    Column("learner_title", "Name"),
    Column("course", "Course"),
    Column("course_title", "Title of the course"),
    Column("session", "Session"),
    Column("session_title", "Title of the session"),
    Column("program", "Program"),
    Column("program_title", "Title of the program"),
)
"""The columns that say of whom something is, and where it happened."""


@dataclass(frozen=True)
class Granularity:
    """One granularity: its name, the column that is its key, and its title in words.

    One whose rows are pairs, or more, has these columns in `pair`, and no key by which one of them
    is asked for. `page` is the granularity whose grants open it, if it is not its own.
    """

    name: str
    key: str = ""
    title: str = ""
    pair: tuple[str, ...] = ()
    page: str = ""

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the columns that tell the rows apart, but for their period."""
        return self.pair or ((self.key,) if self.key else ())

    @property
    def columns(self) -> tuple[Column, ...]:
        """Return the columns that say what a row is about, but for its period."""
        if self.pair:
            known = {*self.pair, "program"}
            where = (one for one in WHO_AND_WHERE if one.name.removesuffix("_title") in known)
            return (*where, Column("status", "Enrolment"))
        return (Column("id", "Id"), Column("title", self.title)) if self.key else ()

    def ranks(self, roster: RosterFrames) -> dict[str, pl.Expr]:
        """Return for columns with titles what numbers the keys of rows in their order."""
        of = {f"{key}_title": key for key in self.pair} if self.pair else {"title": self.key}
        return {title: roster.ranks[key](key) for title, key in of.items() if key in roster.ranks}

    def entities(self, roster: RosterFrames) -> pl.DataFrame:
        """Return the entities of the roster, with the columns key and title."""
        if self.key == "question":  # of which it has none
            return pl.DataFrame(schema={self.key: pl.Categorical, "title": pl.String})
        entities: pl.DataFrame = getattr(roster, self.name)
        return entities.select(self.key, "title")


GRANULARITIES: Final = {
    granularity.name: granularity
    for granularity in (
        Granularity("platform"),
        Granularity("programs", "program", "Program"),
        Granularity("sessions", "session", "Session"),
        Granularity("courses", "course", "Course"),
        Granularity("questions", "question", "Question"),
        Granularity("groups", "group", "Group"),
        Granularity("learners", "learner", "Learner"),
        Granularity("enrolments", pair=("learner", "session")),
    )
}
SEATS: Final = Granularity("seats", pair=("learner", "course", "session"), page="enrolments")
"""A row for each course of a learner in a session or in open access; exporters ask for it."""
EVERY: Final = {**GRANULARITIES, SEATS.name: SEATS}


def page_to_open(granularity: str) -> str:
    """Return the page that a grant must open to show a granularity or a log: its own, as a rule."""
    known = EVERY.get(granularity)
    return (known and known.page) or granularity
