"""JSON to the properties of a statement, each decoded once as long as it comes again.

Tools send the same actors, verbs, objects and contexts with one statement after the other. What
has been made of their bytes is kept for a while; it is frozen, so all statements can share it.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, TypeVar

import msgspec
from msgspec import UNSET, Raw, UnsetType

from lrs_stats.xapi.model import Attachment, Statement

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


class _Sent(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A statement of which what comes again is not decoded yet."""

    actor: Raw
    verb: Raw
    object: Raw
    id: str | UnsetType = UNSET
    result: Raw | UnsetType = UNSET
    context: Raw | UnsetType = UNSET
    timestamp: str | UnsetType = UNSET
    stored: str | UnsetType = UNSET
    authority: Raw | UnsetType = UNSET
    version: str | UnsetType = UNSET
    attachments: list[Attachment] | UnsetType = UNSET


_sent: Final = msgspec.json.Decoder(_Sent).decode
_actor, _verb, _object, _result, _context, _authority = (
    remembering(DECODERS[name])
    for name in ("actor", "verb", "object", "result", "context", "authority")
)


def decoded(raw: bytes) -> Statement:
    """Return a statement of the record, which was checked before it was stored."""
    sent = _sent(raw)
    return Statement(
        actor=_actor(bytes(sent.actor)),
        verb=_verb(bytes(sent.verb)),
        object=_object(bytes(sent.object)),
        id=sent.id,
        result=sent.result if sent.result is UNSET else _result(bytes(sent.result)),
        context=sent.context if sent.context is UNSET else _context(bytes(sent.context)),
        timestamp=sent.timestamp,
        stored=sent.stored,
        authority=sent.authority if sent.authority is UNSET else _authority(bytes(sent.authority)),
        version=sent.version,
        attachments=sent.attachments,
    )
