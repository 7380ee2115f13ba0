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
"""Seconds after which the clock of the database is read anew."""
UNSURE_BY: Final = 1.0
"""Seconds that an answer to the question may take, and so what the time may be wrong by."""
ATTEMPTS: Final = 5


class Clock:
    """The clock of the database, so that `stored` rises alike in every process.

    Asked each minute, followed by the monotonic clock in between, and never before the newest
    statement: a clock that is set back must not put new statements behind those that the
    projector has already passed.
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
        """Return the time, to the millisecond."""
        if self._asked is None or time.monotonic() - self._asked[1] > ASK_EVERY:
            self._asked = self._ask()
        asked, at = self._asked
        now = asked + timedelta(seconds=time.monotonic() - at)
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def next(self) -> datetime:
        """Return the time, never before one that was returned before."""
        self._last = max(self._last, self.now())
        return self._last

    def _ask(self) -> tuple[datetime, float]:
        newest = self._database["statements"].find_one(
            {}, {"stored": 1}, sort=[("stored", DESCENDING)]
        )
        for _ in range(ATTEMPTS):
            began = time.monotonic()
            hello = self._database.client.admin.command("hello")
            answered = time.monotonic()
            if answered - began < UNSURE_BY:
                asked: datetime = hello["localTime"].replace(tzinfo=UTC)
                return (max(asked, newest["stored"]) if newest else asked), answered
        raise Unavailable("The database answers too slowly to tell the time. Try again.")


def _transaction_lifetime(database: Database[Document]) -> float:
    """Return the seconds after which the server ends a transaction; its default when untold."""
    try:
        asked = database.client.admin.command("getParameter", 1, transactionLifetimeLimitSeconds=1)
    except OperationFailure:
        return 60.0
    return float(asked["transactionLifetimeLimitSeconds"])
