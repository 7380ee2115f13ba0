"""The README is true: its plugin works, its table has every command; and pages name real files."""

import re
from collections.abc import Iterator
from pathlib import Path

import click

from lrs_stats.cli import cli
from lrs_stats.registry import build
from lrs_stats.settings import Settings
from lrs_stats.testing import handed, tables

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text("utf-8")


def commands(group: click.Group, path: str = "lrs-stats") -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        if not isinstance(command, click.Group) or command.invoke_without_command:
            arguments = [one for one in command.params if isinstance(one, click.Argument)]
            metavars = [one.make_metavar(click.Context(command)) for one in arguments]
            yield " ".join([path, name, *metavars])


def test_the_plugin_counts_wrong_answers(tmp_path: Path) -> None:
    [plugin] = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (tmp_path / "failures.py").write_text(plugin, "utf-8")
    metric = build(Settings(plugins=str(tmp_path))).metrics["failures"]
    answers = [{"kind": "answer", "success": success} for success in (True, False, None, False)]
    given = handed(metric, tables(events=[*answers, {"kind": "result", "success": False}]))
    assert metric.compute(given, []).collect().item() == 2


def test_every_command_is_in_the_table() -> None:
    listed = re.findall(r"^\| `(lrs-stats .*?)` \|", README, re.MULTILINE)
    assert sorted(listed) == sorted(commands(cli))


def test_every_page_that_it_points_to_is_there() -> None:
    pages = re.findall(r"\]\((?!https?:)([^)#]+)", README)
    assert pages
    assert [page for page in pages if not (ROOT / page).exists()] == []


def test_every_file_that_the_architecture_names_is_there() -> None:
    files = re.findall(r"`([a-z_0-9/]+/[a-z_0-9]+\.[a-z]+)`", ARCHITECTURE)
    assert len(files) > 20
    assert [file for file in files if not (ROOT / file).exists()] == []
