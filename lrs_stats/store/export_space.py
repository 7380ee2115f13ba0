"""How much of the disk the files of one owner take, and how a new one takes its part of it.

What a file will take is written down before it is kept, in a transaction that no other such one
can overlap; so two files that are ready at once never take the same room.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pymongo.client_session import ClientSession
from pymongo.database import Database

from lrs_stats.store.database import Document, available

TAKEN: Final = "taken"
"""The field of a run with the bytes of its file, until the file is kept or the run is none."""
_TURN: Final = "room for files"
"""The document that each transaction changes, by which one of two at once has to begin anew."""


class NoRoom(OSError):
    """The files of one owner would take more of the disk than they may."""


@dataclass(frozen=True)
class Kept:
    """The bytes of an owner's files, and when the first of them goes, if there is one."""

    size: int
    until: datetime | None = None


class ExportSpace:
    """The room of each owner, among the orders."""

    def __init__(self, database: Database[Document]) -> None:
        self._exports = database["exports"]
        self._states = database["states"]
        self._client = database.client

    def kept(self, owner: str) -> Kept:
        """Return what the owner with a key has, the files that are about to be kept among it."""
        with available():
            return self._kept(owner)

    def take(self, run: Document, owner: str, size: int, most: int) -> None:
        """Have a run's file take room; raise NoRoom when its owner's would have more than most."""

        def take(session: ClientSession) -> bool:
            turn = {"$inc": {"number": 1}}
            self._states.update_one({"_id": _TURN}, turn, upsert=True, session=session)
            if self._kept(owner, session).size + size > most:
                return False
            self._exports.update_one(run, {"$set": {TAKEN: size}}, session=session)
            return True

        with available(), self._client.start_session() as session:
            is_taken = session.with_transaction(take)
        if not is_taken:
            raise NoRoom

    def _kept(self, owner: str, session: ClientSession | None = None) -> Kept:
        size = {"$sum": {"$ifNull": [f"${TAKEN}", {"$ifNull": ["$made.size", 0]}]}}
        until = {"$min": {"$cond": [{"$eq": ["$state", "done"]}, "$expires", None]}}
        of_owner: list[dict[str, Any]] = [
            {"$match": {"owner.key": owner, "state": {"$in": ["running", "done"]}}},
            {"$group": {"_id": None, "size": size, "until": until}},
        ]
        found = next(self._exports.aggregate(of_owner, session=session), None)
        return Kept(0) if found is None else Kept(found["size"], found["until"])
