"""How long learners were in their courses."""

import polars as pl

from lrs_stats import Metric, hookimpl

MICROSECONDS = 1_000_000


class TimeSpent(Metric):
    """The time of all connections, in seconds.

    Added up in whole microseconds, so that it is the same to the last digit in any order.
    """

    name = "time_spent"
    title = "Time spent"
    unit = "seconds"
    formula = "the sum of the time of the connections that start in the period"
    source = "connections"
    expression = (pl.col("seconds") * MICROSECONDS).round().cast(pl.Int64).sum() / MICROSECONDS
    empty = 0


@hookimpl
def register_metrics() -> list[type[Metric]]:
    """Return the metric of this file."""
    return [TimeSpent]
