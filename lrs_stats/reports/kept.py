"""What was worked out last, so that the next page need not work it out again."""

import threading
from collections.abc import Callable, Hashable

import polars as pl


class Kept:
    """Frames by what they were asked for; so many of them, those last asked for.

    What takes more than `largest` bytes is not kept, if that is given.
    """

    def __init__(self, most: int, largest: int | None = None) -> None:
        self._most = most
        self._largest = largest
        self._lock = threading.Lock()
        self._frames: dict[Hashable, pl.DataFrame] = {}

    def get(self, key: Hashable) -> pl.DataFrame | None:
        """Return what is kept."""
        with self._lock:
            if (found := self._frames.pop(key, None)) is not None:
                self._frames[key] = found  # and so it is the last to be forgotten
            return found

    def of(self, key: Hashable, make: Callable[[], pl.DataFrame]) -> pl.DataFrame:
        """Return what is kept, or made now and then kept."""
        if (found := self.get(key)) is not None:
            return found
        made = make()
        if self._largest is not None and made.estimated_size() > self._largest:
            return made
        with self._lock:
            self._frames[key] = made
            for oldest in [*self._frames][: -self._most]:
                del self._frames[oldest]
        return made
