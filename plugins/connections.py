"""How often learners opened a course."""

import polars as pl

from lrs_stats import Metric, hookimpl


class Connections(Metric):
    """The number of connections."""

    name = "connections"
    title = "Connections"
    unit = "count"
    formula = "connections that start in the period"
    source = "connected"
    expression = pl.col("connections").sum().cast(pl.Int64)
    empty = 0


class ConnectionsOf12Months(Connections):
    """The number of connections in the last year, whatever the period: the box of a dashboard."""

    name = "connections_12_months"
    title = "Connections, 12 months"
    formula = "connections that start in the twelve calendar months that end with the current one"
    series = False
    months = 12


@hookimpl
def register_metrics() -> list[type[Metric]]:
    """Return the metrics of this file."""
    return [Connections, ConnectionsOf12Months]
