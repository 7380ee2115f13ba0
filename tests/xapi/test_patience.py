"""A client that is too slow is hung up on; one that is not is left alone."""

import io
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any, cast

import pytest

from lrs_stats.errors import BadRequest
from lrs_stats.xapi.web import patience
from lrs_stats.xapi.web.incoming import Incoming
from lrs_stats.xapi.web.patience import Patience, Watch, answered


@pytest.fixture
def pair(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[socket.socket, socket.socket]]:
    monkeypatch.setattr(patience, "GRACE", 0.3)
    monkeypatch.setattr(patience, "_LOOK_EVERY", 0.02)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def send(connection: socket.socket, chunks: Iterator[bytes]) -> None:
    for chunk in chunks:
        connection.sendall(chunk)


def test_a_body_that_drips_is_cut_off(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair

    def drip() -> None:
        try:
            for _ in range(200):
                theirs.sendall(b"x")
                time.sleep(0.05)
        except OSError:
            return

    threading.Thread(target=drip, daemon=True).start()
    with ours.makefile("rb") as stream:
        body = Incoming(cast("Any", stream), 1_000_000, 1_000_000, Patience(Watch(), ours).waiting)
        with pytest.raises(BadRequest, match=r"ended after \d+ of 1000000 bytes"):
            all(iter(lambda: body.read(65_536), b""))


def test_a_body_that_comes_in_time_is_read(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    sent = b"x" * 300_000

    def give() -> None:
        theirs.sendall(sent)
        theirs.shutdown(socket.SHUT_WR)

    threading.Thread(target=give, daemon=True).start()
    with ours.makefile("rb") as stream:
        waiting = Patience(Watch(), ours).waiting
        body = Incoming(cast("Any", stream), len(sent), len(sent), waiting)
        assert io.BufferedReader(cast("Any", body)).read() == sent


def test_an_answer_that_nobody_reads_is_given_up(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, _ = pair
    with pytest.raises(OSError, match=r"(?i)pipe|reset|shutdown"):
        send(ours, answered([b"x" * 50_000_000], FastPatience(Watch(), ours)))


class FastPatience(Patience):
    """Waits for the grace alone, however much there is to read."""

    def waiting(self, _: int) -> Any:
        return super().waiting(0)


def test_time_that_the_server_takes_is_not_the_clients(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair

    def slow() -> Iterator[bytes]:
        time.sleep(0.5)
        yield b"done"

    send(ours, answered(slow(), TimelessPatience(Watch(), ours)))
    assert theirs.recv(10) == b"done"


class TimelessPatience(Patience):
    """Has nothing left of the grace when the first chunk is there, but what the rate gives."""

    def waiting(self, _: int) -> Any:
        return super().waiting(patience.RATE)
