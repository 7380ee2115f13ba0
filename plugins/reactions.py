"""What learners thought of their courses, as far as tools let them say so."""

import polars as pl

from lrs_stats import Metric, hookimpl


class Useful(Metric):
    """The number of votes for a course."""

    name = "useful"
    title = "Useful"
    unit = "count"
    formula = "votes that call a course useful"
    source = "events"
    kinds = ("reaction",)
    expression = (pl.col("value") > 0).sum().cast(pl.Int64)
    empty = 0


class NotUseful(Useful):
    """The number of votes against a course."""

    name = "not_useful"
    title = "Not useful"
    formula = "votes that call a course not useful"
    expression = (pl.col("value") < 0).sum().cast(pl.Int64)


@hookimpl
def register_metrics() -> list[type[Metric]]:
    """Return the metrics of this file."""
    return [Useful, NotUseful]
