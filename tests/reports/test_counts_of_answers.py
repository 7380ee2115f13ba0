"""Counts of answers have room for what metrics make of them, however little they take in memory."""

from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from lrs_stats import Metric
from lrs_stats.reports.engine import Engine
from lrs_stats.reports.query import Query
from tests.line import Line
from tests.oracle_examples import told
from tests.statement_strategies import IDLE

ZONE: Final = ZoneInfo("UTC")
LARGE: Final = 1 << 40


class Large(Metric):
    """The answers times a number that is beyond 32 bits once it is multiplied."""

    name = "large"
    title = "Large"
    unit = "count"
    formula = "answers times a large number"
    source = "answered"
    kinds = ("answer",)
    expression = ((1 << 20) * pl.col("answers").sum() * (1 << 20)).cast(pl.Int64)


def test_a_metric_may_multiply_them(tmp_path: Path) -> None:
    line = Line(tmp_path, ZONE, IDLE)
    line.record.add(told("ana 09:00 answered algebra?1"))
    line.catch_up()
    line.engine = Engine({"large": Large()}, ZONE)
    assert line.report(Query("platform", ("large",))).totals == {"large": LARGE}
