"""How long a client is waited for: one that sends or reads too slowly is hung up on.

A thread that waits for bytes waits for ever, and a few clients that send a byte now and then would
hold all of them. So while a thread waits, another watches the time, and closes the connection
when it is over: the thread that waits finds the body cut off, or nobody to answer.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final
from wsgiref.types import WSGIEnvironment

GRACE: Final = 30.0
"""Seconds that everybody has, however little they send or read."""
RATE: Final = 16_384
"""Bytes a second that a client must keep up beyond that."""
_LOOK_EVERY: Final = 1.0


class Watch:
    """Hangs up on connections that are waited for too long."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._due: dict[object, tuple[float, socket.socket]] = {}
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def until(self, connection: socket.socket, due: float) -> Iterator[None]:
        """Wait for a connection up to an instant of the clock."""
        key = object()
        with self._lock:
            self._due[key] = due, connection
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                del self._due[key]

    def _look(self) -> None:
        while True:
            time.sleep(_LOOK_EVERY)
            with self._lock:
                now = self._clock()
                overdue = [connection for due, connection in self._due.values() if due < now]
                for connection in overdue:
                    with contextlib.suppress(OSError):  # it has gone by itself
                        connection.shutdown(socket.SHUT_RDWR)


class Patience:
    """The time that one client has for one body or one answer; it grows with what passes."""

    def __init__(self, watch: Watch, connection: socket.socket | None) -> None:
        self._watch = watch
        self._connection = connection
        self._began = time.monotonic()
        self._passed = 0

    @contextlib.contextmanager
    def waiting(self, size: int) -> Iterator[None]:
        """Wait for the client to send or to read so many bytes."""
        if self._connection is None:
            yield
            return
        due = self._began + GRACE + (self._passed + size) / RATE
        with self._watch.until(self._connection, due):
            yield
        self._passed += size


def answered(chunks: Iterable[bytes], patience: Patience) -> Iterator[bytes]:
    """Yield an answer whose client has to read it; the time runs while a chunk is sent."""
    try:
        for chunk in chunks:
            with patience.waiting(len(chunk)):
                yield chunk
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()


def connection_of(environ: WSGIEnvironment) -> socket.socket | None:
    """Return the connection of a request, where the server tells it."""
    found = environ.get("gunicorn.socket")
    return found if isinstance(found, socket.socket) else None
