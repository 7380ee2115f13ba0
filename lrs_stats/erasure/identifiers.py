"""By what a person who is to be forgotten is named, in statements and in any text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import msgspec

from lrs_stats.errors import CommandError
from lrs_stats.roster.identities import canonical, folded, folded_keys_of, keys_of, sha1
from lrs_stats.roster.roster import Roster
from lrs_stats.roster.tables import Person

_SHA1: Final = re.compile(r"(?:sha1:)?([0-9a-fA-F]{40})")
_WITHIN_LOCAL: Final = r"(?<![\w.+'-])"
_AFTER: Final = r"(?![\w-]|\.\w)"


@dataclass(frozen=True)
class Identifiers:
    """A person: the actor keys that name them, and their id in the roster when it knows them.

    With `ignore_case` other spellings in the local part, or of the account's name, are theirs too.
    `user_name` and `external_id` are what an identity provider calls them.
    """

    keys: tuple[str, ...]
    person: str = ""
    ignore_case: bool = False
    user_name: str = ""
    external_id: str = ""

    def own(self, key: str) -> bool:
        """Tell whether an actor key names the person."""
        if not self._known.isdisjoint(_spellings(key)):
            return True
        return self.ignore_case and folded(key) in self._folded

    def may_be_in(self, text: bytes) -> bool:
        """Tell whether JSON may name the person; quick, and never False when it does."""
        lowered = text.lower()
        return b"\\u" in lowered or b"\\/" in lowered or any(one in lowered for one in self._parts)

    def named_in(self, text: str) -> bool:
        """Tell whether a text has one of the identifiers in it."""
        return self._pattern.search(text) is not None

    def replaced(self, text: str, pseudonym: "Pseudonym") -> str:
        """Return a text with a pseudonym in the place of each identifier."""
        return self._pattern.sub(lambda found: pseudonym.instead_of(found[0]), text)

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(map(canonical, self.keys))

    @cached_property
    def _folded(self) -> frozenset[str]:
        return frozenset(map(folded, self.keys))

    @cached_property
    def _parts(self) -> tuple[bytes, ...]:
        return tuple(part.lower().encode() for key in self.keys for part in _parts_of(key))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile("|".join(_pattern_of(key, self.ignore_case) for key in self.keys))


@dataclass(frozen=True)
class Pseudonym:
    """A random name, which nothing ties to whom it stands for."""

    name: str

    HOME_PAGE = "https://lrs-stats.invalid/erased"

    @property
    def key(self) -> str:
        """Return the actor key of the pseudonym."""
        return f"{self.HOME_PAGE}|{self.name}"

    @property
    def account(self) -> dict[str, str]:
        """Return the account that stands in statements."""
        return {"homePage": self.HOME_PAGE, "name": self.name}

    def instead_of(self, identifier: str) -> str:
        """Return what takes the place of an identifier in a text, of the same form where it can."""
        if "|" in identifier:
            return self.key
        if "://" in identifier:
            return f"{self.HOME_PAGE}/{self.name}"
        return f"{self.name}@lrs-stats.invalid" if "@" in identifier else self.name


def identifiers_of(learner: str, roster: Roster, *, ignore_case: bool) -> Identifiers:
    """Return by what a learner is named: an id of the roster, or any one identifier.

    An identifier of somebody whom the roster knows stands for the whole person.
    """
    person = roster.person(learner)
    if person is None:
        key = _key_of(learner)
        known = roster.person_of(key, ignore_case=ignore_case)
        person = roster.person(known) if known else None
        if person is None:
            spellings = tuple(dict.fromkeys(_spellings(key)))
            return Identifiers(spellings, ignore_case=ignore_case)
    keys = [*keys_of(person), *_mailbox_keys(person, roster, ignore_case=ignore_case)]
    keys += folded_keys_of(person) if ignore_case else ()
    # somebody without identifiers is in the roster alone; the id itself names nobody elsewhere
    keys = keys or [f"{Pseudonym.HOME_PAGE}/nobody|{person.id}"]
    return Identifiers(
        tuple(dict.fromkeys(keys)), person.id, ignore_case, person.user_name, person.external_id
    )


def _mailbox_keys(person: Person, roster: Roster, *, ignore_case: bool) -> Iterator[str]:
    """Yield the keys of a userName that is a mailbox, unless it is somebody else's."""
    key = f"mailto:{person.user_name}"
    if "@" in person.user_name and roster.person_of(key, ignore_case=ignore_case) in {
        None,
        person.id,
    }:
        yield from _spellings(key)


def _key_of(text: str) -> str:
    """Return the actor key that somebody has written."""
    if found := _SHA1.fullmatch(text):
        return f"sha1:{found[1].lower()}"
    if text.startswith("openid:") or "|" in text:
        return text
    if "://" in text:
        return f"openid:{text}"
    if "@" in text:
        return canonical(text if text.startswith("mailto:") else f"mailto:{text}")
    raise CommandError(
        "This is no id of the roster and no identifier. Expected an id of the roster, an e-mail, "
        "the SHA-1 of a mailbox, an OpenID, or an account as homePage|name."
    )


def _spellings(key: str) -> Iterator[str]:
    """Yield a key as it is compared, and that of the hash of a mailbox."""
    plain = canonical(key)
    yield plain
    if plain.startswith("mailto:"):
        yield sha1(plain.removeprefix("mailto:"))


def _parts_of(key: str) -> Iterator[str]:
    """Yield what stands in JSON whenever a key does."""
    if key.startswith("mailto:"):
        yield key.removeprefix("mailto:")
        yield key.removeprefix("mailto:").replace("@", "%40")
    elif key.startswith(("sha1:", "openid:")):
        yield key.partition(":")[2]
    else:
        yield msgspec.json.encode(key.partition("|")[2]).decode()
        yield key


def _pattern_of(key: str, ignore_case: bool) -> str:  # noqa: FBT001 - one of two of a pattern
    """Return a pattern for a key in any text; an account is found as `homePage|name` alone."""
    if key.startswith("mailto:"):
        local, _, domain = key.removeprefix("mailto:").rpartition("@")
        name = f"(?i:{re.escape(local)})" if ignore_case else re.escape(local)
        return f"{_WITHIN_LOCAL}{name}(?:@|%40)(?i:{re.escape(domain)}){_AFTER}"
    if key.startswith("sha1:"):
        return f"(?<![0-9a-fA-F])(?i:{key.removeprefix('sha1:')})(?![0-9a-fA-F])"
    return f"{re.escape(key.removeprefix('openid:'))}(?![\\w-])"
