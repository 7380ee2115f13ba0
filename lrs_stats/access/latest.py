"""The newest of what an identity provider publishes: its keys, or where it is asked for what.

So that nobody can have a provider asked all the time, and one that does not answer holds up
nothing else, it is read in a thread of its own, and not again for a while.
"""

import math
import threading
import time
from collections.abc import Callable
from http.client import HTTPException
from typing import Final, Generic, TypeVar

import structlog

from lrs_stats.access.fetching import PATIENCE

STALE: Final = 600.0
"""Seconds after which it is read again in passing, so that what is taken back is soon gone."""
WAITING: Final = 4
"""Requests that may wait for a reading at a time; the others are to try again."""

T = TypeVar("T")
_log = structlog.get_logger()


class Latest(Generic[T]):
    """What could be read last; a reading that fails leaves what there is."""

    def __init__(
        self,
        read: Callable[[], T],
        what: str,
        *,
        known: T | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take how it is read, what it is called in the log, and what is known already."""
        self.value = known
        self._read = read
        self._what = what
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting = threading.BoundedSemaphore(WAITING)
        self._begun = -math.inf if known is None else clock()
        self._reading: threading.Thread | None = None

    def look(self, after: float) -> None:
        """Begin a reading, unless the last one began less than so many seconds ago."""
        with self._lock:
            if self._clock() - self._begun < after:
                return
            self._begun = self._clock()
            self._reading = threading.Thread(target=self._renew, name="reading", daemon=True)
            self._reading.start()

    def wait(self) -> None:
        """Wait for a reading that is under way, but not longer than it may take."""
        with self._lock:
            reading = self._reading
        if reading is None or not self._waiting.acquire(blocking=False):
            return
        try:
            reading.join(PATIENCE)
        finally:
            self._waiting.release()

    def _renew(self) -> None:
        try:
            self.value = self._read()
        except (OSError, HTTPException, ValueError) as error:
            _log.warning(f"{self._what} could not be read", reason=str(error)[:200])
