"""What belongs to a category, found by its number: faster than a join, and without a hash.

Ids are categories that all frames share (`file_columns.typed`), so the number of an id is its
place in a plain list of answers.
"""

from dataclasses import dataclass
from functools import cached_property

import polars as pl


@dataclass(frozen=True)
class Lookup:
    """One value for each of some ids; the others have none."""

    values: pl.Series

    @classmethod
    def of(cls, keys: pl.Series, values: pl.Series) -> "Lookup":
        """Return what gives each key, of which none comes twice, its value."""
        known = pl.DataFrame({"place": keys.to_physical(), "value": values}).drop_nulls("place")
        size = _room(known)
        places = pl.DataFrame({"place": pl.int_range(size, dtype=pl.UInt32, eager=True)})
        found = places.join(known, on="place", how="left", maintain_order="left")
        return cls(found["value"].rechunk())

    @classmethod
    def among(cls, keys: pl.Series) -> "Lookup":
        """Return what says `true` of each key that is among some."""
        places = keys.to_physical().drop_nulls().to_frame("place")
        unknown = pl.repeat(None, _room(places), dtype=pl.Boolean, eager=True)
        return cls(unknown.scatter(places["place"], values=True))

    @cached_property
    def _answers(self) -> pl.Expr:
        return pl.lit(self.values)

    def __call__(self, column: str) -> pl.Expr:
        """Return the value of the id in a column; null where there is none."""
        return self._answers.gather(pl.col(column).to_physical(), null_on_oob=True)

    def holds(self, column: str) -> pl.Expr:
        """Return whether there is a value for the id in a column."""
        return self(column).is_not_null()


def _room(places: pl.DataFrame) -> int:
    """Return how long a list is that has all places, and one where there are none."""
    size: int = 1 + places.select(pl.col("place").max().fill_null(0)).item()
    return size
