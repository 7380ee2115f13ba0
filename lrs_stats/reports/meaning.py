"""Where a figure means something; elsewhere a report says so by its name."""

from lrs_stats.reports.granularities import GRANULARITIES
from lrs_stats.reports.metric import Metric
from lrs_stats.reports.query import Query


def why_not(metric: Metric, query: Query) -> str:
    """Return why a figure means nothing in a report, as a sentence; empty when it means something.

    The same holds for every metric, wherever it comes from: it is said in `granularities`,
    `questions`, `series` and `months` of its class.
    """
    if query.of_questions and not metric.questions:
        return f"{metric.title} means nothing of questions: nothing but an answer is about one."
    known = metric.granularities
    if known is not None and query.granularity not in {"questions", *known}:
        where = ", ".join(sorted(known & GRANULARITIES.keys()))
        return f"{metric.title} means nothing by {query.granularity}; it does by {where}."
    if query.interval and not metric.series:
        return f"{metric.title} is one figure, and no series: ask for it without an interval."
    return ""
