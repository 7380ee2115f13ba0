"""What was found a moment ago, so that the database is not asked for it with every request."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Generic, TypeVar

T = TypeVar("T")

REMEMBERED: Final = 5.0
"""Seconds for which a client or token is believed without asking the database again."""
MOST: Final = 10_000
"""How many are remembered; the one that was found first is forgotten first."""


class Remembered(Generic[T]):
    """Values that are good for a few seconds, and no more of them than memory should hold."""

    def __init__(self, *, most: int = MOST, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._lock = threading.Lock()
        self._found: OrderedDict[str, tuple[float, T]] = OrderedDict()

    def get(self, name: str, find: Callable[[], T | None]) -> T | None:
        """Return what is remembered, else what `find` returns, which is remembered unless None.

        The seconds begin before it is looked for, since it may change while it is on its way.
        """
        asked = self._clock()
        at, found = self._found.get(name, (asked, None))
        if found is not None and asked - at < REMEMBERED:
            return found
        found = find()
        with self._lock:
            self._found.pop(name, None)
            if found is not None:
                self._found[name] = asked, found
                if len(self._found) > self._most:
                    self._found.popitem(last=False)
        return found

    def forget(self) -> None:
        """Forget everything, since something has changed."""
        with self._lock:
            self._found.clear()
