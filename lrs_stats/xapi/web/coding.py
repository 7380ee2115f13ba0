"""Bodies that are compressed on the way: gzip in, and gzip out for whoever accepts it."""

import gzip
import io
import zlib
from collections.abc import Callable, Iterable
from typing import IO, Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Response, request

from lrs_stats.xapi.faults import fault, quoted
from lrs_stats.xapi.web.http import check_size

SMALLEST: Final = 1024
"""Bytes from which an answer is worth compressing."""

_CHUNK: Final = 16_384
_GZIP: Final = 16 + zlib.MAX_WBITS
_LEVEL: Final = 4


class Inflated(io.RawIOBase):
    """What a gzip stream holds, inflated as far as it is asked for.

    Raises BadRequest for damaged data and TooLarge when more than `limit` bytes go in or come out;
    so a small body that inflates to a huge one costs no more than a body of the limit.
    """

    def __init__(self, stream: IO[bytes], limit: int) -> None:
        self._stream = stream
        self._limit = limit
        self._read = self._given = 0
        self._inflate = zlib.decompressobj(_GZIP)

    def readable(self) -> bool:  # noqa: D102 - as io has it
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]  # noqa: D102
        data = b""
        while not data and not self._inflate.eof:
            data = self._next(len(buffer))
        if not data:
            self._check_end()
        self._given = self._within(self._given + len(data))
        buffer[: len(data)] = data
        return len(data)

    def _next(self, size: int) -> bytes:
        packed = self._inflate.unconsumed_tail or self._more()
        try:
            return self._inflate.decompress(packed, size)
        except zlib.error as error:
            raise fault("body", f"it is no gzip, or damaged ({error})") from error

    def _more(self) -> bytes:
        packed = self._stream.read(_CHUNK)
        if not packed:
            raise fault("body", "the gzip data ends too early")
        self._read = self._within(self._read + len(packed))
        return packed

    def _check_end(self) -> None:
        # A second member would be valid gzip. No client sends one, and very many of them, each
        # empty, would take very long.
        if self._inflate.unused_data or self._stream.read(1):
            raise fault("body", "something follows the end of the gzip data")

    def _within(self, count: int) -> int:
        check_size(count, self._limit)
        return count


def inflating(
    application: WSGIApplication, limit: Callable[[WSGIEnvironment], int]
) -> WSGIApplication:
    """Have an application read what clients have compressed; it raises BadRequest for no gzip."""

    def inflate(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        coding = environ.pop("HTTP_CONTENT_ENCODING", "").strip().lower()
        if coding in {"gzip", "x-gzip"}:  # which RFC 9110, 8.4.1.3 has mean the same
            environ["wsgi.input"] = Inflated(environ["wsgi.input"], limit(environ))
            environ.pop("CONTENT_LENGTH", None)
        elif coding not in {"", "identity"}:
            reason = f"{quoted(coding)} is not taken here; send gzip, or nothing compressed"
            raise fault("header Content-Encoding", reason)
        return application(environ, start_response)

    return inflate


def zipped(answer: Response) -> Response:
    """Compress an answer for a client that accepts it; a hook to run after each request.

    An answer with an ETag goes as it is: a tag names the bytes of a document, and is what the
    client sends back in `If-Match`.
    """
    if not _is_worth_it(answer):
        return answer
    answer.vary.add("Accept-Encoding")
    accepted = request.accept_encodings
    if 0 < accepted.quality("gzip") >= accepted.quality("identity"):
        answer.set_data(gzip.compress(answer.get_data(), _LEVEL, mtime=0))
        answer.headers["Content-Encoding"] = "gzip"
    return answer


def _is_worth_it(answer: Response) -> bool:
    kind = answer.mimetype or ""
    return (
        (kind.startswith("text/") or kind == "application/json" or kind.endswith("+json"))
        and not {"ETag", "Content-Encoding", "Content-Range"} & set(answer.headers.keys())
        and not (answer.is_streamed or answer.direct_passthrough)
        and (answer.calculate_content_length() or 0) >= SMALLEST
    )
