"""What figures are computed from, in memory: few columns, and texts that repeat as numbers.

Reading ten million rows of texts for each report would take seconds. So the newest publication
is kept as columns: file by file, since most files of a publication are those of the one before.
What only logs and explanations ask for stays on the disk, in `Snapshot.events`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from typing import Final, get_args

import polars as pl

from lrs_stats.facts.delta import scan
from lrs_stats.facts.digest import Digest, answered, reached
from lrs_stats.facts.interpreter import Kind
from lrs_stats.facts.rows import EVENTS, UNCOUNTED, VOIDED
from lrs_stats.facts.signs import edges, seats, signs, whole_quarters
from lrs_stats.facts.standing import (
    IN_COURSE,
    OF_COURSES,
    SCORED,
    SEAT,
    last_results,
    standing,
)
from lrs_stats.facts.timeline import Stretch, Timeline

KINDS: Final = pl.Enum([*get_args(Kind), VOIDED])
TEXTS: Final = ("learner", "course", "session", "object", "method")
"""The columns whose values repeat: they are kept as categories, which all frames share."""
TYPES: Final = {**dict.fromkeys(TEXTS, pl.Categorical()), "kind": KINDS}
MILESTONES: Final = frozenset({"complete", "uncomplete", "result", "reaction"})
"""Kinds of events that carry figures, and are neither answers nor progress."""

_KEPT: Final = (*SEAT, "object", "kind", "instant", "value", "success")
"""The columns in memory of answers and milestones."""
_OF_PROGRESS: Final = (*SEAT, "kind", "instant", "value")
"""Those of progress, of which there is more than of all other milestones."""
_SEAT: Final = dict.fromkeys(SEAT, pl.Categorical())
STANDING: Final[dict[str, pl.DataType]] = {
    **_SEAT,
    "came": pl.Boolean(),
    "progress": pl.Float64(),
    "completed": pl.Boolean(),
}
RESULTS: Final[dict[str, pl.DataType]] = {**_SEAT, "value": pl.Float64(), "place": pl.UInt32()}


def typed(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Return events, connections or roster with categories instead of texts that repeat."""
    known = frame.collect_schema()
    return frame.with_columns(
        pl.col(name).cast(dtype) for name, dtype in TYPES.items() if name in known
    )


@dataclass(frozen=True)
class FileColumns:
    """The columns of the events of one file.

    `outcomes` are the results that carry a score and the completions of courses, with what says
    which came last. `signs` are those of `signs.signs`; `digest` is what signs, answers and
    progress come to. `named` has learner, course, name, instant and stored of those who are known
    by their identifier alone: the last of each course, and of none.
    """

    answers: pl.DataFrame
    progress: pl.DataFrame
    milestones: pl.DataFrame
    outcomes: pl.DataFrame
    signs: pl.DataFrame
    digest: Digest
    named: pl.DataFrame

    @classmethod
    def read(cls, events: pl.LazyFrame) -> "FileColumns":
        """Read the columns of events with a learner, in one pass over them."""
        known = typed(events.filter(pl.col("learner").is_not_null()))
        spelled_alike = pl.col("learner").str.to_lowercase() == pl.col("actor").str.to_lowercase()
        called = typed(
            events.filter(
                spelled_alike, pl.col("name").is_not_null(), ~pl.col("kind").is_in(UNCOUNTED)
            )
        )
        answers, progress, milestones, outcomes, signed, named = pl.collect_all(
            [
                known.filter(pl.col("kind") == "answer").select(_KEPT),
                known.filter(pl.col("kind") == "progress").select(_OF_PROGRESS),
                known.filter(pl.col("kind").is_in(MILESTONES)).select(_KEPT),
                known.filter(SCORED | OF_COURSES).select(
                    *(*SEAT, "kind", "object", "value", "instant", "stored", "part"),
                    # a copy, in the same order: a slice would keep the texts of the whole file
                    statement=pl.col("statement").str.replace_all("-", "", literal=True),
                ),
                signs(known, KINDS),
                called.select("learner", "course", "name", "instant", "stored"),
            ],
            engine="streaming",
        )
        return cls(
            _tight(answers),
            _tight(progress),
            _tight(milestones),
            _tight(outcomes),
            _tight(signed),
            Digest.of(signed, answers, progress),
            _last_names(named, "learner", "course"),
        )


