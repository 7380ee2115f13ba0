"""Statements and other JSON in which a person is named, with a pseudonym in their place.

Everything else keeps its value, and a number the way in which it is spelled.
"""

import json
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from msgspec import Raw

from lrs_stats.erasure.identifiers import Identifiers, Pseudonym
from lrs_stats.roster.identities import canonical
from lrs_stats.xapi.actors import IDENTIFIERS
from lrs_stats.xapi.model import Statement

_statement: Final = msgspec.json.Decoder(Statement).decode
_CALLED: Final = ("name", *IDENTIFIERS)
"""What an agent has of who it is."""


@dataclass(frozen=True)
class Renaming:
    """Puts a pseudonym in the place of a person, wherever JSON names them."""

    who: Identifiers
    pseudonym: Pseudonym

    def apply(self, raw: bytes) -> bytes | None:
        """Return JSON without the person, or None when it does not name them."""
        if not self.who.may_be_in(raw):
            return None
        read = json.loads(raw, parse_float=_spelled, parse_int=_spelled)
        written = self._without(read)
        return None if written == read else msgspec.json.encode(written)

    def _without(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.who.replaced(value, self.pseudonym)
        if isinstance(value, list):
            return [self._without(one) for one in value]
        if not isinstance(value, dict):
            return value
        if _is_account(value) and self.who.own(_account_key(value)):
            return self.pseudonym.account
        if (key := _key(value)) is not None and self.who.own(key):
            others = {name: one for name, one in value.items() if name not in _CALLED}
            return self._within(others) | {"account": self.pseudonym.account}
        return self._within(value)

    def _within(self, value: dict[str, Any]) -> dict[str, Any]:
        replaced = self.who.replaced
        return {replaced(k, self.pseudonym): self._without(one) for k, one in value.items()}


def acts(raw: bytes, who: Identifiers) -> bool:
    """Tell whether a person is the actor of a stored statement."""
    key = _statement(raw).agent_key
    return key is not None and who.own(key)


def read(raw: bytes) -> Statement:
    """Return a stored statement."""
    return _statement(raw)


def _spelled(number: str) -> Raw:
    return Raw(number.encode())


def _is_account(value: dict[str, Any]) -> bool:
    return isinstance(value.get("homePage"), str) and isinstance(value.get("name"), str)


def _account_key(value: dict[str, Any]) -> str:
    return f"{value['homePage']}|{value['name']}"


def _key(value: dict[str, Any]) -> str | None:
    """Return the actor key of what is, or looks like, an agent."""
    for name, prefix in (("mbox", ""), ("mbox_sha1sum", "sha1:"), ("openid", "openid:")):
        if isinstance(found := value.get(name), str):
            return canonical(prefix + found)
    account = value.get("account")
    if isinstance(account, dict) and _is_account(account):
        return _account_key(account)
    return None
