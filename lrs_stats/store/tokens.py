"""The bearer tokens with which people ask: made, listed, expired and revoked.

A token is 256 random bits, of which only the SHA-256 is kept: that is safe without a slow hash,
and quick to check. The beginning of the SHA-256 is the id by which a token is listed and revoked.
"""

import hashlib
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from pymongo import DESCENDING
from pymongo.database import Database

from lrs_stats.errors import NotFound
from lrs_stats.store.database import Document, available
from lrs_stats.store.remembered import Remembered

_ID: Final = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True)
class Token:
    """A person's token: whose it is; `role` only for one whom no roster knows.

    `by_password` tells one that signing in has made from one that was made for a program;
    `opened_by` is the id of the token with which somebody signed in, if it was by one.
    """

    id: str
    person: str
    role: str
    created: datetime
    label: str = ""
    expires: datetime | None = None
    revoked: datetime | None = None
    by_password: bool = False
    opened_by: str = ""

    def is_good(self, now: datetime) -> bool:
        """Return whether it is neither revoked nor expired at an instant."""
        return self.revoked is None and (self.expires is None or now < self.expires)

    def state(self, now: datetime) -> str:
        """Return in two words at most what became of it."""
        if self.revoked is not None:
            return f"revoked {self.revoked:%Y-%m-%d}"
        if self.expires is None:
            return "in use"
        return f"{'until' if self.is_good(now) else 'expired'} {self.expires:%Y-%m-%d}"


class TokenStore:
    """Keeps tokens; a token itself leaves it once, when it is made."""

    def __init__(
        self,
        database: Database[Document],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._tokens = database["tokens"]
        self._clock = clock
        self._remembered: Remembered[Token] = Remembered()

    def create(
        self,
        person: str,
        *,
        role: str = "",
        label: str = "",
        expires: datetime | None = None,
        by_password: bool = False,
        opened_by: str = "",
    ) -> tuple[Token, str]:
        """Create a token for a person, and return what is known of it with the token itself."""
        secret = secrets.token_urlsafe(32)
        document = {
            "_id": digest(secret),
            "person": person,
            "role": role,
            "created": _kept(self._clock()),
            "label": label,
            "expires": None if expires is None else _kept(expires),
            "revoked": None,
            "by_password": by_password,
            "opened_by": opened_by,
        }
        with available():
            self._tokens.insert_one(document)
        return _token(document), secret

    def find(self, secret: str) -> Token | None:
        """Return what is known of a token, unless it is unknown, expired or revoked."""
        name = digest(secret)
        found = self._remembered.get(name, lambda: self._stored(name))
        return found if found is not None and found.is_good(self._clock()) else None

    def all(self, person: str | None = None, *, skip: int = 0, limit: int = 0) -> Iterator[Token]:
        """Yield the tokens of a person, or of all, the newest first; `limit` 0 is without one."""
        order = [("created", DESCENDING), ("_id", DESCENDING)]
        with available():
            found = self._tokens.find(_of(person)).sort(order).skip(skip).limit(limit)
            yield from map(_token, found)

    def count(self, person: str | None = None) -> int:
        """Return how many tokens of a person, or of all, there are."""
        with available():
            return self._tokens.count_documents(_of(person))

    def revoke(self, token: str, person: str | None = None) -> None:
        """Revoke the token with an id for good; NotFound when there is none to be revoked.

        It is refused within a few seconds everywhere, and so is what was opened by it. With
        `person`, those of others are not there.
        """
        if not _ID.fullmatch(token) or not self._revoke({"_id": _with_id(token)} | _of(person)):
            raise NotFound(f"There is no token with the id {token[:40]!r} that could be revoked.")
        self._revoke({"opened_by": token})

    def revoke_signed_in(self, person: str, but: str = "") -> None:
        """Revoke what a person's password has opened, but for the token with one id."""
        kept = {"_id": {"$not": _with_id(but)}} if but else {}
        self._revoke({"by_password": True} | _of(person) | kept)

    def _revoke(self, which: Document) -> int:
        with available():
            done = self._tokens.update_many(
                which | {"revoked": None}, {"$set": {"revoked": self._clock()}}
            )
        self._remembered.forget()
        return done.matched_count

    def _stored(self, name: str) -> Token | None:
        with available():
            document = self._tokens.find_one({"_id": name})
        return None if document is None else _token(document)


def digest(secret: str) -> str:
    """Return the SHA-256 of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _kept(instant: datetime) -> datetime:
    """Return an instant as MongoDB keeps it, to the millisecond, so that it is told as it is."""
    return instant.astimezone(UTC).replace(microsecond=instant.microsecond // 1000 * 1000)


def _with_id(token: str) -> Document:
    """Return what the SHA-256 of the token with an id is between."""
    return {"$gte": token, "$lt": f"{token}g"}


def _of(person: str | None) -> Document:
    return {} if person is None else {"person": person}


def _token(document: Document) -> Token:
    return Token(
        document["_id"][:16],
        document["person"],
        document["role"],
        document["created"],
        document.get("label", ""),
        document.get("expires"),
        document.get("revoked"),
        document.get("by_password", False),
        document.get("opened_by", ""),
    )
