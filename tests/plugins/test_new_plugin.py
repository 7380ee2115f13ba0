"""`lrs-stats plugins new` writes packages that work as they are written, or says why not."""

from pathlib import Path
from typing import get_args

import pytest
from click.testing import CliRunner, Result

from lrs_stats import cli_plugins, new_plugin
from lrs_stats.cli import cli
from lrs_stats.errors import CommandError
from lrs_stats.registry import PluginInfo, build
from lrs_stats.settings import Settings
from tests.plugins.running import run

NAMES = {
    "metric": ("long_visits", "metric", "a" * new_plugin.LONGEST),
    "exporter": ("markdown", "report", "b" * new_plugin.LONGEST),
    "interpreter": ("our_tool", "event", "c" * new_plugin.LONGEST),
    "resolver": ("none", "grant", "d" * new_plugin.LONGEST),
}
"""A usual name, one that the module has for something else, and the longest."""


Taken = tuple[PluginInfo, ...]


def call(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["--config", "/nowhere", "plugins", *arguments])


def packages(made: Path) -> list[Path]:
    return sorted(made.iterdir())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with packages of every kind."""
    folder = tmp_path_factory.mktemp("made")
    for kind, names in NAMES.items():
        for name in names:
            done = call("new", kind, name, "--folder", str(folder / f"{kind}-{name}"))
            assert done.exit_code == 0, done.output
    return folder


def test_every_kind_can_be_begun() -> None:
    assert tuple(NAMES) == cli_plugins.KINDS == get_args(new_plugin.Kind)


@pytest.mark.parametrize("kind", NAMES)
def test_a_new_package_passes_its_own_tests(kind: str, made: Path) -> None:
    for name in NAMES[kind][:2]:
        ran = run(made / f"{kind}-{name}", "pytest", "-q", "-p", "no:cacheprovider")
        assert ran.returncode == 0, ran.stdout
        assert " passed" in ran.stdout


def test_new_packages_are_typed_and_tidy(made: Path, tmp_path: Path) -> None:
    for check in (("ruff", "check"), ("ruff", "format", "--check")):
        ran = run(made, *check, "--no-cache", ".")
        assert ran.returncode == 0, ran.stdout
    settings = packages(made)[0] / "pyproject.toml"
    ran = run(made, "mypy", f"--config-file={settings}", f"--cache-dir={tmp_path}", ".")
    assert ran.returncode == 0, ran.stdout
    assert "no issues found in 24 source files" in ran.stdout


def test_a_new_module_works_in_the_plugin_folder(made: Path, tmp_path: Path) -> None:
    for package in packages(made):
        [module] = package.glob("*.py")
        (tmp_path / module.name).write_bytes(module.read_bytes())
    provided = {
        one for plugin in build(Settings(plugins=str(tmp_path))).plugins for one in plugin.provides
    }
    assert {f"{kind} {name}" for kind, names in NAMES.items() for name in names} <= provided


def test_the_package_goes_beside_who_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = call("new", "metric", "long_visits")
    assert done.output.startswith("Wrote lrs-stats-long-visits: the metric is lrs_stats_long_visit")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lrs-stats-long-visits"]
    assert (tmp_path / "lrs-stats-long-visits" / ".gitignore").is_file()


def test_a_broken_plugin_keeps_nobody_from_beginning_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken.py").write_text("import nothing_of_that_name")
    monkeypatch.setenv("LRS_STATS_PLUGINS", str(tmp_path))
    done = call("new", "metric", "long_visits", "--folder", str(tmp_path / "new"))
    assert done.exit_code == 0
    assert "Which names are taken cannot be told. The plugin broken" in done.stderr
    assert (tmp_path / "new" / "pyproject.toml").is_file()


@pytest.mark.parametrize(
    ("kind", "name", "reason"),
    [
        ("metric", "Long", "'Long' is no name for a plugin: it is lower-case letters"),
        ("metric", "long-visits", "'long-visits' is no name"),
        ("metric", "", "'' is no name"),
        ("metric", "é", "'é' is no name"),
        ("metric", "a" * 31, "has 31 letters; a name has 30 at most."),
        ("metric", "score", r"The name score is taken by the plugin score \(lrs-stats"),
        ("interpreter", "cmi5", "The name cmi5 is taken by the plugin cmi5_interpreter"),
        ("metric", "csv", "The name csv is taken by the plugin csv"),
        ("exporter", "plugins", "There is a module lrs_stats_plugins already"),
    ],
)
def test_a_name_that_would_not_work_is_refused(
    kind: new_plugin.Kind, name: str, reason: str, taken: Taken, tmp_path: Path
) -> None:
    with pytest.raises(CommandError, match=reason):
        new_plugin.write(kind, name, tmp_path / "new", taken)
    assert not (tmp_path / "new").exists()


def test_a_folder_that_is_there_is_refused(taken: Taken, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="is there already; choose another folder"):
        new_plugin.write("metric", "long", tmp_path, taken)
    assert not any(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_told(taken: Taken, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CommandError, match=r"cannot be written \(File exists\)"):
        new_plugin.write("metric", "long", tmp_path / "file" / "new", taken)


def test_a_kind_that_is_none_is_refused(tmp_path: Path) -> None:
    done = call("new", "figure", "long", "--folder", str(tmp_path / "new"))
    assert done.exit_code == 2
    assert "'figure' is not one of 'metric', 'exporter', 'interpreter', 'resolver'" in done.output


@pytest.fixture(scope="module")
def taken() -> Taken:
    return build(Settings()).plugins
