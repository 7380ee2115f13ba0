"""How well learners answered, over all their answers."""

import polars as pl

from lrs_stats import Metric, exact_mean, hookimpl


class Score(Metric):
    """The mean score of the answers, in percent."""

    name = "score"
    title = "Overall score"
    unit = "percent"
    formula = "the mean over all answers given that have a score, repeats included"
    source = "events"
    expression = exact_mean(pl.col("value").filter(pl.col("kind") == "answer"))


@hookimpl
def register_metrics() -> list[type[Metric]]:
    """Return the metric of this file."""
    return [Score]
