"""The statements in MongoDB: append, find, query; and how the projector reads them.

The record only grows, but for an erasure (`lrs_stats.store.erasing`). A statement is never changed
otherwise, not even when it is voided: it counts as voided when the record holds a voiding statement
that names it and it is none itself (xAPI-Data 2.3.2), so the order in which the two arrive makes no
difference.
"""

import time
from collections.abc import Collection as Several
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

from bson.errors import InvalidDocument
from pymongo import ASCENDING, UpdateOne
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import (
    BulkWriteError,
    DocumentTooLarge,
    DuplicateKeyError,
    OperationFailure,
    PyMongoError,
)

from lrs_stats.errors import Conflict, Contended, TooLarge, Unavailable
from lrs_stats.store.activities import ActivityStore
from lrs_stats.store.clock import UNSURE_BY, Clock
from lrs_stats.store.database import DUPLICATE, DURABLE, ERASED, Document, available
from lrs_stats.store.group_commit import GroupCommit
from lrs_stats.store.references import References
from lrs_stats.store.statement_documents import Stored, binary, document_of, stored_of, text
from lrs_stats.store.statement_queries import StatementQueries, after
from lrs_stats.store.tombstones import Tombstones
from lrs_stats.store.writing import Writing
from lrs_stats.xapi.equality import same
from lrs_stats.xapi.prepare import finish
from lrs_stats.xapi.record import Cursor, Page, Prepared, StatementQuery

ATTEMPTS: Final = 20
OBJECT_TOO_LARGE: Final = 10334
FIRST_WRITE_WITHIN: Final = 5.0
"""Seconds from taking `stored` to the first write; the overlap of readers counts on it."""

TOLD_AGAIN: Final = 2.0
"""Seconds for which those who store are told the same instant."""
MANY: Final = 1_000
"""Statements of a batch whose writing may take so long that its beginning is looked at."""
PATIENCE: Final = 15.0
"""Seconds for which one request may keep trying, while those of other clients wait for it."""
_SLOW: Final = "The database is too slow at the moment, and stored nothing of this. Try again."
_ENDED: Final = {251, 290}  # no such transaction any more; it was older than its limit
_LARGE: Final = {2, OBJECT_TOO_LARGE}  # the server's words for a document above 16 MB
_TOO_MANY: Final = (
    "The {} statements take longer to store than the database allows for one transaction. "
    "Send them in smaller batches."
)


class _Late(Exception):
    """The first write came so late that the instant taken for `stored` must be taken anew."""


