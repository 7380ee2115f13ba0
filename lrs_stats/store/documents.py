"""The documents in MongoDB: found by their key, changed by compare and swap.

Each write gives the document a new revision, and happens only where the revision is still the one
that was read. A number would not do: one that is deleted and stored anew begins again, and would
look as if nothing had happened.
"""

import hashlib
import time
from dataclasses import asdict
from datetime import datetime
from secrets import SystemRandom
from typing import Final

import msgspec
from bson import ObjectId
from bson.binary import Binary
from pymongo import ASCENDING
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from lrs_stats.errors import Contended, TooLarge
from lrs_stats.store.database import Document, available
from lrs_stats.store.tombstones import Tombstones
from lrs_stats.xapi.documents import Change, Context, Kept, Key, Listed, Sent, etag_of

LARGEST: Final = (16 << 20) - (64 << 10)
"""Bytes of a document with all that names it; MongoDB takes 16 MiB with what it adds."""
PATIENCE: Final = 10.0
"""Seconds for which one request tries to change a document that others change too."""
_LONGEST_PAUSE: Final = 0.1
_random: Final = SystemRandom()


class DocumentStore:
    """The documents of tools, an `lrs_stats.xapi.documents.Documents`."""

    def __init__(self, database: Database[Document]) -> None:
        self._documents = database["documents"]
        self._tombstones = Tombstones(database)

    def find(self, key: Key) -> Kept | None:
        """Return a document, None when there is none."""
        with available():
            found = self._documents.find_one({"_id": _id(key)})
        return None if found is None else _kept(found)

    def listed(self, context: Context, since: datetime | None = None) -> Listed:
        """Return the ids of a context's documents that were changed after an instant, in order."""
        asked: Document = asdict(context)
        if since is not None:
            asked["updated"] = {"$gt": since}
        order = [("updated", ASCENDING), ("_id", ASCENDING)]
        with available():
            found = list(self._documents.find(asked, {"id": 1, "updated": 1}).sort(order))
        return Listed([one["id"] for one in found], found[-1]["updated"] if found else None)

    def change(self, key: Key, change: Change) -> None:
        """Change a document on a majority's journals, as if nobody else did meanwhile.

        Raises what `change` raises, TooLarge for a document that MongoDB cannot hold, and
        Contended when others keep changing it.
        """
        began = time.monotonic()
        pause = 0.001
        with available():
            while not self._try(key, change):
                if time.monotonic() - began > PATIENCE:
                    raise Contended("Others keep changing this document. Try again.")
                time.sleep(_random.uniform(0, pause))
                pause = min(2 * pause, _LONGEST_PAUSE)

    def clear(self, context: Context) -> None:
        """Delete all documents of a context."""
        with available():
            self._documents.delete_many(asdict(context))

    def _try(self, key: Key, change: Change) -> bool:
        """Change a document as it is now; return False when it is another by then."""
        found = self._documents.find_one({"_id": _id(key)})
        sent = change(None if found is None else _kept(found))
        if sent is not None:
            self._tombstones.refuse_agent(key.context.agent)
            return self._write(key, sent, found)
        if found is None:
            return True
        read = {"_id": found["_id"], "revision": found["revision"]}
        return self._documents.delete_one(read).deleted_count == 1

    def _write(self, key: Key, sent: Sent, found: Document | None) -> bool:
        # with no revision there is none to be found, and the upsert inserts or meets another
        read = {"_id": _id(key), "revision": found["revision"] if found else {"$exists": False}}
        new = {"$set": _fields(key, sent), "$currentDate": {"updated": True}}
        try:
            written = self._documents.update_one(read, new, upsert=found is None)
        except DuplicateKeyError:
            return False
        return written.matched_count == 1 or written.upserted_id is not None


def _id(key: Key) -> Binary:
    """Return a digest of the key, short whatever the lengths of its parts."""
    return Binary(hashlib.sha256(msgspec.json.encode(key)).digest())


def _fields(key: Key, sent: Sent) -> Document:
    fields = {
        **asdict(key.context),
        "id": key.id,
        "content": Binary(sent.content),
        "content_type": sent.content_type,
        "etag": etag_of(sent.content),
        "revision": ObjectId(),
    }
    texts = (value for value in fields.values() if isinstance(value, str))
    size = len(sent.content) + sum(len(text.encode()) for text in texts)
    if size > LARGEST:
        raise TooLarge(
            f"The document would be {size} bytes, with the parameters that name it; this server "
            f"stores up to {LARGEST}. Store it in parts under several ids."
        )
    return fields


def _kept(found: Document) -> Kept:
    return Kept(
        content=bytes(found["content"]),
        content_type=found["content_type"],
        etag=found["etag"],
        updated=found["updated"],
    )
