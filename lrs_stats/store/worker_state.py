"""Which process is the worker, by lease, and what it has reached."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, Final, Protocol

from pymongo import ReturnDocument
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from lrs_stats.store.database import Document, available

LEASE: Final = timedelta(seconds=15)
_WORKER: Final = "worker"
_CHECK: Final = "check"
DAYS_TOLD: Final = 100
"""Days with drift that are written down one by one; of more, the sums only."""


@dataclass(frozen=True)
class Progress:
    """What the worker has reached: readers see `version` and what was stored before `as_of`."""

    as_of: datetime | None = None
    version: int = -1
    read: int = 0
    rebuilding: bool = False
    trouble: str = ""
    alive: bool = False


class Drift(Protocol):
    """A day on which record and facts differ, as a dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def day(self) -> date:
        """Return the day."""

    @property
    def missing(self) -> int:
        """Return how many statements the facts lack."""

    @property
    def strange(self) -> int:
        """Return how many statements the record lacks."""

    @property
    def doubled(self) -> int:
        """Return how many statements are counted more than once."""


@dataclass(frozen=True)
class Check:
    """What holding the facts against the record has found, and when; or why it could not be done.

    `seconds` is how long it took. `days` are the first of those on which they differ, in UTC.
    """

    at: datetime
    seconds: float = 0.0
    statements: int = 0
    missing: int = 0
    strange: int = 0
    doubled: int = 0
    days: tuple[Mapping[str, object], ...] = ()
    trouble: str = ""

    @classmethod
    def of(cls, at: datetime, seconds: float, statements: int, days: Iterable[Drift]) -> "Check":
        """Return a check that found some days with drift."""
        drifted = list(days)
        return cls(
            at=at,
            seconds=round(seconds, 1),
            statements=statements,
            missing=sum(day.missing for day in drifted),
            strange=sum(day.strange for day in drifted),
            doubled=sum(day.doubled for day in drifted),
            days=tuple({**asdict(day), "day": day.day.isoformat()} for day in drifted[:DAYS_TOLD]),
        )

    @property
    def drift(self) -> dict[str, int]:
        """Return how many statements are missing, strange and doubled, unless all are right."""
        found = {"missing": self.missing, "strange": self.strange, "doubled": self.doubled}
        return found if any(found.values()) else {}


class WorkerState:
    """One document: who is the worker until when, what it was asked, and what it has reached."""

    def __init__(self, database: Database[Document]) -> None:
        self._states = database["states"]

    def hold(self, owner: str) -> bool:
        """Take or renew the lease; False when another process holds it."""
        now = datetime.now(UTC)
        over = [{"until": None}, {"until": {"$lt": now}}, {"owner": owner}]
        free = {"_id": _WORKER, "$or": over}
        try:
            found = self._states.find_one_and_update(
                free,
                {"$set": {"owner": owner, "until": now + LEASE}},
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        except DuplicateKeyError:
            return False
        return found is not None

    def release(self, owner: str) -> None:
        """Give the lease back, so that the next worker need not wait for its end."""
        self._states.update_one(
            {"_id": _WORKER, "owner": owner}, {"$set": {"until": datetime.fromtimestamp(0, UTC)}}
        )

    def report(self, **reached: object) -> None:
        """Write down what the worker has reached."""
        self._states.update_one({"_id": _WORKER}, {"$set": reached}, upsert=True)

    def first_time(self, what: str) -> bool:
        """Return True the first time that this is asked of a database, and never again."""
        try:
            self._states.insert_one({"_id": f"done: {what}"})
        except DuplicateKeyError:
            return False
        return True

    def agree(self, what: str, wanted: Mapping[str, object]) -> Document:
        """Return what the first to ask wanted, and keep it for all who ask later."""
        self._states.update_one({"_id": what}, {"$setOnInsert": wanted}, upsert=True)
        found = self._states.find_one({"_id": what}, {"_id": 0})
        return found or dict(wanted)

    def ask_rebuild(self) -> None:
        """Ask the worker to rebuild the facts from the record."""
        self.report(asked=True, read=0, trouble="")

    def is_rebuild_asked(self) -> bool:
        """Return whether a rebuild was asked for and is not begun."""
        return self._states.find_one({"_id": _WORKER, "asked": True}) is not None

    def report_check(self, check: Check) -> None:
        """Write down what a check of the facts against the record has found."""
        self._states.replace_one({"_id": _CHECK}, asdict(check), upsert=True)

    def last_check(self) -> Check | None:
        """Return what the last check found, or None when there was none."""
        with available():
            found = self._states.find_one({"_id": _CHECK}, {"_id": 0})
        return Check(**found | {"days": tuple(found["days"])}) if found else None

    def progress(self) -> Progress:
        """Return what the worker has reached."""
        with available():
            found = self._states.find_one({"_id": _WORKER}) or {}
        until = found.get("until")
        return Progress(
            as_of=found.get("as_of"),
            version=found.get("version", -1),
            read=found.get("read", 0),
            # what is asked for is under way, though a pass that ends now says that nothing is
            rebuilding=found.get("rebuilding", False) or found.get("asked", False),
            trouble=found.get("trouble", ""),
            alive=until is not None and until > datetime.now(UTC),
        )
