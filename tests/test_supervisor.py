"""Everything on one machine: what starts, restarts and stops, and in which order.

The worker and the web part are small programs in their place; mongod is the real one.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import pytest
from pymongo import MongoClient

from lrs_stats import supervisor
from lrs_stats.errors import CommandError
from lrs_stats.processes import Kept, Program
from lrs_stats.settings import Settings
from lrs_stats.store.folder_lock import locked
from lrs_stats.store.mongod import PrivateMongod, running_uri
from tests.waiting import ended, until

WORKER = """
import os, signal, sys
def say(what):
    with open(os.environ["JOURNAL"], "a") as journal:
        print("worker", what, os.getpid(), os.environ["LRS_STATS_MONGO"], file=journal)
def stop(*_):
    say("stops")
    sys.exit()
signal.signal(signal.SIGTERM, stop)
say("starts")
while True: signal.pause()
"""

WEB = (
    WORKER.replace('"worker"', '"web"').replace("while True: signal.pause()\n", "")
    + """
from http.server import BaseHTTPRequestHandler, HTTPServer
class Health(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health" else 404)
        self.end_headers()
HTTPServer(("127.0.0.1", int(os.environ["LRS_STATS_PORT"])), Health).serve_forever()
"""
)

BROKEN = "import sys; sys.exit('The settings are wrong.')"

STUBBORN = (
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: signal.pause()"
)

SERVE = """
import sys
from lrs_stats import supervisor
from lrs_stats.errors import CommandError
from lrs_stats.logs import configure
from lrs_stats.settings import load
configure()
supervisor.STOP_SECONDS = 5
programs = (("worker", sys.argv[1]), ("web", sys.argv[2]))
commands = [(name, [sys.executable, "-c", program]) for name, program in programs]
try:
    supervisor.serve(load(), ready=lambda *told: print(*told, flush=True), commands=commands)
except CommandError as error:
    sys.exit(str(error))
"""


@dataclass
class Server:
    """A supervisor in a process of its own."""

    process: subprocess.Popen[str]
    data: Path
    port: int
    journal: Path
    errors: Path

    def wait_until_ready(self) -> None:
        assert self.process.stdout
        url, mongo = self.process.stdout.readline().split()
        assert url == f"http://127.0.0.1:{self.port}"
        assert {told for *_, told in self.journalled()} == {mongo}

    def journalled(self) -> list[list[str]]:
        """Return `part, what, pid, uri` for each thing that the parts told."""
        return [line.split() for line in self.journal.read_text().splitlines()]

    def happened(self) -> list[str]:
        return [f"{part} {what}" for part, what, *_ in self.journalled()]

    def logged(self, event: str) -> list[dict[str, Any]]:
        lines = self.errors.read_text().splitlines()
        entries = [json.loads(line) for line in lines if line.startswith("{")]
        return [entry for entry in entries if entry["event"] == event]


@contextmanager
def serving(
    data: Path, *, mongo: str = "", worker: str = WORKER, web: str = WEB, port: int = 0
) -> Iterator[Server]:
    data.mkdir(exist_ok=True)
    port = port or _free_port()
    journal, errors = data / "journal", data / "errors"
    journal.touch()
    variables = {
        "JOURNAL": str(journal),
        "LRS_STATS_DATA": str(data),
        "LRS_STATS_MONGO": mongo,
        "LRS_STATS_PORT": str(port),
    }
    with (
        errors.open("w") as stderr,
        subprocess.Popen(
            [sys.executable, "-c", SERVE, worker, web],
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=os.environ | variables,
            text=True,
        ) as process,
    ):
        try:
            yield Server(process, data, port, journal, errors)
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _mongod(data: Path) -> int:
    return int((data / "mongod" / "db" / "mongod.lock").read_text())


def test_one_signal_stops_everything_in_order(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        server.wait_until_ready()
        uri = running_uri(tmp_path)
        assert [told for *_, told in server.journalled()] == [uri, uri]
        server.process.terminate()
        assert server.process.wait(20) == 0
    assert server.happened()[2:] == ["web stops", "worker stops"]
    assert [entry["part"] for entry in server.logged("part stopped")] == ["web", "worker", "mongod"]
    assert (tmp_path / "mongod" / "db" / "mongod.lock").read_text() == ""
    assert not (tmp_path / "mongod" / "uri").exists()


def test_mongod_comes_back_under_its_address_while_the_others_run_on(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        server.wait_until_ready()
        uri = running_uri(tmp_path)
        with MongoClient[dict[str, Any]](uri, w="majority", journal=True) as client:
            client.test.figures.insert_one({"_id": 1})
            os.kill(_mongod(tmp_path), signal.SIGKILL)
            until(lambda: len(server.logged("mongod is up")) == 2)
            assert client.test.figures.count_documents({}) == 1
        assert running_uri(tmp_path) == uri
        assert sorted(server.happened()) == ["web starts", "worker starts"]
        [death] = server.logged("part died and is restarted")
        assert (death["part"], death["how"]) == ("mongod", "killed by SIGKILL")


def test_a_signal_before_everything_is_up_is_heeded(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        until((tmp_path / "mongod" / "mongod.log").exists)
        server.process.terminate()
        assert server.process.wait(20) == 0
    assert server.happened() == []
    with locked(tmp_path), PrivateMongod(tmp_path, orphan_seconds=0):
        pass


def test_a_killed_supervisor_leaves_nothing_behind(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        server.wait_until_ready()
        pids = [_mongod(tmp_path), *(int(pid) for _, _, pid, _ in server.journalled())]
        assert not any(map(ended, pids))
        server.process.kill()
        until(lambda: all(map(ended, pids)))


@pytest.mark.parametrize("part", ["worker", "web"])
def test_a_part_that_dies_is_started_again(part: str, tmp_path: Path) -> None:
    with serving(tmp_path, mongo="mongodb://elsewhere") as server:
        server.wait_until_ready()
        [pid] = [int(pid) for name, _, pid, _ in server.journalled() if name == part]
        os.kill(pid, signal.SIGKILL)
        until(lambda: server.happened().count(f"{part} starts") == 2)
        [death] = server.logged("part died and is restarted")
        assert (death["part"], death["pid"], death["how"]) == (part, pid, "killed by SIGKILL")
    assert not (tmp_path / "mongod").exists()


def test_a_part_that_cannot_start_stops_everything_with_its_words(tmp_path: Path) -> None:
    with serving(tmp_path, mongo="mongodb://elsewhere", web=BROKEN) as server:
        assert server.process.wait(20) == 1
    said = server.errors.read_text()
    assert "The web part ended 3 times in a row while starting, so everything was stopped." in said
    assert said.endswith("Its last words:\nThe settings are wrong.\n")
    assert server.happened() == ["worker starts", "worker stops"]


def test_a_part_that_does_not_stop_is_killed(tmp_path: Path) -> None:
    program = Program("stubborn", [sys.executable, "-c", STUBBORN], os.environ)
    program.start()
    assert program.pid
    status = Path(f"/proc/{program.pid}/status")
    ignored = re.compile(r"SigIgn:\t([0-9a-f]+)")
    until(lambda: int(ignored.findall(status.read_text())[0], 16) & 1 << (signal.SIGTERM - 1))
    program.stop(0.1)
    assert program.exit_status() == -signal.SIGKILL


def test_a_taken_port_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as other,
        serving(tmp_path, port=other.getsockname()[1]) as server,
    ):
        assert server.process.wait(20) == 1
    assert server.errors.read_text() == (
        f"Port {server.port} of 127.0.0.1 is already in use. "
        "Stop what uses it, or choose another with --port.\n"
    )
    assert server.happened() == []
    assert not (tmp_path / "mongod").exists()


def test_a_second_server_on_a_folder_is_refused(tmp_path: Path) -> None:
    with serving(tmp_path, mongo="mongodb://elsewhere") as first:
        first.wait_until_ready()
        with pytest.raises(CommandError, match=rf"\(process {first.process.pid}\)"):
            supervisor.serve(Settings(data=tmp_path, mongo="mongodb://elsewhere"))


@dataclass
class Mayfly:
    """A part that is dead whenever somebody looks."""

    name: str = "mayfly"
    pid: int | None = None
    starts: list[float] = field(default_factory=list)

    def start(self) -> None:
        self.starts.append(0)

    def exit_status(self) -> int | None:
        return 1

    def last_words(self) -> str:
        return ""

    def stop(self, seconds: float) -> None: ...


def test_the_pause_before_a_restart_grows_and_forgets() -> None:
    kept = Kept(Mayfly(), now=0.0)
    now, pauses = 0.0, []
    for _ in range(7):
        kept.tend(now)
        pause = kept.wait(now)
        assert pause is not None
        pauses.append(pause)
        now += pause
        kept.tend(now)
    assert pauses == pytest.approx([0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0])
    kept.tend(now + 30)
    assert kept.wait(now + 30) == pytest.approx(0.2)


def test_serve_web_becomes_gunicorn(monkeypatch: pytest.MonkeyPatch) -> None:
    became: list[Any] = []

    def execve(*arguments: object) -> NoReturn:
        became.extend(arguments)
        raise SystemExit

    monkeypatch.setattr(os, "execve", execve)
    with pytest.raises(SystemExit):
        supervisor.serve_web(Settings(host="::1", port=8081, processes=3, threads=5))
    _, command, environment = became
    assert " ".join(command[1:]) == (
        f"-m gunicorn lrs_stats.wsgi:application --config {supervisor.GUNICORN} "
        "--bind [::1]:8081 --workers 3 --threads 5"
    )
    assert environment["LRS_STATS_THREADS"] == "5"


APPLICATION = """
import os
import polars
import pymongo
def application(environ, start_response):
    start_response("200 OK", [])
    return [str(os.getpid()).encode()]
"""


def test_gunicorn_forks_before_polars_and_its_workers_die_with_it(tmp_path: Path) -> None:
    (tmp_path / "small.py").write_text(APPLICATION)
    port = _free_port()
    flags = ["--config", str(supervisor.GUNICORN), "--bind", f"127.0.0.1:{port}"]
    with subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "small:application", *flags, "--workers", "2"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(Path.cwd()), str(tmp_path)])},
    ) as master:
        try:
            until(lambda: _answer(port))
            worker = int(_answer(port))
            assert "polars" in Path(f"/proc/{worker}/maps").read_text()
            loaded = Path(f"/proc/{master.pid}/maps").read_text()
            assert "polars" not in loaded
            assert "_cbson" not in loaded
        finally:
            master.kill()
    until(lambda: supervisor._bind_error("127.0.0.1", port) is None)
    until(lambda: ended(worker))


def _answer(port: int) -> str:
    with (
        suppress(OSError),
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer,
    ):
        return str(answer.read().decode())
    return ""
