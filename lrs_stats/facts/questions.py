"""What answers come to by question, whoever gave them: few rows for millions of answers."""

from collections.abc import Sequence
from typing import Final, Protocol

import polars as pl

from lrs_stats.batches import batches
from lrs_stats.facts.answered import COUNTS, one_by_one
from lrs_stats.facts.offerings import OFFERING
from lrs_stats.facts.packed import grouped

AT_ONCE: Final = 8
"""Files whose answers are counted at once, so that it takes little memory."""
ASKED: Final = (OFFERING, "object")
"""What tells the rows apart: a question in a course and a session."""


class Answering(Protocol):
    """The answers of a file."""

    @property
    def mark(self) -> object:
        """Return what tells the file from all others, and holds nothing of it."""

    @property
    def answers(self) -> pl.DataFrame:
        """Return them, as they are in memory."""


def by_question(answers: pl.DataFrame) -> pl.DataFrame:
    """Return the COUNTS of the answers to each question, and the instant of the last."""
    told = one_by_one(answers.lazy(), (*ASKED, "instant"))
    return _together(told)


class ByQuestion:
    """The same of all answers of some files; those that came since are added to what is known."""

    def __init__(self) -> None:
        self._known: tuple[frozenset[object], list[pl.DataFrame]] = frozenset(), []

    def of(self, files: Sequence[Answering]) -> pl.DataFrame:
        """Return what the answers of files, of which there is one or more, come to."""
        wanted = frozenset(one.mark for one in files)
        known, found = self._known
        if not known <= wanted:
            known, found = frozenset(), []
        for some in batches((one.answers for one in files if one.mark not in known), AT_ONCE):
            found = [_together(pl.concat([*found, by_question(pl.concat(some))]).lazy())]
        self._known = wanted, found
        return found[0]


def _together(counts: pl.LazyFrame) -> pl.DataFrame:
    summed = grouped(counts, ASKED, pl.col(COUNTS).sum(), pl.col("instant").max())
    return summed.with_columns(pl.col(COUNTS).cast(pl.Int64)).collect(engine="streaming")
