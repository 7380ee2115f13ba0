"""How often learners came back to a course after finishing it."""

import polars as pl
from lrs_stats import Metric, hookimpl


class Revisits(Metric):
    name = "revisits"
    title = "Revisits"
    unit = "count"
    formula = "connections that start after the course was completed"
    source = "connections"
    expression = pl.col("after_completion").sum()
    empty = 0


@hookimpl
def register_metrics() -> list[type[Metric]]:
    return [Revisits]
