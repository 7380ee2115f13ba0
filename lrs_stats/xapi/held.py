"""The statements that whoever follows the record has read lately, in the order of storing."""

from bisect import bisect_right, insort
from collections.abc import Iterable
from datetime import datetime
from operator import itemgetter
from typing import Final

_STORED: Final = itemgetter(0)


class Held:
    """When each was stored, and its id; those that were stored first are forgotten first."""

    def __init__(self, statements: Iterable[tuple[datetime, str]] = ()) -> None:
        """Begin with some statements: when each was stored, and its id."""
        self._ordered = sorted(statements)
        self.ids = {one for _, one in self._ordered}

    def add(self, statements: Iterable[tuple[datetime, str]]) -> None:
        """Take further statements, nearly all of which were stored after those that are held."""
        for one in statements:
            if one[1] not in self.ids:
                self.ids.add(one[1])
                insort(self._ordered, one)

    def forget_through(self, instant: datetime) -> None:
        """Forget what was stored up to an instant."""
        place = self._place(instant)
        self.ids.difference_update(one for _, one in self._ordered[:place])
        del self._ordered[:place]

    def count(self, after: datetime, through: datetime) -> int:
        """Return how many were stored in a stretch that is open at its beginning."""
        return self._place(through) - self._place(after)

    def middle(self, after: datetime, through: datetime) -> datetime | None:
        """Return an instant that parts such a stretch, with about as many on both sides, if any."""
        place = (self._place(after) + self._place(through)) // 2
        middle = self._ordered[place][0] if place < len(self._ordered) else through
        return middle if after < middle < through else None

    def _place(self, instant: datetime) -> int:
        return bisect_right(self._ordered, instant, key=_STORED)
