"""Large files from a real server: whole or not at all, and nothing of them when nobody reads on."""

import csv
import io
import json
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.server import Server, basic, serving, statement
from tests.waiting import until

ROWS = 4_000
LONG = "http://example.org/course/" + "a" * 700


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Give a server whose log of connections makes a file of some 6 MB."""
    with serving(tmp_path_factory.mktemp("files") / "data") as server:
        for _ in range(ROWS // 500):
            assert server.post([statement("zoe", LONG) for _ in range(500)]).status == 200
        server.wait_counted()
        yield server


def laid_aside(server: Server) -> list[str]:
    """Return the files without a name that web processes have open in the data folder."""
    found = []
    for pid in server.pids("web worker"):
        for one in Path(f"/proc/{pid}/fd").iterdir():
            try:
                target = str(one.readlink())
            except OSError:
                continue
            if target.startswith(str(server.data)) and target.endswith("(deleted)"):
                found.append(target)
    return found


def test_a_large_file_is_whole(filled: Server) -> None:
    answer = filled.get("/api/v1/stats/connections.csv")
    assert int(answer.headers["Content-Length"]) == len(answer.body) > 5_000_000
    rows = [*csv.reader(io.StringIO(answer.body.decode(), newline=""))]
    assert len(rows) == ROWS + 1
    assert len({row[0] for row in rows}) == ROWS + 1
    lines = filled.get("/api/v1/stats/connections.jsonl").body.splitlines()
    assert [json.loads(line)["id"] for line in lines] == [row[0] for row in rows[1:]]


def test_who_hangs_up_leaves_nothing(filled: Server) -> None:
    """The file is there while it is read, and gone when the connection is reset."""
    with socket.create_connection(("127.0.0.1", filled.port)) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        request = (
            "GET /api/v1/stats/connections.csv HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: {basic(filled.key, filled.secret)}\r\n\r\n"
        )
        connection.sendall(request.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
        assert len(laid_aside(filled)) == 1
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    until(lambda: not laid_aside(filled), 20)
    assert filled.get("/health").status == 200
