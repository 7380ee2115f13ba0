"""An import: what a source holds goes into the record, as if a client had sent it.

A batch at a time is stored; then what was refused of it is written down, then how far the import
is. So whoever is cut off goes on at the last batch, and what is then read twice is equal to what
is stored, which is no fault.
"""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol
from uuid import UUID, uuid5

import msgspec
from msgspec import UNSET, Raw, UnsetType

from lrs_stats.batches import batches
from lrs_stats.errors import BadRequest, Conflict, TooLarge, Unavailable
from lrs_stats.transfer.pieces import Piece
from lrs_stats.transfer.refusals import Refusals
from lrs_stats.transfer.source import Found, Place, Source
from lrs_stats.xapi.access import Client
from lrs_stats.xapi.model import Actor
from lrs_stats.xapi.prepare import prepare
from lrs_stats.xapi.record import Prepared

BATCH: Final = 500
BATCH_BYTES: Final = 8 * 1024 * 1024
PATIENCE: Final = 120.0
"""Seconds for which an import waits for a database that is busy or away."""
NAMESPACE: Final = UUID("9c5b4c0e-3f0b-5b58-9f0e-5e4a4f6b7a11")
"""Of the ids that statements without one are given."""


class Record(Protocol):
    """What an import needs of the record."""

    def append(self, statements: Sequence[Prepared]) -> None:
        """Store all or none; an equal statement again is no fault.

        Raises Conflict or TooLarge when one of them cannot be stored.
        """


class Imports(Protocol):
    """Where it is remembered how far imports are."""

    def load(self, source: str) -> Mapping[str, Any] | None:
        """Return what was saved for a source, or None."""

    def save(self, source: str, reached: Mapping[str, Any]) -> None:
        """Remember how far the import of a source is."""

    def forget(self, source: str) -> None:
        """Forget it, since the import is whole."""


@dataclass(frozen=True)
class Rules:
    """How statements are completed: as who sends them, and for which version of xAPI.

    With `keep_authority` a statement that names its authority keeps it. `version` is that of
    statements that name none: "1.0.3" or "2.0.0".
    """

    client: Client
    keep_authority: bool = False
    version: str = "1.0.3"


@dataclass
class Reached:
    """How far an import is: what it has stored or found stored, what it has refused."""

    stored: int = 0
    refused: int = 0
    refused_bytes: int = 0
    read: int = 0
    after: Place = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What became of an import; `refusals` is the file of what was refused, if anything was."""

    stored: int
    refused: int
    refusals: Path | None
    gone_on_after: int
    """Pieces that an earlier run of the same import had done."""


class Import:
    """One import of a source."""

    def __init__(
        self,
        source: Source,
        record: Record,
        imports: Imports,
        *,
        refusals: Refusals,
        rules: Rules,
        progress: Callable[[Reached], None] = lambda _: None,
    ) -> None:
        self._source = source
        self._record = record
        self._imports = imports
        self._refusals = refusals
        self._rules = rules
        self._progress = progress
        self._fingerprint = f"{source.fingerprint} {rules}"
        self._reached = Reached()

    def run(self) -> Outcome:
        """Import everything that is left, and return what became of all of it."""
        reached = self._reached = self._loaded()
        before = reached.stored + reached.refused
        pieces = self._source.pieces(reached.after)
        for batch in batches(pieces, BATCH, lambda one: len(one.piece.raw), BATCH_BYTES):
            self._take(batch)
            self._progress(reached)
        self._imports.forget(self._source.key)  # before the file is gone that it speaks of
        refusals = self._refusals.publish()
        return Outcome(reached.stored, reached.refused, refusals, before)

    def _loaded(self) -> Reached:
        saved = self._imports.load(self._source.key)
        if saved is not None and saved.get("fingerprint") == self._fingerprint:
            reached = Reached(**{name: saved[name] for name in asdict(Reached())})
            if self._refusals.go_on(reached.refused_bytes):
                return reached
        self._refusals.go_on(0)
        return Reached()

    def _take(self, batch: Sequence[Found]) -> None:
        """Store what is valid of a batch, and write down the rest in the order of the source."""
        ready: dict[str, tuple[Found, Prepared]] = {}
        refused: list[tuple[Found, str]] = []
        for found in batch:
            try:
                prepared = _prepared(found, self._rules)
            except BadRequest as error:
                refused.append((found, error.detail))
                continue
            if prepared.id in ready:  # the first has to be stored for the second to be compared
                self._store(list(ready.values()), refused)
                ready.clear()
            ready[prepared.id] = found, prepared
        self._store(list(ready.values()), refused)
        self._note(batch, refused)

    def _store(
        self, ready: Sequence[tuple[Found, Prepared]], refused: list[tuple[Found, str]]
    ) -> None:
        """Store what can be, by halves when one of them cannot."""
        if not ready:
            return
        try:
            self._append([prepared for _, prepared in ready])
        except (Conflict, TooLarge) as error:
            if len(ready) == 1:
                refused.append((ready[0][0], error.detail))
                return
            half = len(ready) // 2
            self._store(ready[:half], refused)
            self._store(ready[half:], refused)

    def _append(self, statements: Sequence[Prepared]) -> None:
        """Store statements, and wait while a database is busy.

        After an import that was killed, its last batch is taken for some seconds: the database
        ends the transaction when that has lasted for too long.
        """
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return self._record.append(statements)
            except Unavailable:
                if time.monotonic() > until:
                    raise
                time.sleep(0.5)

    def _note(self, batch: Sequence[Found], refused: list[tuple[Found, str]]) -> None:
        reached = self._reached
        for found, reason in sorted(refused, key=lambda one: (one[0].read, one[0].number)):
            self._refusals.add(found, reason)
        if refused:
            reached.refused_bytes = self._refusals.sync()
        reached.refused += len(refused)
        reached.stored += len(batch) - len(refused)
        reached.after, reached.read = batch[-1].after, batch[-1].read
        self._imports.save(self._source.key, asdict(reached) | {"fingerprint": self._fingerprint})


class _Told(msgspec.Struct):
    """What a statement says of its own version and authority."""

    version: str | UnsetType = UNSET
    authority: Raw | UnsetType = UNSET


_told: Final = msgspec.json.Decoder(_Told)
_actor: Final = msgspec.json.Decoder(Actor)


def _prepared(found: Found, rules: Rules) -> Prepared:
    """Return a piece as a statement that can be stored, or raise BadRequest."""
    piece = found.piece
    if piece.reason:
        raise BadRequest(piece.reason)
    told = _tell(piece)
    version = rules.version if told.version is UNSET else "1.0.3"
    [prepared] = prepare(
        piece.raw,
        client=_client(told, rules),
        version="2.0.0" if told.version == "2.0.0" else version,
        new_id=lambda: _same_id(found),
        allow_batch=False,
    )
    return prepared


def _client(told: _Told, rules: Rules) -> Client:
    """Return who asserts a statement; an authority that is none is left for `prepare` to refuse."""
    if not rules.keep_authority or told.authority is UNSET:
        return rules.client
    try:
        key = _actor.decode(told.authority).key
    except (msgspec.MsgspecError, RecursionError):
        key = None
    return Client(authority=bytes(told.authority), key=key or "")


def _tell(piece: Piece) -> _Told:
    """Return what a statement says; nothing when it cannot be read, which `prepare` explains."""
    try:
        return _told.decode(piece.raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return _Told()


def _same_id(found: Found) -> str:
    """Return an id for a statement that has none: the same whenever the same file is imported."""
    digest = hashlib.sha256(found.piece.raw).hexdigest()
    return str(uuid5(NAMESPACE, f"{found.number} {digest}"))
