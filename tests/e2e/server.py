"""A real server for tests: the supervisor in a process of its own, spoken to over HTTP."""

import base64
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

from lrs_stats.store.database import Database, connect
from lrs_stats.store.mongod import running_uri
from tests.waiting import ended, until

Part = Literal["mongod", "worker", "web", "web worker"]
Json = dict[str, Any]
VERSION = {"X-Experience-API-Version": "1.0.3"}


@dataclass(frozen=True)
class Answer:
    """What the server answered."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Server:
    """`lrs-stats serve` on a data folder; `key`, `secret`, `token` are the administrator's."""

    def __init__(
        self,
        data: Path,
        *,
        mongo: str = "",
        port: int = 0,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.data = data
        self.mongo = mongo
        self.port = port or free_port()
        self.key = self.secret = self.token = ""
        self._variables = {f"LRS_STATS_{name.upper()}": v for name, v in (settings or {}).items()}
        self._log = data.parent / f"{data.name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    @property
    def logged(self) -> str:
        """Return what every part wrote to stderr, over all starts."""
        return self._log.read_text("utf-8")

    def command(self, *arguments: str) -> list[str]:
        """Return a command line of lrs-stats that is about this server's data."""
        mongo = [f"--mongo={self.mongo}"] if self.mongo else []
        config = f"--config={self.data}/none"
        return [
            *(sys.executable, "-m", "lrs_stats", f"--data={self.data}", config, *mongo),
            *arguments,
        ]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of lrs-stats beside the server."""
        return subprocess.run(
            self.command(*arguments),
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def launch(self) -> None:
        """Start the process without waiting for it."""
        self.data.mkdir(parents=True, exist_ok=True)
        with self._said.open("w") as stdout, self._log.open("a") as stderr:
            self._process = subprocess.Popen(
                self.command("serve", "--port", str(self.port)),
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
            )

    def start(self) -> str:
        """Start, wait until it says where it serves, and return all that it said."""
        self.launch()
        until(lambda: "Serving at" in self.said or self._has_ended(), 60)
        assert not self._has_ended(), self.logged[-2000:]
        for name in ("key", "secret", "token"):
            if found := re.search(rf"^ +{name} +(\S+)$", self.said, re.MULTILINE):
                setattr(self, name, found[1])
        return self.said

    @property
    def said(self) -> str:
        """Return what the last start wrote to stdout."""
        return self._said.read_text("utf-8")

    def wait(self, seconds: float = 30) -> int:
        """Wait for its end, and return the exit status."""
        assert self._process
        return self._process.wait(seconds)

    def stop(self) -> int:
        """Stop it by SIGTERM and return the exit status."""
        assert self._process
        self._process.terminate()
        return self.wait()

    def kill(self, part: Part | None = None) -> None:
        """Kill the supervisor, or one part of it, by SIGKILL."""
        self.signal(signal.SIGKILL, part)

    def signal(self, sign: signal.Signals, part: Part | None = None) -> None:
        """Send a signal to the supervisor, or to one part of it; a part that is gone is fine."""
        for pid in [self.pid] if part is None else self.pids(part)[:1]:
            send(pid, sign)

    def kill_everything(self) -> None:
        """Kill the supervisor and all of its processes at once, if it runs."""
        if self._has_ended():
            return
        for pid in [self.pid, *descendants(self.pid)]:
            send(pid, signal.SIGKILL)
        self.wait()

    def wait_until_gone(self, pids: Sequence[int]) -> None:
        """Wait until the supervisor and these processes have ended."""
        self.wait()
        until(lambda: all(map(ended, pids)), 30)

    def pids(self, part: Part) -> list[int]:
        """Return the processes of a part, the oldest first; none while it is restarted."""
        own = {pid: arguments(pid) for pid in children(self.pid)}
        masters = [pid for pid, line in own.items() if "gunicorn" in line or "--web" in line]
        return {
            "mongod": [pid for pid, line in own.items() if "--replSet=lrs-stats" in line],
            "worker": [pid for pid, line in own.items() if "--worker" in line],
            "web": masters,
            "web worker": [pid for master in masters for pid in children(master)],
        }[part]

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        authorization: str | None = "",
        **headers: str,
    ) -> Answer:
        """Make a request as the administrator's client, as another, or (None) as nobody."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        sent = VERSION | {name.replace("_", "-"): value for name, value in headers.items()}
        if authorization is not None:
            sent["Authorization"] = authorization or basic(self.key, self.secret)
        try:
            return exchange(connection, method, path, body, sent)
        finally:
            connection.close()

    def get(self, path: str, *, authorization: str | None = "") -> Answer:
        """Read a resource."""
        return self.request("GET", path, authorization=authorization)

    def post(self, statements: object, *, authorization: str | None = "") -> Answer:
        """Post a statement or a list of them."""
        body = json.dumps(statements).encode()
        return self.post_bytes(body, authorization=authorization)

    def post_bytes(self, body: bytes, *, authorization: str | None = "") -> Answer:
        """Post a body that need not be JSON."""
        return self.request(
            *("POST", "/xAPI/statements", body),
            authorization=authorization,
            Content_Type="application/json",
        )

    def put_roster(self, roster: Mapping[str, object]) -> Answer:
        """Replace the roster."""
        return self.request("PUT", "/api/v1/roster", json.dumps(roster).encode())

    def status(self) -> Json:
        """Return /api/v1/status."""
        answer = self.get("/api/v1/status")
        assert answer.status == 200, answer
        found: Json = answer.json
        return found

    def count(self) -> int:
        """Return the number of statements in the record."""
        return int(self.status()["statements"])

    def wait_counted(self, seconds: float = 40) -> None:
        """Wait until figures count everything that has been acknowledged by now."""
        now = datetime.now(UTC)
        until(lambda: (as_of := self.as_of()) is not None and as_of > now, seconds)

    def as_of(self) -> datetime | None:
        """Return the instant up to which figures count everything; None while there are none."""
        answer = self.get("/api/v1/stats/platform")
        return datetime.fromisoformat(answer.json["as_of"]) if answer.status == 200 else None

    def statements(self) -> list[Json]:
        """Return every statement of the record that is not voided, page by page."""
        found: list[Json] = []
        more = "/xAPI/statements?ascending=true"
        while more:
            page = self.get(more)
            assert page.status == 200, page
            found += page.json["statements"]
            more = page.json["more"]
        return found

    def new_client(self, *scopes: str) -> str:
        """Create a client with some scopes and return its Authorization header."""
        made = self.run("clients", "create", "test", *(f"--scope={scope}" for scope in scopes))
        assert made.returncode == 0, made.stderr
        words = dict(line.split(maxsplit=1) for line in made.stdout.splitlines())
        return basic(words["key"], words["secret"])

    def new_token(self, person: str) -> str:
        """Create a token for a person and return the Authorization header."""
        made = self.run("tokens", "create", person)
        assert made.returncode == 0, made.stderr
        return bearer(made.stdout.split()[-1])

    @contextmanager
    def database(self) -> Iterator[Database[Json]]:
        """Reach the server's database, for what no page and no command does."""
        database = connect(self.mongo or running_uri(self.data) or "", "lrs_stats")
        with database.client:
            yield database

    @property
    def _said(self) -> Path:
        return self.data.parent / f"{self.data.name}.said"

    def _has_ended(self) -> bool:
        assert self._process
        return self._process.poll() is not None

    def _environment(self) -> dict[str, str]:
        clean = {n: value for n, value in os.environ.items() if not n.startswith("LRS_STATS_")}
        return clean | self._variables


@contextmanager
def serving(
    data: Path, *, mongo: str = "", settings: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Run a server for a while; whatever is left of it afterwards is killed."""
    server = Server(data, mongo=mongo, settings=settings)
    server.start()
    try:
        yield server
        server.stop()
    finally:
        server.kill_everything()


def exchange(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: bytes | None,
    headers: Mapping[str, str],
) -> Answer:
    """Make a request on a connection that is kept."""
    connection.request(method, path, body, dict(headers))
    response = connection.getresponse()
    return Answer(response.status, response.headers, response.read())


def basic(key: str, secret: str) -> str:
    """Return the Authorization header of a client."""
    return "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode()


def bearer(token: str) -> str:
    """Return the Authorization header of a person."""
    return f"Bearer {token}"


def statement(learner: str = "zoe", course: str = "http://example.org/course", **more: Any) -> Json:
    """Return a new statement that opens a connection."""
    return {
        "id": str(uuid4()),
        "actor": {"mbox": f"mailto:{learner}@example.org"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/launched"},
        "object": {
            "id": course,
            "definition": {"type": "http://adlnet.gov/expapi/activities/course"},
        },
        **more,
    }


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def children(pid: int) -> list[int]:
    """Return the processes that a process has started and that still are, the oldest first."""
    found: list[int] = []
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += map(int, tasks.read_text().split())
        except OSError:
            continue
    return sorted(found)


def descendants(pid: int) -> list[int]:
    """Return the children of a process, and theirs."""
    return [one for child in children(pid) for one in (child, *descendants(child))]


def arguments(pid: int) -> list[str]:
    """Return the command line of a process; nothing when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return []


def send(pid: int, sign: signal.Signals) -> None:
    """Send a signal to a process that may be gone."""
    try:
        os.kill(pid, sign)
    except ProcessLookupError:
        return
