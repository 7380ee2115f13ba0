"""What JSON allows and no two readers agree about: a name twice, a number beyond all range."""

import json
from collections.abc import Mapping
from math import isfinite
from typing import Any, Final

import msgspec

from lrs_stats.xapi.faults import fault, quoted


class _Ambiguous(Exception):
    """What is ambiguous, in words."""


def check_unambiguous(raw: bytes, place: str) -> None:
    """Refuse a property that stands twice in one object, and a number that no double holds.

    RFC 8259 4 and 6 leave both to the reader: one takes the first, another the last. `raw` is
    JSON that was decoded before.
    """
    if _is_plain(raw):
        return
    try:
        _decode(raw.decode())
    except _Ambiguous as error:
        raise fault(place, str(error)) from error
    except RecursionError as error:
        raise fault(place, "it is nested too deeply") from error


def check_distinct(raw: bytes, properties: Mapping[str, bytes | msgspec.Raw], place: str) -> None:
    """Refuse a property that stands twice in an object; what is in each is not looked at.

    `properties` are those of the object, as the bytes in which they stand in it: when no quote
    is left beside these and the names, none was dropped.
    """
    inside = sum(bytes(value).count(b'"') for value in properties.values())
    if raw.count(b'"') != inside + 2 * len(properties):
        check_unambiguous(raw, place)


def _is_plain(raw: bytes) -> bool:
    """Tell at little cost that nothing is ambiguous; False leaves it open.

    Decoding drops all but one of equal names, and writing that anew is as quick: so there is one
    string less, and two quotes. It fails for a number that no double holds.
    """
    try:
        written = msgspec.json.encode(msgspec.json.decode(raw))
    except (msgspec.MsgspecError, OverflowError, RecursionError):
        return False
    sent = _delimiters(raw)
    return sent is not None and sent == _delimiters(written)


def _delimiters(raw: bytes) -> int | None:
    """Return the number of quotes around strings, unless escaped backslashes hide it."""
    if b"\\\\" in raw:
        return None
    return raw.count(b'"') - raw.count(b'\\"')


def _distinct(pairs: list[tuple[str, Any]]) -> None:
    if len(dict(pairs)) == len(pairs):
        return
    seen = set()
    for name, _ in pairs:
        if name in seen:
            raise _Ambiguous(f"the property {quoted(name)} stands twice in one object")
        seen.add(name)


def _number(text: str) -> None:
    if not isfinite(float(text)):
        raise _Ambiguous(f"the number {quoted(text)} is out of range")


_decode: Final = json.JSONDecoder(
    object_pairs_hook=_distinct, parse_int=_number, parse_float=_number
).decode
