"""Forwarding: the record is the outbox, and a mark says how far another store has it.

Read like the projector reads (`lrs_stats.facts.projector`): what is new after the mark, and in a
short overlap behind it what became visible late. The mark moves once the other store has
acknowledged; what was sent in the overlap is only held in memory, so a start sends that much
twice, which the ids make harmless.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final, Protocol

import msgspec

from lrs_stats.transfer.peer import OK, Reply, Trouble
from lrs_stats.xapi.record import Cursor

BATCH: Final = 200
BATCH_BYTES: Final = 1024 * 1024
OF_THE_CONTENT: Final = frozenset({400, 409, 413, 415, 422})
"""Answers that refuse what was sent; all others are trouble that may pass, like a lost password."""


@dataclass(frozen=True)
class Forward:
    """A store to which statements are forwarded, and how far it has them."""

    name: str
    address: str
    user: str
    password: str = field(repr=False)
    added: datetime
    paused: bool = False
    mark: Cursor | None = None
    """The last statement, in the order of storing, that it has or has refused."""
    sent: int = 0
    refused: int = 0
    trouble: str = ""
    """Why nothing goes through at the moment."""


class Stored(Protocol):
    """A statement of the record."""

    @property
    def id(self) -> str:
        """Return its id."""

    @property
    def stored(self) -> datetime:
        """Return when it was stored."""

    @property
    def raw(self) -> bytes:
        """Return its JSON."""


class Record(Protocol):
    """What forwarding reads of the record."""

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


class Outbox(Protocol):
    """Where it is kept how far a store has the statements."""

    def advance(self, forward: Forward, mark: Cursor | None, sent: int) -> None:
        """Add to what was sent, and move the mark, never back."""

    def refuse(self, forward: Forward, statement: str, reason: str) -> None:
        """Keep that the store refused a statement, and why."""


class Target(Protocol):
    """The other store."""

    def post(self, body: bytes, version: str) -> Reply:
        """Send statements; raise Trouble when it does not answer."""


class Forwarding:
    """Sends the record to one store; a failure leaves it where it was."""

    def __init__(
        self,
        forward: Forward,
        record: Record,
        outbox: Outbox,
        target: Target,
        goes_on: Callable[[], bool] = lambda: True,
    ) -> None:
        """Begin where it is; `goes_on` is asked between requests, and False ends the step."""
        self._forward = forward
        self._mark = forward.mark
        self._record = record
        self._outbox = outbox
        self._target = target
        self._goes_on = goes_on
        self._held: dict[str, datetime] = {}

    def step(self) -> bool:
        """Send what became visible late and one batch of what is new; return whether more waits.

        Raises Trouble when the store does not take anything at the moment.
        """
        for batch in _by_size(self._late()):
            self._send(batch)
            self._outbox.advance(self._forward, None, len(batch))
        new = next(_by_size(self._record.newer(self._mark, BATCH)), [])
        if new and self._goes_on():
            self._send(new)
            self._mark = Cursor(new[-1].stored, new[-1].id)
            self._outbox.advance(self._forward, self._mark, len(new))
        return bool(new)

    def _late(self) -> Iterator[Stored]:
        """Yield what lies in the overlap behind the mark and was not sent by this process."""
        if self._mark is None:
            return
        through = self._mark.stored
        after = through - self._record.overlap()
        self._held = {one: stored for one, stored in self._held.items() if stored > after}
        if self._record.count_between(after, through) == len(self._held):
            return
        missing = list(self._record.ids_between(after, through) - self._held.keys())
        place = through, self._mark.id
        for begin in range(0, len(missing), BATCH):
            for one in self._record.fetch(missing[begin : begin + BATCH]):
                if (one.stored, one.id) <= place:  # what lies ahead is read with what is new
                    yield one

    def _send(self, batch: Sequence[Stored]) -> None:
        """Send a batch in runs of one version, and hold that it was."""
        for version, run in groupby(batch, key=_version):
            self._post(list(run), version)
        self._held |= {one.id: one.stored for one in batch}

    def _post(self, statements: Sequence[Stored], version: str) -> None:
        """Send statements; by halves when they are refused, so that only the refused stay out."""
        if not self._goes_on():
            raise Trouble("the worker stops")
        body = b"[%s]" % b",".join(one.raw for one in statements)
        reply = self._target.post(body, version)
        if reply.status in OK:
            return
        if reply.status not in OF_THE_CONTENT:
            raise Trouble(f"it answers {reply.reason}")
        if len(statements) == 1:
            self._outbox.refuse(self._forward, statements[0].id, reply.reason)
            return
        half = len(statements) // 2
        self._post(statements[:half], version)
        self._post(statements[half:], version)


class _Told(msgspec.Struct):
    version: str = "1.0.0"


_told: Final = msgspec.json.Decoder(_Told)


def _version(statement: Stored) -> str:
    """Return the version of the request that takes a statement."""
    return "2.0.0" if _told.decode(statement.raw).version == "2.0.0" else "1.0.3"


def _by_size(statements: Iterable[Stored]) -> Iterator[list[Stored]]:
    """Yield batches that are small enough for any store, read no further than the one at hand."""
    batch: list[Stored] = []
    size = 0
    for one in statements:
        batch.append(one)
        size += len(one.raw)
        if len(batch) >= BATCH or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
