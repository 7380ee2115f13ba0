"""What a certificate of training needs to know of a place in a session: time and completion."""

from collections.abc import Sequence

import polars as pl

from lrs_stats import Metric, OfRoster, Tables, gathered, hookimpl

OF_PLACES = frozenset({"enrolments", "seats"})


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
    source = "standing"
    kinds = ("complete", "uncomplete")
    granularities = OF_PLACES
    series = False

    def compute(self, tables: Tables, by: Sequence[str]) -> pl.LazyFrame:
        """Return the last of the seats' completions, where all of them are completed."""
        last = gathered(
            tables.standing.filter("completed", "asked"),
            by,
            pl.col("completed_at").max(),
            pl.len().alias("done"),
        )
        asked = tables.of_roster(_asked, tuple(by))
        both = last.join(asked, on=by) if by else pl.concat([last, asked], how="horizontal")
        all_of_them = pl.when(pl.col("done") == pl.col("asked"))
        return both.select(*by, all_of_them.then("completed_at").alias(self.name))


def _asked(tables: OfRoster, by: Sequence[str]) -> pl.LazyFrame:
    return gathered(tables.pairs, by, pl.len().alias("asked"))


@hookimpl
def register_metrics() -> list[type[Metric]]:
    """Return the metrics of this file."""
    return [FirstConnection, LastConnection, AttestedTime, CompletedAt]
