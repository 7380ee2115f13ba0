"""The statements that were read lately, of which not all are looked at to forget the oldest."""

from collections.abc import Iterable
from datetime import datetime
from heapq import heapify, heappop, heappush


class Held:
    """The ids of statements, of which those that were stored first are forgotten first."""

    def __init__(self, statements: Iterable[tuple[datetime, str]] = ()) -> None:
        """Begin with some statements: when each was stored, and its id."""
        self._waiting = list(statements)
        heapify(self._waiting)
        self.ids = {one for _, one in self._waiting}

    def add(self, statements: Iterable[tuple[datetime, str]]) -> None:
        """Take further statements, which are not held yet."""
        for one in statements:
            heappush(self._waiting, one)
            self.ids.add(one[1])

    def forget_through(self, instant: datetime) -> None:
        """Forget what was stored up to an instant."""
        while self._waiting and self._waiting[0][0] <= instant:
            self.ids.discard(heappop(self._waiting)[1])
