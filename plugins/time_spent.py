"""How long learners were in their courses."""

import polars as pl

from lrs_stats import MILLIONTHS, Metric, hookimpl


class TimeSpent(Metric):
    """The time of all connections, in seconds."""

    name = "time_spent"
    title = "Time spent"
    unit = "seconds"
    formula = "the sum of the time of the connections that start in the period"
    source = "connected"
    expression = pl.col("millionths").sum() / MILLIONTHS
    empty = 0


@hookimpl
def register_metrics() -> list[type[Metric]]:
    """Return the metric of this file."""
    return [TimeSpent]
