"""A real server for a bench: web, worker and database as a user has them, in its own folder."""

import http.client
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lrs_stats.settings import PREFIX, Settings
from lrs_stats.store.database import Database, Document, connect
from lrs_stats.store.mongod import running_uri
from lrs_stats.store.statements import StatementStore
from lrs_stats.store.worker_state import WorkerState

KEY: Final = "bench"
PATIENCE: Final = 300.0
"""Seconds after which something that should happen is taken not to."""


@dataclass(frozen=True)
class Server:
    """A running server: its address, its client, its database, and its first process."""

    port: int
    secret: str
    database: Database[Document]
    pid: int

    @property
    def headers(self) -> dict[str, str]:
        """Return what goes with every request."""
        credentials = b64encode(f"{KEY}:{self.secret}".encode()).decode()
        return {
            "Authorization": f"Basic {credentials}",
            "Content-Type": "application/json",
            "X-Experience-API-Version": "1.0.3",
        }

    def post(self, statements: bytes) -> bytes:
        """Return the request that posts a statement or a list of them, as it goes on the wire."""
        headers = {"Host": "127.0.0.1", "Content-Length": len(statements)} | self.headers
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"POST /xAPI/statements HTTP/1.1\r\n{lines}\r\n".encode() + statements

    def ask(self, method: str, path: str, body: bytes | None = None) -> Any:
        """Send one request and return the JSON of its answer, which must be a success."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request(method, path, body, self.headers)
            answer = connection.getresponse()
            said = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path} was answered {answer.status}: {said!r}")
        return json.loads(said or b"null")

    def catch_up(self) -> None:
        """Wait until everything that is stored is counted."""
        now = StatementStore(self.database).now()
        state = WorkerState(self.database)
        wait_until(lambda: (as_of := state.progress().as_of) is not None and as_of > now)


@contextmanager
def served(data: Path) -> Iterator[Server]:
    """Serve a data folder while the block runs."""
    settings = Settings(
        data=data,
        port=_free_port(),
        xapi_requests_per_second=0,
        admin_key=KEY,
        admin_secret=secrets.token_hex(16),
    )
    others = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    process = subprocess.Popen(
        [sys.executable, "-m", "lrs_stats", "serve"],
        env=others | settings.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with process:
        try:
            _await_welcome(process)
            database = connect(running_uri(data) or "", settings.database)
            with database.client:
                yield Server(settings.port, settings.admin_secret, database, process.pid)
        finally:
            process.terminate()


def wait_until(condition: Callable[[], object]) -> None:
    """Return once the condition holds; fail when it never does."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"What the bench waits for did not happen in {PATIENCE:g} s.")
        time.sleep(0.02)


def _await_welcome(process: subprocess.Popen[bytes]) -> None:
    for line in process.stdout or ():
        if line.startswith(b"Serving"):
            return
    raise RuntimeError("The server ended while it started; lrs-stats serve says why.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