class Columns:
    """The columns of the events of some files, of which there is one or more."""

    def __init__(
        self, files: Sequence[FileColumns], events: pl.LazyFrame, digest: Digest | None = None
    ) -> None:
        """Join the columns of files; `events` are all their rows, on the disk.

        `digest` is what all of them come to, if that is known.
        """
        self._files = files
        self._events = events
        self._answers, self._progress, self._milestones, self._outcomes, self._signs = (
            Timeline(Stretch.of(getattr(file, name), "instant") for file in files)
            for name in ("answers", "progress", "milestones", "outcomes", "signs")
        )
        self.digest = digest or Digest.concat([file.digest for file in files])
        self._named = pl.concat([file.named for file in files])

    @cached_property
    def names(self) -> pl.DataFrame:
        """Return learner and name: what those call themselves whom no roster names."""
        return self.names_of(pl.lit(value=True))

    def names_of(self, seen: pl.Expr) -> pl.DataFrame:
        """Return the same, of what is said in the rows of `named` that are seen."""
        return _last_names(self._named.filter(seen), "learner").select("learner", "name")

    @cached_property
    def standing(self) -> pl.DataFrame:
        """Return how far learners came in all time, by seat."""
        came = self.digest.seats.lazy().filter("present", IN_COURSE)
        completions = self._outcomes.whole.lazy().filter(OF_COURSES)
        return standing(came, self.digest.reached.lazy(), completions, SEAT).collect()

    @cached_property
    def results(self) -> pl.DataFrame:
        """Return the last result of all time, by seat."""
        return last_results(self._outcomes.whole.lazy().filter(SCORED), SEAT).collect()

    def outcomes(self, start: datetime | None, end: datetime | None) -> pl.LazyFrame:
        """Return the results and completions of courses of a period."""
        return self._outcomes.between(start, end).lazy()

    def signs(self, start: datetime | None, end: datetime | None) -> pl.LazyFrame:
        """Return the signs of a period: what is no whole quarter of an hour is read."""
        whole = whole_quarters(start, end)
        inside = self._signs.between(*whole) if whole else self._signs.whole.clear()
        return self._with_edges(inside, start, end)

    def seats_between(self, start: datetime | None, end: datetime | None) -> pl.LazyFrame:
        """Return the same in fewer rows: of signs that are alike but for their instant the last."""
        whole = whole_quarters(start, end)
        known = [file.digest.seats for file in self._files]
        inside = self._signs.come_to(seats, known, *whole) if whole else known[0].clear()
        return self._with_edges(inside, start, end)

    def answered_between(self, start: datetime | None, end: datetime | None) -> pl.LazyFrame:
        """Return the counts of the answers of a period: of a seat in few rows."""
        known = [file.digest.answered for file in self._files]
        return self._answers.come_to(answered, known, start, end).lazy()

    def reached_between(self, start: datetime | None, end: datetime | None) -> pl.LazyFrame:
        """Return the progress that was reported in a period: of a seat in few rows the highest."""
        known = [file.digest.reached for file in self._files]
        return self._progress.come_to(reached, known, start, end).lazy()

    def _with_edges(
        self, inside: pl.DataFrame, start: datetime | None, end: datetime | None
    ) -> pl.LazyFrame:
        read = [signs(self.read(*edge), KINDS) for edge in edges(start, end)]
        return pl.concat([inside.lazy(), *(one.select(inside.columns) for one in read)])

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
            return self._answers.between(start, end).lazy()
        if not asked <= MILESTONES | {"progress"}:
            return self.read(start, end).filter(pl.col("kind").is_in(kinds))
        progress = self._progress.between(start, end).lazy()
        if asked == {"progress"}:
            return progress
        others = self._milestones.between(start, end).lazy().filter(pl.col("kind").is_in(kinds))
        return pl.concat([progress, others.select(_OF_PROGRESS)]) if "progress" in asked else others


MOST_NEW: Final = 1.25
"""By how much digests that were not merged may add to the rows of those that were."""
FEW: Final = 100_000
"""Rows that are not worth being merged."""


class ColumnCache:
    """The columns of the files of the newest publication; files that stay are read once."""

    def __init__(self) -> None:
        self._kept: dict[str, FileColumns] = {}
        self._merged: tuple[frozenset[str], Digest] = frozenset(), nothing().digest

    def of(self, files: Sequence[str]) -> Columns:
        """Return the columns of some files, and forget those of all others."""
        self._kept = {file: self._one(file) for file in files}
        return Columns([*self._kept.values(), nothing()], scan(files, EVENTS), self._digest())

    def beside(self, files: Sequence[str]) -> Columns:
        """Return the columns of some files, and keep what is kept."""
        return Columns([*map(self._one, files), nothing()], scan(files, EVENTS))

    def _one(self, file: str) -> FileColumns:
        return self._kept.get(file) or FileColumns.read(scan([file], EVENTS))

    def _digest(self) -> Digest:
        """Return what all that is kept comes to: what was merged before, and what is new.

        It is merged anew when a file of it is gone, or as much as a part of it has come.
        """
        merged, digest = self._merged
        new = [one.digest for file, one in self._kept.items() if file not in merged]
        if merged <= self._kept.keys():
            whole = Digest.concat([digest, *new])
            if whole.height <= digest.height * MOST_NEW + FEW:
                return whole
        whole = Digest.concat([nothing().digest, *(one.digest for one in self._kept.values())])
        self._merged = frozenset(self._kept), whole.merged()
        return self._merged[1]


@cache
def nothing() -> FileColumns:
    """Return the columns of no file."""
    return FileColumns.read(scan([], EVENTS))


def _tight(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame in one piece, without the room that it had to grow."""
    return frame.rechunk().shrink_to_fit(in_place=True)


def _last_names(named: pl.DataFrame, *of: str) -> pl.DataFrame:
    """Return the rows with the name that was given last, of each learner, perhaps by course."""
    ordered = named.sort("instant", "stored", "name")
    return ordered.group_by(of).agg(pl.all().last()).select(named.columns)
