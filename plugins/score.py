"""What learners answered: how often, how well, and how many of them."""

import polars as pl

from lrs_stats import MILLIONTHS, Metric, Ratio, hookimpl


class Score(Ratio):
    """The mean score of the answers, in percent."""

    name = "score"
    title = "Overall score"
    unit = "percent"
    formula = "the mean over all answers given that have a score, repeats included"
    source = "answered"
    questions = True
    kinds = ("answer",)
    numerator = pl.col("millionths").sum() / MILLIONTHS
    denominator = pl.col("scored").sum()


class Answers(Metric):
    """The number of answers."""

    name = "answers"
    title = "Answers given"
    unit = "count"
    formula = "answers given, repeats included"
    source = "answered"
    questions = True
    kinds = ("answer",)
    expression = pl.col("answers").sum().cast(pl.Int64)
    empty = 0


class QuestionSuccess(Ratio):
    """The share of answers that are correct, in percent."""

    name = "question_success"
    title = "Question success"
    unit = "percent"
    formula = "correct answers divided by answers"
    source = "answered"
    questions = True
    kinds = ("answer",)
    times = 100
    numerator = pl.col("correct").sum()
    denominator = pl.col("answers").sum()


class Respondents(Metric):
    """The number of learners who answered."""

    name = "respondents"
    title = "Respondents"
    unit = "count"
    formula = "distinct learners who answered"
    source = "answered"
    questions = True
    kinds = ("answer",)
    expression = pl.col("learner").n_unique().cast(pl.Int64)
    empty = 0


@hookimpl
def register_metrics() -> list[type[Metric]]:
    """Return the metrics of this file."""
    return [Score, Answers, QuestionSuccess, Respondents]
