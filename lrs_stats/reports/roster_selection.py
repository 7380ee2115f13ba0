"""The roster narrowed to what one query and its reader's grants allow."""

from collections.abc import Sequence
from functools import cached_property
from zoneinfo import ZoneInfo

import polars as pl

from lrs_stats.access.grants import ALL, Grant
from lrs_stats.access.scope import holds_all_content, visible
from lrs_stats.facts.lookup import Lookup
from lrs_stats.reports.metric import UNASSIGNED
from lrs_stats.reports.query import Query
from lrs_stats.reports.roster_frames import GroupsOf, RosterFrames


class RosterSelection:
    """Whom and what of the roster one query may count: scope and filters applied."""

    def __init__(
        self, query: Query, grants: Sequence[Grant], frames: RosterFrames, zone: ZoneInfo
    ) -> None:
        self.query = query
        self._grants = grants
        self.frames = frames
        self._zone = zone

    @cached_property
    def pairs(self) -> pl.LazyFrame:
        """Return the learner × course pairs that programs ask for."""
        return self.frames.pairs.lazy().filter(self.may_be_asked)

    @cached_property
    def may_be_asked(self) -> pl.Expr:
        """Return whether a seat is one that the reader may see programs ask for."""
        return visible(self._grants, *self.content) & self.wanted(
            "learner", "group", "program", "session", "course"
        )

    @cached_property
    def enrolled(self) -> pl.LazyFrame:
        """Return the enrolments; a filter by course leaves those whose program has it."""
        wanted = self.seen(self.frames.enrolled.lazy()).filter(
            self.wanted("learner", "group", "program", "session")
        )
        if "course" not in self.query.filters:
            return wanted
        return wanted.join(
            self.pairs.select("learner", "session"), on=["learner", "session"], how="semi"
        )

    @cached_property
    def members(self) -> pl.LazyFrame:
        """Return who is a learner of which group, of the groups that are asked for."""
        members = self.frames.members.lazy().filter(visible(self._grants, "group"))
        groups = self.query.filters.get("group")
        return members if groups is None else members.filter(pl.col("group").is_in(sorted(groups)))

    @cached_property
    def _of_members(self) -> Lookup:
        return Lookup.among(self.members.select("learner").collect()["learner"])

    def seen(self, places: pl.LazyFrame) -> pl.LazyFrame:
        """Return the places in sessions that the reader may see, by themselves or by a course."""
        wide = [grant for grant in self._grants if grant.courses is ALL]
        seen = places.filter(visible(wide, "session"))
        narrow = [grant for grant in self._grants if grant.courses is not ALL]
        if not narrow:
            return seen
        key = ["learner", "session"]
        by_course = self.frames.pairs.lazy().filter(visible(narrow, *self.content))
        both = pl.concat([seen.select(key), by_course.select(key)]).unique()
        return places.join(both, on=key, how="semi", maintain_order="left")

    @property
    def content(self) -> tuple[str, ...]:
        """Name what a grant must hold of a row; the session where it is asked for by name."""
        return ("course", "session") if self.query.of_sessions else ("course",)

    @property
    def learners_of_groups(self) -> pl.LazyFrame:
        """Return the learners of groups that are asked for, whatever they have done.

        A grant on some content shows those alone whom an enrolment or a statement ties to it.
        """
        whole = [grant for grant in self._grants if holds_all_content(grant)]
        named = "group" in self.query.filters
        members = self.members if named else self.frames.members.lazy()
        return members.filter(visible(whole), self.wanted("learner"))

    @property
    def learners(self) -> pl.LazyFrame:
        """Return the learners who are here now, in a group or enrolled where it is asked for."""
        tied = [self.enrolled.select("learner")]
        if not self.query.elsewhere:
            tied.append(self.learners_of_groups.select("learner"))
        here = self.frames.learners.lazy().filter(pl.col("here"))
        return pl.concat(tied).unique().join(here, on="learner", how="semi")

    @cached_property
    def groups_of(self) -> GroupsOf:
        """Return the groups of learners, of those that are asked for and may be known."""
        every = any(grant.learners is ALL and grant.groups is ALL for grant in self._grants)
        if every and "group" not in self.query.filters:
            return self.frames.groups_of
        return GroupsOf.of(self.members.collect())

    def wanted(self, *columns: str) -> pl.Expr:
        """Return the part of the query's filters that is about these columns."""
        filters = self.query.filters
        wanted = []
        for name in columns:
            if name not in filters:
                continue
            if name == "group":
                wanted.append(self._of_members.holds("learner"))
            elif name == "course":
                wanted.append(pl.col(name).fill_null(UNASSIGNED).is_in(sorted(filters[name])))
            else:
                wanted.append(pl.col(name).is_in(sorted(filters[name])).fill_null(value=False))
        return pl.all_horizontal(wanted) if wanted else pl.lit(value=True)
