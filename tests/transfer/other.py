"""Another store in the test: takes, refuses, fails and dawdles as it is told."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from lrs_stats.transfer.peer import Peer

Json = dict[str, Any]
KEY, SECRET = "key", "secret"
AUTHORIZATION = "Basic a2V5OnNlY3JldA=="


class Other:
    """What the store has, and how it behaves."""

    def __init__(self) -> None:
        self.statements: dict[str, Json] = {}
        self.posts: list[tuple[str, list[str]]] = []
        """The version and the ids of each request that was taken or refused."""
        self.refused: set[str] = set()
        self.failing: list[int] = []
        """Statuses that are answered first, one to a request."""
        self.down = False
        self.seconds = 0.0
        self.page = 3
        self.asked: list[str] = []
        self.more = ""
        """A `more` link to answer in the place of the right one."""
        self.address = ""
        self._peers: list[Peer] = []

    def post(self, version: str, statements: list[Json]) -> tuple[int, Any]:
        ids = [one["id"] for one in statements]
        self.posts.append((version, ids))
        if bad := self.refused & set(ids):
            return 400, {"detail": f"{min(bad)} is not to my taste"}
        self.statements |= {one["id"]: one for one in statements}
        return 200, ids

    def get(self, query: dict[str, list[str]]) -> tuple[int, Any]:
        begin = int(query.get("from", ["0"])[0])
        since = query.get("since", [""])[0]
        there = sorted(self.statements.values(), key=lambda one: str(one["stored"]))
        there = [one for one in there if str(one["stored"]) > since]
        page = there[begin : begin + self.page]
        follows = begin + self.page < len(there)
        more = f"/xAPI/statements?from={begin + self.page}&since={since}" if follows else ""
        return 200, {"statements": page, "more": self.more or more}

    def peer(self, secret: str = SECRET) -> Peer:
        """Return the way to it, which is closed with it."""
        self._peers.append(Peer(self.address, KEY, secret))
        return self._peers[-1]

    def close(self) -> None:
        for peer in self._peers:
            peer.close()


@contextmanager
def other() -> Iterator[Other]:
    """Run another store for a while."""
    store = Other()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            version = self.headers["X-Experience-API-Version"]
            self._answer(lambda: store.post(version, json.loads(body)))

        def do_GET(self) -> None:
            store.asked.append(self.path)
            self._answer(lambda: store.get(parse_qs(urlsplit(self.path).query)))

        def _answer(self, act: Any) -> None:
            time.sleep(store.seconds)
            if store.down:
                self.close_connection = True
                return
            if self.headers["Authorization"] != AUTHORIZATION:
                status, content = 401, {"message": "who are you?"}
            elif store.failing:
                status, content = store.failing.pop(0), {"error": "not now"}
            else:
                status, content = act()
            with suppress(OSError):  # whoever asked may have gone
                self._write(status, json.dumps(content).encode())

        def _write(self, status: int, sent: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    store.address = f"http://127.0.0.1:{server.server_port}/xAPI/statements"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield store
    finally:
        store.close()
        server.shutdown()
        server.server_close()
        thread.join()
