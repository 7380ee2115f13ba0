"""Attachments: which contents statements declare, and whether these came (xAPI-Data 2.4.11).

A content is known by its hash alone, as the specification demands (xAPI-Communication 1.5.2):
neither the length nor the media type that is declared is held against the bytes.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Final

import msgspec
from msgspec import UNSET, structs

from lrs_stats.errors import Unavailable
from lrs_stats.xapi.faults import fault, quoted
from lrs_stats.xapi.formats import is_sha2
from lrs_stats.xapi.model import SIGNATURE, Attachment, Statement
from lrs_stats.xapi.multipart import Part
from lrs_stats.xapi.record import Content, Declared, Prepared

HASH: Final = "X-Experience-API-Hash"
_DIGESTS: Final = {56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}
"""The algorithms of SHA-2 by the hexadecimal digits of their hash."""


def declared(statement: Statement, place: str) -> tuple[Declared, ...]:
    """Return the attachments that a statement and its sub-statement declare.

    A signature signs the statement that declares it; a sub-statement is none by itself.
    """
    if not (statement.attachments or statement.object.attachments):
        return ()
    own = _declared(statement.attachments or (), f"{place}.attachments", may_sign=True)
    inner = statement.object.attachments or ()
    return (*own, *_declared(inner, f"{place}.object.attachments", may_sign=False))


def _declared(
    attachments: Iterable[Attachment], place: str, *, may_sign: bool
) -> Iterator[Declared]:
    for index, one in enumerate(attachments):
        yield Declared(
            place=f"{place}[{index}]",
            sha2=one.sha2.lower(),
            has_url=one.file_url is not UNSET,
            signs=may_sign and one.usage_type == SIGNATURE,
        )


def check_contents(statements: Iterable[Prepared], came: Collection[str]) -> None:
    """Refuse an attachment of which neither the content came nor an address is known."""
    for one in (one for statement in statements for one in statement.attachments):
        if one.sha2 in came:
            continue
        if one.signs:
            # xAPI-Data 2.6: the signature is included; an address of it is not enough
            raise fault(one.place, "the signature itself is missing; send it in a part of its own")
        if not one.has_url:
            reason = "is missing, and so is a part of multipart/mixed with the content"
            raise fault(f"{one.place}.fileUrl", reason)


def with_files(statements: Iterable[Prepared], came: Collection[str]) -> list[Prepared]:
    """Return the statements with the hashes of those contents that came with them."""
    return [
        structs.replace(one, files=tuple({a.sha2: None for a in one.attachments if a.sha2 in came}))
        for one in statements
    ]


def lay_aside(parts: Iterable[Part], expected: Collection[str], spool: IO[bytes]) -> list[Content]:
    """Write the contents of all parts but the first into a file, each once.

    Raises BadRequest for one that no statement declares, or whose bytes have another hash.
    """
    contents: dict[str, Content] = {}
    for number, part in enumerate(parts, 2):
        place = f"part {number}"
        sha2 = _expected(part, place, expected)
        offset = spool.tell()
        length = _check_hash(part, place, sha2, None if sha2 in contents else spool)
        contents.setdefault(sha2, Content(sha2, length, spool, offset))
    with _room():
        spool.flush()
    return list(contents.values())


def _expected(part: Part, place: str, expected: Collection[str]) -> str:
    """Return the hash in the headers of a part, all of which are as they should be."""
    if HASH.lower() not in part.headers:
        raise fault(f"{place}, header {HASH}", "is missing; only the first part has statements")
    sha2 = part.headers[HASH.lower()].lower()
    if not is_sha2(sha2):
        raise fault(f"{place}, header {HASH}", f"{quoted(sha2)} is not a SHA-2 hash")
    if sha2 not in expected:
        reason = f"no attachment of the statements has the sha2 {quoted(sha2)}"
        raise fault(f"{place}, header {HASH}", reason)
    # xAPI-Communication 1.5.2: without the header it is assumed to be binary
    encoding = part.headers.get("content-transfer-encoding", "binary")
    if encoding.lower() != "binary":
        reason = f"expected binary, got {quoted(encoding)}"
        raise fault(f"{place}, header Content-Transfer-Encoding", reason)
    return sha2


def _check_hash(part: Part, place: str, sha2: str, file: IO[bytes] | None) -> int:
    """Read the content of a part into a file, when there is one, and return its length."""
    digest, length = hashlib.new(_DIGESTS[len(sha2)]), 0
    for chunk in part.content:
        digest.update(chunk)
        length += len(chunk)
        if file is not None:
            _write(file, chunk)
    if digest.hexdigest() != sha2:
        reason = f"the bytes of the part have the hash {digest.hexdigest()}, not {sha2}"
        raise fault(f"{place}, header {HASH}", reason)
    return length


def _write(file: IO[bytes], chunk: bytes) -> None:
    with _room():
        file.write(chunk)


@contextmanager
def _room() -> Iterator[None]:
    """Tell a disk that is full as what it is to the client: come again later."""
    try:
        yield
    except OSError as error:
        message = "There is no room to lay the attachments aside; nothing was stored. Try again."
        raise Unavailable(message) from error


class _Shown(msgspec.Struct, rename="camel"):
    sha2: str
    content_type: str


class _Inner(msgspec.Struct):
    attachments: list[_Shown] = []


class _Outer(msgspec.Struct):
    id: str
    object: _Inner
    attachments: list[_Shown] = []


_outer: Final[Callable[[bytes], _Outer]] = msgspec.json.Decoder(_Outer).decode


def shown(statements: Sequence[bytes]) -> tuple[list[str], dict[str, dict[str, str]]]:
    """Return the ids of stored statements, and the headers of the contents that they declare.

    The headers are by hash, in the order of the statements; the hash in them is spelled as in
    the statement.
    """
    ids: list[str] = []
    headers: dict[str, dict[str, str]] = {}
    for statement in map(_outer, statements):
        ids.append(statement.id)
        for one in (*statement.attachments, *statement.object.attachments):
            headers.setdefault(
                one.sha2.lower(),
                {
                    "Content-Type": one.content_type,
                    "Content-Transfer-Encoding": "binary",
                    HASH: one.sha2,
                },
            )
    return ids, headers