class StatementStore:
    """The record of statements, an `lrs_stats.xapi.record.Record`."""

    def __init__(self, database: Database[Document]) -> None:
        self._client = database.client
        self._statements = database["statements"]
        inherited = database["inherited"]
        self._queries = StatementQueries(self._statements, inherited)
        self._references = References(self._statements, inherited)
        self._activities = ActivityStore(database)
        self._clock = Clock(database)
        self._writing = Writing(database, self._clock)
        self._tombstones = Tombstones(database)
        self._tally = _Tally(self._statements, database["states"])
        self._told = (datetime.min.replace(tzinfo=UTC), -TOLD_AGAIN)
        self._group = GroupCommit(self._append_together, self._append_alone)

    def append(self, statements: Sequence[Prepared]) -> None:
        """Store all or none in one transaction, on a majority's journals before returning.

        Raises Conflict for a statement that contradicts a stored one or names an erased person,
        TooLarge for what the database cannot hold or not in one transaction, Unavailable when it
        is away or busy.
        """
        self._group.append(statements)

    def find(self, statement: str, *, voided: bool, authority: str | None = None) -> bytes | None:
        """Return the statement of an id that is voided, or that is not."""
        asked: Document = {"_id": binary(statement)}
        if authority is not None:
            asked["authority"] = authority
        with available():
            found = self._statements.find_one(asked, {"raw": 1, "voids": 1})
            if found is None or (bool(self._queries.voided([found])) is not voided):
                return None
            return bytes(found["raw"])

    def query(self, query: StatementQuery, *, voided: bool = False) -> Page:
        """Return a page of statements in the order of storing, voided ones only if asked for."""
        with available():
            return self._queries.page(query, voided=voided)

    def definitions(self, activities: Several[str]) -> dict[str, bytes]:
        """Return the definitions of those activities that have one, merged of all statements."""
        with available():
            return self._activities.definitions(activities)

    def consistent_through(self) -> datetime:
        """Return the instant up to which every statement can be found: no write is older."""
        with available():
            return self._writing.settled(self.overlap())

    def known_consistent_through(self) -> datetime:
        """Return what was true up to some seconds ago, and stays so."""
        told, at = self._told
        if time.monotonic() - at > TOLD_AGAIN:
            told = self.consistent_through()
            self._told = told, time.monotonic()
        return told

    def overlap(self) -> timedelta:
        """Return how much older than the newest visible statement an unseen one can be.

        A transaction writes first within `FIRST_WRITE_WITHIN` of taking `stored`, and the server
        ends every transaction that is older than its lifetime limit, for which it looks twice in
        that time. The clocks of two processes differ by no more than they may be unsure.
        """
        seconds = 1.5 * self._clock.lifetime + FIRST_WRITE_WITHIN + UNSURE_BY
        return timedelta(seconds=seconds)

    def now(self) -> datetime:
        """Return the time on the clock of the database, which all processes share."""
        with available():
            return self._clock.now()

    def count(self) -> int:
        """Return the number of statements, voided and voiding ones included."""
        with available():
            return self._tally.count(self.consistent_through())

    def count_through(self, place: Cursor | None) -> int:
        """Return the number of statements up to a place in the order of storing."""
        if place is None:
            return 0
        with available():
            return self._statements.count_documents(_up_to(place), hint="stored")

    def newer(self, than: Cursor | None, limit: int) -> Iterator[Stored]:
        """Yield up to `limit` statements stored after a place, in the order of storing."""
        where = after(than, ascending=True) if than else {}
        with available():
            for document in (
                self._statements.find(where, {"raw": 1, "stored": 1}, batch_size=5_000)
                .sort([("stored", ASCENDING), ("_id", ASCENDING)])
                .limit(limit)
            ):
                yield stored_of(document)

    def ids_between(self, after: datetime, through: datetime) -> set[str]:
        """Return the ids stored in a half-open stretch, from the index alone."""
        where = _between(after, through)
        with available():
            found = self._statements.find(where, {"_id": 1, "stored": 1}, batch_size=20_000)
            return {text(document["_id"]) for document in found.hint("stored")}

    def places(
        self, since: Cursor | None, through: Cursor, limit: int
    ) -> list[tuple[datetime, str]]:
        """Return when the statements after a place and up to another were stored, and their ids.

        They come in the order of storing, up to `limit` of them, from the index alone.
        """
        bounds = [_up_to(through), *([after(since, ascending=True)] if since else [])]
        with available():
            found = (
                self._statements.find({"$and": bounds}, {"_id": 1, "stored": 1}, batch_size=20_000)
                .hint("stored")
                .sort([("stored", ASCENDING), ("_id", ASCENDING)])
                .limit(limit)
            )
            return [(document["stored"], text(document["_id"])) for document in found]

    def count_between(self, after: datetime, through: datetime) -> int:
        """Return how many statements were stored in a half-open stretch."""
        with available():
            return self._statements.count_documents(_between(after, through), hint="stored")

    def fetch(self, ids: Iterable[str]) -> list[Stored]:
        """Return the statements of some ids, in the order of storing."""
        where = {"_id": {"$in": [binary(statement) for statement in ids]}}
        with available():
            found = self._statements.find(where, {"raw": 1, "stored": 1})
            return sorted(map(stored_of, found), key=lambda one: (one.stored, one.id))

    def finish_abandoned(self) -> None:
        """Write what is inherited by statements whose process was killed before it did."""
        overlap = self.overlap()
        with available():
            for writer, since in self._writing.abandoned(overlap):
                stored = {"$gte": since, "$lte": since + 2 * overlap}
                found = self._statements.find({"stored": stored}, {"_id": 1}).hint("stored")
                self._references.relate_stored(one["_id"] for one in found)
                self._writing.forget(writer, since)

    def _append_together(self, statements: Sequence[Prepared]) -> bool:
        """Store what several requests bring; return False when each is to be stored alone."""
        with available():
            try:
                with self._announced():
                    self._insert(statements)
                    self._take_over(statements)
            except (OperationFailure, _Late, TooLarge, InvalidDocument, Conflict):
                return False
        return True

    def _append_alone(self, statements: Sequence[Prepared]) -> None:
        """Store what one request brings, but for what is stored already."""
        with available(), self._announced():
            self._insert_new(statements)
            self._take_over(statements)

    @contextmanager
    def _announced(self) -> Iterator[None]:
        """Take back that something is being stored once it can be found, or never will be."""
        is_sure = False
        try:
            yield
            is_sure = True
        except (BulkWriteError, DuplicateKeyError, InvalidDocument, Conflict, Contended, TooLarge):
            is_sure = True
            raise
        finally:
            self._writing.end(is_sure=is_sure, overlap=self.overlap())

    def _insert_new(self, statements: Sequence[Prepared]) -> None:
        new = list(statements)
        began = time.monotonic()
        for attempt in range(ATTEMPTS):
            if not new:
                return None
            try:
                return self._insert(new)
            except (PyMongoError, _Late) as error:
                if len(new) > MANY and _took_too_long(error):
                    raise TooLarge(_TOO_MANY.format(len(new))) from error
                _raise_unless_again(error)
                if time.monotonic() - began > PATIENCE:
                    raise Unavailable(_SLOW) from error
                if attempt:
                    time.sleep(min(0.01 * 2**attempt, 0.5))
            new = self._not_yet_stored(new)
        raise Contended("The same statements are being stored by others. Try again.")

    def _take_over(self, statements: Sequence[Prepared]) -> None:
        """Take over what stored statements say of others and of activities.

        Before they are acknowledged, and for those again that were stored already: so what a
        process had no time for is done when the statements are sent again.
        """
        self._attach(statements)
        self._references.relate(statements)
        self._activities.define(activity for one in statements for activity in one.defined)

    def _attach(self, statements: Sequence[Prepared]) -> None:
        """Tie contents to statements that were stored before without them."""
        changes = [
            UpdateOne(
                {"_id": binary(one.id), "files": {"$not": {"$all": list(one.files)}}},
                {"$addToSet": {"files": {"$each": list(one.files)}}},
            )
            for one in statements
            if one.files
        ]
        if changes:
            self._statements.bulk_write(changes, ordered=False)

    def _insert(self, statements: Sequence[Prepared]) -> None:
        with self._client.start_session() as session:
            taken = time.monotonic()
            stored = self._writing.begin()
            # after `stored` was taken, so that an erasure knows when it has seen all
            self._tombstones.refuse_statements(statements)
            documents = [document_of(statement, stored) for statement in statements]
            with session.start_transaction(write_concern=DURABLE):
                if len(documents) > MANY:  # the first operation begins what the server limits
                    self._statements.find_one({}, {"_id": 1}, session=session)
                    _check_in_time(taken)
                try:
                    self._statements.insert_many(documents, session=session)
                except (DocumentTooLarge, OperationFailure) as error:
                    if not _is_too_large(error):
                        raise
                    raise TooLarge(
                        "A statement is larger than 16 MB, and cannot be stored."
                    ) from error
                if len(documents) <= MANY:
                    _check_in_time(taken)

    def _not_yet_stored(self, statements: Sequence[Prepared]) -> list[Prepared]:
        """Return those that are not stored; raise Conflict for one that contradicts."""
        ids = [binary(statement.id) for statement in statements]
        found = {
            document["_id"]: bytes(document["raw"])
            for document in self._statements.find({"_id": {"$in": ids}}, {"raw": 1})
        }
        new = []
        for statement in statements:
            raw = found.get(binary(statement.id))
            if raw is None:
                new.append(statement)
            elif not same(raw, finish(statement, self._clock.now())):
                raise Conflict(f"A different statement is stored under the id {statement.id}.")
        return new


