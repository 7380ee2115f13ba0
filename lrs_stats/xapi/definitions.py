"""What is known of an activity: the definitions of all statements in one (xAPI-Data 2.4.4.1)."""

from collections.abc import Callable
from typing import Final

import msgspec
from msgspec import Raw

LARGEST: Final = 1 << 20
"""Bytes beyond which a merged definition grows no further: the newest alone takes its place."""

_thing: Final[Callable[[bytes], dict[str, Raw]]] = msgspec.json.Decoder(dict[str, Raw]).decode

_MERGED: Final = ("name", "description", "extensions")
_INTERACTION: Final = (
    "interactionType",
    "correctResponsesPattern",
    "choices",
    "scale",
    "source",
    "target",
    "steps",
)


def merge(known: bytes, said: bytes) -> bytes:
    """Return a definition, as JSON, that holds what was known and what a statement says now.

    Texts of other languages and extensions of other keys stay; all else is replaced. Another
    type of interaction replaces all that belonged to the one before.
    """
    old, new = _thing(known), _thing(said)
    if "interactionType" in new and new["interactionType"] != old.get("interactionType"):
        old = {name: value for name, value in old.items() if name not in _INTERACTION}
    both = {
        name: Raw(msgspec.json.encode(_thing(old[name]) | _thing(new[name])))
        for name in _MERGED
        if name in old and name in new
    }
    merged = msgspec.json.encode(old | new | both)
    return merged if len(merged) <= LARGEST else said
