"""The example of a third party works unchanged where a plugin may live: in all three places."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "examples" / "lrs-stats-revisits"
MODULE = PACKAGE / "lrs_stats_revisits.py"
FIGURES = """
import json, sys
from lrs_stats.registry import build
from lrs_stats.settings import Settings
from lrs_stats.testing import BY, SAMPLE
registry = build(Settings(plugins=sys.argv[1]))
metric = registry.metrics["revisits"]
figures = {
    "-".join(by): metric.compute(SAMPLE, by).collect().sort(by or "revisits").rows() for by in BY
}
source = next(one.source for one in registry.plugins if "metric revisits" in one.provides)
print(json.dumps({"source": source, "file": sys.modules[type(metric).__module__].__file__,
                  "figures": figures}, default=str))
"""
"""Says where the metric is from, in which file it is, and every figure of the samples."""


@pytest.fixture(scope="module")
def in_a_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the package was installed, as pip does it."""
    folder = tmp_path_factory.mktemp("package")
    copy = folder / "source"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("build", "*.egg-info", "dist"))
    return installed(copy, folder / "site")


@pytest.fixture(scope="module")
def among_the_built_ins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which an lrs-stats was installed that has the file in `plugins/`."""
    folder = tmp_path_factory.mktemp("built-ins")
    copy = folder / "source"
    for part in ("lrs_stats", "plugins", "exporters"):
        shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("README.md", "LICENSE"):
        shutil.copy(ROOT / part, copy)
    shutil.copy(MODULE, copy / "plugins" / "revisits.py")
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    points = "[project.entry-points.lrs_stats]\n"
    own = f'{points}revisits = "lrs_stats_plugins.revisits"\n'
    (copy / "pyproject.toml").write_text(text.replace(points, own), "utf-8")
    return installed(copy, folder / "site")


@pytest.fixture(scope="module")
def in_the_plugin_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plugin folder with the file."""
    folder = tmp_path_factory.mktemp("plugins")
    shutil.copy(MODULE, folder)
    return folder


def test_the_same_file_says_the_same_in_all_three_places(
    in_a_package: Path, among_the_built_ins: Path, in_the_plugin_folder: Path
) -> None:
    found = [
        told([in_a_package, ROOT], ""),
        told([among_the_built_ins], ""),
        told([ROOT], str(in_the_plugin_folder)),
    ]
    assert [one["source"] for one in found] == [
        "lrs-stats-revisits 0.1.0",
        "lrs-stats 0.1.0",
        f"{in_the_plugin_folder}/lrs_stats_revisits.py",
    ]
    assert {Path(one["file"]).read_bytes() for one in found} == {MODULE.read_bytes()}
    figures = [one["figures"] for one in found]
    assert figures[0] == figures[1] == figures[2]
    assert figures[0][""] == [[1]]


def test_the_package_passes_its_own_tests() -> None:
    ran = run(["pytest", "-q", "-p", "no:cacheprovider"], [ROOT], PACKAGE)
    assert ran.returncode == 0, ran.stdout


def test_the_plugin_is_the_one_of_the_page() -> None:
    page = (ROOT / "docs" / "plugins.md").read_text("utf-8")
    assert MODULE.read_text("utf-8") in re.findall(
        r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE
    )


def installed(source: Path, site: Path) -> Path:
    """Install a package into a folder of its own, from the disk alone."""
    ran = run(
        ["pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation",
         "--target", str(site), str(source)],
        [],
        source.parent,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return site


def told(path: Sequence[Path], plugins: str) -> dict[str, Any]:
    ran = run(["-c", FIGURES, plugins], path, path[0])
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def run(
    arguments: Sequence[str], path: Sequence[Path], folder: Path
) -> subprocess.CompletedProcess[str]:
    """Run Python with a path on which these folders come first."""
    first = [] if arguments[0] == "-c" else ["-m"]
    return subprocess.run(
        [sys.executable, *first, *arguments],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(map(str, path))},
        capture_output=True,
        text=True,
        check=False,
    )
