"""JSON to the properties of a statement, each decoded once as long as it comes again.

Tools send the same actors, verbs, objects and contexts with one statement after the other. What
has been made of their bytes is kept for a while; it is frozen, so all statements can share it.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Raw

from lrs_stats.xapi.model import Statement

T = TypeVar("T")

REMEMBERED: Final = 4_096
LARGEST: Final = 1_536
"""Of each property, how many values a process remembers, and of how many bytes at most."""
REPEATED: Final = frozenset({"actor", "verb", "object", "context", "result", "authority"})

DECODERS: Final[dict[str, Callable[[bytes], Any]]] = {
    field.encode_name: msgspec.json.Decoder(field.type).decode
    for field in msgspec.structs.fields(Statement)
}
properties_of: Final[Callable[[bytes | Raw], dict[str, Raw]]] = msgspec.json.Decoder(
    dict[str, Raw]
).decode


def remembering(read: Callable[[bytes], T]) -> Callable[[bytes], T]:
    """Return a reader that reads again only what it does not know, or what is large."""
    known = lru_cache(maxsize=REMEMBERED)(read)
    return lambda raw: known(raw) if len(raw) <= LARGEST else read(raw)


_KNOWN: Final = {
    name: remembering(decode) if name in REPEATED else decode for name, decode in DECODERS.items()
}


def decoded(raw: bytes) -> Statement:
    """Return a statement of the record, which was checked before it was stored."""
    found = properties_of(raw)
    return Statement(**{name: _KNOWN[name](bytes(value)) for name, value in found.items()})
