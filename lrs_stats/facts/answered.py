"""What learners answered, counted and added up: docs/metrics.md, "Overall score"."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from lrs_stats.facts.millionths import MILLIONTHS
from lrs_stats.facts.packed import grouped

CORRECT: Final = pl.coalesce("success", pl.col("value") == 100).fill_null(value=False)  # noqa: PLR2004 - percent
COUNTS: Final = ("answers", "correct", "scored", "millionths")
"""Of some answers: how many, correct ones, those with a score, and their scores in millionths."""


def one_by_one(answers: pl.LazyFrame, keys: Sequence[str]) -> pl.LazyFrame:
    """Return the COUNTS of each answer, with its keys."""
    return answers.select(
        *keys,
        answers=pl.lit(1, pl.UInt8),
        correct=CORRECT.cast(pl.UInt8),
        scored=pl.col("value").is_not_null().cast(pl.UInt8),
        millionths=(pl.col("value") * MILLIONTHS).round().cast(pl.Int64).fill_null(0),
    )


def together(answers: pl.LazyFrame, keys: Sequence[str]) -> pl.LazyFrame:
    """Return the COUNTS of the answers that have the same keys, in no more room than they need."""
    counts = grouped(one_by_one(answers, keys), keys, pl.col(COUNTS).sum())
    return counts.with_columns(pl.col("answers", "correct", "scored").cast(pl.UInt32))
