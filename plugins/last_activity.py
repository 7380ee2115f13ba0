"""When learners were last there."""

import polars as pl

from lrs_stats import ABSENT, Metric, hookimpl


class LastActivity(Metric):
    """The instant of the last sign of presence."""

    name = "last_activity"
    title = "Last activity"
    unit = "instant"
    formula = "the instant of the last statement that is a sign of presence"
    source = "events"
    questions = True
    expression = (
        pl.col("instant").filter((pl.col("part") == 0) & ~pl.col("kind").is_in(ABSENT)).max()
    )


@hookimpl
def register_metrics() -> list[type[Metric]]:
    """Return the metric of this file."""
    return [LastActivity]
