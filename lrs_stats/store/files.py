"""The contents of attachments in MongoDB, in the layout of GridFS, each once by its hash.

A file appears by one update, after all of its bytes are durable: that gives it its name, the hash,
which is unique. Until a statement is known to have it, it is *claimed*: it bears the instant at
which a request last relied on it. What is claimed for a day and has no statement is of a request
that was refused or cut off in the end, and is removed.
"""

from collections.abc import Collection as Several
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from bson.binary import Binary
from bson.objectid import ObjectId
from pymongo import ASCENDING, UpdateOne
from pymongo.database import Database
from pymongo.errors import BulkWriteError

from lrs_stats.batches import batches
from lrs_stats.store.database import Document, available, duplicates
from lrs_stats.store.statement_documents import binary
from lrs_stats.xapi.record import Content

CHUNK: Final = 255 * 1024
"""Bytes of one chunk, the usual size of GridFS."""
AT_ONCE: Final = 8
"""Chunks that are written or read together."""
ABANDONED_AFTER: Final = timedelta(days=1)
MANY: Final = 1_000


class FileStore:
    """The contents of attachments, an `lrs_stats.xapi.record.Files`."""

    def __init__(self, database: Database[Document]) -> None:
        self._statements = database["statements"]
        self._files = database["attachments.files"]
        self._chunks = database["attachments.chunks"]

    def store(self, contents: Sequence[Content]) -> None:
        """Store what is not stored yet, on a majority's journals before returning."""
        with available():
            there = self._claim([content.sha2 for content in contents])
            new = {ObjectId(): content for content in contents if content.sha2 not in there}
            if new:
                self._write(new)
                self._remove(self._name(new))

    def attached(self, statements: Several[str]) -> dict[str, int]:
        """Return the contents that came with statements of these ids: their lengths by hash."""
        ids = [binary(statement) for statement in statements]
        with available():
            found = self._statements.find(
                {"_id": {"$in": ids}, "files": {"$exists": True}}, {"files": 1}
            )
            names = {name for statement in found for name in statement["files"]}
            files = self._files.find(
                {"filename": {"$in": list(names)}}, {"filename": 1, "length": 1}
            )
            return {file["filename"]: file["length"] for file in files}

    def read(self, sha2: str) -> Iterator[bytes]:
        """Yield a stored content in chunks."""
        with available():
            file = self._files.find_one({"filename": sha2}, {"length": 1})
            if file is None:
                raise LookupError(f"there is no file {sha2}")
            left = file["length"]
            found = self._chunks.find({"files_id": file["_id"]}, {"data": 1})
            for chunk in found.sort("n", ASCENDING).batch_size(AT_ONCE):
                left -= len(chunk["data"])
                yield bytes(chunk["data"])
            if left:
                raise LookupError(f"the file {sha2} lacks {left} bytes")

    def remove_abandoned(self, now: datetime | None = None) -> int:
        """Remove files that no statement has a day after the last request that brought them.

        Returns how many. What a statement has is not looked at again, since the record only grows.
        """
        before = {"$lt": (now or datetime.now(UTC)) - ABANDONED_AFTER}
        removed = 0
        with available():
            found = self._files.find({"metadata.claimed": before}, {"filename": 1}).limit(MANY)
            for file in list(found):
                same = {"_id": file["_id"], "metadata.claimed": before}
                if self._has_statement(file):
                    self._files.update_one(same, {"$unset": {"metadata.claimed": ""}})
                # without its name no further request relies on it
                elif self._files.update_one(same, {"$unset": {"filename": ""}}).matched_count:
                    self._remove([file["_id"]])
                    removed += 1
        return removed

    def _claim(self, names: Sequence[str]) -> set[str]:
        """Return those that are stored, and will be for a day, or for good."""
        named = {"filename": {"$in": names}}
        now = {"$set": {"metadata.claimed": datetime.now(UTC)}}
        self._files.update_many(named | {"metadata.claimed": {"$exists": True}}, now)
        return {file["filename"] for file in self._files.find(named, {"filename": 1})}

    def _write(self, new: Mapping[ObjectId, Content]) -> None:
        """Write files that have no name yet; what is cut off here is abandoned."""
        self._files.insert_many([_file(key, content) for key, content in new.items()])
        for group in batches(_chunks(new), MANY, lambda one: len(one["data"]), AT_ONCE * CHUNK):
            self._chunks.insert_many(group)

    def _name(self, new: Mapping[ObjectId, Content]) -> list[ObjectId]:
        """Let files appear; return those whose content others stored in the meantime."""
        keys = list(new)
        updates = [UpdateOne({"_id": key}, {"$set": {"filename": new[key].sha2}}) for key in keys]
        try:
            self._files.bulk_write(updates, ordered=False)
        except BulkWriteError as error:
            return [keys[place] for place in duplicates(error)]
        return []

    def _remove(self, keys: Sequence[ObjectId]) -> None:
        """Remove files that have no name; the chunks first, so that none is left unknown."""
        if keys:
            self._chunks.delete_many({"files_id": {"$in": keys}})
            self._files.delete_many({"_id": {"$in": keys}})

    def _has_statement(self, file: Document) -> bool:
        if "filename" not in file:
            return False
        return self._statements.find_one({"files": file["filename"]}, {"_id": 1}) is not None


def _file(key: ObjectId, content: Content) -> Document:
    now = datetime.now(UTC)
    return {
        "_id": key,
        "length": content.length,
        "chunkSize": CHUNK,
        "uploadDate": now,
        "metadata": {"claimed": now},
    }


def _chunks(new: Mapping[ObjectId, Content]) -> Iterator[Document]:
    for key, content in new.items():
        for number, data in enumerate(content.chunks(CHUNK)):
            yield {"files_id": key, "n": number, "data": Binary(data)}
