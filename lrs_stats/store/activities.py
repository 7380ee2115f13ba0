"""What is known of activities: one definition for each, merged of what statements say."""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from hashlib import blake2b
from threading import Lock
from typing import Final

import msgspec
from bson.binary import Binary
from pymongo import InsertOne, UpdateOne
from pymongo.collection import Collection as Mongo
from pymongo.database import Database
from pymongo.errors import BulkWriteError

from lrs_stats.errors import Contended
from lrs_stats.store.database import DURABLE, MAJORITY, Document
from lrs_stats.xapi.definitions import merge
from lrs_stats.xapi.model import Activity

REMEMBERED: Final = 100_000
"""Definitions that a process knows to be merged already; tools send the same again and again."""
ATTEMPTS: Final = 20
_DUPLICATE: Final = 11000


class ActivityStore:
    """The definitions of activities, by the id of the activity."""

    def __init__(self, database: Database[Document]) -> None:
        self._activities: Mongo[Document] = database.get_collection(
            "activities", read_concern=MAJORITY, write_concern=DURABLE
        )
        self._merged: OrderedDict[bytes, None] = OrderedDict()
        self._lock = Lock()

    def define(self, activities: Iterable[Activity]) -> None:
        """Merge the definitions of these activities into what is known, in their order."""
        said = {}
        for activity in activities:
            definition = msgspec.json.encode(activity.definition)
            digest = blake2b(definition, key=_key(activity.id), digest_size=16).digest()
            if digest not in self._merged:
                said[digest] = (activity.id, definition)
        if not said:
            return
        pending: dict[str, bytes] = {}
        for identifier, definition in said.values():
            before = pending.get(identifier)
            pending[identifier] = merge(before, definition) if before else definition
        self._merge(pending)
        with self._lock:
            self._merged.update(dict.fromkeys(said))
            while len(self._merged) > REMEMBERED:
                self._merged.popitem(last=False)

    def definitions(self, activities: Collection[str]) -> dict[str, bytes]:
        """Return the definitions of those activities that have one, as JSON."""
        found = self._activities.find({"_id": {"$in": list(activities)}}, {"definition": 1})
        return {document["_id"]: bytes(document["definition"]) for document in found}

    def _merge(self, pending: Mapping[str, bytes]) -> None:
        """Merge definitions into those that are stored, whoever else does so meanwhile."""
        left = dict(pending)
        for _ in range(ATTEMPTS):
            found = {
                document["_id"]: document
                for document in self._activities.find({"_id": {"$in": list(left)}})
            }
            changes = _changes(left, found)
            if not changes:
                return
            self._try(changes)
            left = {identifier: left[identifier] for identifier in changes}
        raise Contended("The same activities are being defined by others. Try again.")

    def _try(self, changes: Mapping[str, InsertOne[Document] | UpdateOne]) -> None:
        try:
            self._activities.bulk_write(list(changes.values()), ordered=False)
        except BulkWriteError as error:
            if any(one["code"] != _DUPLICATE for one in error.details["writeErrors"]):
                raise


def _changes(
    said: Mapping[str, bytes], found: Mapping[str, Document]
) -> dict[str, InsertOne[Document] | UpdateOne]:
    """Return what has to be written, each on condition that nobody else wrote since."""
    changes: dict[str, InsertOne[Document] | UpdateOne] = {}
    for identifier, definition in said.items():
        known = found.get(identifier)
        if known is None:
            first = {"_id": identifier, "definition": Binary(definition), "revision": 0}
            changes[identifier] = InsertOne(first)
            continue
        merged = merge(bytes(known["definition"]), definition)
        if merged != known["definition"]:
            unchanged = {"_id": identifier, "revision": known["revision"]}
            new = {"$set": {"definition": Binary(merged)}, "$inc": {"revision": 1}}
            changes[identifier] = UpdateOne(unchanged, new)
    return changes


def _key(identifier: str) -> bytes:
    return blake2b(identifier.encode(), digest_size=32).digest()
