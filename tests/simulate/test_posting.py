"""The demo's statements reach a server over HTTP: all of them, in order, or with a reason."""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from lrs_stats.errors import CommandError
from lrs_stats.simulate.organisation import organisation
from lrs_stats.simulate.posting import load
from lrs_stats.simulate.statements import statements, volume

UNTIL = date(2026, 7, 1)
COMPANY = organisation(learners=12, months=1, seed=3, until=UNTIL)
SENT = [json.loads(line) for line in statements(COMPANY, months=1, seed=3, until=UNTIL)]


class Server(ThreadingHTTPServer):
    """Takes statements like a record store; `answer` says what becomes of the nth request."""

    daemon_threads = True

    def __init__(self, answer: Callable[[int], tuple[int, bytes] | None]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer = answer
        self.lock = threading.Lock()
        self.requests: list[tuple[str, dict[str, str], list[dict[str, Any]]]] = []
        self.connections: set[Any] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def received(self) -> list[dict[str, Any]]:
        return [statement for _, _, batch in self.requests for statement in batch]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.requests.append((self.path, dict(self.headers), body))
            self.server.connections.add(self.client_address)
            answer = self.server.answer(len(self.server.requests))
        if answer is None:
            self.close_connection = True
            return
        self.send_response(answer[0])
        self.send_header("Content-Length", str(len(answer[1])))
        self.end_headers()
        self.wfile.write(answer[1])

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parent's name
        """Say nothing."""


@contextmanager
def serving(answer: Callable[[int], tuple[int, bytes] | None]) -> Iterator[Server]:
    with Server(answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def stored(_: int) -> tuple[int, bytes]:
    return 200, b"[]"


def _load(url: str, progress: Callable[[int, int], None] = lambda *_: None, **more: int) -> int:
    return load(url, "key", "secret", COMPANY, UNTIL, progress=progress, **more)


def test_every_statement_arrives_and_progress_tells_so() -> None:
    told: list[tuple[int, int]] = []
    with serving(stored) as server:
        number = _load(server.url, lambda *done: told.append(done), workers=3, batch=20)
    assert number == volume(COMPANY, 1) == len(SENT)
    assert sorted(s["id"] for s in server.received()) == sorted(s["id"] for s in SENT)
    assert told[-1] == (number, number)
    assert told == sorted(told)


def test_one_worker_keeps_the_order_over_one_connection() -> None:
    with serving(stored) as server:
        _load(server.url, workers=1, batch=20)
    assert server.received() == SENT
    assert {len(batch) for _, _, batch in server.requests[:-1]} == {20}
    assert len(server.connections) == 1


def test_several_workers_keep_the_order_but_for_what_is_on_its_way() -> None:
    with serving(stored) as server:
        _load(server.url, workers=4, batch=5)
    place = {statement["id"]: n // 5 for n, statement in enumerate(SENT)}
    order = [place[batch[0]["id"]] for _, _, batch in server.requests]
    for arrived, number in enumerate(order, 1):
        assert len(set(range(number)) - set(order[:arrived])) < 4


def test_requests_are_those_of_an_xapi_client() -> None:
    with serving(stored) as server:
        _load(server.url + "/lrs/", workers=1)
    path, headers, _ = server.requests[0]
    assert path == "/lrs/xAPI/statements"
    assert headers["X-Experience-API-Version"] == "1.0.3"
    assert headers["Content-Type"] == "application/json"
    assert base64.b64decode(headers["Authorization"].removeprefix("Basic ")) == b"key:secret"


@pytest.mark.parametrize(
    ("status", "answer", "reason"),
    [
        (
            400,
            b'{"detail": "[3].verb.id is no IRI."}',
            r"refused statements: \[3\]\.verb\.id is no",
        ),
        (401, b'{"title": "Unauthorized"}', "it answered 401 without saying why"),
        (502, b"<html>", "it answered 502 without saying why"),
    ],
)
def test_a_refusal_ends_the_load_with_the_servers_reason(
    status: int, answer: bytes, reason: str
) -> None:
    with serving(lambda _: (status, answer)) as server, pytest.raises(CommandError, match=reason):
        _load(server.url, workers=2, batch=10)
    assert len(server.requests) <= 2, "the other worker went on"


def test_a_dropped_connection_is_tried_once_more_with_the_same_batch() -> None:
    with serving(lambda n: None if n == 3 else stored(n)) as server:
        number = _load(server.url, workers=1, batch=20)
    assert number == len(SENT)
    assert server.requests[2][2] == server.requests[3][2]
    assert server.requests[4][2] != server.requests[3][2]


def test_a_connection_that_drops_twice_ends_the_load() -> None:
    with (
        serving(lambda n: None if n > 1 else stored(n)) as server,
        pytest.raises(CommandError, match="failed twice"),
    ):
        _load(server.url, workers=1, batch=20)
    assert len(server.requests) == 3


def test_a_server_that_is_not_there_is_said_so() -> None:
    with serving(stored) as server:
        url = server.url
    with pytest.raises(CommandError, match=f"connection to {url} failed twice"):
        _load(url, workers=2)
