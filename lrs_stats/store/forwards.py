"""The stores to which statements are forwarded, how far each is, and what each refused.

Passwords are kept in the clear, since they have to be sent; who reads the database reads the
statements themselves.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from lrs_stats.errors import CommandError
from lrs_stats.store.database import Document, available
from lrs_stats.transfer.forwarding import Forward
from lrs_stats.xapi.record import Cursor

NIL: Final = "00000000-0000-0000-0000-000000000000"
"""The id before all others: a mark with it lies before all that is stored at its instant."""


class ForwardStore:
    """Keeps forwards; each change is one document's, so whoever is killed leaves it sound."""

    def __init__(self, database: Database[Document]) -> None:
        self._forwards = database["forwards"]
        self._refused = database["refused"]

    def add(
        self, name: str, address: str, *, user: str, password: str, since: datetime | None
    ) -> None:
        """Add a forward that begins after an instant, or with the first statement."""
        document = {
            "_id": name,
            "address": address,
            "user": user,
            "password": password,
            "paused": False,
            "mark": {"stored": since, "id": NIL, "behind": since} if since else None,
            "sent": 0,
            "trouble": "",
            "added": datetime.now(UTC),
        }
        try:
            self._forwards.insert_one(document)
        except DuplicateKeyError:
            raise CommandError(f"A forward named {name!r} is there already.") from None

    def all(self) -> list[Forward]:
        """Return all forwards, in the order of their names."""
        with available():
            return [self._forward(one) for one in self._forwards.find().sort("_id")]

    def remove(self, name: str) -> None:
        """Remove a forward, and what it refused."""
        if not self._forwards.delete_one({"_id": name}).deleted_count:
            raise CommandError(_unknown(name))
        self._refused.delete_many(_of(name))

    def pause(self, name: str, *, paused: bool) -> None:
        """Pause a forward, or have it go on."""
        done = self._forwards.update_one({"_id": name}, {"$set": {"paused": paused}})
        if not done.matched_count:
            raise CommandError(_unknown(name))

    def advance(
        self, forward: Forward, mark: Cursor | None, sent: int, behind: datetime | None = None
    ) -> None:
        """Add to what was sent, forget the trouble, and move the mark, never back.

        `behind` is the instant after which the next process looks for what became visible late.
        """
        told = {"$inc": {"sent": sent}, "$set": {"trouble": "", "troubled": None}}
        with available():
            self._forwards.update_one(_which(forward), told)
            if mark is None:
                return
            earlier = [{"mark": None}, {"mark.stored": {"$lte": mark.stored}}]
            place = {"stored": mark.stored, "id": mark.id, "behind": behind}
            self._forwards.update_one(_which(forward) | {"$or": earlier}, {"$set": {"mark": place}})

    def trouble(self, forward: Forward, why: str) -> None:
        """Say why nothing goes through at the moment; it does not since the first time."""
        with available():
            was_well = _which(forward) | {"trouble": ""}
            self._forwards.update_one(was_well, {"$set": {"troubled": datetime.now(UTC)}})
            self._forwards.update_one(_which(forward), {"$set": {"trouble": why}})

    def refuse(self, forward: Forward, statement: str, reason: str) -> None:
        """Keep that the store refused a statement, and why."""
        key = {"forward": forward.name, "statement": statement}
        with available():
            self._refused.replace_one(
                {"_id": key}, {"reason": reason, "at": datetime.now(UTC)}, upsert=True
            )

    def accept(self, forward: Forward, statement: str) -> None:
        """Forget that the store refused a statement, which counts as sent now."""
        with available():
            key = {"forward": forward.name, "statement": statement}
            if self._refused.delete_one({"_id": key}).deleted_count:
                self._forwards.update_one(_which(forward), {"$inc": {"sent": 1}})

    def one(self, name: str) -> Forward:
        """Return the forward of a name."""
        with available():
            found = self._forwards.find_one({"_id": name})
            if found is None:
                raise CommandError(_unknown(name))
            return self._forward(found)

    def refusals(self, name: str) -> Iterator[tuple[str, str]]:
        """Yield the id of each statement that a store refused, and why."""
        with available():
            for one in self._refused.find(_of(name)).sort("_id"):
                yield one["_id"]["statement"], one["reason"]

    def _forward(self, document: Document) -> Forward:
        mark = document["mark"]
        return Forward(
            document["_id"],
            document["address"],
            document["user"],
            document["password"],
            document["added"],
            paused=document["paused"],
            mark=Cursor(mark["stored"], mark["id"]) if mark else None,
            behind=mark.get("behind") if mark else None,
            sent=document["sent"],
            refused=self._refused.count_documents(_of(document["_id"])),
            trouble=document["trouble"],
            troubled=document.get("troubled"),  # which those of before it was kept lack
        )


def _which(forward: Forward) -> Document:
    """Return what finds a forward, and not another that was added under its name since."""
    return {"_id": forward.name, "added": forward.added}


def _of(name: str) -> Document:
    """Return what finds the refusals of a forward by the index of the ids alone."""
    first, last = ({"forward": name, "statement": end} for end in ("", "~"))
    return {"_id": {"$gte": first, "$lt": last}}


def _unknown(name: str) -> str:
    return f"There is no forward named {name!r}; lrs-stats forwards list names those there are."
