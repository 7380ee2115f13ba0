"""Reading the record in the order of storing, by those who follow it.

A statement becomes visible when its transaction commits, and so after others that took a later
`stored`. Whoever follows the record reads what is new after a mark, and looks again in a stretch
behind it for what became visible late.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from lrs_stats.batches import batches
from lrs_stats.xapi.held import Held
from lrs_stats.xapi.record import Cursor

AT_ONCE: Final = 200
"""Statements that are fetched together."""


class Stored(Protocol):
    """A statement of the record: its id, when it was stored, and its JSON bytes."""

    @property
    def id(self) -> str:
        """Return the id, in lower case."""

    @property
    def stored(self) -> datetime:
        """Return when it was stored."""

    @property
    def raw(self) -> bytes:
        """Return the statement as JSON."""


class Readable(Protocol):
    """A record that can be followed."""

    def overlap(self) -> timedelta:
        """Return how far behind the newest statement another can still become visible."""

    def newer(self, than: Cursor | None, limit: int) -> Iterable[Stored]:
        """Return up to `limit` statements after a place, in the order of storing."""

    def count_between(self, after: datetime, through: datetime) -> int:
        """Return how many statements were stored in a stretch that is open at its beginning."""

    def ids_between(self, after: datetime, through: datetime) -> set[str]:
        """Return the ids of what was stored in a stretch that is open at its beginning."""

    def fetch(self, ids: Iterable[str]) -> Sequence[Stored]:
        """Return the statements of some ids, in the order of storing."""


def late(record: Readable, after: datetime, mark: Cursor, held: Held) -> Iterator[Stored]:
    """Yield what was stored after an instant, up to a mark, and is not held yet.

    All that was read in this stretch is held. It is counted first, and ids are compared only where
    the record has more. What lies ahead of the mark at its own instant is left for whoever reads
    what is new.
    """
    missing = set[str]()
    for stretch in _where(record, after, mark.stored, held):
        missing |= record.ids_between(*stretch) - held.ids
    for ids in batches(missing, AT_ONCE):
        for one in record.fetch(ids):
            if (one.stored, one.id) <= (mark.stored, mark.id):
                yield one


def _where(
    record: Readable, after: datetime, through: datetime, held: Held
) -> Iterator[tuple[datetime, datetime]]:
    """Yield the stretches of one in which the record has more statements than are held.

    Each is counted for itself, so what becomes visible meanwhile hides nothing that was there. A
    stretch in which it has fewer, since some were erased, is not parted.
    """
    read = held.count(after, through)
    stored = record.count_between(after, through)
    if stored == read:
        return
    middle = held.middle(after, through)
    if middle is None or read <= AT_ONCE or stored < read:
        yield after, through
        return
    yield from _where(record, middle, through, held)
    yield from _where(record, after, middle, held)
