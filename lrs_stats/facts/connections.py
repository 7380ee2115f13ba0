"""Connections from events: who opened which course, from when to when, for how long.

The rules are those of docs/metrics.md, "Connections" and "Time", and depend on the events of one
learner at a time. So the connections of some learners can be derived anew without the others'.
"""

from datetime import timedelta
from typing import Final

import polars as pl

from lrs_stats.facts.rows import EVENTS, INSTANT, IS_PRESENCE

CONNECTIONS: Final[dict[str, pl.DataType]] = {
    "connection": pl.String(),
    "learner": pl.String(),
    "course": pl.String(),
    "session": pl.String(),
    "start": INSTANT,
    "end": INSTANT,
    "seconds": pl.Float64(),
    "method": pl.String(),
    "statements": pl.Int64(),
    "after_completion": pl.Boolean(),
}
SIGNS: Final = {
    name: EVENTS[name]
    for name in (
        *("learner", "statement", "part", "stored", "instant", "kind", "verb", "object"),
        *("course", "session", "session_id", "registration", "seconds"),
    )
}
"""What connections are derived from."""
THREAD: Final = ("learner", "course", "session_id", "registration")
ORDER: Final = ("instant", "stored", "statement")

_LAUNCHED: Final = r"^https?://(www\.)?adlnet\.gov/expapi/verbs/launched$"
_INITIALIZED: Final = r"^https?://(www\.)?adlnet\.gov/expapi/verbs/initialized$"


def signs(events: pl.LazyFrame) -> pl.LazyFrame:
    """Return of the events what connections are derived from: no verb or object without need.

    It is as good as the events themselves, and the signs of signs are the same.
    """
    whole = pl.col("object") == pl.col("course")
    launch = pl.col("verb").str.contains(_LAUNCHED) | pl.col("verb").str.contains(_INITIALIZED)
    return (
        events.filter(pl.col("learner").is_not_null())
        .filter(IS_PRESENCE | ((pl.col("kind") == "complete") & whole))
        .with_columns(
            object=pl.when(whole).then("object").otherwise(pl.lit("")),
            verb=pl.when(launch).then("verb").otherwise(pl.lit("")),
        )
        .select(SIGNS.keys())
    )


def derive(events: pl.LazyFrame, idle: timedelta) -> pl.DataFrame:
    """Return the connections of all learners in the events, or their signs, whole for each."""
    events = signs(events)
    present = events.filter(IS_PRESENCE)
    visits = _visits(_threaded(_timed(present, idle), idle))
    completed = (
        events.filter(pl.col("kind") == "complete", pl.col("object") == pl.col("course"))
        .group_by("learner", "course")
        .agg(completed=pl.col("instant").min())
    )
    return (
        visits.join(completed, on=["learner", "course"], how="left")
        .with_columns(
            after_completion=(pl.col("start") > pl.col("completed")).fill_null(value=False)
        )
        .with_columns(_seconds_and_method(idle))
        .select(pl.col(name).cast(dtype) for name, dtype in CONNECTIONS.items())
        .sort("learner", "start", "connection")
        .collect()
    )


def _timed(present: pl.LazyFrame, idle: timedelta) -> pl.LazyFrame:
    """Add `gap`: the time from each statement to the learner's next, up to the idle limit."""
    closes = pl.col("kind").is_in(("end", "pause"))
    until = pl.col("instant").shift(-1).over("learner") - pl.col("instant")
    gap = pl.when(closes).then(pl.duration()).otherwise(pl.min_horizontal(until, pl.lit(idle)))
    last = until.is_null()
    return present.sort("learner", *ORDER).with_columns(
        gap=pl.when(last).then(pl.duration()).otherwise(gap)
    )


def _threaded(timed: pl.LazyFrame, idle: timedelta) -> pl.LazyFrame:
    """Keep the statements that are in a connection, and number it in `visit`."""
    keyed = pl.col("session_id").is_not_null()
    thread = (
        timed.filter(pl.col("course").is_not_null())
        .with_columns(registration=pl.when(~keyed).then("registration"))
        .sort(*THREAD, *ORDER, nulls_last=True)
    )
    previous = thread.with_columns(
        pl.col("instant", "kind", "verb").shift(1).over(THREAD).name.prefix("previous_")
    )
    silent = pl.col("instant") - pl.col("previous_instant") > idle
    closed = pl.col("previous_kind").is_in(("end", "pause"))
    same_launch = pl.col("verb").str.contains(_INITIALIZED) & pl.col("previous_verb").str.contains(
        _LAUNCHED
    )
    reopened = (pl.col("kind") == "start") & (pl.col("object") == pl.col("course")) & ~same_launch
    first = pl.col("previous_instant").is_null()
    opens = pl.col("kind").is_in(("start", "access"))
    return (
        previous.with_columns(visit=(first | (~keyed & (silent | closed | reopened))).cum_sum())
        .with_columns(opened=opens.cast(pl.Int8).cum_max().over("visit"))
        .filter(pl.col("opened") == 1)
    )


def _visits(threaded: pl.LazyFrame) -> pl.LazyFrame:
    """Gather the statements of each connection into one row."""
    declared = pl.col("seconds").filter(pl.col("kind") == "end", pl.col("session_id").is_not_null())
    return threaded.group_by("visit", maintain_order=True).agg(
        pl.col("statement").first().alias("connection"),
        pl.col("learner", "course", "session").first(),
        pl.col("instant").first().alias("start"),
        pl.col("instant").last().alias("end"),
        pl.col("gap").sum().dt.total_microseconds().truediv(1e6).alias("measured"),
        declared.drop_nulls().last().alias("declared"),
        pl.len().alias("statements"),
    )


def _seconds_and_method(idle: timedelta) -> tuple[pl.Expr, pl.Expr]:
    span = (pl.col("end") - pl.col("start")).dt.total_microseconds() / 1e6
    limit = span + idle.total_seconds()
    declared = pl.col("declared")
    seconds = (
        pl.when(declared.is_null()).then("measured").otherwise(pl.min_horizontal(declared, limit))
    )
    method = (
        pl.when(declared.is_null())
        .then(pl.lit("measured"))
        .when(declared > limit)
        .then(pl.lit("capped"))
        .otherwise(pl.lit("declared"))
    )
    return seconds.alias("seconds"), method.alias("method")
