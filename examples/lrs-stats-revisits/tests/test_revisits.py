"""The metric keeps its contract, and counts what its formula says."""

import pytest
from lrs_stats import Metric
from lrs_stats.testing import MetricContract, tables

from lrs_stats_revisits import Revisits


class TestContract(MetricContract):
    @pytest.fixture
    def metric(self) -> Metric:
        return Revisits()


def test_counts_what_comes_after_completion() -> None:
    given = tables(connections=[{"after_completion": True}, {"after_completion": False}])
    assert Revisits().compute(given, []).collect().item() == 1


def test_counts_each_course_by_itself() -> None:
    connections = [
        {"course": "first aid", "after_completion": True},
        {"course": "first aid", "after_completion": True},
        {"course": "fire safety", "after_completion": False},
    ]
    figures = Revisits().compute(tables(connections=connections), ["course"]).collect()
    assert dict(figures.iter_rows()) == {"first aid": 2, "fire safety": 0}
