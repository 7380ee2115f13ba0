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
        asked = tables.pairs.select(SEAT)
        done = tables.standing.filter("completed").select(SEAT)
        seats = asked.join(done.with_columns(done=pl.lit(value=True)), on=SEAT, how="left").join(
            _completions(tables.events), on=SEAT, how="left"
        )
        instant = pl.when(pl.col("done").fill_null(value=False).all()).then(pl.col("instant").max())
        return gathered(seats, by, instant.alias(self.name))


def _completions(events: pl.LazyFrame) -> pl.LazyFrame:
    """Return of each seat the first completion not earlier than what took one back."""
    of_courses = events.filter(pl.col("object") == pl.col("course"))
    undone = pl.col("instant").filter(pl.col("kind") == "uncomplete").max()
    complete = pl.col("instant").filter(pl.col("kind") == "complete")
    stands = undone.is_null() | (complete >= undone)
    return of_courses.group_by(SEAT).agg(instant=complete.filter(stands).min())


@hookimpl
def register_metrics() -> list[type[Metric]]:
    """Return the metrics of this file."""
    return [FirstConnection, LastConnection, AttestedTime, CompletedAt]
