"""Reading the record a batch ahead: while one batch is written, the next one is interpreted.

All that is read before anything is published is read ahead, as in a rebuild: so reading and
writing, in this process, go on beside interpreting, in another. Keeping up reads what has just
arrived, and writes it at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from lrs_stats.batches import batches
from lrs_stats.xapi.reading import Readable, Stored
from lrs_stats.xapi.record import Cursor

ROOM: Final = 64 * 1024**2
"""Bytes of statements with which a batch ends, however few they are."""

Begin = Callable[[Sequence[Stored]], Callable[[], pl.DataFrame]]
"""Begins to interpret statements, and returns what waits for their rows; nobody may ever ask it."""


@dataclass(frozen=True)
class Batch:
    """Some statements of the record in the order of storing, and their rows.

    It is the last when the record had no more. `now` is a time on the clock of the record at which
    they had not been read yet.
    """

    statements: Sequence[Stored]
    rows: pl.DataFrame
    is_last: bool
    now: datetime


@dataclass(frozen=True)
class _Begun:
    """A batch that is read, and being interpreted."""

    after: Cursor | None
    statements: Sequence[Stored]
    is_last: bool
    rows: Callable[[], pl.DataFrame]
    now: datetime

    def whole(self) -> Batch:
        return Batch(self.statements, self.rows(), self.is_last, self.now)


class Ahead:
    """Reads one batch of the record after the other, and has them interpreted."""

    def __init__(self, record: Readable, begin: Begin) -> None:
        """Take the record, and what interprets."""
        self._record = record
        self._begin = begin
        self._next: _Begun | None = None

    def read(self, after: Cursor | None, limit: int, now: datetime, *, ahead: bool) -> Batch:
        """Return the batch after a place, of up to `limit` statements unless it is read already.

        With `ahead`, the one that follows is then read, too, and being interpreted.
        """
        begun = self._next
        if begun is None or begun.after != after:
            begun = self._begun(after, self._statements(after, limit), limit, now)
        self._next = None
        if begun.is_last or not ahead:
            return begun.whole()
        through = Cursor(begun.statements[-1].stored, begun.statements[-1].id)
        following = self._statements(through, limit)
        batch = begun.whole()  # before the next is begun: one at a time is interpreted
        self._next = self._begun(through, following, limit, now)
        return batch

    def drop(self) -> None:
        """Forget what was read ahead, since the record may have been changed there."""
        self._next = None

    def _statements(self, after: Cursor | None, limit: int) -> Sequence[Stored]:
        newer = self._record.newer(after, limit)
        return next(batches(newer, limit, _length, ROOM), [])

    def _begun(
        self, after: Cursor | None, statements: Sequence[Stored], limit: int, now: datetime
    ) -> _Begun:
        is_last = len(statements) < limit and sum(map(_length, statements)) < ROOM
        return _Begun(after, statements, is_last, self._begin(statements), now)


def _length(statement: Stored) -> int:
    return len(statement.raw)
