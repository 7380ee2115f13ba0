"""Asking the organisation's identity provider over HTTP, within a time and a size.

A provider that hangs, drips, answers for ever or leads elsewhere holds up nobody for longer.
"""

import ssl
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from http.client import HTTPConnection, HTTPSConnection
from socket import SHUT_RDWR, socket
from typing import Final, TypeVar
from urllib.parse import SplitResult, urlsplit

PATIENCE: Final = 5.0
"""Seconds for the whole of an answer."""
LARGEST: Final = 1 << 20
"""Bytes of an answer."""
OK: Final = 200

T = TypeVar("T")


def fetched(address: str, patience: float = PATIENCE) -> bytes:
    """Return what an address answers with 200, and from nowhere else."""
    status, content = answered(address, patience=patience)
    if status != OK:
        raise ValueError(f"it answers {status}")
    return content


def answered(
    address: str,
    *,
    form: str | None = None,
    headers: Mapping[str, str] | None = None,
    patience: float = PATIENCE,
) -> tuple[int, bytes]:
    """Return the status and the body that an address answers; with `form`, to a POST of it."""
    parts = urlsplit(address)
    connection = _connection(parts, patience)
    hang_up = threading.Timer(patience, _hang_up, [connection])
    hang_up.daemon = True
    hang_up.start()
    try:
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        sent = {"Accept": "application/json", **(headers or {})}
        connection.request("GET" if form is None else "POST", target, form, sent)
        answer = connection.getresponse()
        content = answer.read(LARGEST + 1)
        if len(content) > LARGEST or not answer.isclosed():
            raise ValueError(f"it answers {answer.status} with too much, or too slowly")
        return answer.status, content
    finally:
        hang_up.cancel()
        connection.close()


def within(seconds: float, call: Callable[[], T]) -> T:
    """Return what a call returns, or raise TimeoutError; the call then ends by itself.

    It runs in a thread of its own: looking up a name, or a handshake, may outlast every timeout.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except Exception as error:  # noqa: BLE001 - it is raised where it is waited for
            future.set_exception(error)

    threading.Thread(target=run, name="fetching", daemon=True).start()
    return future.result(seconds)


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
