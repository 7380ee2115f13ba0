"""The examples of docs/plugins.md run, keep their contracts, and are what the page says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from lrs_stats import Exporter, Interpreter, Metric, Resolver
from lrs_stats.registry import Registry, build
from lrs_stats.settings import Settings
from lrs_stats.testing import (
    ExporterContract,
    InterpreterContract,
    MetricContract,
    ResolverContract,
)

PAGE = Path(__file__).parents[2] / "docs" / "plugins.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
PLUGINS = {
    name.group(1): block
    for block in BLOCKS
    if (name := re.search(r'^    name = "(.*)"$', block, re.MULTILINE))
}


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """Return the registry of a server whose plugin folder holds the page's examples."""
    folder = tmp_path_factory.mktemp("plugins")
    for name, source in PLUGINS.items():
        (folder / f"{name}.py").write_text(source)
    return build(Settings(plugins=str(folder), resolver="managers"))


def test_every_kind_has_an_example(documented: Registry) -> None:
    provided = [
        one for plugin in documented.plugins if plugin.name in PLUGINS for one in plugin.provides
    ]
    assert sorted(provided) == [
        "exporter markdown",
        "interpreter simulator",
        "metric coverage",
        "metric long_connections",
        "metric revisits",
        "resolver managers",
    ]


class TestMetrics(MetricContract):
    @pytest.fixture(params=["revisits", "coverage", "long_connections"])
    def metric(self, documented: Registry, request: pytest.FixtureRequest) -> Metric:
        return documented.metrics[request.param]


class TestExporter(ExporterContract):
    @pytest.fixture
    def exporter(self, documented: Registry) -> Exporter:
        return documented.exporters["markdown"]


class TestInterpreter(InterpreterContract):
    @pytest.fixture
    def interpreter(self, documented: Registry) -> Interpreter:
        return next(one for one in documented.interpreters if one.name == "simulator")


class TestResolver(ResolverContract):
    @pytest.fixture
    def resolver(self, documented: Registry) -> Resolver:
        return documented.resolvers["managers"]


def test_an_author_can_run_the_test_of_the_page(tmp_path: Path) -> None:
    test = next(block for block in BLOCKS if "class TestRevisits" in block)
    (tmp_path / "revisits.py").write_text(PLUGINS["revisits"])
    (tmp_path / "test_revisits.py").write_text(test)
    root = str(PAGE.parents[1])
    ran = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-o",
            f"pythonpath={root}",
            str(tmp_path),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout


def test_the_statements_of_the_page_are_read() -> None:
    block = next(block for block in BLOCKS if "= statements(" in block)
    exec(compile(block, str(PAGE), "exec"), {})
