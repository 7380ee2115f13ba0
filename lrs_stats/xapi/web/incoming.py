"""The body of a request as the server hands it over: read whole, or refused."""

import contextlib
import io
import time
from collections.abc import Callable, Iterable
from typing import IO, Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.wsgi import get_content_length, get_input_stream

from lrs_stats.errors import TooLarge
from lrs_stats.xapi.faults import fault
from lrs_stats.xapi.web.headers import changing

DRAIN_SECONDS: Final = 60.0
"""How long the rest of a refused body is read; whoever sends for longer misses the answer."""

_CHUNK: Final = 65_536


class Incoming(io.RawIOBase):
    """A body that ends where it was announced to end, and within the limit.

    Reading raises BadRequest or TooLarge otherwise: what is cut off must not pass for the whole.
    """

    def __init__(self, stream: IO[bytes], announced: int | None, limit: int) -> None:
        """Take a stream of the server, its `Content-Length` if there is one, and the most bytes."""
        self._stream = stream
        self._announced = announced or 0
        self._limit = limit
        self._taken = 0

    def readable(self) -> bool:  # noqa: D102 - as io has it
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]  # noqa: D102
        try:
            data = self._stream.read(len(buffer))
        except Exception as error:  # servers have their own for chunks that are malformed
            raise fault("body", "it could not be read to its end; send it again") from error
        self._taken += len(data)
        if max(self._taken, self._announced) > self._limit:
            raise TooLarge(
                f"The body is larger than {self._limit} bytes, the limit of this server."
            )
        if not data and self._taken < self._announced:
            reason = f"it ended after {self._taken} of {self._announced} bytes; send it again"
            raise fault("body", reason)
        buffer[: len(data)] = data
        return len(data)

    def drain(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Read what is left of the body: a client that still sends would miss the answer."""
        end = clock() + DRAIN_SECONDS
        with contextlib.suppress(Exception):  # it has gone, or sends what none can read
            while self._stream.read(_CHUNK) and clock() < end:
                pass


def reading(application: WSGIApplication, limit: int) -> WSGIApplication:
    """Have an application read bodies as `Incoming`, and every body to its end."""

    def read(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = Incoming(get_input_stream(environ), get_content_length(environ), limit)
        environ["wsgi.input"] = body
        environ["wsgi.input_terminated"] = True
        return application(environ, changing(start_response, lambda _: body.drain()))

    return read
