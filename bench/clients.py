"""Clients that cost next to nothing: requests made beforehand, sent over plain sockets.

Each process keeps some connections alive and sends the next request on each as soon as the last
is answered. So the cores are left to the server, as they are when clients are other machines.
"""

import re
import selectors
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from typing import Any, Final

_HEAD: Final = re.compile(
    rb"HTTP/1\.1 (\d+).*?\r\ncontent-length: (\d+)\r\n", re.IGNORECASE | re.DOTALL
)
_CONTEXT: Final = get_context("spawn")


@dataclass(frozen=True)
class Work:
    """What one process has to send, and for how long at most."""

    port: int
    requests: Sequence[bytes]
    connections: int
    seconds: float
    interval: float = 0.0
    """Seconds from one request of a connection to the next; 0 is as soon as it is answered."""


@dataclass(frozen=True)
class Sent:
    """How many requests were answered, from when to when on the monotonic clock."""

    answered: int
    began: float
    ended: float


def in_processes(do: Callable[[Any], Sent], shares: Sequence[Any]) -> Sent:
    """Do the shares in a process each, all beginning at once, and return what came of them."""
    queue, barrier = _CONTEXT.SimpleQueue(), _CONTEXT.Barrier(len(shares))
    processes = [_CONTEXT.Process(target=_run, args=(do, s, barrier, queue)) for s in shares]
    for process in processes:
        process.start()
    done: list[Sent | BaseException] = [queue.get() for _ in processes]
    for process in processes:
        process.join()
    for one in done:
        if isinstance(one, BaseException):
            raise one
    sent = [one for one in done if isinstance(one, Sent)]
    return Sent(
        sum(one.answered for one in sent),
        min(one.began for one in sent),
        max(one.ended for one in sent),
    )


def dealt(items: Sequence[Any], hands: int) -> list[Sequence[Any]]:
    """Deal items out in turn."""
    return [items[hand::hands] for hand in range(hands)]


def send(work: Work) -> Sent:
    """Send requests over all connections until there are no more or the time is over."""
    waiting = iter(work.requests)
    answered = 0
    with selectors.DefaultSelector() as selector:
        lines = [_Line(work.port) for _ in range(work.connections)]
        began = time.monotonic()
        busy = sum(_next(line, waiting, selector) for line in lines)
        while busy:
            for key, _ in selector.select():
                line: _Line = key.data
                if not line.receive():
                    continue
                answered += 1
                selector.unregister(line.socket)
                time.sleep(work.interval)
                over = time.monotonic() - began > work.seconds
                busy -= 1 if over else not _next(line, waiting, selector)
        ended = time.monotonic()
        for line in lines:
            line.socket.close()
    return Sent(answered, began, ended)


@dataclass
class _Line:
    """One connection, kept alive, and the part of an answer that has arrived."""

    port: int
    received: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def receive(self) -> bool:
        """Take what has arrived; tell whether the answer is whole. It must be a success."""
        arrived = self.socket.recv(65_536)
        self.received += arrived
        end = self.received.find(b"\r\n\r\n") + 4
        head = _HEAD.match(self.received, 0, end) if end > 3 else None
        if not arrived or (head and head[1] not in {b"200", b"204"}):
            raise ConnectionError(f"The server answered {bytes(self.received)!r}.")
        if head is None or len(self.received) < end + int(head[2]):
            return False
        self.received.clear()
        return True


def _next(line: _Line, waiting: Iterator[bytes], selector: selectors.BaseSelector) -> bool:
    """Send the next request, if there is one."""
    request = next(waiting, None)
    if request is None:
        return False
    line.socket.sendall(request)
    selector.register(line.socket, selectors.EVENT_READ, line)
    return True


def _run(do: Callable[[Any], Sent], share: Any, barrier: Barrier, queue: Any) -> None:
    try:
        barrier.wait()
        queue.put(do(share))
    except Exception as error:  # noqa: BLE001 - it is raised where the result is awaited
        barrier.abort()
        queue.put(RuntimeError(f"{type(error).__name__}: {error}"))
