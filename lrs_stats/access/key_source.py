"""Where the keys of an identity provider come from: an address or a file, read when it is needed.

Providers change their keys whenever they like, and tell of it by a `kid` that nobody has seen.
So that nobody can have them asked all the time by inventing one, and a provider that does not
answer holds up nothing else, they are read in a thread of its own, at most once a minute.
"""

import math
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from socket import SHUT_RDWR, socket
from typing import Final
from urllib.parse import SplitResult, urlsplit

import structlog

from lrs_stats.access.keys import Key, PublicKey, fitting, keys_in
from lrs_stats.errors import CommandError, Unavailable

PAUSE: Final = 60.0
"""Seconds from one reading to the next, whatever was asked for."""
STALE: Final = 600.0
"""Seconds after which keys are read again in passing, so that one taken back is soon refused."""
PATIENCE: Final = 5.0
"""Seconds for the whole of an answer, and for which a request waits for keys."""
LARGEST: Final = 1 << 20
"""Bytes of an answer or a file."""
WAITING: Final = 4
"""Requests that may wait for keys at a time; the others are to try again."""

_log = structlog.get_logger()


class KeySource:
    """The newest keys that could be read; a reading that fails leaves those that there are."""

    def __init__(
        self,
        read: Callable[[], bytes],
        *,
        keys: Sequence[Key] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._clock = clock
        self._keys = tuple(keys)
        self._lock = threading.Lock()
        self._waiting = threading.BoundedSemaphore(WAITING)
        self._begun = clock() if keys else -math.inf
        self._reading: threading.Thread | None = None

    def find(self, kid: str | None, algorithm: str) -> PublicKey | None:
        """Return the key for a token, None when there is none; Unavailable while none is known."""
        found = fitting(self._keys, kid, algorithm)
        self._look(STALE if found is not None else PAUSE)
        if found is None:
            self._wait()
            found = fitting(self._keys, kid, algorithm)
        if not self._keys:
            raise Unavailable("The keys of the identity provider could not be read. Try again.")
        return found

    def _look(self, after: float) -> None:
        """Begin a reading, unless the last one began less than so many seconds ago."""
        with self._lock:
            if self._clock() - self._begun < after:
                return
            self._begun = self._clock()
            self._reading = threading.Thread(target=self._renew, name="keys", daemon=True)
            self._reading.start()

    def _wait(self) -> None:
        """Wait for a reading that is under way, but not longer than it may take."""
        with self._lock:
            reading = self._reading
        if reading is None or not self._waiting.acquire(blocking=False):
            return
        try:
            reading.join(PATIENCE)
        finally:
            self._waiting.release()

    def _renew(self) -> None:
        try:
            self._keys = keys_in(self._read())
        except (OSError, HTTPException, ValueError) as error:
            _log.warning("the keys of the identity provider could not be read", reason=str(error))


def source_of(keys: str) -> KeySource:
    """Return the source of an address, or of a file, which must be sound from the start."""
    if keys.startswith(("http:", "https:")):
        return KeySource(lambda: fetched(keys))
    try:
        return KeySource(lambda: _content(keys), keys=keys_in(_content(keys)))
    except (OSError, ValueError) as error:
        raise CommandError(f"The file of jwt_keys, {keys}, cannot be used: {error}.") from error


def fetched(address: str, patience: float = PATIENCE) -> bytes:
    """Return what an address answers with 200, within a time and a size, and from nowhere else."""
    parts = urlsplit(address)
    connection = _connection(parts, patience)
    hang_up = threading.Timer(patience, _hang_up, [connection])
    hang_up.daemon = True
    hang_up.start()
    try:
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        connection.request("GET", target, headers={"Accept": "application/json"})
        answer = connection.getresponse()
        content = answer.read(LARGEST + 1)
        if answer.status != 200 or not answer.isclosed():  # noqa: PLR2004 - OK
            raise ValueError(f"it answers {answer.status}, or too much, or too slowly")
        return content
    finally:
        hang_up.cancel()
        connection.close()


def _connection(parts: SplitResult, patience: float) -> HTTPConnection:
    host = parts.hostname or ""
    if parts.scheme == "https":
        context = ssl.create_default_context()
        return HTTPSConnection(host, parts.port, timeout=patience, context=context)
    return HTTPConnection(host, parts.port, timeout=patience)


def _hang_up(connection: HTTPConnection) -> None:
    """End an exchange that drips: the timeout of a connection is for each part of it."""
    if isinstance(connection.sock, socket):
        with suppress(OSError):
            socket.shutdown(connection.sock, SHUT_RDWR)


def _content(file: str) -> bytes:
    with Path(file).open("rb") as opened:
        return opened.read(LARGEST)
