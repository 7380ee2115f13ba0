"""What the events of a stretch come to by seat, in a fraction of their rows.

For all time, and for whatever a period holds whole, figures are computed from these.
"""

import threading
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

import polars as pl

from lrs_stats.facts.answered import COUNTS, together
from lrs_stats.facts.offerings import OWN, Offerings
from lrs_stats.facts.packed import besides, grouped
from lrs_stats.facts.rows import KINDS
from lrs_stats.facts.standing import HEARD, IN_COURSE, REPORTED, heard_of

GROWN: Final = 1.25
"""By how much digests that were not merged may add to the rows of those that were."""
FEW: Final = 20_000
"""Rows that are not worth being merged."""
AT_ONCE: Final = 100_000
"""Rows that are merged at once."""
KEPT: Final = 24
"""How many merged digests are kept: those of all time, and of the periods last asked for."""


Summary = Literal["seats", "answered", "heard"]
"""A part of a digest."""


@dataclass(frozen=True, eq=False)
class Digest:
    """Of each seat the last sign, the counts of its answers, and how far the learner came.

    `seats` has the last sign of presence; where nobody was present it has the last of all. What
    lies outside any course has both, and those of answers apart: they are a row of their own where
    the rows are courses. `heard` has rows of `standing.heard_of`. All know the offering, as in
    memory.
    """

    seats: pl.DataFrame
    answered: pl.DataFrame
    heard: pl.DataFrame

    @classmethod
    def of(
        cls,
        signs: pl.DataFrame,
        answers: pl.DataFrame,
        progress: pl.DataFrame,
        offerings: Offerings,
    ) -> "Digest":
        """Return what signs, answers and events of progress come to."""
        said = offerings.named(signs.lazy())
        came = said.filter("present", IN_COURSE)
        reported = offerings.named(progress.lazy()).filter(REPORTED)
        heard = heard_of(came, reported, OWN)
        elsewhere = pl.when(IN_COURSE).then(pl.lit("access", KINDS)).otherwise("kind")
        seats = _seats(said.with_columns(kind=elsewhere).select(signs.columns).collect())
        return cls(seats, together(answers.lazy(), OWN).collect(), heard.collect())

    @classmethod
    def concat(cls, some: Sequence["Digest"]) -> "Digest":
        """Return several digests one after the other: a seat has a row in each that knows it."""
        return cls(
            pl.concat([one.seats for one in some]),
            pl.concat([one.answered for one in some]),
            pl.concat([one.heard for one in some]),
        )

    def merged(self) -> "Digest":
        """Return the same with each seat once."""
        return Digest.concat(
            [
                _once(Digest(said, self.answered.filter(of), self.heard.filter(of)))
                for said, of in apart(self.seats)
            ]
        )

    @property
    def height(self) -> int:
        """Return the number of rows."""
        return self.seats.height + self.answered.height + self.heard.height


def apart(rows: pl.DataFrame) -> Iterator[tuple[pl.DataFrame, pl.Expr]]:
    """Yield the rows of some learners after those of others, and what says whose they are.

    What is grouped at once takes several times the memory of its rows.
    """
    parts = max(1, rows.height // AT_ONCE)
    for part in range(parts):
        of = pl.col("learner").to_physical() % parts == part
        yield rows.filter(of), of


def _once(digest: Digest) -> Digest:
    counts = grouped(digest.answered.lazy(), OWN, pl.col(COUNTS).sum())
    heard = grouped(digest.heard.lazy(), OWN, *HEARD)
    return Digest(_seats(digest.seats), counts.collect(), heard.collect())


def _seats(signs: pl.DataFrame) -> pl.DataFrame:
    """Return the last sign of presence of each seat; of others where there is none, and answers."""
    last = grouped(signs.lazy(), (*OWN, "kind", "present"), pl.col("instant").max()).collect()
    present = last.filter("present")
    others = last.filter(~pl.col("present"))
    is_answer = pl.col("kind") == "answer"
    absent = besides(others.lazy().filter(~is_answer), present.lazy(), OWN).collect()
    return pl.concat([present, absent, others.filter(is_answer)]).select(signs.columns)


class Digested(Protocol):
    """Some events whose digest is known, or made when it is asked for: a file of them."""

    @property
    def digest(self) -> Digest:
        """Return what they come to."""


class Merged:
    """Digests of files come together, so that time costs what happened, not how often it was said.

    Whatever was merged is kept, since what is asked for next is likely to be that and a little
    more: the files that have come since.
    """

    def __init__(self, few: int = FEW) -> None:
        """Take how many rows are not worth being merged."""
        self._few = few
        self._kept: dict[frozenset[Digested], Digest] = {}
        self._lock = threading.Lock()

    def of(self, parts: Sequence[Digested]) -> Digest:
        """Return what some files, of which there is one or more, come to."""
        wanted = frozenset(parts)
        known, digest = self._largest_within(wanted)
        rest = [one.digest for one in parts if one not in known]
        whole = Digest.concat([digest, *rest] if digest else rest)
        merged = digest.height if digest else 0
        if whole.height <= merged * GROWN + self._few:
            return whole
        made = whole.merged()
        with self._lock:
            self._kept[wanted] = made
            for oldest in [*self._kept][:-KEPT]:
                del self._kept[oldest]
        return made

    @property
    def height(self) -> int:
        """Return how many merged digests are kept."""
        return len(self._kept)

    def keep(self, parts: Collection[Digested]) -> None:
        """Forget what others than these have come to."""
        with self._lock:
            self._kept = {some: one for some, one in self._kept.items() if some <= {*parts}}

    def _largest_within(
        self, wanted: frozenset[Digested]
    ) -> tuple[frozenset[Digested], Digest | None]:
        """Return the largest part that is merged, which is then the last to be forgotten."""
        with self._lock:
            largest = max((one for one in self._kept if one <= wanted), key=len, default=None)
            if largest is None:
                return frozenset(), None
            self._kept[largest] = digest = self._kept.pop(largest)
            return largest, digest
