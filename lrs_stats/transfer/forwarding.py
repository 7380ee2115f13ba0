"""Forwarding: the record is the outbox, and a mark says how far another store has it.

Read like the projector reads (`lrs_stats.xapi.reading`): what is new after the mark, and in a
short overlap behind it what became visible late. The mark moves once the other store has
acknowledged; what was sent in the overlap is only held in memory, so a start sends that much
twice, which the ids make harmless.

Why nothing is missed: what is unseen when a look ends was stored later than the newest visible
statement less the overlap, so later than the mark less the overlap. That place is where the next
look begins, however long the requests between the two take and however far they move the mark;
and it is kept together with the mark, for the process that comes next. So looks may be rare while
a target is far behind, and each only has more to look at.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Final, Literal, Protocol

import msgspec

from lrs_stats.batches import batches
from lrs_stats.transfer.peer import OK, Reply, Trouble
from lrs_stats.xapi.held import Held
from lrs_stats.xapi.reading import Readable, Stored, late
from lrs_stats.xapi.record import Cursor

BATCH: Final = 200
BATCH_BYTES: Final = 1024 * 1024
LOOK_SECONDS: Final = 1.0
"""How seldom it is looked for late ones while a target is far behind."""
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
    behind: datetime | None = None
    """After which instant something may have become visible late; None is the overlap."""
    sent: int = 0
    """Statements that it took; what a start sends again is not counted again."""
    refused: int = 0
    trouble: str = ""
    """Why nothing goes through at the moment."""
    troubled: datetime | None = None
    """Since when, as far as it is known."""

    @property
    def state(self) -> Literal["paused", "in trouble", "in use"]:
        """Return how it is doing, in a word."""
        if self.paused:
            return "paused"
        return "in trouble" if self.trouble else "in use"


def waiting_since(forward: Forward, record: Readable) -> datetime | None:
    """Return when the first statement was stored that another store does not have yet."""
    return next((one.stored for one in record.newer(forward.mark, 1)), None)


class Outbox(Protocol):
    """Where it is kept how far a store has the statements."""

    def advance(
        self, forward: Forward, mark: Cursor | None, sent: int, behind: datetime | None = None
    ) -> None:
        """Add to what was sent, and move the mark, never back, with where to look behind it."""

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
        record: Readable,
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
        self._behind = forward.behind
        self._held = Held()
        self._has_taken = forward.sent > 0
        self._is_first_look = True
        self._look_at = 0.0

    def step(self) -> bool:
        """Send what became visible late or else one batch of what is new; tell if more may wait.

        What is late is looked for before each read that may reach the newest statements, and at
        most once in `LOOK_SECONDS` while whole batches wait. Raises Trouble when the store does
        not take anything at the moment.
        """
        if time.monotonic() >= self._look_at and self._send_late():
            return True
        new = next(_by_size(self._record.newer(self._mark, BATCH)), [])
        if new and self._goes_on():
            sent = self._send(new)
            self._mark = Cursor(new[-1].stored, new[-1].id)
            if self._behind is None:
                self._behind = self._mark.stored - self._record.overlap()
            self._outbox.advance(self._forward, self._mark, sent, self._behind)
        if not _is_full(new):
            self._look_at = 0.0
        return bool(new)

    def _send_late(self) -> bool:
        """Send what became visible late, and return whether anything had."""
        was_any = False
        for batch in _by_size(self._late()):
            was_any = True
            sent = self._send(batch)
            # a process does not know what of this the one before it had sent
            self._outbox.advance(self._forward, None, 0 if self._is_first_look else sent)
        self._is_first_look = False
        if self._mark is not None and self._behind is not None and not was_any:
            self._behind = max(self._behind, self._mark.stored - self._record.overlap())
            self._look_at = time.monotonic() + LOOK_SECONDS
        return was_any

    def _late(self) -> Iterator[Stored]:
        """Yield what lies behind the mark, may have been unseen, and was not sent."""
        if self._mark is None:
            return
        after = self._behind = self._behind or self._mark.stored - self._record.overlap()
        self._held.forget_through(after)
        yield from late(self._record, after, self._mark, self._held)

    def _send(self, batch: Sequence[Stored]) -> int:
        """Send a batch in runs of one version, and return how many of it were taken.

        A store that has never taken anything and refuses all of it is not what it should be: a
        wrong path, or a wall. That is trouble, or everything would be put aside.
        """
        refused: dict[str, str] = {}
        for version, run in groupby(batch, key=_version):
            self._post(list(run), version, refused)
        if len(refused) == len(batch) and not self._has_taken:
            reason = refused[batch[-1].id]
            raise Trouble(f"it has never taken a statement, and refuses all: {reason}")
        self._has_taken = True
        for statement, reason in refused.items():
            self._outbox.refuse(self._forward, statement, reason)
        self._held.add((one.stored, one.id) for one in batch)
        return len(batch) - len(refused)

    def _post(self, statements: Sequence[Stored], version: str, refused: dict[str, str]) -> None:
        """Send statements; by halves when they are refused, so that only the refused stay out."""
        if not self._goes_on():
            raise Trouble("the worker stops")
        reply = _posted(self._target, statements, version)
        if reply.status in OK:
            return
        if len(statements) == 1:
            refused[statements[0].id] = reply.reason
            return
        half = len(statements) // 2
        self._post(statements[:half], version, refused)
        self._post(statements[half:], version, refused)


class Refused(Outbox, Protocol):
    """Where it is kept what a store refused."""

    def refusals(self, name: str) -> Iterator[tuple[str, str]]:
        """Yield the id of each statement that a store refused, and why."""

    def accept(self, forward: Forward, statement: str) -> None:
        """Forget that the store refused a statement, which counts as sent now."""


def retry(forward: Forward, record: Readable, outbox: Refused, target: Target) -> tuple[int, int]:
    """Offer each refused statement again; return how many are taken, and how many are not.

    Raises Trouble when the store does not take anything at the moment.
    """
    taken = left = 0
    refused = [statement for statement, _ in outbox.refusals(forward.name)]
    for begin in range(0, len(refused), BATCH):
        for one in record.fetch(refused[begin : begin + BATCH]):
            reply = _posted(target, [one], _version(one))
            if reply.status in OK:
                outbox.accept(forward, one.id)
                taken += 1
            else:
                outbox.refuse(forward, one.id, reply.reason)
                left += 1
    return taken, left


def _posted(target: Target, statements: Sequence[Stored], version: str) -> Reply:
    """Send statements, and return the answer when it takes or refuses them."""
    reply = target.post(b"[%s]" % b",".join(one.raw for one in statements), version)
    if reply.status not in OK and reply.status not in OF_THE_CONTENT:
        raise Trouble(f"it answers {reply.reason}")
    return reply


class _Told(msgspec.Struct):
    version: str = "1.0.0"


_told: Final = msgspec.json.Decoder(_Told)


def _version(statement: Stored) -> str:
    """Return the version of the request that takes a statement."""
    return "2.0.0" if _told.decode(statement.raw).version == "2.0.0" else "1.0.3"


def _by_size(statements: Iterable[Stored]) -> Iterator[list[Stored]]:
    """Yield batches that are small enough for any store."""
    return batches(statements, BATCH, lambda one: len(one.raw), BATCH_BYTES)


def _is_full(batch: Sequence[Stored]) -> bool:
    """Tell whether a batch is as large as one may be, so that more is likely to wait."""
    return len(batch) >= BATCH or sum(len(one.raw) for one in batch) >= BATCH_BYTES
