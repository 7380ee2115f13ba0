"""Group commit: what arrives at the same time is stored in one transaction.

A transaction costs the same journal write for one statement as for hundreds. So one request at a
time stores, for itself and for all that have come while the one before it did.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from lrs_stats.errors import Contended, Unavailable

T = TypeVar("T")

TOGETHER: Final = 1_000
"""Items after which a group is full; one request may have more, and is then stored alone."""


@dataclass(eq=False)
class _Turn(Generic[T]):
    """What one request wants stored, and what became of it."""

    items: Sequence[T]
    woken: threading.Event = field(default_factory=threading.Event)
    is_over: bool = False
    is_stored: bool = False
    error: BaseException | None = None


class GroupCommit(Generic[T]):
    """Stores what many threads bring, one group after the other."""

    def __init__(
        self, together: Callable[[Sequence[T]], bool], alone: Callable[[Sequence[T]], None]
    ) -> None:
        """Take two ways to store.

        `together` stores a group all or none, and returns False when something in it has to be
        stored alone; `alone` stores what one request brings, or raises what that request is told.
        """
        self._together = together
        self._alone = alone
        self._lock = threading.Lock()
        self._waiting: deque[_Turn[T]] = deque()
        self._is_led = False

    def append(self, items: Sequence[T]) -> None:
        """Store the items, all or none, and return once they are; raise what storing raises."""
        turn = _Turn(items)
        with self._lock:
            self._waiting.append(turn)
            leads, self._is_led = not self._is_led, True
        if not leads:
            turn.woken.wait()
        if not turn.is_over:
            self._lead()
        if not turn.is_stored:
            raise turn.error or RuntimeError("the group ended before this was stored")

    def _lead(self) -> None:
        """Store the group of those who have waited longest, then wake them and the next to lead."""
        with self._lock:
            group = [self._waiting.popleft()]
            size = len(group[0].items)
            while self._waiting and size + len(self._waiting[0].items) <= TOGETHER:
                group.append(self._waiting.popleft())
                size += len(group[-1].items)
        try:
            self._store(group)
        except BaseException as error:  # noqa: BLE001 - whatever it is, each request is told
            for turn in group:
                turn.error = turn.error or error
        with self._lock:
            following = self._waiting[0] if self._waiting else None
            self._is_led = following is not None
        for turn in group:
            turn.is_over = True
            turn.woken.set()
        if following is not None:
            following.woken.set()

    def _store(self, group: Sequence[_Turn[T]]) -> None:
        """Store a group; a database that is away ends it for all of the rest."""
        if len(group) > 1 and self._together([item for turn in group for item in turn.items]):
            for turn in group:
                turn.is_stored = True
            return
        for turn in group:
            try:
                self._alone(turn.items)
                turn.is_stored = True
            except Unavailable as error:
                if not isinstance(error, Contended):
                    raise
                turn.error = error
            except Exception as error:  # noqa: BLE001 - of this request; the others go on
                turn.error = error
