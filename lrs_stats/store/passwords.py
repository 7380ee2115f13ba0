"""The passwords of people, as Argon2 has hashed them; whose they are is for the roster to say."""

from datetime import UTC, datetime

from pymongo.database import Database

from lrs_stats.store.database import Document, available


class PasswordStore:
    """Keeps one hash for each person who has a password."""

    def __init__(self, database: Database[Document]) -> None:
        self._passwords = database["passwords"]

    def hash_of(self, person: str) -> str | None:
        """Return the hash of a person's password, or None when they have none."""
        with available():
            document = self._passwords.find_one({"_id": person})
        return None if document is None else str(document["hash"])

    def set(self, person: str, hashed: str) -> None:
        """Give a person a password, in the place of the one there was."""
        changed = {"hash": hashed, "changed": datetime.now(UTC)}
        with available():
            self._passwords.update_one({"_id": person}, {"$set": changed}, upsert=True)

    def renew(self, person: str, hashed: str, before: str) -> None:
        """Put another hash of the same password in the place of one, unless it was changed."""
        with available():
            self._passwords.update_one({"_id": person, "hash": before}, {"$set": {"hash": hashed}})

    def remove(self, person: str) -> None:
        """Take a person's password away."""
        with available():
            self._passwords.delete_one({"_id": person})
