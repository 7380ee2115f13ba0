"""Queries for statements: the pages of what is not voided, in the order of storing.

A statement matches by itself, or by a statement that it refers to (`lrs_stats.store.references`).
So a query reads two collections that have the same fields, each by an index and in order, and
merges them.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from heapq import merge
from typing import Final

from bson.binary import Binary
from pymongo import ASCENDING, DESCENDING
from pymongo.collection import Collection

from lrs_stats.batches import batches
from lrs_stats.store.database import Document
from lrs_stats.store.statement_documents import binary, text
from lrs_stats.xapi.record import Cursor, Page, StatementQuery

LARGEST: Final = 16 << 20
"""Bytes of statements after which a page ends, however many statements it may have."""
_FILTERS: Final = ("agent", "verb", "activity", "registration")
_SHOWN: Final = {"stored": 1, "raw": 1, "voids": 1, "of": 1}


class StatementQueries:
    """Finds pages of statements in the record."""

    def __init__(self, statements: Collection[Document], inherited: Collection[Document]) -> None:
        self._statements = statements
        self._inherited = inherited

    def page(self, query: StatementQuery, *, voided: bool = False) -> Page:
        """Return a page of statements in the order of storing, voided ones only if asked for.

        It ends early when it has more than `LARGEST` bytes.
        """
        page: list[bytes] = []
        taken = 0
        last: Document = {}
        for document in self._found(query) if voided else self._live(query):
            if len(page) == query.limit or taken > LARGEST:
                return Page(page, Cursor(last["stored"], text(_id(last))))
            page.append(self._content(document))
            taken += len(page[-1])
            last = document
        return Page(page)

    def voided(self, documents: Iterable[Document]) -> set[Binary]:
        """Return the ids of those that a voiding statement names, and that void nothing."""
        ids = [_id(document) for document in documents if "voids" not in document]
        return {
            found["voids"] for found in self._statements.find({"voids": {"$in": ids}}, {"voids": 1})
        }

    def _live(self, query: StatementQuery) -> Iterator[Document]:
        """Yield statements that are not voided; how many are left out is not known before."""
        for chunk in batches(self._found(query), query.limit + 1, _size, LARGEST):
            voided = self.voided(chunk)
            yield from (document for document in chunk if _id(document) not in voided)

    def _found(self, query: StatementQuery) -> Iterator[Document]:
        """Yield what matches by itself or by reference, each statement once."""
        found = self._sorted(self._statements, "_id", query)
        if any(getattr(query, name) is not None for name in _FILTERS):
            inherited = self._sorted(self._inherited, "of", query)
            found = merge(found, inherited, key=_place, reverse=not query.ascending)
        last = None
        for document in found:
            if _id(document) != last:
                last = _id(document)
                yield document

    def _sorted(
        self, collection: Collection[Document], key: str, query: StatementQuery
    ) -> Iterator[Document]:
        order = ASCENDING if query.ascending else DESCENDING
        found = collection.find(where(query, key), _SHOWN).sort([("stored", order), (key, order)])
        return iter(found.batch_size(query.limit + 1))

    def _content(self, document: Document) -> bytes:
        """Return a statement; one that matches by reference has still to be fetched."""
        if "raw" not in document:
            document = self._statements.find_one({"_id": document["of"]}, {"raw": 1}) or document
        return bytes(document["raw"])


def where(query: StatementQuery, key: str = "_id") -> Document:
    """Return the condition of a query; `key` is the field that has the statement's id."""
    condition: Document = {}
    if query.agent is not None:
        condition["related_agents" if query.related_agents else "agents"] = query.agent
    if query.verb is not None:
        condition["verb"] = query.verb
    if query.activity is not None:
        condition["related_activities" if query.related_activities else "activity"] = query.activity
    if query.registration is not None:
        condition["registration"] = binary(query.registration)
    if query.authority is not None:
        condition["authority"] = query.authority
        if key == "_id":  # every statement is found by its authority too, and by an index
            condition.setdefault("related_agents", query.authority)
    # xAPI-Communication 2.1.3: since is exclusive, until is inclusive
    stored = {"$gt": query.since, "$lte": query.until}
    if limits := {sign: instant for sign, instant in stored.items() if instant is not None}:
        condition["stored"] = limits
    if query.after is None:
        return condition
    return {"$and": [condition, after(query.after, key, ascending=query.ascending)]}


def after(place: Cursor, key: str = "_id", *, ascending: bool) -> Document:
    """Return the condition of what comes after a place in the order of storing."""
    sign = "$gt" if ascending else "$lt"
    return {
        "stored": {f"{sign}e": place.stored},
        "$or": [
            {"stored": {sign: place.stored}},
            {"stored": place.stored, key: {sign: binary(place.id)}},
        ],
    }


def _id(document: Document) -> Binary:
    identifier: Binary = document.get("of") or document["_id"]
    return identifier


def _place(document: Document) -> tuple[datetime, Binary]:
    return document["stored"], _id(document)


def _size(document: Document) -> int:
    return len(document.get("raw", b""))
