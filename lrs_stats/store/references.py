"""Statements that refer to statements match what those match (xAPI-Communication 2.1.3).

For each statement that has a StatementRef as object, the collection `inherited` holds a row for
the statement that it refers to, for the one that this refers to, and so on: with the fields
which find that statement, and the place in the order of storing of the one that refers. Whichever
arrives first: the row is written by the process that stores the second, which sees both.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from bson.binary import Binary
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError

from lrs_stats.batches import batches
from lrs_stats.store.database import FOUND_BY, Document, duplicates
from lrs_stats.store.statement_documents import binary
from lrs_stats.xapi.record import Prepared

DEEPEST: Final = 100
"""Statements of a chain of references that are followed; a longer one inherits no further."""
_MANY: Final = 1_000
_OF_SOURCE: Final = {"stored": 1, "authority": 1, "voids": 1, "refers": 1}
_OF_TARGET: Final = dict.fromkeys((*FOUND_BY, "refers", "authority"), 1)


class References:
    """Keeps what statements inherit from those that they refer to."""

    def __init__(self, statements: Collection[Document], inherited: Collection[Document]) -> None:
        self._statements = statements
        self._inherited = inherited

    def relate(self, added: Sequence[Prepared]) -> None:
        """Write what is inherited by these statements and from them; again does no harm."""
        own = [binary(one.id) for one in added if one.refers is not None]
        self._relate([binary(one.id) for one in added], own)

    def relate_stored(self, ids: Iterable[Binary]) -> None:
        """Write what is inherited by stored statements and from them."""
        for chunk in batches(ids, _MANY):
            own = self._statements.find(
                {"_id": {"$in": chunk}, "refers": {"$exists": True}}, {"_id": 1}
            )
            self._relate(chunk, [one["_id"] for one in own])

    def referring(self, targets: Iterable[Binary]) -> Iterator[Binary]:
        """Yield the statements that refer to these, and those that refer to them."""
        seen: set[Binary] = set()
        level = list(targets)
        for _ in range(DEEPEST):
            found = self._statements.find({"refers": {"$in": level}}, {"_id": 1})
            level = [one["_id"] for one in found if one["_id"] not in seen]
            if not level:
                return
            seen.update(level)
            yield from level

    def _relate(self, ids: Sequence[Binary], own: Sequence[Binary]) -> None:
        """Write the rows of those of the statements that refer, and of all that refer to them."""
        sources = dict.fromkeys([*own, *self.referring(ids)])
        for chunk in batches(sources, _MANY):
            self._write(chunk)

    def _write(self, sources: Sequence[Binary]) -> None:
        found = self._statements.find({"_id": {"$in": list(sources)}}, _OF_SOURCE)
        referring = list(found)
        targets = self._targets(one["refers"] for one in referring)
        rows = [row for source in referring for row in _rows(source, targets)]
        for chunk in batches(rows, _MANY):
            try:
                self._inherited.insert_many(chunk, ordered=False)
            except BulkWriteError as error:
                duplicates(error)

    def _targets(self, named: Iterable[Binary]) -> dict[Binary, Document]:
        """Return the statements of these ids, and those that they refer to, where stored."""
        targets: dict[Binary, Document] = {}
        level = set(named)
        for _ in range(DEEPEST):
            found = list(self._statements.find({"_id": {"$in": list(level)}}, _OF_TARGET))
            targets |= {one["_id"]: one for one in found}
            level = {one["refers"] for one in found if "refers" in one} - targets.keys()
            if not level:
                break
        return targets


def _rows(source: Document, targets: Mapping[Binary, Document]) -> Iterator[Document]:
    """Yield a row for each statement of the chain that begins with what the source refers to."""
    followed = {source["_id"]}
    target = targets.get(source["refers"])
    is_own = True
    while target is not None and target["_id"] not in followed and len(followed) <= DEEPEST:
        followed.add(target["_id"])
        # what others assert is not found by one who may read their own statements alone
        own = ["stored", "voids"]
        if target["authority"] != source["authority"]:
            is_own = False
        if is_own:
            own.append("authority")
        row: Document = {name: target[name] for name in FOUND_BY if name in target}
        row |= {name: source[name] for name in own if name in source}
        yield row | {"_id": Binary(source["_id"] + target["_id"]), "of": source["_id"]}
        target = targets.get(target.get("refers", b""))
