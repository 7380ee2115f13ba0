"""Cuts JSON into the objects that lie in it at the level of statements, without decoding it.

Values may follow each other; the members of a list, and of the list `statements` of an object,
count as values of their own. Only brackets and strings are looked at, so that a document larger
than memory can be read, whatever the chunks in which it comes.
"""

import re
from collections.abc import Iterator
from typing import Final

_TOKEN: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}"]', re.DOTALL)
_INSIDE: Final = re.compile(rb'["\\]')
_HEAD: Final = re.compile(rb'(?<!\\)"statements"[ \t\r\n]*:[ \t\r\n]*\Z')
_HEAD_BYTES: Final = 1_024
_PARTNER: Final = {ord("}"): ord("{"), ord("]"): ord("[")}
_OPENING: Final = frozenset(b"{[")
_QUOTE: Final = ord('"')
_BACKSLASH: Final = ord("\\")
_AFTER: Final = 1 << 30
"""The level at which nothing lies: after the list `statements`, to the end of its object."""

BETWEEN: Final = b" \t\r\n,"
"""What may stand between two statements."""

Cut = tuple[bytes, int, str]
"""The bytes between two cuts, the line on which they begin, and why they cannot be read."""

MISMATCH: Final = "the brackets do not match here; nothing after this place can be read"
DEEPEST: Final = 10_000
"""Brackets that may be open at the same time; far more than any statement has."""
TOO_DEEP: Final = "too many brackets are open here; nothing after this place can be read"
TOO_EARLY: Final = "the file ends too early, in the middle of this"


class Splitter:
    """Takes chunks and gives what lies between cuts: objects, and what stands between them."""

    def __init__(self, longest: int, kept: int) -> None:
        self.is_broken = False
        """Whether the brackets do not match or are too many: nothing more is read."""
        self.was_too_long = False
        """Whether the cut given last was longer than `longest`, and only its beginning is kept."""
        self._longest = longest
        self._kept = kept
        self._stack = bytearray()
        self._level = 0
        self._held = bytearray()
        self._size = 0
        self._line = self._held_line = 1
        self._in_string = self._is_escaped = False
        # of the chunk at hand:
        self._start = self._counted = 0

    def feed(self, chunk: bytes) -> Iterator[Cut]:
        """Yield what the chunk completes."""
        self._start = self._counted = at = 0
        while (token := self._token(chunk, at)) is not None:
            begin, at = token
            sign = chunk[begin]
            if sign in _OPENING:
                yield from self._open(chunk, begin, sign)
            else:
                yield from self._close(chunk, begin, sign)
            if self.is_broken:
                return
        self._hold(chunk, len(chunk))
        self._count(chunk, len(chunk))

    def finish(self) -> Iterator[Cut]:
        """Yield what is left at the end."""
        whole = not self._stack and not self._in_string
        yield self._cut("" if whole else TOO_EARLY)

    def _token(self, chunk: bytes, at: int) -> tuple[int, int] | None:
        """Return where the next bracket begins and ends; None when the chunk has no more."""
        while True:
            if self._in_string and (at := self._string_end(chunk, at)) < 0:
                return None
            token = _TOKEN.search(chunk, at)
            if token is None:
                return None
            if chunk[token.start()] != _QUOTE:
                return token.span()
            at = token.end()
            self._in_string = token.end() - token.start() == 1  # it ends in a later chunk

    def _string_end(self, chunk: bytes, at: int) -> int:
        """Return where the string at hand ends; -1 when it goes on in the next chunk."""
        if self._is_escaped and chunk:
            self._is_escaped = False
            at += 1
        while (sign := _INSIDE.search(chunk, at)) is not None:
            at = sign.end()
            if chunk[sign.start()] == _QUOTE:
                self._in_string = False
                return at
            if at == len(chunk):
                self._is_escaped = True
            at += 1
        return -1

    def _open(self, chunk: bytes, begin: int, sign: int) -> Iterator[Cut]:
        depth = len(self._stack)
        is_list = sign == ord("[")
        if depth == DEEPEST:
            self._hold(chunk, begin + 1)
            self.is_broken = True
            yield self._cut(TOO_DEEP)
            return
        if depth == self._level:
            self._hold(chunk, begin)
            yield self._cut("")
            if is_list and depth == 0:
                self._level = 1
                begin += 1
            self._begin(chunk, begin)
        elif is_list and depth == 1 and self._level == 0 and self._is_head(chunk, begin):
            self._level = 2
            self._begin(chunk, begin + 1)
        self._stack.append(sign)

    def _close(self, chunk: bytes, begin: int, sign: int) -> Iterator[Cut]:
        if not self._stack or self._stack[-1] != _PARTNER[sign]:
            self._hold(chunk, begin + 1)
            self.is_broken = True
            yield self._cut(MISMATCH)
            return
        self._stack.pop()
        depth = len(self._stack)
        if self._level == _AFTER:
            if depth == 0:
                self._level = 0
                self._begin(chunk, begin + 1)
        elif depth == self._level:
            self._hold(chunk, begin + 1)
            yield self._cut("")
            self._begin(chunk, begin + 1)
        elif depth < self._level:
            self._hold(chunk, begin)
            yield self._cut("")
            self._level = 0 if depth == 0 else _AFTER
            self._begin(chunk, begin + 1)

    def _is_head(self, chunk: bytes, end: int) -> bool:
        """Tell whether the list that begins is the value of `statements`."""
        before = self._held[-_HEAD_BYTES:] + chunk[max(self._start, end - _HEAD_BYTES) : end]
        return _HEAD.search(before[-_HEAD_BYTES:]) is not None

    def _begin(self, chunk: bytes, at: int) -> None:
        """Begin to hold what follows."""
        self._held.clear()
        self._size = 0
        self._start = at
        self._count(chunk, at)
        self._held_line = self._line

    def _hold(self, chunk: bytes, end: int) -> None:
        """Hold the chunk up to an end, or only the beginning of what is too long."""
        self._size += end - self._start
        if self._size <= self._longest:
            self._held += chunk[self._start : end]
        elif len(self._held) < self._kept:
            room = self._kept - len(self._held)
            self._held += chunk[self._start : min(end, self._start + room)]
        else:
            del self._held[self._kept :]
        self._start = end

    def _cut(self, reason: str) -> Cut:
        self.was_too_long = self._size > self._longest
        held = bytes(self._held)
        blank = len(held) - len(held.lstrip(BETWEEN))
        return held, self._held_line + held.count(b"\n", 0, blank), reason

    def _count(self, chunk: bytes, end: int) -> None:
        self._line += chunk.count(b"\n", self._counted, end)
        self._counted = end
