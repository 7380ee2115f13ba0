"""What learners answered: how often, how well, and how many of them."""

import polars as pl

from lrs_stats import Metric, Ratio, exact_sum, hookimpl

CORRECT = pl.coalesce("success", pl.col("value") == 100).fill_null(value=False)  # noqa: PLR2004 - percent


class Score(Ratio):
    """The mean score of the answers, in percent."""

    name = "score"
    title = "Overall score"
    unit = "percent"
    formula = "the mean over all answers given that have a score, repeats included"
    source = "events"
    questions = True
    kinds = ("answer",)
    numerator = exact_sum(pl.col("value"))
    denominator = pl.col("value").count()


class Answers(Metric):
    """The number of answers."""

    name = "answers"
    title = "Answers given"
    unit = "count"
    formula = "answers given, repeats included"
    source = "events"
    questions = True
    kinds = ("answer",)
    expression = pl.len().cast(pl.Int64)
    empty = 0


class QuestionSuccess(Ratio):
    """The share of answers that are correct, in percent."""

    name = "question_success"
    title = "Question success"
    unit = "percent"
    formula = "correct answers divided by answers"
    source = "events"
    questions = True
    kinds = ("answer",)
    times = 100
    numerator = CORRECT.sum()
    denominator = pl.len()


class Respondents(Metric):
    """The number of learners who answered."""

    name = "respondents"
    title = "Respondents"
    unit = "count"
    formula = "distinct learners who answered"
    source = "events"
    questions = True
    kinds = ("answer",)
    expression = pl.col("learner").n_unique().cast(pl.Int64)
    empty = 0


@hookimpl
def register_metrics() -> list[type[Metric]]:
    """Return the metrics of this file."""
    return [Score, Answers, QuestionSuccess, Respondents]
