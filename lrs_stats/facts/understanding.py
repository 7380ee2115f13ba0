"""What became of the statements: by whom each was understood, and what is tied to no course."""

import polars as pl

from lrs_stats.facts.rows import VOIDED


def statements(events: pl.LazyFrame) -> pl.LazyFrame:
    """Return a row for each statement that is not voided."""
    return events.filter(pl.col("part") == 0, pl.col("kind") != VOIDED)


def accounted(events: pl.LazyFrame) -> int:
    """Return how many statements the facts account for, voided ones included."""
    return int(events.filter(pl.col("part") == 0).select(pl.len()).collect().item())


def unknown(events: pl.LazyFrame) -> pl.LazyFrame:
    """Return a row for each statement that nobody understood."""
    return events.filter(pl.col("kind") == "unknown")


def unread(events: pl.LazyFrame) -> pl.LazyFrame:
    """Return for each interpreter that failed on statements how many, and the times of storing."""
    theirs = unknown(statements(events)).filter(pl.col("interpreter").is_not_null())
    return theirs.group_by("interpreter").agg(
        statements=pl.len(), since=pl.col("stored").min(), last=pl.col("stored").max()
    )


def unassigned(events: pl.LazyFrame) -> pl.LazyFrame:
    """Return a row for each statement that was understood, and is tied to no course."""
    without = pl.col("kind").is_in(("void", "nothing", "unknown", "login"))
    return statements(events).filter(pl.col("course").is_null(), ~without)


def counted(events: pl.LazyFrame, column: str) -> dict[str, int]:
    """Return how many rows each value has, the most frequent first."""
    counts = (
        events.group_by(pl.col(column).fill_null("none"))
        .len()
        .sort("len", column, descending=[True, False])
    )
    return dict(counts.collect().iter_rows())
