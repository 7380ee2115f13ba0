"""A course in a session as one number: an offering.

Millions of rows in memory say where something happened, in some hundred places. With the learner
an offering is a seat; a course in open access is one, and so is what lies outside any course.
"""

import threading
from typing import Final

import polars as pl

from lrs_stats.facts.lookup import Lookup
from lrs_stats.facts.packed import KEY, packed

OFFERING: Final = "offering"
OWN: Final = ("learner", OFFERING)
"""What tells seats apart, in memory."""
WHERE: Final = ("course", "session")
_SCHEMA: Final = {KEY: pl.UInt64(), **dict.fromkeys(WHERE, pl.Categorical()), OFFERING: pl.UInt32()}


class Offerings:
    """The numbers of the offerings that were met so far; each keeps its own for good."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known = pl.DataFrame(schema=_SCHEMA)

    def numbered(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return rows with the offering instead of the course and the session."""
        placed = self._placed(rows)
        if placed[OFFERING].null_count():
            self._meet(rows)
            placed = self._placed(rows)
        return placed

    def _placed(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return rows with the offering, as far as it is known."""
        known = self._known.lazy().select(KEY, OFFERING)
        keyed = rows.lazy().with_columns(packed(rows.schema, WHERE)).drop(WHERE)
        return keyed.join(known, on=KEY, how="left", maintain_order="left").drop(KEY).collect()

    def _meet(self, rows: pl.DataFrame) -> None:
        """Give a number to the offerings of rows that have none yet."""
        found = rows.select(packed(rows.schema, WHERE), *WHERE).unique(KEY)
        with self._lock:
            met = found.join(self._known, on=KEY, how="anti")
            numbers = pl.int_range(pl.len(), dtype=pl.UInt32) + self._known.height
            self._known = pl.concat([self._known, met.with_columns(numbers.alias(OFFERING))])

    def named(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """Return rows with their course and session beside the offering."""
        known = self._known
        return rows.with_columns(Lookup(known[name])(OFFERING).alias(name) for name in WHERE)
