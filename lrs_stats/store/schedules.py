"""Files on a schedule: what is due when, who has begun it, and what came of it.

A due time is begun by whoever changes the schedule's document first, so it is begun once whatever
the number of processes. The files themselves are orders (`lrs_stats.store.exports`) with ids that
follow from schedule, due time and recipient: to order them again does no harm, so one that was
killed at it is gone on with.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from pymongo import ASCENDING, DESCENDING, ReturnDocument
from pymongo.database import Database

from lrs_stats.store.database import Document, available
from lrs_stats.store.exports import Owner

Status = Literal["active", "paused", "over"]
FAILURES: Final = 3
"""So many due times in a row at which all failed pause a schedule."""
BY_OWNER: Final = "Paused by its owner."
"""The trouble of a schedule that has none."""
BEGINS_WITHIN: Final = timedelta(seconds=30)
"""After so long another goes on with what one has begun and not ordered."""


@dataclass(frozen=True)
class Run:
    """A due time that is under way; `is_ordered` when each recipient's file is in the queue.

    `without` is how many recipients get none.
    """

    due: datetime
    begun: datetime
    is_ordered: bool = False
    without: int = 0


@dataclass(frozen=True)
class Outcome:
    """What came of a due time, in numbers of recipients."""

    due: datetime
    ended: datetime
    delivered: int
    without: int
    failed: int
    reason: str = ""


@dataclass(frozen=True)
class Schedule:
    """What is made for whom, when, and how it is delivered.

    `given` are the parameters of the statistics as they were sent, `period` a relative one. `every`
    to `at` are the rhythm. `folder` is one below the configured root, None for none.
    """

    id: str
    owner: Owner
    title: str
    granularity: str
    given: Mapping[str, Any]
    period: str
    format: str
    options: Mapping[str, str]
    every: int
    unit: str
    first: str
    until: str | None
    at: str
    recipients: tuple[str, ...]
    mail: bool
    folder: str | None
    made: datetime
    status: Status = "active"
    next: datetime | None = None
    failures: int = 0
    trouble: str = ""
    run: Run | None = None
    outcome: Outcome | None = field(default=None)

    def order(self, due: datetime, recipient: str) -> str:
        """Return the id of the order of one recipient at a due time."""
        named = f"{self.id}|{due.isoformat()}|{recipient}"
        return hashlib.sha256(named.encode()).hexdigest()[:32]


class ScheduleStore:
    """Keeps schedules; each change is one document's."""

    def __init__(
        self,
        database: Database[Document],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._schedules = database["schedules"]
        self._clock = clock

    def add(self, schedule: Schedule) -> None:
        """Add a schedule."""
        with available():
            self._schedules.insert_one(_document(schedule))

    def one(self, schedule: str) -> Schedule | None:
        """Return the schedule with an id."""
        with available():
            found = self._schedules.find_one({"_id": schedule})
        return None if found is None else _schedule(found)

    def of(self, owner: Owner | None) -> list[Schedule]:
        """Return the schedules of one owner or of all, the newest first."""
        which = {} if owner is None else {"owner.key": owner.key}
        with available():
            return [_schedule(one) for one in self._schedules.find(which).sort("made", DESCENDING)]

    def in_trouble(self) -> list[Schedule]:
        """Return those that are paused, not by their owners, and those that failed the last time.

        The paused ones come first.
        """
        paused = {"status": "paused", "trouble": {"$ne": BY_OWNER}}
        failing = {"status": "active", "outcome.failed": {"$gt": 0}}
        with available():
            found = self._schedules.find({"$or": [paused, failing]}).sort("status", DESCENDING)
            return [_schedule(one) for one in found]

    def change(self, found: Schedule, schedule: Schedule) -> bool:
        """Write down what its owner has changed; False when it is not as it was found any more.

        What is under way stays as it is.
        """
        document = _document(schedule)
        as_found = {"_id": found.id, "next": found.next, "status": found.status}
        changed = {n: v for n, v in document.items() if n not in {"_id", "run", "outcome"}}
        with available():
            done = self._schedules.update_one(as_found, {"$set": changed})
        return bool(done.matched_count)

    def remove(self, schedule: Schedule) -> None:
        """Remove a schedule."""
        with available():
            self._schedules.delete_one({"_id": schedule.id})

    def due(self) -> list[Schedule]:
        """Return the schedules that have something to be begun."""
        which = {"status": "active", "next": {"$lte": self._clock()}, "run": None}
        with available():
            return [_schedule(one) for one in self._schedules.find(which).sort("next", ASCENDING)]

    def begin(
        self, schedule: Schedule, due: datetime, following: datetime | None
    ) -> Schedule | None:
        """Begin a due time, and set the one that follows; None when another was first."""
        which = {"_id": schedule.id, "status": "active", "next": schedule.next, "run": None}
        run = asdict(Run(due, self._clock()))
        with available():
            found = self._schedules.find_one_and_update(
                which,
                {"$set": {"run": run, "next": following}},
                return_document=ReturnDocument.AFTER,
            )
        return None if found is None else _schedule(found)

    def under_way(self) -> list[Schedule]:
        """Return the schedules of which a due time is under way, all of its files ordered."""
        with available():
            return [_schedule(one) for one in self._schedules.find({"run.is_ordered": True})]

    def left(self) -> list[Schedule]:
        """Return the schedules that somebody has begun, and not ordered for some time."""
        which = {
            "run.is_ordered": False,
            "run.begun": {"$lte": self._clock() - BEGINS_WITHIN},
        }
        with available():
            return [_schedule(one) for one in self._schedules.find(which)]

    def ordered(self, schedule: Schedule, without: int) -> None:
        """Write down that all files are ordered, and how many recipients get none."""
        self._set(schedule, {"run.is_ordered": True, "run.without": without})

    def end(self, schedule: Schedule, outcome: Outcome) -> None:
        """End what is under way; failures in a row pause the schedule in the end.

        It is none when a file has reached somebody: the others must not go without for one.
        """
        failures = schedule.failures + 1 if outcome.failed and not outcome.delivered else 0
        how: Document = {"failures": failures, "outcome": asdict(outcome), "run": None}
        if outcome.failed:
            how["trouble"] = outcome.reason
        elif schedule.status == "active":
            how["trouble"] = ""
        if failures >= FAILURES:
            how["status"] = "paused"
        elif schedule.next is None and schedule.status == "active":
            how["status"] = "over"
        self._set(schedule, how)

    def pause(self, schedule: Schedule, why: str) -> None:
        """Pause a schedule of which a due time was begun, with the reason."""
        self._set(schedule, {"status": "paused", "trouble": why, "run": None})

    def _set(self, schedule: Schedule, how: Document) -> None:
        """Change the schedule while the same due time is under way."""
        due = None if schedule.run is None else schedule.run.due
        with available():
            self._schedules.update_one({"_id": schedule.id, "run.due": due}, {"$set": how})


_FIELDS: Final = {one.name for one in fields(Schedule)}


def _document(schedule: Schedule) -> Document:
    owner = asdict(schedule.owner) | {"key": schedule.owner.key}
    document = asdict(schedule) | {"_id": schedule.id, "owner": owner}
    document["recipients"] = list(schedule.recipients)
    return {name: value for name, value in document.items() if name != "id"}


def _schedule(document: Document) -> Schedule:
    known = {name: value for name, value in document.items() if name in _FIELDS}
    owner = {name: value for name, value in document["owner"].items() if name != "key"}
    run, outcome = document["run"], document["outcome"]
    return Schedule(
        **known
        | {
            "id": document["_id"],
            "owner": Owner(**owner),
            "recipients": tuple(document["recipients"]),
            "run": None if run is None else Run(**run),
            "outcome": None if outcome is None else Outcome(**outcome),
        }
    )
