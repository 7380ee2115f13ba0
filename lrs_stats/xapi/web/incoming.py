"""The body of a request as the server hands it over: read whole, or refused."""

import contextlib
import io
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import IO, Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.wsgi import get_content_length, get_input_stream

from lrs_stats.xapi.faults import fault
from lrs_stats.xapi.web.headers import changing
from lrs_stats.xapi.web.http import check_size
from lrs_stats.xapi.web.patience import Patience, Watch, answered, connection_of

DRAIN_SECONDS: Final = 60.0
"""How long the rest of a refused body is read; whoever sends for longer misses the answer."""

_CHUNK: Final = 65_536


class Incoming(io.RawIOBase):
    """A body that ends where it was announced to end, and within the limit.

    Reading raises BadRequest or TooLarge otherwise: what is cut off must not pass for the whole.
    """

    def __init__(
        self,
        stream: IO[bytes],
        announced: int | None,
        limit: int,
        waiting: Callable[[int], AbstractContextManager[None]] = lambda _: nullcontext(),
    ) -> None:
        """Take a stream of the server, its `Content-Length` if there is one, and the most bytes.

        `waiting` is what to wait in for so many bytes.
        """
        self._stream = stream
        self._waiting = waiting
        self._announced = announced or 0
        self._limit = limit
        self._taken = 0

    def readable(self) -> bool:  # noqa: D102 - as io has it
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]  # noqa: D102
        try:
            with self._waiting(len(buffer)):
                data = self._stream.read(len(buffer))
        except Exception as error:  # servers have their own for chunks that are malformed
            raise fault("body", "it could not be read to its end; send it again") from error
        self._taken += len(data)
        check_size(max(self._taken, self._announced), self._limit)
        if not data and self._taken < self._announced:
            reason = f"it ended after {self._taken} of {self._announced} bytes; send it again"
            raise fault("body", reason)
        buffer[: len(data)] = data
        return len(data)

    def drain(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Read what is left of the body: a client that still sends would miss the answer."""
        end = clock() + DRAIN_SECONDS
        with contextlib.suppress(Exception):  # it has gone, or sends what none can read
            while clock() < end:
                with self._waiting(_CHUNK):
                    if not self._stream.read(_CHUNK):
                        return


def reading(
    application: WSGIApplication, limit: Callable[[WSGIEnvironment], int]
) -> WSGIApplication:
    """Have an application read bodies as `Incoming`, each within its limit, and to its end."""
    watch = Watch()

    def read(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        connection = connection_of(environ)
        stream, announced = get_input_stream(environ), get_content_length(environ)
        body = Incoming(stream, announced, limit(environ), Patience(watch, connection).waiting)
        environ["wsgi.input"] = body
        environ["wsgi.input_terminated"] = True
        chunks = application(environ, changing(start_response, lambda _: body.drain()))
        return chunks if connection is None else answered(chunks, Patience(watch, connection))

    return read
