"""What the events of a stretch come to by seat, in a fraction of their rows.

For all time, and for whatever a period holds whole, figures are computed from these.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from lrs_stats.facts.answered import COUNTS, together
from lrs_stats.facts.packed import grouped
from lrs_stats.facts.signs import seats
from lrs_stats.facts.standing import REPORTED, SEAT


@dataclass(frozen=True)
class Digest:
    """Of each seat the last signs, the counts of its answers, and the highest progress reported."""

    seats: pl.DataFrame
    answered: pl.DataFrame
    reached: pl.DataFrame

    @classmethod
    def of(cls, signs: pl.DataFrame, answers: pl.DataFrame, progress: pl.DataFrame) -> "Digest":
        """Return what signs, answers and events of progress come to."""
        return cls(seats(signs), answered(answers), reached(progress))

    @classmethod
    def concat(cls, some: Sequence["Digest"]) -> "Digest":
        """Return several digests one after the other: a seat has a row in each that knows it."""
        return cls(
            pl.concat([one.seats for one in some]),
            pl.concat([one.answered for one in some]),
            pl.concat([one.reached for one in some]),
        )

    def merged(self) -> "Digest":
        """Return the same with each seat once."""
        counts = grouped(self.answered.lazy(), SEAT, pl.col(COUNTS).sum())
        highest = grouped(self.reached.lazy(), SEAT, pl.col("value").max())
        return Digest(seats(self.seats), counts.collect(), highest.collect())

    @property
    def height(self) -> int:
        """Return the number of rows."""
        return self.seats.height + self.answered.height + self.reached.height


def answered(answers: pl.DataFrame) -> pl.DataFrame:
    """Return the counts of answers by seat."""
    return together(answers.lazy(), SEAT).collect()


def reached(progress: pl.DataFrame) -> pl.DataFrame:
    """Return the highest progress reported by seat."""
    return grouped(progress.lazy().filter(REPORTED), SEAT, pl.col("value").max()).collect()
