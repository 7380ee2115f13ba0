"""Which seats the programs of a roster ask for: those of its pairs."""

import threading
from collections.abc import Callable, Hashable
from typing import Final

import polars as pl

from lrs_stats.facts.columns import Columns
from lrs_stats.facts.kept import Kept
from lrs_stats.facts.rows import INSTANT
from lrs_stats.reports.roster_frames import RosterFrames, is_small

STANDING: Final[dict[str, pl.DataType]] = {
    **dict.fromkeys(("learner", "course", "session", "program"), pl.Categorical()),
    "came": pl.Boolean(),
    "progress": pl.Float64(),
    "completed_at": INSTANT,
    "completed": pl.Boolean(),
    "again": pl.Boolean(),
    "asked": pl.Boolean(),
}
CONNECTED: Final[dict[str, pl.DataType]] = {
    **dict.fromkeys(("learner", "course", "session", "program"), pl.Categorical()),
    "connections": pl.UInt32(),
    "millionths": pl.Int64(),
}
RESULTS: Final[dict[str, pl.DataType]] = {
    **dict.fromkeys(("learner", "course", "session", "program"), pl.Categorical()),
    "value": pl.Float64(),
    "place": pl.UInt32(),
    "sole": pl.Boolean(),
}


def with_asked(seats: pl.LazyFrame, roster: RosterFrames) -> pl.LazyFrame:
    """Add to seats their program, whether it asks for them, and whether it does so again."""
    places = roster.enrolled.lazy().select("learner", "session", "again")
    contents = roster.contents.lazy().with_columns(content=pl.lit(value=True))
    return (
        seats.with_columns(program=roster.program_of("session"))
        .join(places, on=["learner", "session"], how="left")
        .join(contents, on=["program", "course"], how="left")
        .with_columns(
            pl.col("again").fill_null(value=False),
            asked=pl.col("again").is_not_null() & pl.col("content").is_not_null(),
        )
        .drop("content")
    )


class Standings:
    """How far learners came in the periods last asked for, by the publication and the roster.

    The pages of a dashboard speak of the same period, for whoever looks at them. Of the periods it
    is also kept which rows there are.
    """

    def __init__(self, most: int = 6, most_rows: int = 32) -> None:
        """Take how much is kept: of each period it may be how far learners came, and results.

        `most_rows` are the lists of rows, which are small.
        """
        self._most, self._most_rows = most, most_rows
        self._lock = threading.Lock()
        self._of: tuple[Columns, RosterFrames] | None = None
        self._kept = self._nothing()

    def of(
        self,
        columns: Columns,
        roster: RosterFrames,
        key: Hashable,
        make: Callable[[], pl.LazyFrame] | None,
    ) -> pl.DataFrame | None:
        """Return what is kept, or made now and then kept; None where it is neither."""
        kept, _ = self._newest(columns, roster)
        return kept.get(key) if make is None else kept.of(key, lambda: make().collect())

    def rows(
        self,
        columns: Columns,
        roster: RosterFrames,
        key: Hashable,
        make: Callable[[], pl.DataFrame],
    ) -> pl.DataFrame:
        """Return the rows that are kept, or made now and then kept."""
        _, kept = self._newest(columns, roster)
        return kept.of(key, make)

    def _newest(
        self, columns: Columns, roster: RosterFrames
    ) -> tuple[Kept[pl.DataFrame], Kept[pl.DataFrame]]:
        """Return what is kept of the newest publication and roster."""
        with self._lock:
            if self._of is None or self._of[0] is not columns or self._of[1] is not roster:
                self._of, self._kept = (columns, roster), self._nothing()
            return self._kept

    def _nothing(self) -> tuple[Kept[pl.DataFrame], Kept[pl.DataFrame]]:
        return Kept(self._most), Kept(self._most_rows, is_small)
