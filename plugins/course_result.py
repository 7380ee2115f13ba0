"""What learners reached in their courses as a whole, apart from their answers."""

from collections.abc import Sequence

import polars as pl

from lrs_stats import Metric, Ratio, Tables, exact_sum, gathered, hookimpl


class CourseResult(Ratio):
    """The mean of the last result of each learner and course, in percent."""

    name = "course_result"
    title = "Course result"
    unit = "percent"
    formula = "the mean, over learners and courses, of the last result that carries a score"
    source = "results"
    kinds = ("result",)

    def parts(self, tables: Tables, by: Sequence[str]) -> pl.LazyFrame:
        """Return the sum of the last results, and their number."""
        keys = list(dict.fromkeys(["learner", "course", *by]))
        several = tables.results.filter(~pl.col("sole")).sort("place")
        last = pl.concat(
            [
                tables.results.filter("sole").select(*keys, "value"),
                several.group_by(keys).agg(pl.col("value").last()),
            ]
        )
        return gathered(
            last,
            by,
            exact_sum(pl.col("value")).alias("numerator"),
            pl.len().alias("denominator"),
        )


@hookimpl
def register_metrics() -> list[type[Metric]]:
    """Return the metric of this file."""
    return [CourseResult]
