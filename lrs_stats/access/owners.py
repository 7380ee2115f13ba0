"""Whose a file is, and whether they still may have it: decided anew each time that it matters."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from lrs_stats.access.callers import Caller, CallingClient, holder, person_caller, present
from lrs_stats.access.grants import Grant
from lrs_stats.errors import Forbidden
from lrs_stats.roster.roster import Roster
from lrs_stats.roster.tables import Person as Row
from lrs_stats.store.credentials import CredentialStore
from lrs_stats.store.exports import Owner

_GONE: Final = "Who ordered it may not ask any more: they left, or what they asked with is revoked."
_LISTED: Final = "learners"


def owner_of(caller: Caller, roster: Callable[[], Roster]) -> Owner:
    """Return the owner of what a caller orders: the person, also the one a client acts for."""
    if caller.person is None:
        return Owner("client", caller.id)
    if caller.token and present(caller.id, roster()) is None:
        return Owner("token", caller.id, caller.token)
    return Owner("person", caller.id)


def standing(owner: Owner, credentials: CredentialStore, roster: Callable[[], Roster]) -> Caller:
    """Return an owner as a caller of now, or raise Forbidden when they may not ask any more."""
    found = _found(owner, credentials, roster)
    if found is None:
        raise Forbidden(_GONE)
    return found


def reachable(caller: Caller, grants: Sequence[Grant], roster: Roster) -> Iterator[Row]:
    """Yield the people of the roster whom a caller reaches, those who have left aside."""
    if caller.holds("roster/read"):
        known: Iterable[Row] = roster.rows("people").values
    else:
        own = frozenset[str]() if caller.person is None else frozenset({caller.person.id})
        ids = own.union(*_named(grants))
        known = (one for one in map(roster.person, sorted(ids)) if one is not None)
    yield from (one for one in known if one.status != "deleted")


def reaches(caller: Caller, grants: Sequence[Grant], person: str) -> bool:
    """Tell whether a caller may have a file sent to a person of the roster.

    Who may not read the roster knows of themselves, and of the learners whom a grant names.
    """
    if caller.holds("roster/read") or (caller.person is not None and caller.person.id == person):
        return True
    return any(person in some for some in _named(grants))


def _named(grants: Sequence[Grant]) -> list[frozenset[str]]:
    listed = (grant.learners for grant in grants if _LISTED in grant.granularities)
    return [some for some in listed if isinstance(some, frozenset)]


def _found(
    owner: Owner, credentials: CredentialStore, roster: Callable[[], Roster]
) -> Caller | None:
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
