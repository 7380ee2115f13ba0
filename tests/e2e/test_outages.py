"""What the machine does wrong: full disks, lost folders, a database that hangs. Ingest goes on."""

import os
import shutil
import signal
from pathlib import Path

import pytest

from tests.disks import MEGABYTE, small_disk
from tests.e2e.comparison import answered, assert_figures
from tests.e2e.server import Server, serving, statement
from tests.waiting import until


def fill(folder: Path) -> Path:
    """Fill the disk of a folder to its last byte, and return the file that does."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (MEGABYTE, 4096, 1):
            try:
                while file.write(b"\0" * size):
                    pass
            except OSError:
                continue
    return ballast


def assert_counted(server: Server) -> None:
    """Hold all figures against the oracle, over what the record holds."""
    server.wait_counted(60)
    stored = server.statements()
    assert server.count() == len(stored)
    assert_figures(server, stored, {}, "learners")


@pytest.mark.skipif(os.geteuid() != 0, reason="Only root can mount the small disk that this fills.")
def test_a_full_disk_under_the_facts(tmp_path: Path) -> None:
    facts = tmp_path / "data" / "facts"
    with small_disk(facts), serving(tmp_path / "data") as server:
        assert server.post([statement("zoe"), statement("max")]).status == 200
        server.wait_counted()
        before = answered(server, "learners")
        ballast = fill(facts)
        for _ in range(3):
            assert server.post([statement("zoe"), statement("ann")]).status == 200
        until(lambda: server.status()["trouble"], 20)
        assert "space" in server.status()["trouble"]
        assert answered(server, "learners") == before
        assert server.post(statement("ann")).status == 200
        ballast.unlink()
        assert_counted(server)
        assert server.status()["trouble"] == ""


def test_a_facts_folder_that_is_deleted_while_serving(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        assert server.post([statement("zoe"), statement("max")]).status == 200
        server.wait_counted()
        before = server.get("/api/v1/stats/platform").json["totals"]
        shutil.rmtree(tmp_path / "data" / "facts")
        for _ in range(20):
            answer = server.get("/api/v1/stats/platform")
            if answer.status == 503:
                assert int(answer.headers["Retry-After"]) > 0
            else:
                assert (answer.status, answer.json["totals"]) == (200, before)
        assert server.post(statement("zoe")).status == 200
        assert server.status()["statements"] == 3
        assert_counted(server)


@pytest.mark.parametrize("table", ["events", "connections", "open_connections"])
def test_a_table_that_is_deleted_while_serving(tmp_path: Path, table: str) -> None:
    with serving(tmp_path / "data", settings={"processes": "1"}) as server:
        assert server.post([statement("zoe"), statement("max")]).status == 200
        server.wait_counted()
        shutil.rmtree(tmp_path / "data" / "facts" / table)
        assert server.post(statement("zoe")).status == 200
        assert server.get("/api/v1/stats/platform").status in {200, 503}
        assert_counted(server)


def test_a_database_that_hangs_for_a_while(tmp_path: Path) -> None:
    with serving(tmp_path / "data", settings={"processes": "1"}) as server:
        assert server.post(statement()).status == 200
        server.wait_counted()
        server.signal(signal.SIGSTOP, "mongod")
        try:
            refusals = [server.get("/api/v1/stats/platform?metrics=score")]
            refusals.append(server.post(statement()))
        finally:
            server.signal(signal.SIGCONT, "mongod")
        for refusal in refusals:
            assert refusal.status == 503
            assert int(refusal.headers["Retry-After"]) > 0
        assert server.post(statement()).status == 200
        assert_counted(server)


def test_a_database_that_dies_is_answered_with_503(tmp_path: Path) -> None:
    with serving(tmp_path / "data", settings={"processes": "1"}) as server:
        assert server.post(statement()).status == 200
        server.kill("mongod")
        answers = [server.post(statement()) for _ in range(5)]
        assert {answer.status for answer in answers} <= {200, 503}, server.logged[-5000:]
        until(lambda: server.post(statement()).status == 200, 30)
        assert_counted(server)
