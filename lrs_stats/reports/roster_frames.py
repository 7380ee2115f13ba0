"""The roster as columns, for scoping, for denominators, and for the rows of a report."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import Any, Final

import polars as pl

from lrs_stats.facts.kept import Kept
from lrs_stats.facts.lookup import Lookup
from lrs_stats.reports.ordering import small
from lrs_stats.roster.roster import Roster, name_of

TYPES: Final[dict[str, pl.DataType]] = {
    "title": pl.String(),
    "first": pl.Date(),
    "last": pl.Date(),
    "here": pl.Boolean(),
    "role": pl.String(),
    "status": pl.String(),
    "last_name": pl.String(),
    "first_name": pl.String(),
    "email": pl.String(),
    "employer": pl.String(),
    "employer_siret": pl.String(),
    "nature": pl.String(),
    "objectives": pl.String(),
    "modality": pl.String(),
    "planned_minutes": pl.Int64(),
}
"""The columns that hold no ids; ids are categories, as in the facts."""

MOST_FIGURES: Final = 64
"""How many figures of the roster are kept: those of some ten pages, by row and in all."""
LARGEST: Final = 2 << 20
"""Bytes of the largest of them: a figure of each of a hundred thousand learners."""
MOST_PLACES: Final = LARGEST // 16
"""How many places of learners may have a figure: two ids of four bytes, and one of eight."""
LAYERS: Final = 2
"""Of how many groups of a learner each is found by the learner's number; others are joined."""


