"""Rows of several files, of which a period is found without a look at what lies outside.

Files follow the order of storing, which is nearly that of the instants: a month lies in few of
them, whole in most of these, and thirty days cost what thirty days hold.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final, Self

import polars as pl

PIECE: Final = 1 << 16
"""Rows of a piece, where one frame is cut into pieces."""


@dataclass(frozen=True)
class Stretch:
    """Rows that lie together, and the instants of the first and of the last of them."""

    rows: pl.DataFrame
    when: str
    first: datetime | None
    last: datetime | None

    @classmethod
    def of(cls, rows: pl.DataFrame, when: str) -> "Stretch":
        """Return rows whose column `when` says when they happened."""
        first, last = rows.select(pl.col(when).min(), last=pl.col(when).max()).row(0)
        return cls(rows, when, first, last)

    def meets(self, start: datetime | None, end: datetime | None) -> bool:
        """Return whether some of the rows may be of a half-open period."""
        if self.first is None or self.last is None:
            return False
        return (end is None or self.first < end) and (start is None or self.last >= start)

    def is_within(self, start: datetime | None, end: datetime | None) -> bool:
        """Return whether all rows are of a half-open period."""
        if self.first is None or self.last is None:
            return True
        return (start is None or self.first >= start) and (end is None or self.last < end)

    def between(self, start: datetime | None, end: datetime | None) -> pl.DataFrame:
        """Return the rows of a half-open period; without a copy when they lie together."""
        if self.is_within(start, end):
            return self.rows
        if not self.meets(start, end):
            return self.rows.clear()
        if self.rows[self.when].flags["SORTED_ASC"]:
            return self._slice(start, end)
        instant, inside = pl.col(self.when), []
        if start is not None:
            inside.append(instant >= start)
        if end is not None:
            inside.append(instant < end)
        return self.rows.filter(inside)

    def _slice(self, start: datetime | None, end: datetime | None) -> pl.DataFrame:
        """Return the rows of a half-open period, where they lie in the order of their instants."""
        instants = self.rows[self.when]
        first = 0 if start is None else instants.search_sorted(start, side="left")
        after = self.rows.height if end is None else instants.search_sorted(end, side="left")
        return self.rows.slice(first, max(0, after - first))


class Timeline:
    """The rows of one stretch or more."""

    def __init__(self, stretches: Iterable[Stretch]) -> None:
        self.stretches = tuple(stretches)

    @classmethod
    def cut(cls, rows: pl.DataFrame, when: str) -> Self:
        """Return rows in the order of their instants, cut into pieces."""
        pieces = [*rows.sort(when).iter_slices(PIECE)] or [rows]
        return cls(Stretch.of(piece, when) for piece in pieces)

    @cached_property
    def whole(self) -> pl.DataFrame:
        """Return all rows."""
        return pl.concat([stretch.rows for stretch in self.stretches])

    def most_between(self, start: datetime | None, end: datetime | None) -> int:
        """Return how many rows there may be of a half-open period; in stretches that it meets."""
        return sum(one.rows.height for one in self.stretches if one.meets(start, end))

    def between(self, start: datetime | None, end: datetime | None) -> pl.DataFrame:
        """Return the rows of a half-open period; None is open."""
        if start is None and end is None:
            return self.whole
        inside = [one.between(start, end) for one in self.stretches if one.meets(start, end)]
        return pl.concat(inside) if inside else self.stretches[0].rows.clear()
