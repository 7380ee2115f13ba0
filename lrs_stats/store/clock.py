"""The clock of the database."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Final, TypeVar

from pymongo.database import Database
from pymongo.errors import OperationFailure

from lrs_stats.errors import Unavailable
from lrs_stats.store.database import Document

T = TypeVar("T")

ASK_EVERY: Final = 60.0
"""Seconds after which `now` reads the clock of the database anew."""
UNSURE_BY: Final = 1.0
"""Seconds that an answer to the question may take, and so what the time may be wrong by."""
ATTEMPTS: Final = 5


class Clock:
    """The clock of the database, which does not depend on the machine of the process."""

    def __init__(self, database: Database[Document]) -> None:
        self._database = database
        self._asked: tuple[datetime, float] | None = None

    @cached_property
    def lifetime(self) -> float:
        """Return the seconds after which the server ends a transaction."""
        return _transaction_lifetime(self._database)

    def now(self) -> datetime:
        """Return the time, to the millisecond; asked each minute, and followed in between."""
        if self._asked is None or time.monotonic() - self._asked[1] > ASK_EVERY:
            self._asked = self.ask(), time.monotonic()
        asked, at = self._asked
        now = asked + timedelta(seconds=time.monotonic() - at)
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def ask(self) -> datetime:
        """Return the time as the database tells it now."""
        hello = in_time(lambda: self._database.client.admin.command("hello"))
        told: datetime = hello["localTime"].replace(tzinfo=UTC)
        return told


def in_time(ask: Callable[[], T]) -> T:
    """Return an answer of the database that has the time in it, and came while that was so."""
    for _ in range(ATTEMPTS):
        began = time.monotonic()
        told = ask()
        if time.monotonic() - began < UNSURE_BY:
            return told
    raise Unavailable("The database answers too slowly to tell the time. Try again.")


def _transaction_lifetime(database: Database[Document]) -> float:
    """Return the seconds after which the server ends a transaction; its default when untold."""
    try:
        asked = database.client.admin.command("getParameter", 1, transactionLifetimeLimitSeconds=1)
    except OperationFailure:
        return 60.0
    return float(asked["transactionLifetimeLimitSeconds"])
