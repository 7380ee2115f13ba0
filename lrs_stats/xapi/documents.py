"""The documents that tools keep beside their statements (xAPI-Communication 2.2, 2.3, 2.6, 2.7).

Pure: which document a request is about, and what becomes of it. Nothing here depends on a web
server or a database; `lrs_stats.store` implements `Documents` on MongoDB.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, Protocol

import msgspec
from msgspec import Raw

from lrs_stats.errors import Conflict
from lrs_stats.xapi.access import Scope
from lrs_stats.xapi.faults import fault, quoted
from lrs_stats.xapi.formats import parse_timestamp
from lrs_stats.xapi.preconditions import Preconditions
from lrs_stats.xapi.query import check_names, read_actor
from lrs_stats.xapi.values import check_iri, check_uuid

JSON: Final = "application/json"


@dataclass(frozen=True)
class Kind:
    """One of the three resources: its parameters, and the scopes to read and to change it.

    `of` are the parameters that name what the documents belong to, `id` the one that names a
    document. `clears` tells whether all documents of a context can be deleted at once.
    """

    name: Literal["state", "activity profile", "agent profile"]
    path: str
    id: Literal["stateId", "profileId"]
    of: tuple[str, ...]
    reading: Scope
    changing: Scope
    optional: tuple[str, ...] = ()
    clears: bool = False


STATE: Final = Kind(
    name="state",
    path="/activities/state",
    id="stateId",
    of=("activityId", "agent"),
    optional=("registration",),
    reading="state/read",
    changing="state",
    clears=True,
)
ACTIVITY_PROFILE: Final = Kind(
    name="activity profile",
    path="/activities/profile",
    id="profileId",
    of=("activityId",),
    reading="profile/read",
    changing="profile",
)
AGENT_PROFILE: Final = Kind(
    name="agent profile",
    path="/agents/profile",
    id="profileId",
    of=("agent",),
    reading="profile/read",
    changing="profile",
)


@dataclass(frozen=True)
class Context:
    """What documents belong to; `agent` is the key of an agent, `activity` an IRI.

    State without a registration is a context of its own, not all registrations together.
    """

    kind: str
    activity: str | None = None
    agent: str | None = None
    registration: str | None = None


@dataclass(frozen=True)
class Key:
    """The one name of a document."""

    context: Context
    id: str


@dataclass(frozen=True)
class Sent:
    """A document as it is sent and kept: any bytes, and the header Content-Type."""

    content: bytes
    content_type: str

    @property
    def is_json(self) -> bool:
        """Tell whether it says of itself that it is JSON, whatever the parameters."""
        return self.content_type.partition(";")[0].strip().lower() == JSON


@dataclass(frozen=True)
class Kept(Sent):
    """A document that is stored: its entity tag, and when it was last changed."""

    etag: str
    updated: datetime


@dataclass(frozen=True)
class Listed:
    """The ids of documents, the one that was changed last at the end, and when that was."""

    ids: Sequence[str]
    updated: datetime | None = None


Change = Callable[[Kept | None], Sent | None]
"""Returns what a document becomes, None for no document; raises a Problem to leave it be."""


class Documents(Protocol):
    """The documents, each changed as a whole."""

    def find(self, key: Key) -> Kept | None:
        """Return a document, None when there is none."""

    def listed(self, context: Context, since: datetime | None = None) -> Listed:
        """Return which documents there are, or which were changed after an instant."""

    def change(self, key: Key, change: Change) -> None:
        """Change a document durably, as if nobody else did at the same time.

        `change` may be called several times. Raises TooLarge for what cannot be stored.
        """

    def clear(self, context: Context) -> None:
        """Delete all documents of a context."""


def etag_of(content: bytes) -> str:
    """Return the entity tag, the SHA-1 in lowercase hexadecimal (xAPI-Communication 3.1)."""
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def key_of(kind: Kind, args: Mapping[str, str], version: str) -> Key:
    """Return which document the parameters name; they must name one."""
    check_names(args, (*kind.of, *kind.optional, kind.id))
    if kind.id not in args:
        raise fault(f"parameter {kind.id}", "is missing")
    return Key(_context(kind, args, version), args[kind.id])


def context_of(
    kind: Kind, args: Mapping[str, str], version: str
) -> tuple[Context, datetime | None]:
    """Return the context that the parameters name, and `since` when it is there."""
    check_names(args, (*kind.of, *kind.optional, kind.id, "since"))
    return _context(kind, args, version), _since(args)


def cleared(kind: Kind, args: Mapping[str, str], version: str) -> Context:
    """Return the context whose documents are all to be deleted."""
    check_names(args, (*kind.of, *kind.optional))
    return _context(kind, args, version)


def put(kind: Kind, sent: Sent, asked: Preconditions, version: str) -> Change:
    """Return the change of PUT: the document takes the place of what there is.

    1.0.3 leaves state to whoever comes last, and wants a header for every profile; 2.0.0 wants
    one for what exists, state too (xAPI-Communication 3.1; IEEE 9274.1.1, 4.1.4).
    """
    strict = version == "2.0.0" or kind is not STATE

    def change(kept: Kept | None) -> Sent:
        asked.check(None if kept is None else kept.etag)
        if strict and not asked.given:
            _refuse_blind(kind, kept, version)
        return sent

    return change


def post(sent: Sent, asked: Preconditions) -> Change:
    """Return the change of POST: a JSON object is merged into one that is there.

    Where there is none, POST is PUT (xAPI-Communication 2.2).
    """
    said = _object(sent.content, "body") if sent.is_json else None

    def change(kept: Kept | None) -> Sent:
        asked.check(None if kept is None else kept.etag)
        if kept is None:
            return sent
        if said is None:
            reason = f"only {JSON} can be merged into a document that exists, got "
            raise fault("header Content-Type", reason + quoted(sent.content_type))
        if not kept.is_json:
            reason = f"is {quoted(kept.content_type)}, and only {JSON} can be merged into"
            raise fault("stored document", reason + "; replace it with PUT")
        merged = _object(kept.content, "stored document") | said
        return Sent(msgspec.json.encode(merged), kept.content_type)

    return change


def delete(asked: Preconditions) -> Change:
    """Return the change of DELETE; that of nothing is no fault, so it can be sent again."""

    def change(kept: Kept | None) -> None:
        asked.check(None if kept is None else kept.etag)

    return change


def _refuse_blind(kind: Kind, kept: Kept | None, version: str) -> None:
    """Refuse a PUT of a client that does not say what it believes to replace."""
    if kept is not None:
        raise Conflict(
            f"This {kind.name} document exists, and neither If-Match nor If-None-Match was sent. "
            "Check the current state of the document with GET, and set the header If-Match to "
            "its current ETag to replace it."
        )
    if version != "2.0.0":
        reason = f'is missing; send "*" to store a new {kind.name} document'
        raise fault("header If-None-Match", reason)


def _context(kind: Kind, args: Mapping[str, str], version: str) -> Context:
    for name in kind.of:
        if name not in args:
            raise fault(f"parameter {name}", "is missing")
    activity, agent = args.get("activityId"), args.get("agent")
    registration = args.get("registration")
    if activity is not None:
        check_iri(activity, "parameter activityId")
    if registration is not None:
        check_uuid(registration, "parameter registration")
        registration = registration.lower()
    return Context(
        kind.name,
        activity,
        None if agent is None else _agent(agent, version),
        registration,
    )


def _agent(text: str, version: str) -> str:
    """Return the key of an agent; 2.0.0 takes an identified group too."""
    actor = read_actor(text, "parameter agent")
    if actor.is_group and version != "2.0.0":
        raise fault("parameter agent", "expected an agent, got a group")
    if actor.key is None:
        raise fault("parameter agent", "a group without an identifier has no documents")
    return actor.key


def _since(args: Mapping[str, str]) -> datetime | None:
    if "since" not in args:
        return None
    text = args["since"]
    try:
        return parse_timestamp(text)
    except ValueError as error:
        # an unescaped + is read as a space
        hint = '; in an address "+" is written %2B' if " " in text else ""
        reason = f"{quoted(text)} is refused: {error}{hint}"
        raise fault("parameter since", reason) from error


_properties: Final[Callable[[bytes], dict[str, Raw]]] = msgspec.json.Decoder(dict[str, Raw]).decode


def _object(content: bytes, place: str) -> dict[str, Raw]:
    try:
        content.decode()  # what stays undecoded is not looked at by msgspec
        return _properties(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise fault(place, "is not a JSON object in UTF-8") from error
