"""Every registered plugin keeps its contract, the built-ins like any other."""

import pytest

from lrs_stats import Exporter, Interpreter, Metric, Resolver
from lrs_stats.registry import build
from lrs_stats.settings import Settings
from lrs_stats.testing import (
    ExporterContract,
    InterpreterContract,
    MetricContract,
    ResolverContract,
)

REGISTRY = build(Settings())
INTERPRETERS = {interpreter.name: interpreter for interpreter in REGISTRY.interpreters}


class TestInterpreters(InterpreterContract):
    @pytest.fixture(params=INTERPRETERS)
    def interpreter(self, request: pytest.FixtureRequest) -> Interpreter:
        return INTERPRETERS[request.param]


class TestMetrics(MetricContract):
    @pytest.fixture(params=REGISTRY.metrics)
    def metric(self, request: pytest.FixtureRequest) -> Metric:
        return REGISTRY.metrics[request.param]


class TestExporters(ExporterContract):
    @pytest.fixture(params=REGISTRY.exporters)
    def exporter(self, request: pytest.FixtureRequest) -> Exporter:
        return REGISTRY.exporters[request.param]


class TestResolvers(ResolverContract):
    @pytest.fixture(params=REGISTRY.resolvers)
    def resolver(self, request: pytest.FixtureRequest) -> Resolver:
        return REGISTRY.resolvers[request.param]
