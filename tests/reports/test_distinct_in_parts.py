"""What is distinct is the same counted in parts, for every key, the missing one too."""

import polars as pl
from polars.testing import assert_frame_equal

from lrs_stats.reports.evaluation import PARTS, _in_parts
from lrs_stats.reports.metric import Metric


class Distinct(Metric):
    """Learners."""

    name = "distinct"
    expression = pl.col("learner").n_unique().cast(pl.Int64)


def test_it_is_what_counting_all_at_once_says() -> None:
    keys = [*(f"question {n}" for n in range(3 * PARTS)), None]
    rows = pl.LazyFrame(
        [(key, f"learner {n % (place + 1)}") for place, key in enumerate(keys) for n in range(20)],
        schema={"question": pl.Categorical, "learner": pl.Categorical},
        orient="row",
    )
    found = _in_parts(rows, ("question",), (Distinct(),)).collect()
    expected = {key: place + 1 for place, key in enumerate(keys)}
    assert dict(found.iter_rows()) == expected
    assert_frame_equal(
        _in_parts(rows, (), (Distinct(),)).collect(), pl.DataFrame({"distinct": [len(keys)]})
    )
