"""A simulated organisation's statements, posted over HTTP as its tools would post them."""

import base64
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from itertools import islice
from typing import Final
from urllib.parse import urlsplit

import msgspec

from lrs_stats.errors import CommandError
from lrs_stats.simulate.organisation import Organisation
from lrs_stats.simulate.statements import statements, volume

OK: Final = 200
TIMEOUT: Final = 60

Progress = Callable[[int, int], None]


def load(
    base_url: str,
    key: str,
    secret: str,
    organisation: Organisation,
    until: date,
    *,
    progress: Progress,
    workers: int = 4,
    batch: int = 50,
) -> int:
    """Post the statements of an organisation to a server, and return how many.

    They arrive in the order of time but for the few batches that are on their way at once.
    `progress` is called after each batch with the statements done and those to do. Raises
    CommandError with the server's reason when a batch is refused.
    """
    lines = statements(
        organisation, months=organisation.months, seed=organisation.seed, until=until
    )
    work = _Work(lines, batch, volume(organisation, organisation.months), progress)
    with ThreadPoolExecutor(workers) as pool, closing(work):
        posts = [pool.submit(_post_all, work, base_url, key, secret) for _ in range(workers)]
        for post in posts:
            post.result()
    return work.done


class _Work:
    """Statements that several threads take by the batch, until it is closed for all of them."""

    def __init__(self, lines: Iterator[bytes], batch: int, total: int, progress: Progress) -> None:
        self.done = 0
        self._closed = False
        self._lines = lines
        self._batch = batch
        self._total = total
        self._progress = progress
        self._lock = threading.Lock()

    def take(self) -> list[bytes]:
        """Return the next batch; an empty one is the end."""
        with self._lock:
            return [] if self._closed else list(islice(self._lines, self._batch))

    def count(self, number: int) -> None:
        """Take note of statements that are stored."""
        with self._lock:
            self.done += number
            self._progress(self.done, self._total)

    def close(self) -> None:
        """Hand out nothing more."""
        self._closed = True


def _post_all(work: _Work, base_url: str, key: str, secret: str) -> None:
    """Post batches over one connection until there are no more; a failure ends it for all."""
    with closing(_Client(base_url, key, secret)) as client:
        try:
            while lines := work.take():
                client.post(lines)
                work.count(len(lines))
        except BaseException:
            work.close()
            raise


class _Client:
    """One connection to the statements resource, kept alive."""

    def __init__(self, base_url: str, key: str, secret: str) -> None:
        parts = urlsplit(base_url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._connection = kind(parts.netloc, timeout=TIMEOUT)
        self._address = base_url
        self._path = parts.path.rstrip("/") + "/xAPI/statements"
        self._headers = {
            "Authorization": "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode(),
            "Content-Type": "application/json",
            "X-Experience-API-Version": "1.0.3",
        }

    def post(self, lines: list[bytes]) -> None:
        """Post a batch; once more when the connection drops, which the ids make harmless."""
        body = b"[" + b",".join(lines) + b"]"
        try:
            status, answer = self._send(body)
        except (OSError, HTTPException):
            status, answer = self._send_again(body)
        if status != OK:
            raise CommandError(f"The server refused statements: {_reason(status, answer)}")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _send(self, body: bytes) -> tuple[int, bytes]:
        self._connection.request("POST", self._path, body, self._headers)
        response = self._connection.getresponse()
        return response.status, response.read()

    def _send_again(self, body: bytes) -> tuple[int, bytes]:
        self._connection.close()
        try:
            return self._send(body)
        except (OSError, HTTPException) as error:
            raise CommandError(
                f"The connection to {self._address} failed twice ({error}). "
                "See whether the server runs, then load again."
            ) from error


def _reason(status: int, answer: bytes) -> str:
    """Return the detail of a problem document, or the status of an answer that is none."""
    try:
        return str(msgspec.json.decode(answer)["detail"])
    except (msgspec.DecodeError, KeyError, TypeError):
        return f"it answered {status} without saying why; its log may tell."