class _Tally:
    """Counts the statements exactly, and each but once.

    The record only grows, so what was counted up to an instant that nothing can be stored
    before any more stays so, until an erasure: then all are counted anew. The server's own
    estimate will not do: it is off after a crash.
    """

    def __init__(self, statements: Collection[Document], states: Collection[Document]) -> None:
        self._statements = statements
        self._states = states
        self._turn: object = None
        self._counted = (datetime.min.replace(tzinfo=UTC), 0)

    def count(self, settled: datetime) -> int:
        """Return the number of statements; what is stored up to `settled` is there by now."""
        turn = self._states.find_one(ERASED)
        if turn != self._turn:
            self._turn, self._counted = turn, (datetime.min.replace(tzinfo=UTC), 0)
        before, count = self._counted
        if settled > before:
            count += self._statements.count_documents(_between(before, settled), hint="stored")
            self._counted = settled, count
            before = settled
        return count + self._statements.count_documents({"stored": {"$gt": before}}, hint="stored")


def _check_in_time(taken: float) -> None:
    if time.monotonic() - taken > FIRST_WRITE_WITHIN:
        raise _Late


def _is_too_large(error: Exception) -> bool:
    """Tell whether a document was refused for its size, by the driver or by the server."""
    if isinstance(error, BulkWriteError):
        return any(
            one.get("code") in _LARGE and "too large" in one.get("errmsg", "")
            for one in error.details.get("writeErrors", ())
        )
    return isinstance(error, DocumentTooLarge) or (
        isinstance(error, OperationFailure) and error.code == OBJECT_TOO_LARGE
    )


def _took_too_long(error: Exception) -> bool:
    return isinstance(error, OperationFailure) and error.code in _ENDED


def _raise_unless_again(error: Exception) -> None:
    """Raise the error, unless trying again can help: a duplicate, a conflict, a late write."""
    if isinstance(error, _Late | DuplicateKeyError):
        return
    if isinstance(error, BulkWriteError):
        if any(one.get("code") == DUPLICATE for one in error.details.get("writeErrors", ())):
            return
    elif isinstance(error, OperationFailure) and error.has_error_label("TransientTransactionError"):
        return
    raise error


def _between(after: datetime, through: datetime) -> Document:
    return {"stored": {"$gt": after, "$lte": through}}


def _up_to(place: Cursor) -> Document:
    same = {"stored": place.stored, "_id": {"$lte": binary(place.id)}}
    return {"$or": [{"stored": {"$lt": place.stored}}, same]}
