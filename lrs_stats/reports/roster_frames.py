"""The roster as columns, for scoping, for denominators, and for the rows of a report."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import polars as pl

from lrs_stats.facts.lookup import Lookup
from lrs_stats.roster.roster import Roster

TYPES: Final[dict[str, pl.DataType]] = {
    "title": pl.String(),
    "first": pl.Date(),
    "last": pl.Date(),
    "pending": pl.Boolean(),
}
"""The columns that hold no ids; ids are categories, as in the facts."""


@dataclass(frozen=True)
class RosterFrames:
    """Each entity with its `title`, and the relations between them.

    Learners have `here`, which is false for those who have left; sessions have their program,
    and their first and last day. `members` has learner and group, `enrolled` learner, session and
    program for enrolments that are pending or active, and which of both; `again` says whether
    there is another enrolment of the learner in the program. `pairs` adds the course: a row for
    each course that an enrolment asks a learner to follow. `contents` has program and course.
    """

    learners: pl.DataFrame
    groups: pl.DataFrame
    courses: pl.DataFrame
    programs: pl.DataFrame
    sessions: pl.DataFrame
    members: pl.DataFrame
    enrolled: pl.DataFrame
    pairs: pl.DataFrame
    contents: pl.DataFrame

    @cached_property
    def program_of(self) -> Lookup:
        """Return the program of each session."""
        return Lookup.of(self.sessions["session"], self.sessions["program"])

    @cached_property
    def groups_of(self) -> tuple[Lookup, ...]:
        """Return the groups of learners: the first of each, the second where there is one, …."""
        return layered(self.members)


def layered(members: pl.DataFrame) -> tuple[Lookup, ...]:
    """Return the first group of each learner, then the second of those who have one, and so on."""
    numbered = members.with_columns(number=pl.int_range(pl.len()).over("learner"))
    layers = numbered.partition_by("number", maintain_order=True) or [numbered]
    ordered = sorted(layers, key=lambda layer: -layer.height)
    return tuple(Lookup.of(layer["learner"], layer["group"]) for layer in ordered)


def roster_frames(roster: Roster) -> RosterFrames:
    """Return the frames of a roster."""
    tables = roster.tables
    sessions = _frame(
        ("session", "program", "title", "first", "last"),
        (
            (one.id, one.program_id, roster.title("sessions", one.id), one.start, one.end)
            for one in tables.sessions
        ),
    )
    here = _frame(("learner",), ((one.id,) for one in tables.people if one.status != "deleted"))
    enrolled = _frame(
        ("learner", "session", "pending"),
        (
            (one.person_id, one.session_id, one.status == "pending")
            for one in tables.enrolments
            if one.status != "cancelled"
        ),
    ).join(sessions.select("session", "program"), on="session")
    enrolled = enrolled.with_columns(again=pl.len().over("learner", "program") > 1)
    asked = _frame(
        ("program", "course"), ((one.program_id, one.course_id) for one in tables.program_courses)
    )
    return RosterFrames(
        learners=_titled(roster, "people", "learner").with_columns(
            here=pl.col("learner").is_in(here["learner"].to_list())
        ),
        groups=_titled(roster, "groups", "group"),
        courses=_titled(roster, "courses", "course"),
        programs=_titled(roster, "programs", "program"),
        sessions=sessions,
        members=_frame(
            ("learner", "group"),
            ((one.person_id, one.group_id) for one in tables.memberships if one.role == "learner"),
        ),
        enrolled=enrolled,
        pairs=enrolled.join(asked, on="program"),
        contents=asked,
    )


def _titled(roster: Roster, table: str, key: str) -> pl.DataFrame:
    rows = roster.tables.rows(table)
    return _frame((key, "title"), ((one.id, roster.title(table, one.id)) for one in rows))


def _frame(columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> pl.DataFrame:
    schema = {name: TYPES.get(name, pl.Categorical()) for name in columns}
    return pl.DataFrame(list(rows), schema=schema, orient="row")
