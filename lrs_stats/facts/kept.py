"""What was worked out last, so that the next page need not work it out again."""

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

_One = TypeVar("_One")


class Kept(Generic[_One]):
    """What was made, by what it was asked for with; so many of them, those last asked for."""

    def __init__(self, most: int, keeps: Callable[[_One], bool] = lambda _: True) -> None:
        """Take how many are kept, and what says of one that was made whether it is."""
        self._most = most
        self._keeps = keeps
        self._lock = threading.Lock()
        self._known: dict[Hashable, _One] = {}

    def get(self, key: Hashable) -> _One | None:
        """Return what is kept."""
        with self._lock:
            if (found := self._known.pop(key, None)) is not None:
                self._known[key] = found  # and so it is the last to be forgotten
            return found

    def of(self, key: Hashable, make: Callable[[], _One]) -> _One:
        """Return what is kept, or made now and then kept."""
        if (found := self.get(key)) is not None:
            return found
        made = make()
        if not self._keeps(made):
            return made
        with self._lock:
            self._known[key] = made
            for oldest in [*self._known][: -self._most]:
                del self._known[oldest]
        return made
