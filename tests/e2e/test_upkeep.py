"""The commands of upkeep beside a running server: rebuild, killed midway, and doctor."""

import subprocess
from pathlib import Path

import pytest

from tests.e2e.server import Server, serving, statement
from tests.e2e.test_kill import end_lease
from tests.waiting import until

SLOW = '''"""Reads slowly."""
import time
from lrs_stats import Interpreter, hookimpl

class Slow(Interpreter):
    name = "slow"
    title = "Slow"
    def interpret(self, statement):
        time.sleep(0.05)
        return None

@hookimpl
def register_interpreters():
    return [Slow]
'''


@pytest.fixture
def plugins(tmp_path: Path) -> Path:
    """Give a folder with an interpreter that makes a rebuild of sixty statements last seconds."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "slow.py").write_text(SLOW)
    return folder


def totals(server: Server) -> object:
    answer = server.get("/api/v1/stats/platform")
    assert answer.status == 200, answer.body
    return answer.json["totals"]


def test_a_rebuild_whose_worker_is_killed_goes_on_and_figures_stay(
    tmp_path: Path, plugins: Path
) -> None:
    with serving(tmp_path / "data", settings={"plugins": str(plugins)}) as server:
        assert server.post([statement(f"w{n}") for n in range(60)]).status == 200
        server.wait_counted()
        before = totals(server)
        command = subprocess.Popen(
            server.command("rebuild"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        until(lambda: server.status()["rebuilding"])
        assert totals(server) == before
        server.kill("worker")
        for _ in range(5):
            assert totals(server) == before
        end_lease(server)
        until(lambda: totals(server) == before and not server.status()["rebuilding"], 60)
        said, _ = command.communicate(timeout=60)
        assert (command.returncode, said) == (0, "The facts hold all 60 statements.\n")
        assert totals(server) == before
        doctor = server.run("doctor", "--thorough")
        assert doctor.returncode == 0, doctor.stdout
        assert "each of 60 statements, once" in doctor.stdout
        status = server.status()
        assert (status["check"]["statements"], status["check"]["missing"]) == (60, 0)
        assert (status["idle_minutes"], status["notice"]) == (30, "")


def test_the_doctor_ends_with_1_when_something_is_to_be_mended(tmp_path: Path) -> None:
    with serving(tmp_path / "data", settings={"processes": "1"}) as server:
        assert server.post(statement()).status == 200
        server.wait_counted()
        with server.database() as database:
            database["statements"].drop_index("verb")
        doctor = server.run("doctor")
        assert doctor.returncode == 1
        assert "! The index statements.verb is missing." in doctor.stdout
        assert "    To do: " in doctor.stdout
        assert doctor.stderr == ""
