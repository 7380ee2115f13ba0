"""What follows from the events of each learner, carried over from one publication to the next.

Most files of a publication are those of the one before. What they say of a learner can only change
with the files that came or went, so it is worked out anew for the learners of these alone.
"""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

import polars as pl

from lrs_stats.facts.lookup import Lookup

PART: Final = 4
"""When more than one in so many of the learners of files may have changed, all is made anew."""
Make = Callable[[pl.Expr], pl.DataFrame]
"""What makes the rows of the learners for whom an expression holds."""


class Saying(Protocol):
    """The events of a file."""

    @property
    def mark(self) -> object:
        """Return what tells the file from all others, and holds nothing of it."""

    @property
    def learners(self) -> pl.Series:
        """Return the learners of whom it says something."""


class Carried:
    """A frame that has the rows of each learner, which follow from that learner's events alone."""

    def __init__(self) -> None:
        self._known: tuple[dict[object, pl.Series], pl.DataFrame] | None = None

    def of(self, files: Sequence[Saying], make: Make) -> pl.DataFrame:
        """Return what `make` makes of all learners, who are those of some files."""
        wanted = {one.mark: one.learners for one in files}
        known, frame = self._known or ({}, None)
        changed = [(known | wanted)[mark] for mark in known.keys() ^ wanted.keys()]
        rows = sum(learners.len() for learners in wanted.values())
        if frame is None or PART * sum(one.len() for one in changed) > rows:
            frame = make(pl.lit(value=True))
        elif changed:
            theirs = Lookup.among(pl.concat(changed)).holds("learner")
            frame = pl.concat([frame.filter(~theirs), make(theirs)]).rechunk()
        self._known = wanted, frame
        return frame
