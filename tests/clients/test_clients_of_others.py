"""The clients that content and tools are built with, from the registries, unchanged.

Those for Node are installed by npm into a folder of the run; without Node, or without a registry
that answers, their tests are skipped and say so.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.server import Server, serving

SCRIPTS = Path(__file__).parent / "node"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("clients") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the packages, and return the folder."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("There is no Node here, whose clients these are.")
    folder = tmp_path_factory.mktemp("node")
    for script in SCRIPTS.iterdir():
        shutil.copy(script, folder)
    done = subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"npm could not install the clients: {done.stderr[-200:]}")
    return folder


def run(node: Path, server: Server, script: str, *more: str) -> Any:
    """Run a script against the server, and return what it found."""
    endpoint = f"http://127.0.0.1:{server.port}/xAPI/"
    done = subprocess.run(
        ["node", "--no-deprecation", script, endpoint, server.key, server.secret, *more],
        cwd=node,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def verbs(server: Server, name: str) -> list[str]:
    """Return the last parts of the verbs of an actor's statements, in the order of storing."""
    actors = [
        (json.dumps(one["actor"]), one["verb"]["id"].rpartition("/")[2])
        for one in server.statements()
    ]
    return [verb for actor, verb in actors if name in actor]


def test_tincanjs(node: Path, server: Server) -> None:
    found = run(node, server, "tincanjs.js")
    assert found == {
        "pages": [2, 2, ""],
        "scaled": 0.25,
        "state": {"page": 3},
        "stateIds": ["bookmark"],
        "dropped": None,
        "activityProfile": {"a": 1},
        "agentProfile": "plain text",
        "activity": "TinCanJS",
        "versions": ["1.0.3", "2.0.0"],
    }
    assert verbs(server, "tincanjs") == ["experienced"] * 4


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_xapi_js(node: Path, server: Server, version: str) -> None:
    found = run(node, server, "xapi.js", version)
    expected = {
        "pages": [2, 1, ""],
        "one": True,
        "voided": True,
        "state": {"a": 1, "b": 2},
        "states": ["s"],
        "profile": {"x": 1},
        "agentProfiles": ["q"],
        "person": {"objectType": "Person", "mbox": [f"mailto:xapi-{version}@example.org"]},
        "activity": "xAPI.js",
        "versions": ["1.0.3", "2.0.0"],
    }
    assert found == expected | ({"stale": 412} if version == "2.0.0" else {})


def test_cmi5_js(node: Path, server: Server) -> None:
    assert run(node, server, "cmi5.js") == {"launched": "Normal"}
    assert verbs(server, '"cmi5"') == [
        *("initialized", "progressed", "answered", "passed", "completed", "terminated")
    ]


def test_adl_xapiwrapper(node: Path, server: Server) -> None:
    assert run(node, server, "adl.js") == {
        "pages": [2, 1, ""],
        "state": {"a": 1},
        "profile": {"x": 1},
        "agentProfile": {"y": 1},
        "person": {"objectType": "Person", "mbox": ["mailto:adl@example.org"]},
        "activity": "ADL",
    }
