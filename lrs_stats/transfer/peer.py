"""Another learning record store, spoken to over HTTP at its statements resource."""

import base64
import ssl
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Final
from urllib.parse import urljoin, urlsplit

import msgspec

from lrs_stats.errors import CommandError

SECONDS: Final = 30.0
"""How long each part of an answer may take."""
LARGEST: Final = 256 * 1024 * 1024
"""Bytes of an answer."""
OK: Final = range(200, 300)


class Trouble(Exception):
    """The other store does not answer, or not as one; what to do is to try again later."""


@dataclass(frozen=True)
class Reply:
    """What the other store answered."""

    status: int
    body: bytes

    @property
    def reason(self) -> str:
        """Return what it says of a refusal, in one line of at most 300 characters."""
        said = self.body[:10_000].decode("utf-8", "replace")
        with suppress(msgspec.DecodeError):
            told = msgspec.json.decode(self.body)
            if isinstance(told, dict):
                names = ("detail", "message", "error", "errorMessage", "warnings")
                said = next((str(told[name]) for name in names if name in told), said)
        return f"{self.status} {' '.join(said.split())[:300]}".strip()


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

    def __init__(self, address: str, user: str, password: str, *, seconds: float = SECONDS) -> None:
        self.address = address
        self._parts = urlsplit(address)
        self._seconds = seconds
        pair = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {pair}"} if user else {}
        self._connection: HTTPConnection | None = None

    def get(self, address: str, version: str) -> Reply:
        """Ask for an address, which may be relative to that of the resource."""
        parts = urlsplit(urljoin(self.address, address))
        if (parts.scheme, parts.netloc) != (self._parts.scheme, self._parts.netloc):
            raise CommandError(
                f"{self.address} sends on to {parts.netloc!r}, which is not given the password. "
                "Import from the address that it names, if you trust it."
            )
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        return self._ask("GET", target, None, version)

    def post(self, body: bytes, version: str) -> Reply:
        """Send statements as JSON; sent twice when the kept connection had ended meanwhile."""
        return self._ask("POST", self._parts.path, body, version)

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
        except (OSError, HTTPException) as error:
            self.close()
            if not was_kept or isinstance(error, TimeoutError):
                raise Trouble(_told(error)) from error
        try:
            return self._exchange(method, target, body, headers)
        except (OSError, HTTPException) as error:
            self.close()
            raise Trouble(_told(error)) from error

    def _exchange(
        self, method: str, target: str, body: bytes | None, headers: dict[str, str]
    ) -> Reply:
        if self._connection is None:
            self._connection = self._connected()
        self._connection.request(method, target, body, headers)
        response = self._connection.getresponse()
        content = response.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise HTTPException(f"the answer is larger than {LARGEST} bytes")
        return Reply(response.status, content)

    def _connected(self) -> HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "https":
            context = ssl.create_default_context()
            return HTTPSConnection(host, port, timeout=self._seconds, context=context)
        return HTTPConnection(host, port, timeout=self._seconds)


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ")
