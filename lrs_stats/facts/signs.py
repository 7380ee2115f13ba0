"""Where and when something was said of somebody, to the quarter of an hour.

Ten million events are three million such signs: who does something is likely to do the next thing
soon, in the same place. Nothing is lost by it where a period begins and ends with a quarter.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import polars as pl

from lrs_stats.facts.rows import ABSENT, KINDS

QUARTER: Final = timedelta(minutes=15)
REGULAR: Final = datetime(1980, 1, 1, tzinfo=UTC)
"""Since when the midnights of all time zones are at full quarters of an hour."""
KEYS: Final = ("learner", "course", "session", "kind", "present")

Period = tuple[datetime | None, datetime | None]


def signs(events: pl.LazyFrame) -> pl.LazyFrame:
    """Return one row for all signs of a learner, course and session in a quarter, with the last.

    `kind` is `answer` for those that answer a question, and `access` for others; `present` says
    whether they are signs of presence. Before zones were regular each sign is a row.
    """
    answered = pl.when(pl.col("kind") == "answer").then(pl.lit("answer", dtype=pl.String))
    quarter = pl.when(pl.col("instant") < REGULAR).then("instant")
    return (
        events.filter(~pl.col("kind").is_in(ABSENT))
        .select(
            *("learner", "course", "session", "instant"),
            kind=answered.otherwise(pl.lit("access")).cast(KINDS),
            present=pl.col("part") == 0,
            quarter=quarter.otherwise(pl.col("instant").dt.truncate(QUARTER)),
        )
        .group_by(*KEYS, "quarter")
        .agg(pl.col("instant").max())
        .drop("quarter")
    )


def quarter(instant: datetime) -> datetime:
    """Return when the quarter of an hour began that an instant is in."""
    return instant - (instant - datetime.min.replace(tzinfo=UTC)) % QUARTER


def whole_quarters(start: datetime | None, end: datetime | None) -> Period | None:
    """Return the longest part of a period that is whole quarters; None when there is none."""
    first = (
        None
        if start is None
        else datetime.min.replace(tzinfo=UTC)
        + -(-(start - datetime.min.replace(tzinfo=UTC)) // QUARTER) * QUARTER
    )
    last = None if end is None else quarter(end)
    return None if first is not None and last is not None and first >= last else (first, last)


def edges(start: datetime | None, end: datetime | None) -> Iterator[Period]:
    """Yield what else there is of a period: parts of quarters, or all of it."""
    whole = whole_quarters(start, end)
    if whole is None:
        yield start, end
        return
    first, last = whole
    if first != start:
        yield start, first
    if last != end:
        yield last, end
