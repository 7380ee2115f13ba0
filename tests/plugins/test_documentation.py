"""The examples of docs/plugins.md run, keep their contracts, and are what the page says."""

import re
from pathlib import Path
from typing import cast

import click
import pytest

from lrs_stats import Exporter, Interpreter, Metric, Resolver, new_plugin
from lrs_stats.cli import cli
from lrs_stats.new_plugin import Kind
from lrs_stats.registry import Registry, build
from lrs_stats.settings import Settings
from lrs_stats.testing import (
    ExporterContract,
    InterpreterContract,
    MetricContract,
    ResolverContract,
)
from tests.plugins.running import run

PAGE = Path(__file__).parents[2] / "docs" / "plugins.md"
TEXT = PAGE.read_text("utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
SCREENS = re.findall(
    r"^### [^\n]* on one screen$.*?^lrs-stats plugins new (\w+) (\w+)$(.*?)^###",
    TEXT,
    re.DOTALL | re.MULTILINE,
)
"""Of each screen: the kind, the name, and what is to be done with the new package."""
FILE = r"in `([\w/]+\.py)`[^\n]*\n\n```python\n(.*?)^```"
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


@pytest.fixture(scope="module")
def screens(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The packages that come of following each screen of the page."""
    folder = tmp_path_factory.mktemp("screens")
    made = {}
    for kind, name, text in SCREENS:
        package = new_plugin.write(cast("Kind", kind), name, folder / name, ())
        for place, block in re.findall(FILE, text, re.DOTALL | re.MULTILINE):
            assert (package / place).is_file(), f"{place} is none of the files that were written"
            (package / place).write_text(block)
        made[kind] = package
    return made


@pytest.mark.parametrize("kind", ["metric", "exporter", "interpreter", "resolver"])
def test_a_package_of_the_page_passes_its_tests(kind: str, screens: dict[str, Path]) -> None:
    ran = run(screens[kind], "pytest", "-q", "-p", "no:cacheprovider")
    assert ran.returncode == 0, ran.stdout


def test_the_packages_of_the_page_are_typed_and_tidy(
    screens: dict[str, Path], tmp_path: Path
) -> None:
    folder = screens["metric"].parent
    for check in (("ruff", "check"), ("ruff", "format", "--check")):
        ran = run(folder, *check, "--no-cache", ".")
        assert ran.returncode == 0, ran.stdout
    settings = screens["metric"] / "pyproject.toml"
    ran = run(folder, "mypy", f"--config-file={settings}", f"--cache-dir={tmp_path}", ".")
    assert ran.returncode == 0, ran.stdout


def test_every_command_of_lrs_stats_on_the_page_is_one() -> None:
    called = re.findall(r"^(?:\w+=\S+ )?lrs-stats ([a-z ]+)", TEXT, re.MULTILINE)
    assert len(called) > 8
    for words in map(str.split, called):
        command: click.Command = cli
        while words and isinstance(command, click.Group) and words[0] in command.commands:
            command = command.commands[words.pop(0)]
        assert command is not cli, words


def test_the_statements_of_the_page_are_read() -> None:
    block = next(block for block in BLOCKS if "launched, answered, ended =" in block)
    exec(compile(block, str(PAGE), "exec"), {})
