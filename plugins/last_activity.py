"""When learners were last there."""

import polars as pl

from lrs_stats import Metric, hookimpl


class LastActivity(Metric):
    """The instant of the last sign of presence."""

    name = "last_activity"
    title = "Last activity"
    unit = "instant"
    formula = "the instant of the last statement that is a sign of presence"
    source = "presence"
    questions = True
    expression = pl.col("instant").max()


@hookimpl
def register_metrics() -> list[type[Metric]]:
    """Return the metric of this file."""
    return [LastActivity]
