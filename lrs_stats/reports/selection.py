"""The facts and the roster narrowed to what one query and its reader's grants allow."""

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property, partial
from weakref import WeakValueDictionary
from zoneinfo import ZoneInfo

import polars as pl

from lrs_stats.access.grants import ALL, Grant
from lrs_stats.access.scope import sees_all, visible
from lrs_stats.facts.answered import COUNTS, one_by_one
from lrs_stats.facts.packed import among, distinct
from lrs_stats.facts.reader import Snapshot
from lrs_stats.facts.rows import UNCOUNTED, VOIDED
from lrs_stats.facts.standing import (
    OF_COURSES,
    SCORED,
    SEAT,
    last_results,
    standing,
)
from lrs_stats.reports.asked import CONNECTED, RESULTS, STANDING, Standings, with_asked
from lrs_stats.reports.granularities import Granularity
from lrs_stats.reports.keyed import Keyed
from lrs_stats.reports.of_period import OfPeriod
from lrs_stats.reports.query import Query
from lrs_stats.reports.roster_frames import RosterFrames
from lrs_stats.reports.roster_selection import RosterSelection

Narrowing = Callable[[pl.LazyFrame], pl.LazyFrame]


class Selection:
    """What one query may count: scope, filters and period applied, before any metric."""

    def __init__(
        self,
        query: Query,
        grants: Sequence[Grant],
        snapshot: Snapshot,
        roster: RosterFrames,
        zone: ZoneInfo,
        *,
        standings: Standings,
        only: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        """Take the query, whose caller may see what, and the filter of a page.

        `only` leaves the facts of the rows of a page. The roster's tables stay whole where what
        follows from all of them is kept.
        """
        self.query = query
        self.only = dict(only or {})
        self.grants = grants
        self.zone = zone
        self._snapshot = snapshot
        self.roster = roster
        narrowed = replace(query, filters=query.filters | self.only)
        self._narrow = RosterSelection(narrowed, grants, roster, zone)
        kept = bool(self.only) and sees_all(grants) and not query.filters and roster.has_few_places
        self.of_roster = RosterSelection(query, grants, roster, zone) if kept else self._narrow
        self._of_period = OfPeriod(snapshot, query, zone)
        self._standings = standings
        self._events: dict[tuple[str, ...], pl.LazyFrame] = {}
        self._settled: dict[tuple[str, bool], pl.LazyFrame] = {}
        self._keyed = WeakValueDictionary[str, Keyed]()  # each refers to this one

    def events(self, kinds: Collection[str] = ()) -> pl.LazyFrame:
        """Return the events of some kinds that count, or all; of questions the answers alone.

        Of kinds that are in memory they have the columns that are there.
        """
        asked = self._kinds(kinds)
        if asked not in self._events:
            period = self._of_period.period
            counted = self._snapshot.columns.events(asked, *period) if asked else None
            self._events[asked] = (
                self.complete_events() if counted is None else self._of_events(counted)
            )
        return self._events[asked]

    def complete_events(
        self,
        kinds: Collection[str] = (),
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> pl.LazyFrame:
        """Return the same with all columns, from the disk; between two instants, if given."""
        asked = self._kinds(kinds)
        wanted = pl.col("kind").is_in(asked) if asked else ~pl.col("kind").is_in(UNCOUNTED)
        return self._of_events(
            self._snapshot.columns.read(*self._of_period.within(since, until)).filter(wanted)
        )

    def connections_between(self, since: datetime | None, until: datetime | None) -> pl.LazyFrame:
        """Return the connections that count and start then; none is about a question."""
        connections = self._of_period.connections(since, until)
        if self.query.of_questions:
            connections = connections.clear().with_columns(question=pl.lit(None, pl.Categorical()))
        return self._narrowed(connections)

    def _kinds(self, kinds: Collection[str]) -> tuple[str, ...]:
        return ("answer",) if self.query.of_questions else tuple(kinds)

    def _of_events(self, counted: pl.LazyFrame) -> pl.LazyFrame:
        if self.query.of_questions:
            counted = counted.with_columns(question="object")
        return self._narrowed(self._of_period.placed(counted, "instant"))

    @cached_property
    def signs(self) -> pl.LazyFrame:
        """Return where and when something was said of somebody; of presence where `present`.

        Of the signs of a seat it may be the last one of presence alone, or the last of all where
        there is none; outside of courses both, and answers apart.
        """
        if self.query.of_questions:
            return self.events().with_columns(present=pl.lit(value=True))
        in_series = self.query.interval is not None
        return self._narrowed(self._of_period.digested("seats", in_series=in_series))

    @cached_property
    def answered(self) -> pl.LazyFrame:
        """Return the counts of answers; but for those of questions those of a seat in few rows."""
        in_series = self.query.interval is not None
        if self.query.of_questions:
            keys = [*SEAT, "program", "question", *["period"] * in_series]
            counts = one_by_one(self.events(("answer",)), keys)
        else:
            kept = self._narrowed(self._of_period.digested("answered", in_series=in_series))
            counts = kept.with_columns(pl.col(COUNTS).cast(pl.Int64))  # with room for what follows
        return counts.with_columns(kind=pl.lit("answer"))

    @cached_property
    def by_question(self) -> pl.LazyFrame | None:
        """Return what answers come to, whoever gave them; None where learners are told apart."""
        told_apart = not {"learner", "group"}.isdisjoint(self._narrow.query.filters)
        if not self.query.of_questions or self.query.interval or told_apart:
            return None
        if not all(grant.learners is ALL and grant.groups is ALL for grant in self.grants):
            return None
        counts = self._of_period.questions.rename({"object": "question"})
        return self._narrowed(counts).with_columns(
            kind=pl.lit("answer"), present=pl.lit(value=True)
        )

    def settle(self, sources: Collection[str], *, in_series: bool) -> None:
        """Work out now, and once, what several figures of a report rest on."""
        of = {"standing": self.standing, "results": self.results}
        wanted = [(one, each) for one in sorted(of.keys() & sources) for each in {False, in_series}]
        settled = pl.collect_all([of[source](in_series=each) for source, each in wanted])
        for one, frame in zip(wanted, settled, strict=True):
            self._settled[one] = frame.lazy()

    def standing(self, *, in_series: bool) -> pl.LazyFrame:
        """Return how far learners came, in each period of a series or in all of them.

        Nothing of it is about a question.
        """
        if ("standing", in_series) in self._settled:
            return self._settled["standing", in_series]
        if self.query.of_questions:
            return self._nothing(STANDING)
        reached = self._of_seats("standing", self._reached, in_series=in_series)
        if self.counts_all:
            return reached
        return reached.with_columns(asked=pl.col("asked") & self.of_roster.may_be_asked)

    def _reached(self, narrowed: Narrowing, *, in_series: bool) -> pl.LazyFrame:
        if self._of_period.is_all_time and not in_series:
            return with_asked(self._snapshot.columns.standing.lazy(), self.roster)
        heard = narrowed(self._of_period.digested("heard", in_series=in_series))
        completions = narrowed(self._of_period.outcomes).filter(OF_COURSES)
        return with_asked(standing(heard, completions, _seat(in_series=in_series)), self.roster)

    def results(self, *, in_series: bool) -> pl.LazyFrame:
        """Return the last results of learners, in each period of a series or in all of them."""
        if ("results", in_series) in self._settled:
            return self._settled["results", in_series]
        if self.query.of_questions:
            return self._nothing(RESULTS)
        last = self._of_seats("results", self._last_results, in_series=in_series)
        return last if self._leaves_out_nothing else _with_sole(last, in_series=in_series)

    def _last_results(self, narrowed: Narrowing, *, in_series: bool) -> pl.LazyFrame:
        if self._of_period.is_all_time and not in_series:
            last = self._snapshot.columns.results.lazy()
        else:
            scored = narrowed(self._of_period.outcomes).filter(SCORED)
            last = last_results(scored, _seat(in_series=in_series))
        placed = last.with_columns(program=self.roster.program_of("session"))
        return _with_sole(placed, in_series=in_series)

    def _of_seats(
        self, name: str, work_out: Callable[..., pl.LazyFrame], *, in_series: bool
    ) -> pl.LazyFrame:
        """Return what follows from all that was said in a seat, of the seats that may be counted.

        It is worked out of all seats where all may be counted, or those of all time; and whoever
        may count a part of them finds it where it is kept, and else works out the part.
        """
        whole = self._leaves_out_nothing or (self._of_period.is_all_time and not in_series)
        key = name, self._of_period.period, self.query.interval if in_series else None
        kept = self._standings.of(
            self._snapshot.columns,
            self.roster,
            key,
            partial(work_out, _as_they_are, in_series=in_series) if whole else None,
        )
        if kept is None:
            return work_out(self._narrowed, in_series=in_series)
        if self._leaves_out_nothing:
            return kept.lazy()
        return self._narrowed(kept.lazy())

    @property
    def counts_all(self) -> bool:
        """Return whether neither grants nor filters leave anything out of the roster."""
        return sees_all(self.grants) and not self.of_roster.query.filters

    @property
    def _leaves_out_nothing(self) -> bool:
        """Return whether neither grants nor filters leave anything out of the facts."""
        return sees_all(self.grants) and not self._narrow.query.filters

    def _nothing(self, schema: Mapping[str, pl.DataType]) -> pl.LazyFrame:
        """Return what is said of questions by a table that says nothing of them."""
        period = {"period": pl.Date()} if self.query.interval else {}
        return pl.LazyFrame(schema={**schema, "question": pl.Categorical(), **period})

    @cached_property
    def names(self) -> pl.DataFrame:
        """Return learner and name: what those call themselves whom the roster does not know.

        It is the name that was given last in what the reader may see of them.
        """
        columns = self._snapshot.columns
        if any(grant.learners is ALL and grant.courses is ALL for grant in self.grants):
            return columns.names
        return columns.names_of(visible(self.grants, "course"))

    @cached_property
    def voided(self) -> pl.LazyFrame:
        """Return the events that would count, had their statement not been voided."""
        period = self._of_period.period
        read = self._snapshot.columns.read(*period).filter(pl.col("kind") == VOIDED)
        return self._narrowed(read.with_columns(question="object"))

    @cached_property
    def connections(self) -> pl.LazyFrame:
        """Return the connections that count; none is about a question."""
        return self.connections_between(None, None)

    @cached_property
    def connected(self) -> pl.LazyFrame:
        """Return the connections counted: those of a seat in few rows, unless it is a series."""
        in_series = self.query.interval is not None
        if self.query.of_questions:
            return self._nothing(CONNECTED)
        return self._narrowed(self._of_period.connected(in_series=in_series))

    @cached_property
    def attended(self) -> pl.LazyFrame:
        """Return those of them in sessions in which the learner has a place."""
        place = ["learner", "session"]
        if not self.counts_all:
            return among(self.connected, self.of_roster.enrolled, place)
        first, others = self.roster.places
        connections = self.connected.filter(pl.col("session").is_not_null())
        in_first = (pl.col("session") == first("learner")).fill_null(value=False)
        elsewhere = among(connections.filter(~in_first), others.lazy(), place)
        return pl.concat([connections.filter(in_first), elsewhere])

    def shown_by(self, lines: pl.LazyFrame, showing: Sequence[Grant]) -> pl.LazyFrame:
        """Return those of the lines that some other grants hold, too, as these know them."""
        return known_sessions(lines.filter(visible(showing, *self.of_roster.content)), showing)

    def with_known_sessions(self, lines: pl.LazyFrame) -> pl.LazyFrame:
        """Return lines without the names of the sessions that the reader may not know."""
        return known_sessions(lines, self.grants)

    def of_all_time(self) -> "Selection":
        """Return what the same query may count without its period."""
        return self.in_period(replace(self.query, start=None, end=None))

    def of_page(self, key: str, ids: pl.Series) -> "Selection":
        """Return the same for the rows of a page, whose learners or groups are given."""
        only = {key: frozenset(ids.cast(pl.String).to_list())}
        return self._like(self.query, only)

    def in_period(self, query: Query) -> "Selection":
        """Return the same for another period, which is that of a query."""
        return self._like(query, self.only)

    def _like(self, query: Query, only: Mapping[str, frozenset[str]]) -> "Selection":
        return Selection(
            query,
            self.grants,
            self._snapshot,
            self.roster,
            self.zone,
            standings=self._standings,
            only=only,
        )

    def of(self, granularity: Granularity) -> Keyed:
        """Return what the rows of a granularity cover of it."""
        keyed = self._keyed.get(granularity.name)
        if keyed is None:
            keyed = self._keyed[granularity.name] = Keyed(self, granularity)
        return keyed

    @property
    def has_many(self) -> bool:
        """Return whether there may be millions of connections in the period."""
        return self._of_period.has_many

    def kept(self, key: Hashable, make: Callable[[], pl.DataFrame]) -> pl.DataFrame:
        """Return what follows from the roster: worked out once, where all of it may be counted."""
        return self.roster.kept.of(key, make) if self.counts_all else make()

    def kept_of_period(self, key: Hashable, make: Callable[[], pl.DataFrame]) -> pl.DataFrame:
        """Return the same of what follows from the roster and the days of the period."""
        of = key, self.query.start, self.query.end, self.zone
        return self.roster.kept_of_periods.of(of, make) if self.counts_all else make()

    def kept_rows(self, of: str, make: Callable[[], pl.DataFrame]) -> pl.DataFrame:
        """Return the rows of the period: worked out once, where all of them may be counted."""
        if not self._leaves_out_nothing:
            return make()
        key = of, self._of_period.period
        return self._standings.rows(self._snapshot.columns, self.roster, key, make)

    def _narrowed(self, facts: pl.LazyFrame) -> pl.LazyFrame:
        """Apply scope and filters to facts of the period, and add the program."""
        program = self.roster.program_of("session")
        if self._leaves_out_nothing:
            return facts.with_columns(program=program)
        return (
            facts.filter(visible(self.grants, *self._narrow.content))
            .with_columns(program=program)
            .filter(self._narrow.wanted(*self._narrow.query.filters))
        )


def _as_they_are(facts: pl.LazyFrame) -> pl.LazyFrame:
    return facts


def _with_sole(last: pl.LazyFrame, *, in_series: bool) -> pl.LazyFrame:
    """Say of last results whether no other is of the same learner and course."""
    of_course = [key for key in _seat(in_series=in_series) if key != "session"]
    return last.with_columns(sole=distinct(last.collect_schema(), of_course))


def known_sessions(lines: pl.LazyFrame, grants: Sequence[Grant]) -> pl.LazyFrame:
    """Return lines without the names of the sessions that grants do not hold."""
    if all(grant.sessions is ALL for grant in grants):
        return lines
    known = pl.when(visible(grants, "course", "session"))
    return lines.with_columns(known.then("session"), known.then("program"))


def _seat(*, in_series: bool) -> list[str]:
    """Return what tells the seats of a report apart; the program follows from the session."""
    return [*SEAT, *(["period"] if in_series else [])]
