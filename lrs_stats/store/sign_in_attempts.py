"""How often somebody has tried to sign in of late, counted by all processes together.

A document counts for a quarter of an hour from the first attempt, by the clock of the database,
which then removes it. Names are kept as SHA-256 only: people type passwords where accounts belong.
"""

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from pymongo import ReturnDocument
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from lrs_stats.store.database import Document, available

WINDOW_SECONDS: Final = 900

_STANDS: Final = {"$gt": ["$ends", "$$NOW"]}
_COUNTED: Final[list[Document]] = [
    {
        "$set": {
            "count": {"$cond": [_STANDS, {"$add": ["$count", 1]}, 1]},
            "ends": {"$cond": [_STANDS, "$ends", {"$add": ["$$NOW", WINDOW_SECONDS * 1000]}]},
            "at": "$$NOW",
        }
    }
]


@dataclass(frozen=True)
class Attempted:
    """How many attempts there have been with this one, and in how many seconds that is past."""

    count: int
    seconds: float


class SignInAttempts:
    """Counts attempts by name."""

    def __init__(self, database: Database[Document]) -> None:
        self._attempts = database["sign_in_attempts"]

    def count(self, name: str) -> Attempted:
        """Count one attempt more, before it is looked at: so none of many at once is missed."""
        with available():
            found = None
            while found is None:
                with suppress(DuplicateKeyError):  # another process has just counted the first one
                    found = self._attempts.find_one_and_update(
                        _named(name), _COUNTED, upsert=True, return_document=ReturnDocument.AFTER
                    )
        return Attempted(found["count"], (found["ends"] - found["at"]).total_seconds())

    def is_counted(self, name: str) -> bool:
        """Tell whether there has been an attempt by a name."""
        with available():
            return self._attempts.count_documents(_named(name)) > 0

    def give_back(self, name: str) -> None:
        """Take back one attempt, which was a good one."""
        with available():
            self._attempts.update_one(_named(name) | {"count": {"$gt": 0}}, {"$inc": {"count": -1}})

    def forget(self, name: str) -> None:
        """Forget all attempts by a name."""
        with available():
            self._attempts.delete_one(_named(name))


def by_account(what: str, account: str) -> str:
    """Return the name under which what somebody tries with an account is counted."""
    return f"{what} {account.strip().casefold()}"


def _named(name: str) -> Document:
    return {"_id": hashlib.sha256(name.encode(errors="replace")).hexdigest()}
