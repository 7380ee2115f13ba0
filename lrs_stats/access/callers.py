"""Who asks: a client with key and secret, or a person with a bearer token."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from lrs_stats.access.grants import Grant, Person, Resolver
from lrs_stats.errors import Forbidden, Unauthorized
from lrs_stats.roster.roster import Roster
from lrs_stats.store.credentials import HELD_BY, CredentialStore, Token

EVERYTHING: Final = Grant(role="owner")


@dataclass(frozen=True)
class Caller:
    """Somebody or something that asks; `person` is None for a client."""

    id: str
    name: str
    scopes: frozenset[str]
    person: Person | None = None

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
    authorization: str | None, credentials: CredentialStore, roster: Callable[[], Roster]
) -> Caller:
    """Return the caller of an `Authorization` header, or raise Unauthorized.

    The roster is loaded for people only: what tools send must not wait for it.
    """
    kind, _, value = (authorization or "").strip().partition(" ")
    match kind.lower():
        case "basic":
            return _client(value.strip(), credentials)
        case "bearer":
            return _person(value.strip(), credentials, roster())
        case "":
            raise Unauthorized("Send a client's key and secret (Basic), or a token (Bearer).")
        case _:
            raise Unauthorized(f"Authorization by {kind[:20]!r} is not known; use Basic or Bearer.")


def grants(caller: Caller, resolver: Resolver, roster: Roster) -> list[Grant]:
    """Return what a caller may see: a client all statistics, a person what the resolver says."""
    if caller.person is None:
        caller.require("stats/read")
        return [EVERYTHING]
    return resolver.grants(caller.person, roster)


def _client(value: str, credentials: CredentialStore) -> Caller:
    try:
        key, colon, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:  # whichever of three: no ASCII, no Base64, no UTF-8
        key, colon, secret = "", "", ""
    if not colon:
        raise Unauthorized("The Basic credentials are not the Base64 of key:secret.")
    client = credentials.client(key, secret)
    if client is None:
        raise Unauthorized("The key and secret belong to no client, or it was revoked.")
    return Caller(client.key, client.name, frozenset(client.scopes))


def _person(value: str, credentials: CredentialStore, roster: Roster) -> Caller:
    token = credentials.token(value)
    person = None if token is None else _known(token, roster)
    if person is None:
        raise Unauthorized("The token belongs to nobody who may sign in.")
    administrates = person.role in {"owner", "admin"}
    scopes = frozenset({"all"} if administrates else ())
    return Caller(person.id, person.name or person.id, scopes, person)


def _known(token: Token, roster: Roster) -> Person | None:
    """Return the person as the roster has them; a token with a role needs no roster."""
    if token.role:
        return Person(token.person, _role(token.role), token.person)
    known = roster.person(token.person)
    if known is None or known.status == "deleted":
        return None
    return Person(known.id, _role(known.role), roster.person_name(known.id))


def _role(role: str) -> Literal["owner", "admin", ""]:
    return "owner" if role == "owner" else "admin" if role == "admin" else ""
