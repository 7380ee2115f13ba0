"""Whose a file is, and whether they still may have it: decided anew each time that it matters."""

from datetime import UTC, datetime
from typing import Final

from lrs_stats.access.callers import Caller, CallingClient, holder, person_caller, present
from lrs_stats.errors import Forbidden
from lrs_stats.services import Services
from lrs_stats.store.exports import Owner

_GONE: Final = (
    "Who ordered it may not ask any more: they have left, or what they asked with is revoked."
)


def owner_of(services: Services, caller: Caller) -> Owner:
    """Return the owner of what a caller orders: the person, also the one a client acts for."""
    if caller.person is None:
        return Owner("client", caller.id)
    if caller.token and present(caller.id, services.rosters.load()) is None:
        return Owner("token", caller.id, caller.token)
    return Owner("person", caller.id)


def standing(services: Services, owner: Owner) -> Caller:
    """Return an owner as a caller of now, or raise Forbidden when they may not ask any more."""
    found = _found(services, owner)
    if found is None:
        raise Forbidden(_GONE)
    return found


def _found(services: Services, owner: Owner) -> Caller | None:
    credentials, roster = services.credentials, services.rosters.load
    if owner.kind == "client":
        client = credentials.with_key(owner.id)
        if client is None:
            return None
        calling = CallingClient(client.key, client.name)
        return Caller(client.key, client.name, frozenset(client.scopes), client=calling)
    if owner.kind == "person":
        person = present(owner.id, roster())
    else:
        now = datetime.now(UTC)
        tokens = (one for one in credentials.tokens.all(owner.id) if one.id == owner.token)
        person = next((holder(one, roster) for one in tokens if one.is_good(now)), None)
    return None if person is None else person_caller(person, owner.token)
