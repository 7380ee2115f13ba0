"""How far learners came in the courses of sessions, as events say it: docs/metrics.md, "Progress".

A seat is a learner, a course and a session, or open access.
"""

from collections.abc import Sequence
from typing import Final

import polars as pl

from lrs_stats.facts.packed import distinct, grouped

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
    """Return one row for each key of which something is known: `came`, `progress`, `completed`.

    `heard` has rows of `heard_of`; `completions` are events OF_COURSES. `progress` is null where
    none was reported and nothing completed.
    """
    said = pl.concat(
        [
            heard.select(
                *keys, "came", progress=pl.col("value").clip(0, 100), completed=pl.lit(value=False)
            ),
            _completed(completions, keys).with_columns(
                came=pl.lit(value=False), progress=pl.lit(100.0), completed=pl.lit(value=True)
            ),
        ]
    )
    return grouped(
        said, keys, pl.col("came").any(), pl.col("progress").max(), pl.col("completed").any()
    )


def last_results(results: pl.LazyFrame, keys: Sequence[str]) -> pl.LazyFrame:
    """Return the last of the events that are SCORED for each key: `value`, `place` and `sole`.

    The later of two has the higher place. `sole` are those of learners who have no other in the
    course.
    """
    ordered = results.sort(ORDER).with_row_index("place")
    last = grouped(ordered, keys, pl.col("value", "place").last()).sort("place")
    return last.with_columns(sole=distinct(last.collect_schema(), ("learner", "course")))


def _completed(completions: pl.LazyFrame, keys: Sequence[str]) -> pl.LazyFrame:
    """Return the keys of which the last completion was not taken back."""
    last = grouped(completions.sort(ORDER), keys, pl.col("kind").last())
    return last.filter(pl.col("kind") == "complete").select(keys)
