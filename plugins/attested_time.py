"""What a certificate of training needs to know of a place in a session: time and completion."""

from collections.abc import Sequence

import polars as pl

from lrs_stats import Metric, Tables, gathered, hookimpl

OF_PLACES = frozenset({"enrolments", "seats"})
SEAT = ["learner", "course", "session"]


class FirstConnection(Metric):
    """The instant at which the first connection started."""

    name = "first_connection"
    title = "First connection"
    unit = "instant"
    formula = "the instant at which the first connection of the period started"
    source = "connections"
    expression = pl.col("start").min()
    granularities = OF_PLACES
    series = False


class LastConnection(FirstConnection):
    """The instant at which the last connection started."""

    name = "last_connection"
    title = "Last connection"
    formula = "the instant at which the last connection of the period started"
    expression = pl.col("start").max()


class AttestedTime(Metric):
    """The time of connections in whole seconds, so that lines in whole seconds add up to it."""

    name = "attested_time"
    title = "Attested time"
    unit = "seconds"
    formula = "the sum of the time of connections, each rounded to the second"
    source = "connections"
    expression = (pl.col("seconds") + 0.5).floor().cast(pl.Int64).sum()
    empty = 0
    granularities = OF_PLACES
    series = False


class CompletedAt(Metric):
    """The instant at which the last of the courses that are asked for was completed."""

    name = "completed_at"
    title = "Completed at"
    unit = "instant"
    formula = (
        "the instant of the completion with which all courses that the session asks for were"
        " completed"
    )
    source = "events"
    kinds = ("complete", "uncomplete")
    granularities = OF_PLACES
    series = False

    def compute(self, tables: Tables, by: Sequence[str]) -> pl.LazyFrame:
        """Return the last of the seats' completions, where all of them are completed."""
        done = tables.standing.filter("completed", "asked").select(*dict.fromkeys([*SEAT, *by]))
        when = _completions(tables.events)
        last = gathered(
            done.join(when, on=SEAT, how="left"),
            by,
            pl.col("instant").max(),
            pl.len().alias("done"),
        )
        asked = gathered(tables.pairs, by, pl.len().alias("asked"))
        both = last.join(asked, on=by) if by else pl.concat([last, asked], how="horizontal")
        return both.select(
            *by, pl.when(pl.col("done") == pl.col("asked")).then("instant").alias(self.name)
        )


def _completions(events: pl.LazyFrame) -> pl.LazyFrame:
    """Return of each seat the first completion not earlier than what took one back."""
    of_courses = events.filter(pl.col("object") == pl.col("course"))
    undone = gathered(
        of_courses.filter(pl.col("kind") == "uncomplete"),
        SEAT,
        pl.col("instant").max().alias("undone"),
    )
    stands = pl.col("undone").is_null() | (pl.col("instant") >= pl.col("undone"))
    complete = of_courses.filter(pl.col("kind") == "complete")
    standing = complete.join(undone, on=SEAT, how="left", nulls_equal=True).filter(stands)
    return gathered(standing, SEAT, pl.col("instant").min())


@hookimpl
def register_metrics() -> list[type[Metric]]:
    """Return the metrics of this file."""
    return [FirstConnection, LastConnection, AttestedTime, CompletedAt]
