"""Another learning record store, spoken to over HTTP at its statements resource."""

import base64
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Final
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import msgspec

from lrs_stats.errors import CommandError

SECONDS: Final = 30.0
"""How long each part of an answer may take."""
ALTOGETHER: Final = 120.0
"""Seconds for a request and the whole of its answer, however it drips."""
LARGEST: Final = 256 * 1024 * 1024
"""Bytes of a page of statements."""
ENOUGH: Final = 64 * 1024
"""Bytes that are read of every other answer, of which only the reason is wanted."""
OK: Final = range(200, 300)
FAILURES: Final = OSError, HTTPException, UnicodeError
"""How an exchange fails; the last is a host's name that cannot be one."""
_SAFE: Final = "/%:@!$&'()*+,;=~?"
_PORTS: Final = {"http": 80, "https": 443}


class Trouble(Exception):
    """The other store does not answer, or not as one; what to do is to try again later."""


@dataclass(frozen=True)
class Reply:
    """What the other store answered."""

    status: int
    body: bytes

    @property
    def reason(self) -> str:
        """Return what it says of a refusal, in one line of at most 300 printable characters."""
        said = self.body[:ENOUGH].decode("utf-8", "replace")
        with suppress(msgspec.MsgspecError, RecursionError, UnicodeError):
            told = msgspec.json.decode(said)
            if isinstance(told, dict):
                names = ("detail", "message", "error", "errorMessage", "warnings")
                said = next((str(told[name]) for name in names if name in told), said)
        return f"{self.status} {_printable(said)[:300]}".strip()


def statements_address(url: str) -> str:
    """Return the address of the statements resource; `/statements` is added where it is missing."""
    parts = urlsplit(url)
    try:
        is_sound = parts.scheme in {"http", "https"} and parts.hostname and (parts.port or 1)
    except ValueError:
        is_sound = False
    if not is_sound or parts.query or parts.fragment:
        raise CommandError(
            f"{url!r} is not the address of a statements resource, "
            "such as https://lrs.example.org/xAPI/statements."
        )
    if parts.username is not None:
        raise CommandError("Name the user with --user, and keep the password out of the address.")
    path = parts.path.rstrip("/")
    if not path.endswith("/statements"):
        path += "/statements"
    return parts._replace(path=path).geturl()


class Peer:
    """One store behind an address, over a connection that is kept; for one thread.

    The credentials go to its host only: an address elsewhere is refused, redirections are not
    followed.
    """

    def __init__(
        self,
        address: str,
        user: str,
        password: str,
        *,
        seconds: float = SECONDS,
        altogether: float = ALTOGETHER,
    ) -> None:
        self.address = address
        self.user = user
        self._parts = urlsplit(address)
        self._seconds = seconds
        self._altogether = altogether
        pair = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {pair}"} if user else {}
        self._connection: HTTPConnection | None = None

    def get(self, address: str, version: str) -> Reply:
        """Ask for an address, which may be relative to that of the resource."""
        parts = urlsplit(joined(self.address, address))
        if _origin(parts) != _origin(self._parts):
            raise CommandError(
                f"{self.address} sends on to {parts.netloc!r}, which is not given the password. "
                "Import from the address that it names, if you trust it."
            )
        return self._ask("GET", _target(parts), None, version)

    def post(self, body: bytes, version: str) -> Reply:
        """Send statements as JSON; sent twice when the kept connection had ended meanwhile."""
        return self._ask("POST", _target(self._parts), body, version)

    def close(self) -> None:
        """End the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ask(self, method: str, target: str, body: bytes | None, version: str) -> Reply:
        headers = self._headers | {"X-Experience-API-Version": version, "Accept": "*/*"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        was_kept = self._connection is not None
        try:
            return self._exchange(method, target, body, headers)
        except FAILURES as error:
            self.close()
            if was_kept and not isinstance(error, TimeoutError):
                return self._ask(method, target, body, version)
            raise Trouble(_told(error)) from error

    def _exchange(
        self, method: str, target: str, body: bytes | None, headers: dict[str, str]
    ) -> Reply:
        if self._connection is None:
            self._connection = self._connected()
        if self._connection.sock is None:
            self._connection.connect()
        with _deadline(self._connection.sock, self._altogether):
            self._connection.request(method, target, body, headers)
            response = self._connection.getresponse()
            return Reply(response.status, self._content(response, method))

    def _content(self, response: HTTPResponse, method: str) -> bytes:
        """Read a page of statements whole, and enough of everything else."""
        is_page = method == "GET" and response.status in OK
        most = LARGEST if is_page else ENOUGH
        content = response.read(most + 1)
        if len(content) <= most:
            return content
        if is_page:
            raise HTTPException(f"the answer is larger than {LARGEST} bytes")
        self.close()  # or its rest would be taken for the next answer
        return content[:most]

    def _connected(self) -> HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "https":
            context = ssl.create_default_context()
            return HTTPSConnection(host, port, timeout=self._seconds, context=context)
        return HTTPConnection(host, port, timeout=self._seconds)


@contextmanager
def _deadline(sock: socket.socket, seconds: float) -> Iterator[None]:
    """End an exchange after so many seconds, which the timeout of each part does not."""
    is_over = threading.Event()

    def end() -> None:
        is_over.set()
        with suppress(OSError):  # it may be over by itself
            socket.socket.shutdown(sock, socket.SHUT_RDWR)  # beneath TLS, which would wait

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except FAILURES as error:
        if is_over.is_set():
            raise TimeoutError(f"the exchange takes longer than {seconds:.0f} s") from error
        raise
    finally:
        timer.cancel()
    if is_over.is_set():
        raise TimeoutError(f"the exchange takes longer than {seconds:.0f} s")


def joined(address: str, link: str) -> str:
    """Return the address that a link names on the page at an address; CommandError if none."""
    try:
        found = urljoin(address, link)
        _origin(urlsplit(found))
    except ValueError as error:
        raise CommandError(f"{address} sends on to {link!r}, which is no address.") from error
    return found


def _origin(parts: SplitResult) -> tuple[str, str, int | None]:
    """Return what makes two addresses those of one server, however they are spelled."""
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme)


def _target(parts: SplitResult) -> str:
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return quote(target, safe=_SAFE)


def _told(error: Exception) -> str:
    return _printable(f"{type(error).__name__}: {error}".rstrip(": "))


def _printable(text: str) -> str:
    """Return a text in one line, without what would move the cursor of a terminal."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())
