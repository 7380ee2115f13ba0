"""Another store's answers: whatever they are, they are told in a line, and never taken whole."""

import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from lrs_stats.errors import CommandError
from lrs_stats.transfer.peer import ENOUGH, Peer, Reply, Trouble


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"message":"no"}', "400 no"),
        ('{"message":"refusé"}'.encode("latin-1"), "400 refus\ufffd"),
        (b"[" * 60_000, "400 " + "[" * 300),
        (b'{"message":' + b"[" * 60_000, "400 " + ('{"message":' + "[" * 300)[:300]),
        (b'{"detail":"\x1b[2Jhi"}', '400 {"detail":" [2Jhi"}'),
        (b'{"detail":"\\u001b[2Jhi\\u0007 there"}', "400 [2Jhi there"),
        (b'{"message":"\\ud800"}', '400 {"message":"\\ud800"}'),
        (b"", "400"),
    ],
    ids=["JSON", "Latin-1", "deep", "deep inside", "escape", "escaped", "surrogate", "nothing"],
)
def test_any_answer_is_told_in_a_line(body: bytes, reason: str) -> None:
    assert Reply(400, body).reason == reason


@contextmanager
def answering(write: Callable[[socket.socket], None]) -> Iterator[str]:
    """Run a server that answers each connection by itself, and return its address."""
    server = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = server.accept()
                with connection, suppress(OSError):
                    connection.recv(65536)
                    write(connection)

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/xAPI/statements"
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()


def test_little_is_read_of_an_answer_to_a_post() -> None:
    def write(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 400 No\r\nContent-Length: 30000002\r\n\r\n[")
        for _ in range(300):
            connection.sendall(b"[]," * 33_333)

    with answering(write) as address:
        peer = Peer(address, "", "")
        tracemalloc.start()
        try:
            for _ in range(2):  # the rest of the first is not taken for the second
                reply = peer.post(b"[]", "1.0.3")
                assert (reply.status, len(reply.body)) == (400, ENOUGH)
                assert reply.reason.startswith("400 [[],[],")
            assert tracemalloc.get_traced_memory()[1] < 4_000_000
        finally:
            tracemalloc.stop()
            peer.close()


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_an_answer_that_drips_is_given_up(start: bytes) -> None:
    def write(connection: socket.socket) -> None:
        connection.sendall(start)
        for _ in range(100):
            connection.sendall(b"H")
            time.sleep(0.05)

    with answering(write) as address:
        peer = Peer(address, "", "", altogether=0.3)
        began = time.monotonic()
        with pytest.raises(Trouble, match="longer than"):
            peer.post(b"[]", "1.0.3")
        assert time.monotonic() - began < 3
        peer.close()


def test_a_host_that_cannot_be_one_is_trouble() -> None:
    with pytest.raises(Trouble):
        Peer(f"http://{'a' * 70}.example/statements", "", "").post(b"[]", "1.0.3")


@pytest.mark.parametrize(
    ("address", "link", "is_same"),
    [
        ("http://h/xAPI/statements", "http://H/more", True),
        ("http://h/xAPI/statements", "http://h:80/more", True),
        ("https://h:443/xAPI/statements", "https://h/more", True),
        ("http://h/xAPI/statements", "https://h/more", False),
        ("http://h/xAPI/statements", "http://h:81/more", False),
        ("http://h/xAPI/statements", "http://h.example/more", False),
    ],
)
def test_one_server_is_known_however_it_is_spelled(
    address: str, link: str, monkeypatch: pytest.MonkeyPatch, *, is_same: bool
) -> None:
    asked: list[str] = []
    peer = Peer(address, "key", "secret")
    monkeypatch.setattr(peer, "_ask", lambda _, target, *__: asked.append(target))
    if is_same:
        peer.get(link, "1.0.3")
    else:
        with pytest.raises(CommandError, match="not given the password"):
            peer.get(link, "1.0.3")
    assert asked == ["/more"] * is_same


def test_a_link_is_quoted_and_one_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    peer = Peer("http://h/xAPI/statements", "", "")
    monkeypatch.setattr(peer, "_ask", lambda _, target, *__: asked.append(target))
    peer.get("/m\xe9 re?a=%20&b=\xe9", "1.0.3")
    assert asked == ["/m%C3%A9%20re?a=%20&b=%C3%A9"]
    for link in ("http://[::1", "http://h:port/"):
        with pytest.raises(CommandError, match="no address"):
            peer.get(link, "1.0.3")
