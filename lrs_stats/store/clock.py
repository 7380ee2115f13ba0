"""The clock of the database, which all processes that store statements share."""

import time
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Final

from pymongo import DESCENDING
from pymongo.database import Database
from pymongo.errors import OperationFailure

from lrs_stats.errors import Unavailable
from lrs_stats.store.database import Document

ASK_EVERY: Final = 60.0
"""Seconds after which `now` reads the clock of the database anew."""
UNSURE_BY: Final = 1.0
"""Seconds that an answer to the question may take, and so what the time may be wrong by."""
ATTEMPTS: Final = 5


class Clock:
    """The clock of the database, so that `stored` rises alike in every process.

    It is asked for each `stored`: two processes that followed clocks of their own would drift
    apart when the clock of the database is set, and one would store behind what the projector
    has passed. For the same reason `stored` is never before the newest statement.
    """

    def __init__(self, database: Database[Document]) -> None:
        self._database = database
        self._asked: tuple[datetime, float] | None = None
        self._last = datetime.min.replace(tzinfo=UTC)

    @cached_property
    def lifetime(self) -> float:
        """Return the seconds after which the server ends a transaction."""
        return _transaction_lifetime(self._database)

    def now(self) -> datetime:
        """Return the time, to the millisecond; asked each minute, and followed in between."""
        if self._asked is None or time.monotonic() - self._asked[1] > ASK_EVERY:
            self._asked = self._hello()[0], time.monotonic()
        asked, at = self._asked
        now = asked + timedelta(seconds=time.monotonic() - at)
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def next(self) -> datetime:
        """Return the time for what is stored now, never before what was stored."""
        newest = self._database["statements"].find_one(
            {}, {"stored": 1}, sort=[("stored", DESCENDING)]
        )
        asked = self._hello()[0]
        self._last = max(self._last, asked, newest["stored"] if newest else asked)
        return self._last

    def settled(self) -> datetime:
        """Return the instant up to which a majority of the members has every write."""
        now, written = self._hello()
        if written["opTime"] == written["majorityOpTime"]:
            return now
        majority: datetime = written["majorityWriteDate"]
        return min(now, majority.replace(tzinfo=UTC))

    def _hello(self) -> tuple[datetime, Document]:
        """Return the time of the database, and what it tells of its last writes."""
        for _ in range(ATTEMPTS):
            began = time.monotonic()
            hello = self._database.client.admin.command("hello")
            if time.monotonic() - began < UNSURE_BY:
                told: datetime = hello["localTime"].replace(tzinfo=UTC)
                return told, hello.get("lastWrite", _NOTHING)
        raise Unavailable("The database answers too slowly to tell the time. Try again.")


_NOTHING: Final[Document] = {"opTime": None, "majorityOpTime": None}


def _transaction_lifetime(database: Database[Document]) -> float:
    """Return the seconds after which the server ends a transaction; its default when untold."""
    try:
        asked = database.client.admin.command("getParameter", 1, transactionLifetimeLimitSeconds=1)
    except OperationFailure:
        return 60.0
    return float(asked["transactionLifetimeLimitSeconds"])
