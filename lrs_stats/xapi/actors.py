"""The rules of agents, groups and authorities (xAPI-Data 2.4.2 and 2.4.9)."""

from collections.abc import Callable
from typing import Any, Final

from msgspec import UNSET

from lrs_stats.xapi.faults import fault, quoted
from lrs_stats.xapi.formats import is_mbox, is_sha1
from lrs_stats.xapi.model import Account, Actor
from lrs_stats.xapi.values import check_iri

IDENTIFIERS: Final = ("mbox", "mbox_sha1sum", "openid", "account")
_AUTHORITIES: Final = 2
"""Members of an authority: the application and its user."""


def check_actor(actor: Actor, place: str) -> None:
    """Check an agent or a group (xAPI-Data 2.4.2)."""
    given = [name for name in IDENTIFIERS if getattr(actor, name) is not UNSET]
    if len(given) > 1:
        raise fault(place, f"has {' and '.join(given)}; give exactly one identifier")
    if given:
        _IDENTIFIER_CHECKS[given[0]](getattr(actor, given[0]), f"{place}.{given[0]}")
    elif not actor.is_group:
        raise fault(place, f"has no identifier; give one of {', '.join(IDENTIFIERS)}")
    elif not actor.member:
        raise fault(f"{place}.member", "a group without an identifier needs members")
    if actor.member is not UNSET:
        _members(actor, place)


def check_group(actor: Actor, place: str) -> None:
    """Check an actor that must be a group."""
    if not actor.is_group:
        raise fault(place, 'must be a group; its objectType is "Group"')
    check_actor(actor, place)


def check_authority(actor: Actor, place: str) -> None:
    """Check an authority: an agent, or an application and its user (xAPI-Data 2.4.9)."""
    check_actor(actor, place)
    if not actor.is_group:
        return
    if actor.key is not None:
        raise fault(place, "a group as authority has no identifier")
    if len(actor.member or ()) != _AUTHORITIES:
        raise fault(f"{place}.member", "a group as authority has exactly two members")


def _members(actor: Actor, place: str) -> None:
    if not actor.is_group:
        raise fault(f"{place}.member", 'only a group has members; its objectType is "Group"')
    for index, member in enumerate(actor.member or ()):
        if member.is_group:
            raise fault(f"{place}.member[{index}]", "a member of a group is an agent, not a group")
        check_actor(member, f"{place}.member[{index}]")


def _mbox(text: str, place: str) -> None:
    if not is_mbox(text):
        raise fault(place, f'{quoted(text)} is not "mailto:" and one e-mail address')


def _sha1(text: str, place: str) -> None:
    if not is_sha1(text):
        raise fault(place, f"{quoted(text)} is not a SHA-1 hash in 40 hexadecimal digits")


def _openid(text: str, place: str) -> None:
    check_iri(text, place)
    # no IRI holds a bar (RFC 3987 2.2), and it parts home page and name in an actor's key
    if "|" in text:
        raise fault(place, f'{quoted(text)} holds "|", which an IRI cannot')


def _account(account: Account, place: str) -> None:
    _openid(account.home_page, f"{place}.homePage")


_IDENTIFIER_CHECKS: Final[dict[str, Callable[[Any, str], None]]] = {
    "mbox": _mbox,
    "mbox_sha1sum": _sha1,
    "openid": _openid,
    "account": _account,
}
