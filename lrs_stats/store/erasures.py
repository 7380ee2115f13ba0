"""The journal of erasures: what is planned, ordered, under way, done; and what remains of each.

While an erasure is under way its document holds the identifiers, and the collection
`erasing` the ids of the statements that it is about; whoever is killed leaves both, and the next
process goes on. At the end all of that is removed, and the document is the tombstone: who ordered
it, when, and how much was erased.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from bson.binary import Binary
from pymongo import ASCENDING
from pymongo.database import Database

from lrs_stats.batches import batches
from lrs_stats.erasure.identifiers import Identifiers, Pseudonym
from lrs_stats.store.database import Document, available

State = Literal["planning", "planned", "ordered", "done", "failed", "lifted"]
PLAN_HOLDS: Final = timedelta(hours=1)
"""How long a plan can be ordered; then its identifiers are forgotten."""
ERASURES: Final = "erasures"
ERASING: Final = "erasing"
MANY: Final = 1_000
_PLAIN: Final = ("learner", "keys", "person", "user_name", "external_id", "pseudonym")
"""What a document has while it is needed, and loses at the end."""


@dataclass(frozen=True)
class Erasure:
    """One erasure: of whom, how, how far it is, and how much each place holds or held.

    `learner` is what was asked for, `keys` and `person` who that is; they are empty once it is
    done. `finished` are the places that are done. `by` is who ordered it, or planned it.
    """

    id: str
    state: State
    at: datetime
    by: str
    learner: str = ""
    keys: tuple[str, ...] = ()
    person: str = ""
    ignore_case: bool = False
    user_name: str = ""
    external_id: str = ""
    pseudonymises: bool = False
    pseudonym: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    finished: tuple[str, ...] = ()
    done: int = 0
    total: int = 0
    trouble: str = ""
    ended: datetime | None = None

    @property
    def who(self) -> Identifiers:
        """Return by what the person is named."""
        return Identifiers(
            self.keys, self.person, self.ignore_case, self.user_name, self.external_id
        )

    @property
    def instead(self) -> Pseudonym:
        """Return what takes the person's place."""
        return Pseudonym(self.pseudonym)


@dataclass(frozen=True)
class Affected:
    """A statement that an erasure is about: whether it goes, and the contents it came with."""

    id: Binary
    goes: bool
    files: tuple[str, ...]


class ErasureStore:
    """Keeps erasures; each change is one document's, so whoever is killed leaves it sound."""

    def __init__(self, database: Database[Document]) -> None:
        self._erasures = database[ERASURES]
        self._erasing = database[ERASING]

    def add(self, erasure: Erasure) -> None:
        """Begin an erasure with its plan."""
        with available():
            self._erasures.insert_one(_document(erasure))

    def one(self, erasure: str) -> Erasure | None:
        """Return the erasure of an id."""
        with available():
            found = self._erasures.find_one({"_id": erasure})
        return None if found is None else _erasure(found)

    def all(self) -> list[Erasure]:
        """Return all erasures, the newest first."""
        with available():
            return [_erasure(one) for one in self._erasures.find().sort("at", -1)]

    def next(self) -> Erasure | None:
        """Return the oldest erasure that something is to be done for."""
        with available():
            found = self._erasures.find({"state": {"$in": ["planning", "ordered"]}})
            first = next(iter(found.sort("at", ASCENDING).limit(1)), None)
        return None if first is None else _erasure(first)

    def under_way(self) -> bool:
        """Tell whether statements are gone from the record that the facts may still hold."""
        with available():
            return self._erasures.find_one({"state": "ordered"}, {"_id": 1}) is not None

    def asked_of_facts(self) -> str | None:
        """Return the erasure of which the facts are to be rid now."""
        asked = {"state": "ordered", "facts": "asked", "finished": {"$ne": "facts"}}
        with available():
            found = self._erasures.find_one(asked, {"_id": 1})
        return None if found is None else str(found["_id"])

    def order(self, erasure: str, by: str, now: datetime) -> bool:
        """Order what was planned; False when there is no such plan, or not any more."""
        fresh = {"_id": erasure, "state": "planned", "at": {"$gt": now - PLAN_HOLDS}}
        with available():
            done = self._erasures.update_one(fresh, {"$set": {"state": "ordered", "by": by}})
        return bool(done.matched_count)

    def report(self, erasure: str, **reached: object) -> None:
        """Write down how far an erasure is."""
        with available():
            self._erasures.update_one({"_id": erasure}, {"$set": reached})

    def finish(self, erasure: str, place: str) -> None:
        """Write down that a place is done."""
        with available():
            self._erasures.update_one({"_id": erasure}, {"$addToSet": {"finished": place}})

    def close(self, erasure: str, state: State, ended: datetime) -> None:
        """Forget who it was about and which statements, and keep that it was done."""
        plain = dict.fromkeys(_PLAIN, "")
        with available():
            self._erasing.delete_many({"erasure": erasure})
            self._erasures.update_one(
                {"_id": erasure}, {"$unset": plain, "$set": {"state": state, "ended": ended}}
            )

    def drop(self, keys: Iterable[str]) -> None:
        """Remove the plans about one of some actor keys."""
        with available():
            self._erasures.delete_many({"state": "planned", "keys": {"$in": list(keys)}})

    def forget_plans(self, now: datetime) -> None:
        """Remove the plans that nobody has ordered."""
        old = {"state": {"$in": ["planned", "failed"]}, "at": {"$lt": now - PLAN_HOLDS}}
        with available():
            self._erasures.delete_many(old)

    def note(self, erasure: str, affected: Iterable[Affected]) -> None:
        """Write down which statements an erasure is about, in the place of what was noted."""
        with available():
            self._erasing.delete_many({"erasure": erasure})
            for some in batches(affected, MANY):
                self._erasing.insert_many(
                    [
                        {"erasure": erasure, "of": a.id, "goes": a.goes, "files": list(a.files)}
                        for a in some
                    ]
                )

    def noted(self, erasure: str) -> Iterator[list[Affected]]:
        """Yield the statements that an erasure is about, some at a time."""
        with available():
            found = self._erasing.find({"erasure": erasure})
            every = (Affected(one["of"], one["goes"], tuple(one["files"])) for one in found)
            yield from batches(every, MANY)


_FIELDS: Final = frozenset(one.name for one in fields(Erasure))

Report = Callable[[int, int], object]
"""Called with how much of how much is done."""


def _document(erasure: Erasure) -> Document:
    document = {name: value for name, value in vars(erasure).items() if value is not None}
    lists = {name: list(v) for name, v in document.items() if isinstance(v, tuple)}
    return {"_id": document.pop("id"), **document, **lists}


def _erasure(document: Document) -> Erasure:
    known: dict[str, Any] = {name: v for name, v in document.items() if name in _FIELDS}
    known["id"] = document["_id"]
    for name in ("keys", "finished"):
        several: Sequence[str] = known.get(name, ())
        known[name] = tuple(several)
    return Erasure(**known)
