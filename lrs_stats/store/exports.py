"""Files that are made in the background: what was ordered, whose turn it is, what became of it.

Every change is one document's, and the limits on how many are made at once are unique indexes, on
the slots of all and on the places of each person; so they hold whatever the number of workers, and
whoever is killed leaves all of it sound. A run is known by a number of its own: one that was taken
back, cancelled or outlived its lease changes nothing any more.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, Final, Literal
from uuid import uuid4

from pymongo import ASCENDING, DESCENDING, ReturnDocument
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from lrs_stats.store.database import Document, available
from lrs_stats.store.export_space import TAKEN, ExportSpace, Kept

State = Literal["queued", "running", "done", "failed", "cancelled", "expired"]
OPEN: Final[tuple[State, ...]] = ("queued", "running")
LEASE: Final = timedelta(seconds=15)
TRIES: Final = 3
PAUSES: Final = (timedelta(seconds=5), timedelta(seconds=60))
"""How long to wait after the first and after the second failure."""
SHOWN_AFTERWARDS: Final = timedelta(days=30)
"""How long one without a file is still listed."""
WAITS: Final = (
    "It waits for the facts, which are being made from the record. Its turn comes once they are "
    "there, and nothing needs to be done."
)
_NEVER: Final = datetime.fromtimestamp(0, UTC)
_OF_A_RUN: Final = dict.fromkeys(("run", "slot", "place", "until", TAKEN), "")
_OF_A_FILE: Final = {"made": "", "link": ""}
_SPARSE: Final = {"made", "delivery", "link"}
"""What is not written where there is none."""
KILLED: Final = (
    f"The process that made it was ended before the file was whole, {TRIES} times in a row. "
    "It may need more memory than there is: ask for a shorter period, or for fewer rows."
)


@dataclass(frozen=True)
class Owner:
    """Whose it is: a person of the roster, a client for itself, or a token that carries a role."""

    kind: Literal["person", "client", "token"]
    id: str
    token: str = ""

    @property
    def key(self) -> str:
        """Return the owner as one text."""
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True)
class Made:
    """A whole file: its name in the folder, what it is called, and by which grants it was made."""

    file: str
    name: str
    media_type: str
    size: int
    sha256: str
    rows: int
    grants: bytes


@dataclass(frozen=True)
class Delivery:
    """The schedule by which a file is made and delivered, and the due time."""

    schedule: str
    due: datetime


@dataclass(frozen=True)
class Link:
    """What opens a file without signing in: the SHA-256 of a key, for a while."""

    sha256: str
    expires: datetime


@dataclass(frozen=True)
class Export:
    """One order: what was asked, how far it is, and the file that came of it.

    `given` are the parameters as they were sent. `total` is how many rows there will be, when that
    is known. `not_before` holds back one that has failed and is to be tried again. Of one by a
    schedule whose owner may not see any of it, `is_withheld` tells it from one that has failed;
    `is_private` says that the trouble speaks of what the owner sees, and is for them alone.
    """

    id: str
    owner: Owner
    granularity: str
    given: Mapping[str, Any]
    format: str
    ordered: datetime
    options: Mapping[str, str] = field(default_factory=dict)
    state: State = "queued"
    not_before: datetime = _NEVER
    attempts: int = 0
    run: str = ""
    rows: int = 0
    total: int | None = None
    trouble: str = ""
    started: datetime | None = None
    ended: datetime | None = None
    expires: datetime | None = None
    made: Made | None = None
    delivery: Delivery | None = None
    link: Link | None = None
    is_withheld: bool = False
    is_private: bool = False


class ExportStore:
    """Keeps orders, and hands out whose turn it is."""

    def __init__(
        self,
        database: Database[Document],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._exports = database["exports"]
        self._space = ExportSpace(database)
        self._clock = clock

    def add(self, export: Export) -> None:
        """Put an order into the queue; one whose id is there already is left as it is."""
        owner = asdict(export.owner) | {"key": export.owner.key}
        document = asdict(export) | {"_id": export.id, "owner": owner}
        with available(), suppress(DuplicateKeyError):
            self._exports.insert_one(
                {n: v for n, v in document.items() if n != "id" and (n not in _SPARSE or v)}
            )

    def one(self, export: str) -> Export | None:
        """Return the order with an id."""
        with available():
            found = self._exports.find_one({"_id": export})
        return None if found is None else _export(found)

    def of(self, owner: Owner | None, *, skip: int = 0, limit: int = 0) -> list[Export]:
        """Return the orders of one owner or of all, the newest first; `limit` 0 is without one."""
        order = [("ordered", DESCENDING), ("_id", DESCENDING)]
        with available():
            found = self._exports.find(_whose(owner), {"made.grants": 0}).sort(order)
            return [_export(one) for one in found.skip(skip).limit(limit)]

    def of_schedule(self, schedule: str, due: datetime) -> list[Export]:
        """Return the orders of a schedule at a due time."""
        which = {"delivery.schedule": schedule, "delivery.due": due}
        with available():
            return [_export(one) for one in self._exports.find(which, {"made.grants": 0})]

    def failed(self, since: datetime) -> list[Export]:
        """Return the orders of all that have failed since an instant, the last first."""
        which = {"state": "failed", "ended": {"$gte": since}, "is_withheld": {"$ne": True}}
        with available():
            return [_export(one) for one in self._exports.find(which).sort("ended", DESCENDING)]

    def count(self, owner: Owner | None, states: Sequence[State] = ()) -> int:
        """Return how many orders an owner has, or all, in some states or in any."""
        which = {"state": {"$in": list(states)}} if states else {}
        with available():
            return self._exports.count_documents(_whose(owner) | which)

    def claim(self, *, at_once: int, per_owner: int) -> Export | None:
        """Begin a run of the order whose turn it is, unless as many run as may.

        The turn goes round among owners: of those who wait, it is that of the one of whom no order
        was begun for the longest time, and of their orders the oldest.
        """
        with available():
            if self._exports.find_one({"state": {"$in": OPEN}}, {"_id": 1}) is None:
                return None  # nothing is written where nothing is to be done
            self._take_back({"until": {"$lt": self._clock()}})
            for first in self._firsts():
                for slot, place in product(range(at_once), range(per_owner)):
                    if (begun := self._begin(first, slot, place)) is not None:
                        return begun
        return None

    def renew(self, export: Export, rows: int, total: int | None) -> bool:
        """Keep a run, and write down how far it is; False when it is none any more."""
        how_far = {"rows": rows, "total": total, "until": self._clock() + LEASE}
        return self._change(export, how_far)

    def keep(self, export: Export) -> None:
        """Keep a run whose process is there, also while it gives no sign of life yet."""
        self._change(export, {"until": self._clock() + LEASE})

    def kept(self, owner: Owner) -> Kept:
        """Return what the files of an owner take."""
        return self._space.kept(owner.key)

    def take(self, export: Export, size: int, most: int) -> None:
        """Have a run's file take room; raise NoRoom when its owner's would have more than most."""
        self._space.take(_run(export), export.owner.key, size, most)

    def finish(self, export: Export, made: Made, kept: timedelta) -> bool:
        """End a run with its file; False when it is none any more."""
        now = self._clock()
        rows = {"rows": made.rows, "total": made.rows}
        how = {"made": asdict(made), "trouble": "", "expires": now + kept}
        return self._change(export, rows | how | self._over("done", kept), ends=True)

    def fail(
        self,
        export: Export,
        trouble: str,
        *,
        is_withheld: bool = False,
        is_private: bool = False,
    ) -> None:
        """End a run, and the order with it, by a sentence that says why."""
        how = {"trouble": trouble, "is_withheld": is_withheld, "is_private": is_private}
        self._change(export, how | self._over("failed"), ends=True)

    def open_link(self, export: Export, link: Link) -> bool:
        """Have a key open the file of a run from now on; False when it is none any more."""
        return self._change(export, {"link": asdict(link)})

    def try_again(self, export: Export, trouble: str) -> None:
        """End a run that has failed; the order fails with the last that it may have."""
        if export.attempts >= TRIES:
            self.fail(export, trouble)
            return
        later = self._clock() + PAUSES[export.attempts - 1]
        self._change(export, {"trouble": trouble, "not_before": later} | _anew(), ends=True)

    def wait(self, export: Export, why: str) -> None:
        """End a run that nothing could come of yet: it is begun again, and was no attempt."""
        later = {"not_before": self._clock() + PAUSES[0], "attempts": export.attempts - 1}
        self._change(export, later | {"trouble": why} | _anew(), ends=True)

    def hold(self, why: str) -> None:
        """Say of all orders that wait why none is begun."""
        with available():
            self._exports.update_many({"state": "queued"}, {"$set": {"trouble": why}})

    def abandon(self, export: Export, *, stopped: bool) -> None:
        """Take back the run of a process that has ended; one that was `stopped` does not count."""
        with available():
            if stopped:
                again = {"$set": _anew(), "$unset": _OF_A_RUN, "$inc": {"attempts": -1}}
                self._exports.update_one(_run(export), again)
            else:
                self._take_back({"run": export.run})

    def cancel(self, export: str, owner: Owner) -> bool:
        """Cancel an order that waits or runs; False when there is none such."""
        which = {"_id": export, "state": {"$in": OPEN}} | _whose(owner)
        with available():
            done = self._exports.update_one(
                which, {"$set": self._over("cancelled"), "$unset": _OF_A_RUN}
            )
        return bool(done.matched_count)

    def cancel_of(self, schedule: str) -> None:
        """Cancel what waits or runs of a schedule."""
        which = {"delivery.schedule": schedule, "state": {"$in": OPEN}}
        with available():
            self._exports.update_many(which, {"$set": self._over("cancelled"), "$unset": _OF_A_RUN})

    def drop(self, exports: Iterable[str]) -> None:
        """Remove orders of which nothing is left to be shown."""
        with available():
            self._exports.delete_many({"_id": {"$in": list(exports)}})

    def remove(self, export: str, owner: Owner) -> bool:
        """Remove an order that neither waits nor runs; False when there is none such."""
        which = {"_id": export, "state": {"$nin": OPEN}} | _whose(owner)
        with available():
            return bool(self._exports.delete_one(which).deleted_count)

    def expire(self) -> None:
        """Have the files go whose time is over."""
        with available():
            self._exports.update_many(
                {"state": "done", "expires": {"$lte": self._clock()}},
                {"$set": {"state": "expired"}, "$unset": _OF_A_FILE},
            )

    def forget_files(self, why: str) -> None:
        """Have all files go, and those that are being made be begun anew."""
        gone = {"state": "expired", "trouble": why}
        with available():
            self._exports.update_many({"state": "done"}, {"$set": gone, "$unset": _OF_A_FILE})
            again = {"$set": _anew(), "$unset": _OF_A_RUN, "$inc": {"attempts": -1}}
            self._exports.update_many({"state": "running"}, again)

    def files(self) -> tuple[dict[str, str], set[str]]:
        """Return the run of each order of which a file is being made, and the whole files' names.

        In this order: one that ends meanwhile is in either.
        """
        with available():
            running = self._exports.find({"state": "running"}, {"run": 1})
            at_work = {one["_id"]: one["run"] for one in running}
            done = self._exports.find({"state": "done"}, {"made.file": 1})
            return at_work, {one["made"]["file"] for one in done}

    def _firsts(self) -> list[Export]:
        """Return the oldest order of each owner who waits, in the order of their turns."""
        due = {"state": "queued", "not_before": {"$lte": self._clock()}}
        firsts: dict[str, Export] = {}
        for one in self._exports.find(due).sort([("ordered", ASCENDING), ("_id", ASCENDING)]):
            firsts.setdefault(one["owner"]["key"], _export(one))
        begun = self._last_begun(firsts)
        return sorted(firsts.values(), key=lambda one: begun.get(one.owner.key, _NEVER))

    def _last_begun(self, owners: Iterable[str]) -> dict[str, datetime]:
        found = self._exports.aggregate(
            [
                {"$match": {"owner.key": {"$in": list(owners)}, "started": {"$ne": None}}},
                {"$group": {"_id": "$owner.key", "last": {"$max": "$started"}}},
            ]
        )
        return {one["_id"]: one["last"] for one in found}

    def _begin(self, export: Export, slot: int, place: int) -> Export | None:
        """Begin a run in a slot, and in a place of the owner's; None when one of them is taken."""
        now = self._clock()
        begun = {
            "state": "running",
            "run": uuid4().hex,
            "slot": slot,
            "place": f"{export.owner.key}/{place}",
            "until": now + LEASE,
            "started": now,
            "trouble": "",
        }
        try:
            found = self._exports.find_one_and_update(
                {"_id": export.id, "state": "queued"},
                {"$set": begun, "$inc": {"attempts": 1}},
                return_document=ReturnDocument.AFTER,
            )
        except DuplicateKeyError:
            return None
        return None if found is None else _export(found)

    def _take_back(self, which: Document) -> None:
        """Put runs back into the queue, and those that have been begun too often aside."""
        running = {"state": "running"} | which
        self._exports.update_many(
            running | {"attempts": {"$gte": TRIES}},
            {"$set": {"trouble": KILLED} | self._over("failed"), "$unset": _OF_A_RUN},
        )
        self._exports.update_many(running, {"$set": _anew(), "$unset": _OF_A_RUN})

    def _change(self, export: Export, how: Document, *, ends: bool = False) -> bool:
        """Change the order whose run is still this one."""
        change = {"$set": how} | ({"$unset": _OF_A_RUN} if ends else {})
        with available():
            return bool(self._exports.update_one(_run(export), change).matched_count)

    def _over(self, state: State, kept: timedelta = timedelta()) -> Document:
        now = self._clock()
        return {"state": state, "ended": now, "forget": now + kept + SHOWN_AFTERWARDS}


def _whose(owner: Owner | None) -> Document:
    return {} if owner is None else {"owner.key": owner.key}


def _run(export: Export) -> Document:
    return {"_id": export.id, "run": export.run, "state": "running"}


def _anew() -> Document:
    return {"state": "queued", "rows": 0}


_FIELDS: Final = {one.name for one in fields(Export)}


def _export(document: Document) -> Export:
    known = {name: value for name, value in document.items() if name in _FIELDS}
    owner = {name: value for name, value in document["owner"].items() if name != "key"}
    parts: dict[str, Any] = {"owner": Owner(**owner)}
    if made := document.get("made"):
        parts["made"] = Made(**{"grants": b""} | made)
    if delivery := document.get("delivery"):
        parts["delivery"] = Delivery(**delivery)
    if link := document.get("link"):
        parts["link"] = Link(**link)
    return Export(**known | parts | {"id": document["_id"]})
