"""Who may call: clients with key and secret, and people with a bearer token.

Secrets are 256 random bits, so a plain SHA-256 of them is safe to keep, and quick to check.
"""

import hashlib
import hmac
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from lrs_stats.errors import CommandError
from lrs_stats.store.database import Document, available

SCOPES: Final = (
    "all",
    "all/read",
    "statements/write",
    "statements/read",
    "statements/read/mine",
    "state",
    "define",
    "profile",
    "stats/read",
    "roster/read",
    "roster/write",
    "admin",
)
"""What a client can be allowed; those without `stats`, `roster` and `admin` are xAPI's own."""

_READING: Final = frozenset(
    {
        "all/read",
        "statements/read",
        "statements/read/mine",
        "state/read",
        "profile/read",
        "activities/read",
        "agents/read",
        "stats/read",
        "roster/read",
    }
)
HELD_BY: Final = {
    "all": _READING | frozenset(SCOPES),
    "all/read": _READING,
    "statements/read": frozenset({"statements/read/mine", "activities/read", "agents/read"}),
    "statements/read/mine": frozenset({"activities/read"}),
    "state": frozenset({"state/read", "activities/read"}),
    "define": frozenset({"activities/read"}),
    "profile": frozenset({"profile/read", "activities/read", "agents/read"}),
}
"""The scopes that others hold in them (xAPI-Communication 4.2)."""

REMEMBERED: Final = 5.0
"""Seconds for which a client or token is believed without asking the database again."""


@dataclass(frozen=True)
class Client:
    """A program that calls: its key, its name, and what it may do."""

    key: str
    name: str
    scopes: tuple[str, ...]
    created: datetime
    revoked: datetime | None = None


@dataclass(frozen=True)
class Token:
    """A person's bearer token: whose it is; `role` only for one whom no roster knows."""

    person: str
    role: str
    created: datetime


class CredentialStore:
    """Clients and tokens; a secret leaves it once, when it is made."""

    def __init__(self, database: Database[Document]) -> None:
        self._clients = database["clients"]
        self._tokens = database["tokens"]
        self._remembered: dict[str, tuple[float, Client | Token]] = {}

    def create_client(
        self, name: str, scopes: Sequence[str], *, key: str = "", secret: str = ""
    ) -> tuple[Client, str]:
        """Create a client and return it with its secret."""
        unknown = sorted(set(scopes) - set(SCOPES))
        if unknown:
            raise CommandError(f"{unknown[0]!r} is no scope. The scopes are: {', '.join(SCOPES)}.")
        secret = secret or secrets.token_urlsafe(32)
        client = Client(key or secrets.token_hex(8), name, tuple(scopes), datetime.now(UTC))
        try:
            self._clients.insert_one(
                {
                    "_id": client.key,
                    "secret": _digest(secret),
                    "name": name,
                    "scopes": list(scopes),
                    "created": client.created,
                }
            )
        except DuplicateKeyError:
            raise CommandError(f"A client with the key {client.key!r} exists already.") from None
        return client, secret

    def clients(self) -> list[Client]:
        """Return all clients, revoked ones included, oldest first."""
        return [_client(document) for document in self._clients.find().sort("created")]

    def revoke_client(self, key: str) -> None:
        """Revoke a client for good; it is refused within a few seconds everywhere."""
        done = self._clients.update_one(
            {"_id": key, "revoked": None}, {"$set": {"revoked": datetime.now(UTC)}}
        )
        if not done.matched_count:
            raise CommandError(f"There is no client with the key {key!r} that could be revoked.")
        self._remembered.clear()

    def set_secret(self, key: str, secret: str, name: str, scopes: Sequence[str]) -> None:
        """Make sure that a client has just this secret and these scopes."""
        self._clients.update_one(
            {"_id": key},
            {
                "$set": {"secret": _digest(secret), "scopes": list(scopes), "revoked": None},
                "$setOnInsert": {"name": name, "created": datetime.now(UTC)},
            },
            upsert=True,
        )

    def client(self, key: str, secret: str) -> Client | None:
        """Return the client of a key and secret, unless it is revoked or unknown."""
        digest = _digest(secret)
        found = self._recall(key + digest)
        if found is None:
            asked = time.monotonic()
            with available():
                document = self._clients.find_one({"_id": key})
            if document is None or not hmac.compare_digest(document["secret"], digest):
                return None
            found = _client(document)
            if found.revoked is not None:
                return None
            self._remembered[key + digest] = (asked, found)
        return found if isinstance(found, Client) else None

    def create_token(self, person: str, role: str = "") -> str:
        """Create a bearer token for a person and return it."""
        token = secrets.token_urlsafe(32)
        self._tokens.insert_one(
            {"_id": _digest(token), "person": person, "role": role, "created": datetime.now(UTC)}
        )
        return token

    def token(self, token: str) -> Token | None:
        """Return whose token it is, or None."""
        digest = _digest(token)
        found = self._recall(digest)
        if found is None:
            asked = time.monotonic()
            with available():
                document = self._tokens.find_one({"_id": digest})
            if document is None:
                return None
            found = Token(document["person"], document["role"], document["created"])
            self._remembered[digest] = (asked, found)
        return found if isinstance(found, Token) else None

    def _recall(self, name: str) -> Client | Token | None:
        at, found = self._remembered.get(name, (0.0, None))
        if found is not None and time.monotonic() - at < REMEMBERED:
            return found
        self._remembered.pop(name, None)
        return None


def _client(document: Document) -> Client:
    return Client(
        document["_id"],
        document["name"],
        tuple(document["scopes"]),
        document["created"],
        document.get("revoked"),
    )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
