"""A stream of bytes, cut into the pieces that should each be a statement.

Two forms are read: a piece on each line, and JSON that goes over many lines (statements, lists of
them, StatementResult objects, one after the other). Neither is ever in memory as a whole, and
what cannot be read is a piece with a reason, so that nothing is left out in silence.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO, Final

import msgspec
from msgspec import UNSET, Raw, UnsetType

from lrs_stats.transfer.splitting import BETWEEN, Splitter

LONGEST: Final = 16 * 1024 * 1024
"""Bytes of one piece; the database holds no larger document."""
KEPT: Final = 1_000
"""Bytes that are kept of a piece that is too long."""
MARK: Final = b"\xef\xbb\xbf"
"""What some editors put before UTF-8."""
BLANK: Final = b" \t\r\n"


@dataclass(frozen=True, slots=True)
class Piece:
    """What should be a statement: its bytes, its line, its place in a list that is on that line.

    `reason` says why it cannot be read, and is empty when it can.
    """

    raw: bytes
    line: int
    part: str = ""
    reason: str = ""


def lines(file: BinaryIO, longest: int = LONGEST) -> Iterator[Piece]:
    """Yield the pieces of a file with one on each line; empty lines are none."""
    number = 0
    while line := file.readline(longest + 1):
        number += 1
        if len(line) > longest and not line.endswith(b"\n"):
            _skip_line(file)
            yield Piece(line[:KEPT], number, reason=too_long("the line", longest))
            continue
        text = (line.removeprefix(MARK) if number == 1 else line).strip(BLANK)
        if text:
            yield from _opened(Piece(text, number))


def values(chunks: Iterable[bytes], longest: int = LONGEST) -> Iterator[Piece]:
    """Yield the pieces of JSON that goes over many lines, however it is cut into chunks.

    Brackets that do not match end it, since nothing after them has a place.
    """
    splitter = Splitter(longest, KEPT)
    for chunk in chunks:
        yield from _cut(splitter, splitter.feed(chunk), longest)
        if splitter.is_broken:
            return
    yield from _cut(splitter, splitter.finish(), longest)


def too_long(what: str, longest: int) -> str:
    """Return the reason that refuses what is too long."""
    return f"{what} is longer than {longest} bytes; its beginning is kept"


def _cut(
    splitter: Splitter, found: Iterable[tuple[bytes, int, str]], longest: int
) -> Iterator[Piece]:
    for raw, line, reason in found:
        text = raw.strip(BETWEEN).removeprefix(MARK).strip(BLANK)
        if reason:
            yield Piece(text, line, reason=reason)
        elif splitter.was_too_long:
            yield Piece(text, line, reason=too_long("the statement", longest))
        elif text.startswith(b"{"):
            yield from _opened(Piece(text, line))
        elif text:
            yield Piece(text, line, reason="expected a statement")


def _skip_line(file: BinaryIO) -> None:
    while (rest := file.readline(1 << 20)) and not rest.endswith(b"\n"):
        pass


class _Outer(msgspec.Struct):
    """What may be around a statement: a list's object, or the form of what was refused."""

    actor: Raw | UnsetType = UNSET
    statements: list[Raw] | UnsetType = UNSET
    statement: Raw | UnsetType = UNSET
    text: str | UnsetType = UNSET


_outer: Final = msgspec.json.Decoder(_Outer)
_list: Final = msgspec.json.Decoder(list[Raw])


def _opened(piece: Piece) -> Iterator[Piece]:
    """Yield the statements inside a piece; one that cannot be opened is itself to be judged."""
    try:
        if piece.raw.startswith(b"["):
            yield from _members(piece, "", _list.decode(piece.raw))
            return
        outer = _outer.decode(piece.raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        yield piece
        return
    if outer.actor is not UNSET:
        yield piece
    elif outer.statements is not UNSET:
        yield from _members(piece, "statements", outer.statements)
    elif outer.statement is not UNSET:
        yield replace(piece, raw=bytes(outer.statement))
    elif outer.text is not UNSET:
        yield replace(piece, raw=outer.text.encode())
    else:
        yield piece


def _members(piece: Piece, name: str, members: list[Raw]) -> Iterator[Piece]:
    for index, raw in enumerate(members):
        yield replace(piece, raw=bytes(raw), part=f"{name}[{index}]")
