"""What JSON allows and no two readers agree about: a name twice, a number beyond all range."""

import json
from math import isfinite
from typing import Any, Final

from lrs_stats.xapi.faults import fault, quoted


class _Ambiguous(Exception):
    """What is ambiguous, in words."""


def check_unambiguous(raw: bytes, place: str) -> None:
    """Refuse a property that stands twice in one object, and a number that no double holds.

    RFC 8259 4 and 6 leave both to the reader: one takes the first, another the last. `raw` is
    JSON that was decoded before.
    """
    try:
        _decode(raw.decode())
    except _Ambiguous as error:
        raise fault(place, str(error)) from error
    except RecursionError as error:
        raise fault(place, "it is nested too deeply") from error


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
