"""Who asks: a client with key and secret, for itself or for a person, or a person with a token."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from lrs_stats.access.grants import Grant, Person, Resolver
from lrs_stats.errors import Forbidden, Unauthorized
from lrs_stats.roster.roster import Roster
from lrs_stats.store.credentials import HELD_BY, CredentialStore
from lrs_stats.store.tokens import Token

EVERYTHING: Final = Grant(role="owner")
_DOTS_OF_A_JWT: Final = 2
"""A token of ours has none."""


class Provider(Protocol):
    """An identity provider whose tokens name people of the roster."""

    def person(self, token: str, roster: Callable[[], Roster]) -> Person | None:
        """Return the person whom a token names, or None when it cannot be believed."""


@dataclass(frozen=True)
class CallingClient:
    """The client that made a request: its key, and its name."""

    key: str
    name: str


@dataclass(frozen=True)
class Caller:
    """Somebody or something that asks.

    `person` is None for a client that asks for itself, `client` is None for a person who asks
    themselves; a client that asks for a person has both, and the person's id and name. `token` is
    the id of the token with which a person asks, if it is one of this server's.
    """

    id: str
    name: str
    scopes: frozenset[str]
    person: Person | None = None
    client: CallingClient | None = None
    token: str = ""

    def holds(self, scope: str) -> bool:
        """Tell whether one of the caller's scopes is this one, or holds it."""
        return any(scope == own or scope in HELD_BY.get(own, ()) for own in self.scopes)

    def require(self, scope: str) -> None:
        """Raise Forbidden unless the caller's scopes hold this one."""
        if not self.holds(scope):
            raise Forbidden(
                f"This needs the scope {scope}, which {self.name} does not have. "
                f"lrs-stats clients create --scope {scope} makes a client that has it."
            )


def identify(
    authorization: str | None,
    credentials: CredentialStore,
    roster: Callable[[], Roster],
    provider: Provider | None = None,
) -> Caller:
    """Return the caller of an `Authorization` header, or raise Unauthorized.

    The roster is loaded for people only: what tools send must not wait for it.
    """
    kind, _, value = (authorization or "").strip().partition(" ")
    match kind.lower():
        case "basic":
            return _client(value.strip(), credentials)
        case "bearer" if ":" in value:  # no token of a person has a colon
            return _client_of(value.strip(), credentials)
        case "bearer":
            return _person(value.strip(), credentials, roster, provider)
        case "":
            raise Unauthorized("Send a client's key and secret (Basic), or a token (Bearer).")
        case _:
            raise Unauthorized(f"Authorization by {kind[:20]!r} is not known; use Basic or Bearer.")


def person_caller(person: Person, token: str = "") -> Caller:
    """Return a person of the roster as the one who asks."""
    administrates = person.role in {"owner", "admin"}
    scopes = frozenset({"all"} if administrates else ())
    return Caller(person.id, person.name or person.id, scopes, person, token=token)


def present(person: str, roster: Roster) -> Person | None:
    """Return a person as the roster has them, unless it knows none or says that they have left."""
    known = roster.person(person)
    if known is None or known.status == "deleted":
        return None
    return Person(known.id, _role(known.role), roster.person_name(known.id))


def holder(token: Token, roster: Callable[[], Roster]) -> Person | None:
    """Return the person whose token it is; one with a role needs no roster."""
    if token.role:
        return Person(token.person, _role(token.role), token.person)
    return present(token.person, roster())


def grants(caller: Caller, resolver: Resolver, roster: Roster) -> list[Grant]:
    """Return what a caller may see: a client all statistics, a person what the resolver says."""
    if caller.person is None:
        caller.require("stats/read")
        return [EVERYTHING]
    return resolver.grants(caller.person, roster)


def _client(value: str, credentials: CredentialStore) -> Caller:
    try:
        pair = base64.b64decode(value, validate=True).decode()
    except ValueError:  # whichever of three: no ASCII, no Base64, no UTF-8
        pair = ""
    if ":" not in pair:
        raise Unauthorized("The Basic credentials are not the Base64 of key:secret.")
    return _client_of(pair, credentials)


def _client_of(pair: str, credentials: CredentialStore) -> Caller:
    """Return the client of a key and secret with a colon between them."""
    key, _, secret = pair.partition(":")
    client = credentials.client(key, secret)
    if client is None:
        raise Unauthorized("The key and secret belong to no client, or it was revoked.")
    calling = CallingClient(client.key, client.name)
    return Caller(client.key, client.name, frozenset(client.scopes), client=calling)


def _person(
    value: str,
    credentials: CredentialStore,
    roster: Callable[[], Roster],
    provider: Provider | None,
) -> Caller:
    """Return the person of a token: of the organisation's identity provider, or one of ours."""
    if provider is not None and value.count(".") == _DOTS_OF_A_JWT:
        token, person = "", provider.person(value, roster)
    else:
        found = credentials.tokens.find(value)
        token, person = (found.id, holder(found, roster)) if found else ("", None)
    if person is None:
        raise Unauthorized("The token belongs to nobody who may sign in.")
    return person_caller(person, token)


def _role(role: str) -> Literal["owner", "admin", ""]:
    return "owner" if role == "owner" else "admin" if role == "admin" else ""
