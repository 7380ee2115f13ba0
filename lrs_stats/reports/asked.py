"""Which seats the programs of a roster ask for: those of its pairs."""

from typing import Final

import polars as pl

from lrs_stats.facts.columns import Columns
from lrs_stats.reports.roster_frames import RosterFrames

STANDING: Final[dict[str, pl.DataType]] = {
    **dict.fromkeys(("learner", "course", "session", "program"), pl.Categorical()),
    "came": pl.Boolean(),
    "progress": pl.Float64(),
    "completed": pl.Boolean(),
    "again": pl.Boolean(),
    "asked": pl.Boolean(),
}
RESULTS: Final[dict[str, pl.DataType]] = {
    **dict.fromkeys(("learner", "course", "session", "program"), pl.Categorical()),
    "value": pl.Float64(),
    "place": pl.UInt32(),
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
    """How far learners came in all time: the newest that was asked for, by its roster, is kept."""

    def __init__(self) -> None:
        self._kept: tuple[Columns, RosterFrames, pl.DataFrame] | None = None

    def of(self, columns: Columns, roster: RosterFrames) -> pl.DataFrame:
        """Return the standing of all seats, and what the roster asks for."""
        kept = self._kept
        if kept is None or kept[0] is not columns or kept[1] is not roster:
            kept = columns, roster, with_asked(columns.standing.lazy(), roster).collect()
            self._kept = kept
        return kept[2]
