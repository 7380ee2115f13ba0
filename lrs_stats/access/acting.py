"""A client that acts for a person whom it names: it sees what the person would, and no more.

What it may do is what both may. So a key with which figures are shown to people does not
administrate the server by naming its owner.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from lrs_stats.access.callers import Caller, person_caller, present
from lrs_stats.errors import Forbidden
from lrs_stats.roster.roster import Roster

HEADER: Final = "X-Act-As"
SCOPE: Final = "stats/act-as"


def acting(caller: Caller, named: str, roster: Callable[[], Roster]) -> Caller:
    """Return the caller as the person whom the header names, or raise Forbidden.

    The roster is asked only for a client with the scope: no other learns who is there.
    """
    if caller.client is None:
        raise Forbidden(f"{HEADER} is for clients with the scope {SCOPE}; a person asks as such.")
    caller.require(SCOPE)
    person = present(_spelled(named), roster())
    if person is None:
        raise Forbidden(f"{HEADER} names nobody whom the roster knows and who has not left.")
    as_person = person_caller(person)
    may = replace(caller, scopes=caller.scopes | {"stats/read"})
    both = {scope for scope in may.scopes if as_person.holds(scope)}
    both |= {scope for scope in as_person.scopes if may.holds(scope)}
    return replace(as_person, scopes=frozenset(both), client=caller.client)


def _spelled(named: str) -> str:
    """Return the id of a header, whose bytes WSGI hands over as Latin-1, and ids are UTF-8."""
    try:
        return named.encode("latin-1").decode()
    except UnicodeError:
        return ""
