"""Reading the record a part ahead: while one part is written, the next one is interpreted.

A rebuild reads ahead, and so reading and writing, in this process, go on beside interpreting, in
another. Keeping up does not: what has just arrived is better read when it is written.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from lrs_stats.xapi.reading import Readable, Stored
from lrs_stats.xapi.record import Cursor

Begin = Callable[[Sequence[Stored]], Callable[[], pl.DataFrame]]
"""Begins to interpret statements, and returns what waits for their rows."""


@dataclass(frozen=True)
class Part:
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
    """A part that is read, and being interpreted."""

    after: Cursor | None
    statements: Sequence[Stored]
    rows: Callable[[], pl.DataFrame]
    is_last: bool
    now: datetime

    @property
    def through(self) -> Cursor:
        return Cursor(self.statements[-1].stored, self.statements[-1].id)

    def whole(self) -> Part:
        return Part(self.statements, self.rows(), self.is_last, self.now)


class Ahead:
    """Reads one part of the record after the other, and has them interpreted."""

    def __init__(self, record: Readable, begin: Begin) -> None:
        """Take the record, and what interprets."""
        self._record = record
        self._begin = begin
        self._next: _Begun | None = None

    def read(self, after: Cursor | None, limit: int, now: datetime, *, ahead: bool) -> Part:
        """Return the part after a place, of up to `limit` statements.

        With `ahead`, the one that follows is then read already, and being interpreted. At most one
        is: whoever interprets has handed out a part before it is given another.
        """
        begun = self._next
        if begun is None or begun.after != after:
            begun = self._begun(after, self._statements(after, limit), limit, now)
        self._next = None
        if begun.is_last or not ahead:
            return begun.whole()
        following = self._statements(begun.through, limit)
        part = begun.whole()
        self._next = self._begun(begun.through, following, limit, now)
        return part

    def drop(self) -> None:
        """Forget what was read ahead, since the record may have been changed there."""
        self._next = None

    def _statements(self, after: Cursor | None, limit: int) -> Sequence[Stored]:
        return list(self._record.newer(after, limit))

    def _begun(
        self, after: Cursor | None, statements: Sequence[Stored], limit: int, now: datetime
    ) -> _Begun:
        return _Begun(after, statements, self._begin(statements), len(statements) < limit, now)
