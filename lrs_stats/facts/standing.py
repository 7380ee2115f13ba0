"""How far learners came in the courses of sessions, as events say it: docs/metrics.md, "Progress".

A seat is a learner, a course and a session, or open access.
"""

from collections.abc import Sequence
from typing import Final

import polars as pl

from lrs_stats.facts.packed import grouped
from lrs_stats.facts.rows import INSTANT

SEAT: Final = ("learner", "course", "session")
ORDER: Final = ("instant", "stored", "statement", "part")
"""In which order events say something of the same seat: the last one holds."""
IN_COURSE: Final = pl.col("course").is_not_null()
REPORTED: Final = (pl.col("kind") == "progress") & pl.col("value").is_not_null() & IN_COURSE
OF_COURSES: Final = pl.col("kind").is_in(("complete", "uncomplete")) & (
    pl.col("object") == pl.col("course")
)
"""Completions of a course itself, and what takes them back."""
SCORED: Final = (pl.col("kind") == "result") & pl.col("value").is_not_null() & IN_COURSE


def heard_of(came: pl.LazyFrame, reported: pl.LazyFrame, keys: Sequence[str]) -> pl.LazyFrame:
    """Return one row for each key in which somebody was, or reported progress.

    `came` has a row where somebody was; `reported` has `value`. `value` is the highest progress.
    """
    said = pl.concat(
        [
            came.select(*keys, came=pl.lit(value=True), value=pl.lit(None, pl.Float64)),
            reported.select(*keys, came=pl.lit(value=False), value="value"),
        ]
    )
    return grouped(said, keys, *HEARD)


HEARD: Final = (pl.col("came").any(), pl.col("value").max())
"""What several rows of `heard_of` come to."""


def standing(heard: pl.LazyFrame, completions: pl.LazyFrame, keys: Sequence[str]) -> pl.LazyFrame:
    """Return one row for each key of which something is known: how far learners came there.

    They have `came`, `progress`, `completed` and `completed_at`. `heard` has rows of `heard_of`;
    `completions` are events OF_COURSES. `progress` is null where none was reported and nothing
    completed, `completed_at` where it is not completed.
    """
    said = pl.concat(
        [
            heard.select(
                *keys,
                "came",
                progress=pl.col("value").clip(0, 100),
                completed_at=pl.lit(None, INSTANT),
            ),
            _completed(completions, keys).select(
                *keys, came=pl.lit(value=False), progress=pl.lit(100.0), completed_at="completed_at"
            ),
        ]
    )
    reached = pl.col("came").any(), pl.col("progress").max(), pl.col("completed_at").max()
    known = grouped(said, keys, *reached)
    return known.with_columns(completed=pl.col("completed_at").is_not_null())


def last_results(results: pl.LazyFrame, keys: Sequence[str]) -> pl.LazyFrame:
    """Return the last of the events that are SCORED for each key: `value`, and its `place`.

    The later of two has the higher place, among those of one call.
    """
    ordered = results.sort(ORDER).with_row_index("place")
    return grouped(ordered, keys, pl.col("value", "place").last()).sort("place")


def _completed(completions: pl.LazyFrame, keys: Sequence[str]) -> pl.LazyFrame:
    """Return the keys of which the last completion was not taken back, and `completed_at`.

    It is the first completion that is not earlier than what took one back.
    """
    undone = pl.col("kind") == "uncomplete"
    last = grouped(
        completions.sort(ORDER),
        keys,
        pl.col("kind").last(),
        pl.col("instant").first().alias("completed_at"),
        undone.any().alias("undone"),
    ).filter(pl.col("kind") == "complete")
    several = completions.join(last.filter("undone"), on=keys, how="semi", nulls_equal=True)
    since = several.filter(undone).group_by(keys).agg(pl.col("instant").max().alias("since"))
    again = (
        several.filter(~undone)
        .join(since, on=keys, how="left", nulls_equal=True)
        .filter(pl.col("instant") >= pl.col("since"))
        .group_by(keys)
        .agg(pl.col("instant").min().alias("completed_at"))
    )
    return pl.concat([last.filter(~pl.col("undone")).select(*keys, "completed_at"), again])
