"""Who is storing, and since when: so that it can be told up to when everything can be found.

A statement takes its `stored` before its transaction commits, and is found after that. Each
process announces that it stores before it takes `stored`, and takes that back once what it stored
can be found. So whatever is not found yet is announced.

This takes the clock of the database to go forward at its own pace. For the moment in which it is
set, or in which another member with another clock takes over, too much may be claimed.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from pymongo import DESCENDING, ReturnDocument
from pymongo.database import Database
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from lrs_stats.store.clock import Clock, in_time
from lrs_stats.store.database import Document

_INSTANT: Final = timedelta(milliseconds=1)


class Writing:
    """The announcements of one process, which stores one group at a time, and of all."""

    def __init__(self, database: Database[Document], clock: Clock) -> None:
        local = ReadConcern("local")
        self._writers = database.get_collection(
            "writers", read_concern=local, write_concern=WriteConcern(w=1)
        )
        self._unanswered = self._writers.with_options(write_concern=WriteConcern(w=0))
        self._statements = database["statements"]
        self._clock = clock
        self._own = uuid4().hex
        self._turn = 0
        self._since: datetime | None = None
        self._unsure: tuple[datetime, float] | None = None
        self._last = datetime.min.replace(tzinfo=UTC)

    def begin(self) -> datetime:
        """Announce that this process stores, and return the `stored` of what it does.

        It is the time of the database, which all processes share, and never before what is
        stored already: a clock that is set back must not put new statements behind those that
        the projector has passed.
        """
        newest = self._statements.find_one({}, {"stored": 1}, sort=[("stored", DESCENDING)])
        told = self._announce()
        self._last = max(self._last, told, newest["stored"] if newest else told)
        return self._last

    def end(self, *, is_sure: bool, overlap: timedelta) -> None:
        """Take the announcement back; not for a while when nobody knows what became of it.

        `overlap` is how long a transaction can still commit.
        """
        now = time.monotonic()
        if not is_sure and self._since is not None:
            first = self._since if self._unsure is None else min(self._since, self._unsure[0])
            self._unsure = first, now + overlap.total_seconds()
        if self._unsure is not None and self._unsure[1] < now:
            self._unsure = None
        if self._unsure is None:
            self._unanswered.delete_one({"_id": self._own, "turn": self._turn})

    def settled(self, overlap: timedelta) -> datetime:
        """Return the instant up to which everything that was stored can be found.

        What was announced longer ago than `overlap` can commit no more, whoever left it.
        """
        now = self._clock.ask()  # first: what is announced later is stored later
        announced = [one["since"] for one in self._writers.find({}, {"since": 1})]
        earliest = min((one for one in announced if one > now - overlap), default=now + _INSTANT)
        return min(now, earliest - _INSTANT)

    def abandoned(self, overlap: timedelta) -> list[tuple[str, datetime]]:
        """Return which processes announced, and when, and can commit no more."""
        found = self._writers.find({"since": {"$lt": self._clock.ask() - overlap}})
        return [(one["_id"], one["since"]) for one in found if one["_id"] != self._own]

    def forget(self, writer: str, since: datetime) -> None:
        """Take back what another process announced, if that is still it."""
        self._writers.delete_one({"_id": writer, "since": since})

    def _announce(self) -> datetime:
        self._turn += 1
        since: object = "$$NOW"
        if self._unsure is not None and self._unsure[1] > time.monotonic():
            since = self._unsure[0]
        said = [{"$set": {"now": "$$NOW", "since": since, "turn": self._turn}}]
        told: Any = in_time(
            lambda: self._writers.find_one_and_update(
                {"_id": self._own}, said, upsert=True, return_document=ReturnDocument.AFTER
            )
        )
        self._since = told["since"]
        now: datetime = told["now"]
        return now
