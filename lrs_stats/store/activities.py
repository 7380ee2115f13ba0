"""What is known of activities: one definition for each, merged of what statements say."""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping
from hashlib import blake2b
from threading import Lock
from typing import Final, TypeVar

import msgspec
from bson.binary import Binary
from pymongo import InsertOne, UpdateOne
from pymongo.database import Database
from pymongo.errors import BulkWriteError

from lrs_stats.batches import batches
from lrs_stats.errors import Contended
from lrs_stats.store.database import Document, duplicates
from lrs_stats.xapi.definitions import LARGEST, merge
from lrs_stats.xapi.model import Activity, Definition

T = TypeVar("T")

REMEMBERED: Final = 100_000
"""Activities of which a process knows what it merged last; tools send the same again and again."""
KNOWN: Final = 10_000
"""Activities of which it knows the very object, so that nothing need be written to compare it."""
MANY: Final = 1_000
ROOM: Final = 2 << 20
"""Characters of ids that fill a command: it may have 16 MB, and a character four bytes."""
ATTEMPTS: Final = 20


class ActivityStore:
    """The definitions of activities, by the id of the activity."""

    def __init__(self, database: Database[Document]) -> None:
        self._activities = database["activities"]
        self._latest: OrderedDict[str, bytes] = OrderedDict()
        self._known: OrderedDict[str, Definition] = OrderedDict()
        self._lock = Lock()

    def define(self, activities: Iterable[Activity]) -> None:
        """Merge the definitions of these activities into what is known, in their order.

        One that is larger than a merged definition may be is left out.
        """
        latest: dict[str, bytes] = {}
        pending: dict[str, bytes] = {}
        said: dict[str, Definition] = {}
        for activity in activities:
            if not activity.definition or (
                said.get(activity.id, self._known.get(activity.id)) is activity.definition
            ):
                continue
            definition = msgspec.json.encode(activity.definition)
            if len(activity.id) + len(definition) > LARGEST:
                continue
            digest = blake2b(definition, digest_size=16).digest()
            if latest.get(activity.id, self._latest.get(activity.id)) == digest:
                continue
            latest[activity.id] = digest
            before = pending.get(activity.id)
            pending[activity.id] = merge(before, definition) if before else definition
        for identifiers in _groups(pending):
            self._merge({identifier: pending[identifier] for identifier in identifiers})
        with self._lock:
            _remember(self._latest, latest, REMEMBERED)
            _remember(self._known, said, KNOWN)

    def definitions(self, activities: Collection[str]) -> dict[str, bytes]:
        """Return the definitions of those activities that have one, as JSON."""
        return {
            document["_id"]: bytes(document["definition"])
            for identifiers in _groups(activities)
            for document in self._activities.find({"_id": {"$in": identifiers}})
        }

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
            duplicates(error)


def _remember(known: OrderedDict[str, T], fresh: Mapping[str, T], most: int) -> None:
    """Add what is fresh, and forget what was added longest ago beyond the most."""
    known.update(fresh)
    while len(known) > most:
        known.popitem(last=False)


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


def _groups(identifiers: Iterable[str]) -> Iterator[list[str]]:
    """Yield the ids in groups that a command to the database can hold."""
    possible = (identifier for identifier in identifiers if len(identifier) <= LARGEST)
    return batches(possible, MANY, len, ROOM)