@dataclass(frozen=True)
class GroupsOf:
    """The groups of learners: the first of each, the second where there is one, and all others.

    `others` has learner and group.
    """

    layers: tuple[Lookup, ...]
    others: pl.DataFrame

    @classmethod
    def of(cls, members: pl.DataFrame) -> "GroupsOf":
        """Take apart who is in which group."""
        numbered = members.with_columns(number=pl.int_range(pl.len()).over("learner"))
        first, *more = (numbered.filter(number=number) for number in range(LAYERS))
        layers = [first, *(one for one in more if one.height)]
        return cls(
            tuple(Lookup.of(one["learner"], one["group"]) for one in layers),
            numbered.filter(pl.col("number") >= LAYERS).drop("number"),
        )

    def has(self, learner: str) -> pl.Expr:
        """Return whether the learner in a column is in any group."""
        return self.layers[0].holds(learner)

    def each(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """Return rows of learners once for each of their groups, which is `group`."""
        grouped = [
            rows.with_columns(group=group("learner")).filter(pl.col("group").is_not_null())
            for group in self.layers
        ]
        if self.others.height:
            grouped.append(rows.join(self.others.lazy(), on="learner"))
        return pl.concat(grouped)


@dataclass(frozen=True)
class RosterFrames:
    """Each entity with its `title`, and the relations between them.

    Learners have `here`, which is false for those who have left; sessions have their program,
    and their first and last day. `members` has learner and group, `enrolled` learner, session and
    program for enrolments that are pending or active, and which of both; `again` says whether
    there is another enrolment of the learner in the program. `pairs` adds the course: a row for
    each course that an enrolment asks a learner to follow. `contents` has program and course.
    `statuses` has the status of every enrolment, those that were cancelled among them.
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
    statuses: pl.DataFrame

    @cached_property
    def kept(self) -> Kept[pl.DataFrame]:
        """Return what is kept of figures that follow from the roster alone."""
        return Kept(MOST_FIGURES, is_small)

    @cached_property
    def kept_of_periods(self) -> Kept[pl.DataFrame]:
        """Return what is kept of figures that follow from the roster and the days of a period."""
        return Kept(MOST_FIGURES, is_small)

    @property
    def has_few_places(self) -> bool:
        """Return whether the figures of each learner and place are kept."""
        return self.enrolled.height <= MOST_PLACES

    @cached_property
    def places(self) -> tuple[Lookup, pl.DataFrame]:
        """Return one session of each learner who is enrolled, and the other places of learners."""
        places = self.enrolled.select("learner", "session")
        is_first = pl.col("learner").is_first_distinct()
        first = places.filter(is_first)
        return Lookup.of(first["learner"], first["session"]), places.filter(~is_first)

    @cached_property
    def program_of(self) -> Lookup:
        """Return the program of each session."""
        return Lookup.of(self.sessions["session"], self.sessions["program"])

    @cached_property
    def titles(self) -> dict[str, Lookup]:
        """Return the titles of learners, courses, sessions and programs, by the names of ids."""
        of = {"learner": self.learners, "course": self.courses, "session": self.sessions,
              "program": self.programs}  # fmt: skip
        return {key: Lookup.of(table[key], table["title"]) for key, table in of.items()}

    @cached_property
    def ranks(self) -> dict[str, Lookup]:
        """Return the places of the same in the order of titles, of which two may share one."""
        rank = small(pl.col("title")).rank("dense")
        return {
            key: Lookup(titles.values.to_frame("title").select(rank).to_series())
            for key, titles in self.titles.items()
        }

    @cached_property
    def groups_of(self) -> GroupsOf:
        """Return the groups of learners."""
        return GroupsOf.of(self.members)


def is_small(frame: pl.DataFrame) -> bool:
    """Return whether a frame is kept of which there may be dozens."""
    return frame.estimated_size() <= LARGEST


def roster_frames(roster: Roster) -> RosterFrames:
    """Return the frames of a roster: those of an earlier version, as far as nothing differs."""
    frames = {table: _following(roster, table, *made) for table, made in _MADE.items()}
    sessions, enrolments = frames["sessions"], frames["enrolments"]
    members = frames["memberships"].filter(pl.col("role") == "learner")
    enrolled = (
        enrolments.filter(pl.col("status") != "cancelled")
        .select("learner", "session", pending=pl.col("status") == "pending")
        .join(sessions.select("session", "program"), on="session")
        .with_columns(again=pl.len().over("learner", "program") > 1)
    )
    return RosterFrames(
        learners=frames["people"],
        groups=frames["groups"],
        courses=frames["courses"],
        programs=frames["programs"],
        sessions=sessions,
        members=members.select("learner", "group"),
        enrolled=enrolled,
        pairs=enrolled.join(frames["program_courses"], on="program"),
        contents=frames["program_courses"],
        statuses=enrolments,
    )


def _title(row: Any) -> str:
    return str(row.title or row.id)


OF_PEOPLE: Final = ("last_name", "first_name", "email", "employer", "employer_siret")
_of_person: Final = attrgetter(*OF_PEOPLE)
_Cells = Callable[[Any], tuple[Any, ...]]
_MADE: Final[dict[str, tuple[tuple[str, ...], int, _Cells]]] = {
    "people": (
        ("learner", "title", "here", *OF_PEOPLE), 1,
        lambda one: (one.id, name_of(one), one.status != "deleted", *_of_person(one)),
    ),
    "groups": (("group", "title"), 1, lambda one: (one.id, one.name or one.id)),
    "courses": (
        ("course", "title", "planned_minutes"), 1,
        lambda one: (one.id, _title(one), one.planned_minutes),
    ),
    "programs": (
        ("program", "title", "nature", "objectives"), 1,
        lambda one: (one.id, _title(one), one.nature, one.objectives),
    ),
    "sessions": (
        ("session", "program", "title", "first", "last", "modality"), 1,
        lambda one: (one.id, one.program_id, _title(one), one.start, one.end, one.modality),
    ),
    "memberships": (
        ("group", "learner", "role"), 3, lambda one: (one.group_id, one.person_id, one.role)
    ),
    "program_courses": (("program", "course"), 2, lambda one: (one.program_id, one.course_id)),
    "enrolments": (
        ("session", "learner", "status"), 2, lambda one: (one.session_id, one.person_id, one.status)
    ),
}  # fmt: skip
"""Of each table: the columns, how many of them are its key, and a row's cells."""


def _following(
    roster: Roster, table: str, columns: tuple[str, ...], keys: int, cells: _Cells
) -> pl.DataFrame:
    """Return the columns of a table, amended where an earlier version has them."""

    def make(rows: Iterable[Any]) -> pl.DataFrame:
        return _frame(columns, (cells(row) for row in rows))

    def amend(before: pl.DataFrame, gone: list[Any], new: list[Any]) -> pl.DataFrame:
        left = before.join(make(gone), on=columns[:keys], how="anti", maintain_order="left")
        return pl.concat([left, make(new)])

    return roster.rows(table).derived("columns", make, amend)


def _frame(columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> pl.DataFrame:
    cells = list(zip(*rows, strict=True)) or [()] * len(columns)
    return pl.DataFrame(
        [
            pl.Series(name, values, dtype=TYPES.get(name, pl.Categorical()))
            for name, values in zip(columns, cells, strict=True)
        ]
    )
