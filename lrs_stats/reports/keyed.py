"""What the rows of a report cover: tables with the key of its granularity."""

from collections.abc import Callable, Collection, Hashable
from functools import partial
from typing import TYPE_CHECKING, Final, Literal
from weakref import WeakValueDictionary

import polars as pl

from lrs_stats.reports.granularities import SEATS, Granularity
from lrs_stats.reports.metric import UNASSIGNED
from lrs_stats.reports.running import running
from lrs_stats.reports.tables import LONG, Keep, Source, Tables, TablesWhenRead, whoever_in

if TYPE_CHECKING:
    from lrs_stats.reports.selection import Selection

How = Literal["inner", "semi"]
"""Whether rows are there for each key of theirs, or once."""
OPEN_ACCESS: Final = ""
"""What stands for the session of a seat in none, so that it is a key like any other."""
_ANSWERED_OUTSIDE: Final = pl.col("course").is_null() & (pl.col("kind") == "answer")


class Keyed:
    """What may be counted, by the key of one granularity."""

    def __init__(self, selection: "Selection", granularity: Granularity) -> None:
        self._selection = selection
        self._granularity = granularity
        self._made = WeakValueDictionary[How, TablesWhenRead]()  # each refers to this one

    def by_row(self, rows: pl.LazyFrame, kinds: Collection[str] = ()) -> Tables:
        """Return the tables with the key, for the rows of a report.

        What has no such key is out, and a learner of two groups is there for each.
        """
        return self._tables("inner", rows, kinds)

    def whole(self, kinds: Collection[str] = ()) -> Tables:
        """Return the tables that the rows cover, each of their rows once."""
        return self._tables("semi", None, kinds)

    def completed(self, kinds: Collection[str], tables: Tables) -> Tables:
        """Return tables with all columns of their events, which are read from the disk."""
        how: How = "semi" if tables.rows is None else "inner"
        events = self._placed(self._selection.complete_events(kinds), how)
        return self._made[how].with_events(lambda: events)

    def happened(self) -> pl.LazyFrame:
        """Return where and when something was said, with the key.

        What opened a connection is among it.
        """
        brief = self._by_question
        return self._placed(self._selection.signs if brief is None else brief, "inner")

    @property
    def _by_question(self) -> pl.LazyFrame | None:
        """Return what stands for all answers, where nothing is said of each learner."""
        who = {"learner", "group"}
        return self._selection.by_question if who.isdisjoint(self._granularity.keys) else None

    def _tables(self, how: How, rows: pl.LazyFrame | None, kinds: Collection[str]) -> Tables:
        """Return the tables with the events of some kinds; all else is the same for all kinds."""
        made = self._made.get(how)
        if made is None:
            made = self._made[how] = self._without_events(how, rows)
        return made.with_events(lambda: self._placed(self._selection.events(kinds), how))

    def _without_events(self, how: How, rows: pl.LazyFrame | None) -> TablesWhenRead:
        selection, granularity = self._selection, self._granularity
        by_course, by_group = "course" in granularity.keys, granularity.key == "group"
        in_series = rows is not None and selection.query.interval is not None
        of_roster = selection.of_roster

        def keyed(table: pl.LazyFrame) -> pl.LazyFrame:
            return self._keyed(table, how)

        def enrolled() -> pl.LazyFrame:
            return keyed(of_roster.pairs if by_course else of_roster.enrolled)

        def running_now() -> pl.LazyFrame:
            listed = rows if in_series else None
            now = running(selection.roster, selection.query, selection.zone, listed)
            return enrolled().join(now, on="session")

        return TablesWhenRead(
            self._whoever(how)
            | {
                "connections": lambda: keyed(selection.connections),
                "connected": lambda: keyed(selection.connected),
                "attended": lambda: keyed(selection.attended),
                "presence": lambda: self._placed(self._presence(), how),
                "answered": lambda: self._placed(selection.answered, how),
                "standing": lambda: keyed(selection.standing(in_series=in_series)),
                "results": lambda: keyed(selection.results(in_series=in_series)),
                "pairs": lambda: keyed(of_roster.pairs),
                "enrolled": enrolled,
                "running": running_now,
                "learners": lambda: keyed(of_roster.learners) if by_group else of_roster.learners,
            },
            rows,
            self._many,
            partial(self._keep, selection.kept, how) if selection.counts_all else None,
            partial(self._keep, selection.kept_of_period, how)
            if selection.counts_all and not in_series
            else None,
        )

    def _whoever(self, how: How) -> dict[str, Callable[[], pl.LazyFrame]]:
        """Return what makes those tables of questions that do not tell learners apart."""
        if self._by_question is None:
            return {}
        make = partial(self._placed, self._by_question, how)
        return {whoever_in("answered"): make, whoever_in("presence"): make}

    @property
    def _many(self) -> frozenset[Source]:
        """Return the tables that may have millions of rows; of questions each answer is one."""
        if self._selection.query.of_questions:
            return frozenset({"events", "answered", "presence"})
        of_connections: frozenset[Source] = frozenset({"connections", "connected"})
        return LONG | (of_connections if self._selection.has_many else frozenset())

    def _keep(
        self, kept: Keep, how: How, key: Hashable, make: Callable[[], pl.DataFrame]
    ) -> pl.DataFrame:
        """Return what follows from the whole roster, which is worked out once."""
        return kept((self._granularity.name, how, key), make)

    def _presence(self) -> pl.LazyFrame:
        """Return the signs of presence; by course, of what lies outside any the answers."""
        signs = self._selection.signs
        if self._granularity.key != "course":
            return signs.filter("present")
        return signs.filter(pl.col("present") | _ANSWERED_OUTSIDE)

    def _placed(self, events: pl.LazyFrame, how: How) -> pl.LazyFrame:
        """Give events their key; by course, answers outside any course have one of their own."""
        if self._granularity.key == "course":
            course = pl.when(_ANSWERED_OUTSIDE).then(pl.lit(UNASSIGNED)).otherwise("course")
            events = events.with_columns(course=course)
        return self._keyed(events, how)

    def _keyed(self, table: pl.LazyFrame, how: How) -> pl.LazyFrame:
        if self._granularity.key == "group":
            groups = self._selection.of_roster.groups_of
            return groups.each(table) if how == "inner" else table.filter(groups.has("learner"))
        if self._granularity == SEATS:
            table = table.with_columns(pl.col("session").fill_null(OPEN_ACCESS))
        owned = [key for key in self._granularity.keys if key in {"course", "session", "program"}]
        return table.filter(pl.col(key).is_not_null() for key in owned) if owned else table
