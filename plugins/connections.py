"""How often learners opened a course."""

import polars as pl

from lrs_stats import Metric, hookimpl


class Connections(Metric):
    """The number of connections."""

    name = "connections"
    title = "Connections"
    unit = "count"
    formula = "connections that start in the period"
    source = "connections"
    expression = pl.len().cast(pl.Int64)
    empty = 0


@hookimpl
def register_metrics() -> list[type[Metric]]:
    """Return the metric of this file."""
    return [Connections]
