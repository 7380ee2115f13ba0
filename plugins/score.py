"""How well learners answered, over all their answers."""

import polars as pl

from lrs_stats import Metric, hookimpl


class Score(Metric):
    """The mean score of the answers, in percent."""

    name = "score"
    title = "Overall score"
    unit = "percent"
    formula = "the mean over all answers given that have a score, repeats included"
    source = "events"
    expression = pl.col("value").filter(pl.col("kind") == "answer").mean()


@hookimpl
def register_metrics() -> list[type[Metric]]:
    """Return the metric of this file."""
    return [Score]
