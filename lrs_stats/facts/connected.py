"""Connections counted and added up by seat: docs/metrics.md, "Connections" and "Time"."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import polars as pl

from lrs_stats.facts.digest import apart
from lrs_stats.facts.kept import Kept
from lrs_stats.facts.millionths import MILLIONTHS
from lrs_stats.facts.packed import grouped
from lrs_stats.facts.standing import SEAT
from lrs_stats.facts.timeline import Stretch, Timeline

TOTALS: Final = ("connections", "millionths")
"""Of some connections: how many, and their time in millionths of a second."""
MOST_PERIODS: Final = 4
"""Of how many periods, those last asked for, it is known what the connections come to."""


def one_by_one(connections: pl.LazyFrame, keys: Sequence[str]) -> pl.LazyFrame:
    """Return the TOTALS of each connection, with its keys."""
    return connections.select(
        *keys,
        connections=pl.lit(1, pl.UInt32),
        millionths=(pl.col("seconds") * MILLIONTHS).round().cast(pl.Int64),
    )


def by_seat(connections: pl.DataFrame) -> pl.DataFrame:
    """Return the TOTALS of each seat."""
    return pl.concat(
        [
            grouped(one_by_one(some.lazy(), SEAT), SEAT, pl.col(TOTALS).sum()).collect()
            for some, _ in apart(connections)
        ]
    ).rechunk()


class Closed(Timeline):
    """The closed connections, and what those of the periods last asked for come to by seat."""

    def __init__(self, stretches: Iterable[Stretch]) -> None:
        super().__init__(stretches)
        self._by_seat = Kept[pl.DataFrame](MOST_PERIODS)

    def by_seat(self, start: datetime | None, end: datetime | None) -> pl.DataFrame:
        """Return the TOTALS of each seat, of the connections that start in a half-open period."""
        return self._by_seat.of((start, end), lambda: by_seat(self.between(start, end)))
