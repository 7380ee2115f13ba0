"""What figures are computed from, in memory: few columns, and texts that repeat as numbers.

Reading ten million rows of texts for each report would take seconds. So the newest publication
is kept as columns: file by file, since most files of a publication are those of the one before.
What only logs and explanations ask for stays on the disk, in `Snapshot.events`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import MAXYEAR, MINYEAR, datetime
from functools import cached_property
from typing import Final

import polars as pl

from lrs_stats.facts.carried import Carried
from lrs_stats.facts.delta import scan
from lrs_stats.facts.digest import Digest, Merged, Summary, apart
from lrs_stats.facts.file_columns import (
    COMPLETIONS,
    MILESTONES,
    OF_PROGRESS,
    TIMED,
    FileColumns,
    last_names,
    nothing,
    typed,
)
from lrs_stats.facts.kept import Kept
from lrs_stats.facts.offerings import OFFERING, Offerings
from lrs_stats.facts.questions import ByQuestion, by_question
from lrs_stats.facts.rows import EVENTS
from lrs_stats.facts.signs import KEYS, QUARTER, Period, edges, quarter, signs, whole_quarters
from lrs_stats.facts.standing import (
    OF_COURSES,
    SCORED,
    SEAT,
    last_results,
    standing,
)
from lrs_stats.facts.timeline import Timeline

MOST_PERIODS: Final = 16
"""Of how many periods, those last asked for, a publication knows what they come to."""
MOST_SUMMARIES: Final = 24
"""How many parts of what they come to are kept with their course and session."""
MOST_OF_QUESTIONS: Final = 4
"""Of how many periods it is known what answers come to by question."""
FEW: Final = 100_000
"""Rows of the largest of these."""


@dataclass(frozen=True)
class Before:
    """What is known of files from earlier publications."""

    merged: Merged = field(default_factory=Merged)
    standing: Carried = field(default_factory=Carried)
    results: Carried = field(default_factory=Carried)
    questions: ByQuestion = field(default_factory=ByQuestion)


class Columns:
    """The columns of the events of some files, of which there is one or more."""

    def __init__(
        self, files: Sequence[FileColumns], events: pl.LazyFrame, before: Before | None = None
    ) -> None:
        """Join the columns of files; `events` are all their rows, on the disk.

        `before` knows what some of them come to.
        """
        self._files = files
        self._events = events
        self._offerings = files[0].offerings
        self._before = before or Before()
        self._of_periods = Kept[Digest](MOST_PERIODS)
        self._few_of = Kept[pl.DataFrame](MOST_SUMMARIES)
        self._questions_of = Kept[pl.DataFrame](MOST_OF_QUESTIONS)
        together = zip(*(file.stretches for file in files), strict=True)
        self._timelines = dict(zip(TIMED, map(Timeline, together), strict=True))
        self._named = pl.concat([file.named for file in files])

    @cached_property
    def digest(self) -> Digest:
        """Return what the events of all time come to."""
        return self._before.merged.of(self._files)

    @cached_property
    def names(self) -> pl.DataFrame:
        """Return learner and name: what those call themselves whom no roster names."""
        return self.names_of(pl.lit(value=True))

    def names_of(self, seen: pl.Expr) -> pl.DataFrame:
        """Return the same, of what is said in the rows of `named` that are seen."""
        return last_names(self._named.filter(seen), "learner").select("learner", "name")

    @cached_property
    def standing(self) -> pl.DataFrame:
        """Return how far learners came in all time, by seat."""

        def make(theirs: pl.Expr) -> pl.DataFrame:
            completions = self._timelines["outcomes"].whole.filter(OF_COURSES, theirs)
            heard = apart(self.digest.heard.filter(theirs))
            return pl.concat(
                [
                    standing(self.named(some.lazy()), completions.lazy().filter(of), SEAT).collect()
                    for some, of in heard
                ]
            )

        return self._before.standing.of(self._files, make)

    @cached_property
    def results(self) -> pl.DataFrame:
        """Return the last result of all time, by seat."""

        def make(theirs: pl.Expr) -> pl.DataFrame:
            scored = self._timelines["outcomes"].whole.lazy().filter(SCORED, theirs)
            return last_results(scored, SEAT).collect()

        return self._before.results.of(self._files, make)

    def named(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """Return rows in memory with the course and the session of their offering."""
        return self._offerings.named(rows).drop(OFFERING)

    def outcomes(self, start: datetime | None, end: datetime | None) -> pl.LazyFrame:
        """Return the results and completions of courses of a period."""
        return self._timelines["outcomes"].between(start, end).lazy()

    def signs(self, start: datetime | None, end: datetime | None) -> pl.LazyFrame:
        """Return the signs of a period: what is no whole quarter of an hour is read."""
        whole = whole_quarters(start, end)
        inside = (
            self._timelines["signs"].between(*whole)
            if whole
            else self._timelines["signs"].whole.clear()
        )
        columns = [*KEYS, "instant"]
        read = [signs(self.read(*edge)) for edge in edges(start, end)]
        return pl.concat([one.select(columns) for one in (self.named(inside.lazy()), *read)])

    @property
    def span(self) -> Period | None:
        """Return the quarters of an hour that hold all events, half-open.

        Of the signs in a quarter only the last is known, so the first event may be earlier. None is
        told when there are none, or some at the ends of the calendar, beyond which nothing is.
        """
        known = [(one.first, one.last) for one in self._timelines["signs"].stretches]
        firsts = [first for first, _ in known if first is not None]
        lasts = [last for _, last in known if last is not None]
        if not firsts or min(firsts).year == MINYEAR or max(lasts).year == MAXYEAR:
            return None
        return quarter(min(firsts)), quarter(max(lasts)) + QUARTER

    def digest_between(self, start: datetime | None, end: datetime | None) -> Digest:
        """Return what the events of a period come to."""
        return self._of_periods.of((start, end), lambda: self._digested(start, end))

    def summary_between(
        self, summary: Summary, start: datetime | None, end: datetime | None
    ) -> pl.LazyFrame:
        """Return a part of the digest of a period, with the course and the session.

        Where these are few rows they are looked up once for all figures.
        """
        digest = self.digest_between(start, end)
        named = self.summary(digest, summary)
        if getattr(digest, summary).height > FEW:
            return named
        return self._few_of.of((summary, start, end), lambda: named.collect().rechunk()).lazy()

    def summary(self, digest: Digest, summary: Summary) -> pl.LazyFrame:
        """Return a part of a digest, with the course and the session."""
        frame: pl.DataFrame = getattr(digest, summary)
        return self.named(frame.lazy())

    def questions(self, start: datetime | None, end: datetime | None) -> pl.LazyFrame:
        """Return what the answers of a period come to by question (`object`), course and session.

        They are the rows of `by_question`.
        """

        def make() -> pl.DataFrame:
            if (start, end) == (None, None):
                return self._before.questions.of(self._files)
            return by_question(self._timelines["answers"].between(start, end))

        return self.named(self._questions_of.of((start, end), make).lazy())

    def _digested(self, start: datetime | None, end: datetime | None) -> Digest:
        """Digest what the period cuts out of files; of files that it holds whole it is known.

        Of signs what is no whole quarter of an hour is read.
        """
        if (start, end) == (None, None):
            return self.digest
        whole, empty = whole_quarters(start, end) or (end, end), nothing()
        inside, cut = [empty], list[Digest]()
        timelines = (
            self._timelines["signs"],
            self._timelines["answers"],
            self._timelines["progress"],
        )
        for file, *parts in zip(self._files, *(one.stretches for one in timelines), strict=True):
            said, answers, progress = parts
            if all(part.is_within(*whole) for part in parts):
                inside.append(file)
            elif any(part.meets(start, end) for part in parts):
                rows = answers.between(start, end), progress.between(start, end)
                cut.append(Digest.of(said.between(*whole), *rows, self._offerings))
        for edge in edges(start, end):
            read = self._offerings.numbered(signs(self.read(*edge)).collect())
            said_then = read.select(empty.signs.columns)
            cut.append(Digest.of(said_then, empty.answers, empty.progress, self._offerings))
        return Digest.concat([self._before.merged.of(inside), *cut])

    def read(self, start: datetime | None, end: datetime | None) -> pl.LazyFrame:
        """Return all columns of the events of a period with a learner, from the disk."""
        period = []
        if start is not None:
            period.append(pl.col("instant") >= start)
        if end is not None:
            period.append(pl.col("instant") < end)
        return typed(self._events.filter(pl.col("learner").is_not_null(), *period))

    def events(
        self, kinds: Collection[str], start: datetime | None, end: datetime | None
    ) -> pl.LazyFrame:
        """Return the events of some kinds and a period, with the columns that are in memory.

        Of kinds that are not in memory it is all columns, from the disk.
        """
        asked = set(kinds)
        if asked == {"answer"}:
            return self.named(self._timelines["answers"].between(start, end).lazy())
        if not asked <= MILESTONES | {"progress"}:
            return self.read(start, end).filter(pl.col("kind").is_in(kinds))
        if "progress" not in asked:
            return self._milestones_of(kinds, start, end)
        progress = self.named(self._timelines["progress"].between(start, end).lazy())
        if asked == {"progress"}:
            return progress
        others = self._milestones_of(kinds, start, end)
        return pl.concat([one.select(OF_PROGRESS) for one in (progress, others)])

    def _milestones_of(
        self, kinds: Collection[str], start: datetime | None, end: datetime | None
    ) -> pl.LazyFrame:
        """Return the milestones of some kinds and a period; where they are few, found once."""
        among = pl.col("kind").is_in(sorted(kinds))
        said = self._timelines["milestones"].between(start, end)
        found = self.named(said.lazy()).filter(among)
        if not COMPLETIONS.isdisjoint(kinds):
            bare = self.named(self._timelines["completions"].between(start, end).lazy())
            full = bare.with_columns(
                value=pl.lit(None, pl.Float64), success=pl.lit(None, pl.Boolean)
            )
            columns = found.collect_schema().names()
            return pl.concat([found, full.filter(among).select(columns)])
        if said.height > FEW:
            return found
        return self._few_of.of((frozenset(kinds), start, end), found.collect).lazy()


class ColumnCache:
    """The columns of the files of the newest publication; files that stay are read once."""

    def __init__(self) -> None:
        self._kept: dict[str, FileColumns] = {}
        self._before = Before()
        self._offerings = Offerings()

    def of(self, files: Sequence[str]) -> Columns:
        """Return the columns of some files, and forget those of all others."""
        self._kept = {file: self._one(file) for file in files}
        read = [*self._kept.values(), nothing()]
        self._before.merged.keep(read)
        return Columns(read, scan(files, EVENTS), self._before)

    def beside(self, files: Sequence[str]) -> Columns:
        """Return the columns of some files, and keep what is kept."""
        return Columns([*map(self._one, files), nothing()], scan(files, EVENTS))

    def _one(self, file: str) -> FileColumns:
        return self._kept.get(file) or FileColumns.read(scan([file], EVENTS), self._offerings)
