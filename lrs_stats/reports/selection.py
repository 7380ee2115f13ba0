"""The facts and the roster narrowed to what one query and its reader's grants allow."""

from collections.abc import Sequence
from datetime import UTC
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from lrs_stats.access.grants import Grant
from lrs_stats.access.scope import holds_all_content, visible
from lrs_stats.facts.rows import UNCOUNTED
from lrs_stats.facts.tables import Snapshot
from lrs_stats.reports.granularities import Granularity
from lrs_stats.reports.metric import Tables
from lrs_stats.reports.query import INTERVALS, Query
from lrs_stats.reports.roster_frames import RosterFrames

UNASSIGNED: Final = "unassigned"


class Selection:
    """What one query may count: scope, filters and period applied, before any metric."""

    def __init__(
        self,
        query: Query,
        grants: Sequence[Grant],
        snapshot: Snapshot,
        roster: RosterFrames,
        zone: ZoneInfo,
    ) -> None:
        self._query = query
        self._grants = grants
        self.zone = zone
        self._snapshot = snapshot
        self.roster = roster

    @cached_property
    def events(self) -> pl.LazyFrame:
        """Return the events that count."""
        return self._narrowed(
            self._snapshot.events.filter(
                pl.col("learner").is_not_null(), ~pl.col("kind").is_in(UNCOUNTED)
            ),
            "instant",
        )

    @cached_property
    def connections(self) -> pl.LazyFrame:
        """Return the connections that count."""
        return self._narrowed(self._snapshot.connections.lazy(), "start")

    @cached_property
    def pairs(self) -> pl.LazyFrame:
        """Return the learner × course pairs that programs ask for."""
        seen = self.roster.pairs.lazy().filter(visible(self._grants, "course", "session"))
        return seen.filter(self._wanted())

    @cached_property
    def enrolled(self) -> pl.LazyFrame:
        """Return the enrolments; a filter by course leaves those whose program has it."""
        seen = self.roster.enrolled.lazy().filter(visible(self._grants, "session"))
        wanted = seen.filter(self._wanted("learner", "group", "program", "session"))
        if "course" not in self._query.filters:
            return wanted
        return wanted.join(
            self.pairs.select("learner", "session"), on=["learner", "session"], how="semi"
        )

    @cached_property
    def members(self) -> pl.LazyFrame:
        """Return who is a learner of which group, of the groups that are asked for."""
        members = self.roster.members.lazy().filter(visible(self._grants))
        groups = self._query.filters.get("group")
        return members if groups is None else members.filter(pl.col("group").is_in(sorted(groups)))

    @property
    def learners_of_groups(self) -> pl.LazyFrame:
        """Return the learners of groups that are asked for, whatever they have done.

        A grant on some content shows those alone whom an enrolment or a statement ties to it.
        """
        whole = [grant for grant in self._grants if holds_all_content(grant)]
        return self.members.filter(visible(whole), self._wanted("learner"))

    def keyed(self, granularity: Granularity) -> Tables:
        """Return the tables with the key of a granularity; a row of none of its keys is out."""
        if granularity.key == "group":
            return Tables(*(t.join(self.members, on="learner") for t in self._tables(granularity)))
        return Tables(*self._tables(granularity))

    def whole(self, granularity: Granularity) -> Tables:
        """Return the tables that the rows of a granularity cover, each of their rows once."""
        if granularity.key == "group":
            return Tables(
                *(t.join(self.members, on="learner", how="semi") for t in self._tables(granularity))
            )
        return Tables(*self._tables(granularity))

    def _tables(self, granularity: Granularity) -> tuple[pl.LazyFrame, ...]:
        tables = self.events, self.connections, self.pairs
        if granularity.key == "course":
            outside = pl.col("course").is_null() & (pl.col("kind") == "answer")
            events = self.events.with_columns(
                course=pl.when(outside).then(pl.lit(UNASSIGNED)).otherwise("course")
            )
            tables = events, self.connections, self.pairs
        if granularity.key in {"course", "session", "program"}:
            return tuple(table.filter(pl.col(granularity.key).is_not_null()) for table in tables)
        return tables

    def _narrowed(self, facts: pl.LazyFrame, instant: str) -> pl.LazyFrame:
        """Apply scope, period and filters to a table of facts, and add program and period."""
        query = self._query
        if query.start is not None:
            facts = facts.filter(pl.col(instant) >= query.start.astimezone(UTC))
        if query.end is not None:
            facts = facts.filter(pl.col(instant) < query.end.astimezone(UTC))
        programs = self.roster.sessions.lazy().select("session", "program")
        narrowed = (
            facts.filter(visible(self._grants, "course"))
            .join(programs, on="session", how="left")
            .filter(self._wanted())
        )
        if query.interval is None:
            return narrowed
        local = pl.col(instant).dt.convert_time_zone(str(self.zone)).dt.replace_time_zone(None)
        return narrowed.with_columns(period=local.dt.truncate(INTERVALS[query.interval]).dt.date())

    def _wanted(self, *columns: str) -> pl.Expr:
        """Return the filter of the query, or of some of its parts."""
        filters = self._query.filters
        wanted = [pl.lit(value=True)]
        for name in columns or tuple(filters):
            if name not in filters:
                continue
            if name == "group":
                learners = self.roster.members.filter(pl.col("group").is_in(sorted(filters[name])))
                wanted.append(pl.col("learner").is_in(learners["learner"].unique().to_list()))
            elif name == "course":
                wanted.append(pl.col(name).fill_null(UNASSIGNED).is_in(sorted(filters[name])))
            else:
                wanted.append(pl.col(name).is_in(sorted(filters[name])).fill_null(value=False))
        return pl.all_horizontal(wanted)
