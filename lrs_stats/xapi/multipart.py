"""Bodies of many parts, `multipart/mixed`, read and written as streams (RFC 2046, 5.1).

A reader takes a body in chunks of any size and holds little more than one of them. Real bodies
come with and without a line end before the first boundary and after the last, with boundaries
that begin with dashes, and with text around the parts, which means nothing.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from lrs_stats.xapi.faults import fault, quoted

MOST_PARTS: Final = 1_000
LONGEST_HEADERS: Final = 8_192
"""Bytes that the headers of one part may have together."""
LONGEST_PADDING: Final = 200
"""Bytes of white space that may follow a boundary on its line (RFC 2046, 5.1.1)."""

_BOUNDARY: Final = re.compile(
    r';\s*boundary\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))', re.IGNORECASE
)
_PRINTABLE: Final = re.compile(r"[ -~]{0,69}[!-~]")
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FOLD: Final = re.compile(r"\r\n[ \t]+")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]+")


@dataclass(frozen=True)
class Part:
    """A part of a body that is read: its headers by lower-case name, and its bytes, once.

    The content has to be read before the next part is asked for; what is left of it is skipped.
    """

    headers: Mapping[str, str]
    content: Iterator[bytes]

    @property
    def media_type(self) -> str:
        """Return the media type without its parameters, or an empty text."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True)
class Outgoing:
    """A part of a body that is written, with the length of its content in bytes."""

    headers: Mapping[str, str]
    length: int
    content: Iterable[bytes]


def boundary_of(content_type: str) -> str:
    """Return the boundary that a header `Content-Type` names, or raise BadRequest."""
    match = _BOUNDARY.search(content_type)
    if match is None:
        raise fault("header Content-Type", "names no boundary between the parts")
    boundary = match[2] or re.sub(r"\\(.)", r"\1", match[1] or "")
    if not _PRINTABLE.fullmatch(boundary):
        reason = f"the boundary {quoted(boundary)} is not one of 1 to 70 printable characters"
        raise fault("header Content-Type", reason)
    return boundary


def parts(chunks: Iterable[bytes], boundary: str) -> Iterator[Part]:
    """Yield the parts of a body; raise BadRequest for one that is cut off or malformed."""
    reader = _Reader(chunks, boundary)
    _skip(reader.content())
    count = 0
    while not reader.is_over():
        count += 1
        if count > MOST_PARTS:
            raise fault("body", f"has more than {MOST_PARTS} parts; send them in several requests")
        headers = reader.headers(f"part {count}")
        content = reader.content()
        yield Part(headers, content)
        _skip(content)


def written(boundary: str, parts: Iterable[Outgoing]) -> Iterator[bytes]:
    """Yield a body; the boundary must not stand in any content."""
    for part in parts:
        yield _head(boundary, part)
        yield from part.content
        yield b"\r\n"
    yield _end(boundary)


def size(boundary: str, parts: Iterable[Outgoing]) -> int:
    """Return how many bytes `written` yields."""
    return len(_end(boundary)) + sum(len(_head(boundary, one)) + one.length + 2 for one in parts)


def _head(boundary: str, part: Outgoing) -> bytes:
    # what a client once declared must not begin a header of its own
    lines = (f"{name}: {_CONTROL.sub(' ', value)}\r\n" for name, value in part.headers.items())
    return f"--{boundary}\r\n{''.join(lines)}\r\n".encode()


def _end(boundary: str) -> bytes:
    return f"--{boundary}--\r\n".encode()


def _skip(content: Iterator[bytes]) -> None:
    for _ in content:
        pass


class _Reader:
    """Reads a body from delimiter to delimiter; a delimiter begins with the line end before it."""

    def __init__(self, chunks: Iterable[bytes], boundary: str) -> None:
        self._chunks = filter(None, chunks)
        self._delimiter = b"\r\n--" + boundary.encode()
        self._buffer = bytearray(b"\r\n")  # the first boundary may stand at the very beginning

    def content(self) -> Iterator[bytes]:
        """Yield what stands before the next delimiter, and pass over that."""
        tail = len(self._delimiter) - 1
        while (end := self._buffer.find(self._delimiter)) < 0:
            if len(self._buffer) > tail:
                yield bytes(self._buffer[:-tail])
                del self._buffer[:-tail]
            self._more()
        if end:
            yield bytes(self._buffer[:end])
        del self._buffer[: end + len(self._delimiter)]

    def is_over(self) -> bool:
        """Read the rest of a boundary, and tell whether it was the last."""
        self._fill(2)
        if self._buffer.startswith(b"--"):
            return True
        end = self._find(b"\r\n", LONGEST_PADDING, "a boundary is followed by something else")
        if self._buffer[:end].strip(b" \t"):
            raise fault("body", "a boundary is followed by something else than the end of its line")
        del self._buffer[:end]
        return False

    def headers(self, place: str) -> dict[str, str]:
        """Read the headers of a part, from the line end before them to the empty line after."""
        reason = f"{place} has headers of more than {LONGEST_HEADERS} bytes"
        end = self._find(b"\r\n\r\n", LONGEST_HEADERS, reason)
        block = self._buffer[:end].decode("latin-1")
        del self._buffer[: end + 2]
        self._fill(len(self._delimiter))
        if not self._buffer.startswith(self._delimiter):  # else the part is empty
            del self._buffer[:2]
        return _headers(block, place)

    def _find(self, mark: bytes, limit: int, reason: str) -> int:
        while (found := self._buffer.find(mark)) < 0 and len(self._buffer) <= limit:
            self._more()
        if not 0 <= found <= limit:
            raise fault("body", reason)
        return found

    def _fill(self, length: int) -> None:
        while len(self._buffer) < length:
            self._more()

    def _more(self) -> None:
        chunk = next(self._chunks, None)
        if chunk is None:
            raise fault("body", "ends before the last boundary, which two dashes follow")
        self._buffer += chunk


def _headers(block: str, place: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in _FOLD.sub(" ", block).split("\r\n")[1:]:
        name, colon, value = line.partition(":")
        if not (colon and _NAME.fullmatch(name)):
            raise fault(place, f"{quoted(line)} is no header")
        if found.setdefault(name.lower(), value.strip()) != value.strip():
            raise fault(f"{place}, header {name}", "is given twice, with two values")
    return found
