"""Who may call: clients with key and secret, and people with a bearer token.

Secrets are 256 random bits, so a plain SHA-256 of them is safe to keep, and quick to check.
"""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from lrs_stats.errors import CommandError
from lrs_stats.store.database import Document, available
from lrs_stats.store.remembered import Remembered
from lrs_stats.store.tokens import TokenStore, digest

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
    "stats/act-as",
    "roster/read",
    "roster/write",
    "admin",
)
"""What a client can be allowed; those without `stats`, `roster` and `admin` are xAPI's own."""

LEAST: Final = ("statements/write",)
"""What a client is allowed for which nobody says more: a learning tool tells what happened.

It cannot read a statement, a figure or a name, its own ones included.
"""

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


@dataclass(frozen=True)
class Client:
    """A program that calls: its key, its name, and what it may do."""

    key: str
    name: str
    scopes: tuple[str, ...]
    created: datetime
    revoked: datetime | None = None


class CredentialStore:
    """Clients and tokens; a secret leaves it once, when it is made."""

    def __init__(self, database: Database[Document]) -> None:
        self.tokens = TokenStore(database)
        self._clients = database["clients"]
        self._remembered: Remembered[Client] = Remembered()

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
                    "secret": digest(secret),
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

    def with_key(self, key: str) -> Client | None:
        """Return the client with a key, unless it is revoked or unknown."""
        with available():
            document = self._clients.find_one({"_id": key, "revoked": None})
        return None if document is None else _client(document)

    def revoke_client(self, key: str) -> None:
        """Revoke a client for good; it is refused within a few seconds everywhere."""
        done = self._clients.update_one(
            {"_id": key, "revoked": None}, {"$set": {"revoked": datetime.now(UTC)}}
        )
        if not done.matched_count:
            raise CommandError(f"There is no client with the key {key!r} that could be revoked.")
        self._remembered.forget()

    def set_secret(self, key: str, secret: str, name: str, scopes: Sequence[str]) -> None:
        """Make sure that a client has just this secret and these scopes."""
        self._clients.update_one(
            {"_id": key},
            {
                "$set": {"secret": digest(secret), "scopes": list(scopes), "revoked": None},
                "$setOnInsert": {"name": name, "created": datetime.now(UTC)},
            },
            upsert=True,
        )

    def client(self, key: str, secret: str) -> Client | None:
        """Return the client of a key and secret, unless it is revoked or unknown."""
        hashed = digest(secret)
        return self._remembered.get(f"{hashed} {key}", lambda: self._stored(key, hashed))

    def create_token(self, person: str, role: str = "") -> str:
        """Create a bearer token without an end for a person, and return it."""
        return self.tokens.create(person, role=role)[1]

    def _stored(self, key: str, hashed: str) -> Client | None:
        with available():
            document = self._clients.find_one({"_id": key})
        if document is None or not hmac.compare_digest(document["secret"], hashed):
            return None
        found = _client(document)
        return found if found.revoked is None else None


def _client(document: Document) -> Client:
    return Client(
        document["_id"],
        document["name"],
        tuple(document["scopes"]),
        document["created"],
        document.get("revoked"),
    )
