"""What the roster says of the rows of a report, as columns that an exporter may need beside them.

They are joined to rows that scope and filters have left, by the ids in those rows: an attribute of
somebody is shown to those alone who see a row of theirs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from lrs_stats.access.scope import visible
from lrs_stats.reports.report import Column
from lrs_stats.reports.roster_frames import RosterFrames
from lrs_stats.reports.selection import Selection

SEPARATOR: Final = ", "
"""What parts the names of several groups."""


@dataclass(frozen=True)
class Attribute:
    """A column of what the roster says: of whose id, in which of its tables, and there where."""

    column: Column
    key: str
    table: str
    source: str

    @property
    def name(self) -> str:
        """Return the name of the column."""
        return self.column.name


def _text(name: str, title: str, key: str, table: str) -> Attribute:
    return Attribute(Column(name, title), key, table, name)


def _day(name: str, title: str, source: str) -> Attribute:
    return Attribute(Column(name, title, type="date"), "session", "sessions", source)


def _minutes(name: str, title: str, key: str, table: str) -> Attribute:
    return Attribute(Column(name, title, "count", "integer"), key, table, "planned_minutes")


ATTRIBUTES: Final = {
    attribute.name: attribute
    for attribute in (
        _text("last_name", "Last name", "learner", "learners"),
        _text("first_name", "First name", "learner", "learners"),
        _text("email", "E-mail", "learner", "learners"),
        _text("employer", "Employer", "learner", "learners"),
        _text("employer_siret", "SIRET of the employer", "learner", "learners"),
        _text("groups", "Groups", "learner", "groups"),
        _text("nature", "Nature of the action", "program", "programs"),
        _text("objectives", "Objectives", "program", "programs"),
        _minutes("planned_minutes", "Planned minutes of the program", "program", "planned"),
        _text("modality", "Modality", "session", "sessions"),
        _day("session_start", "First day of the session", "first"),
        _day("session_end", "Last day of the session", "last"),
        _minutes("course_minutes", "Planned minutes of the course", "course", "courses"),
    )
}


def attributes(
    names: Sequence[str], selection: Selection
) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Return what adds to rows what the roster says of their ids; null where it says nothing.

    A log is read batch by batch, and what the roster says is worked out once for all of them.
    """
    of_tables: dict[tuple[str, str], list[Attribute]] = {}
    for attribute in (ATTRIBUTES[name] for name in names):
        of_tables.setdefault((attribute.table, attribute.key), []).append(attribute)
    said = [
        (key, _table(table, selection).select(key, *(_said(one) for one in some)))
        for (table, key), some in of_tables.items()
    ]

    def add(rows: pl.DataFrame) -> pl.DataFrame:
        for key, columns in said:
            rows = rows.join(columns, on=key, how="left", maintain_order="left")
        return rows

    return add


def _said(attribute: Attribute) -> pl.Expr:
    return pl.col(attribute.source).alias(attribute.name)


def _table(name: str, selection: Selection) -> pl.DataFrame:
    if name == "planned":
        return _planned(selection.roster)
    if name == "groups":
        return _groups(selection)
    table: pl.DataFrame = getattr(selection.roster, name)
    return table


def _planned(roster: RosterFrames) -> pl.DataFrame:
    """Return how long each program should take; null when a course of it does not say."""
    minutes = pl.col("planned_minutes")
    courses = roster.contents.join(roster.courses, on="course", how="left")
    return courses.group_by("program").agg(
        pl.when(minutes.is_not_null().all()).then(minutes.sum()).alias("planned_minutes")
    )


def _groups(selection: Selection) -> pl.DataFrame:
    """Return the names of each learner's groups, of those that the reader may know."""
    members = selection.roster.members.lazy().filter(visible(selection.grants, "group"))
    return (
        members.join(selection.roster.groups.lazy(), on="group")
        .sort("title", "group")
        .group_by("learner", maintain_order=True)
        .agg(pl.col("title").str.join(SEPARATOR).alias("groups"))
        .collect()
    )
