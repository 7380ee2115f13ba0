"""The connection to MongoDB, its collections and their indexes, declared in one place."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING, IndexModel, MongoClient, ReadPreference
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ConnectionFailure,
    ExecutionTimeout,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
    WTimeoutError,
)
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from lrs_stats.errors import CommandError, Unavailable
from lrs_stats.store.roster_forms import take_over

__all__ = [
    "DURABLE",
    "MAJORITY",
    "Database",
    "Document",
    "available",
    "connect",
    "prepare",
    "unconnected",
]

Document = dict[str, Any]

MAJORITY: Final = ReadConcern("majority")
DURABLE: Final = WriteConcern(w="majority", j=True, wtimeout=30_000)

ERASED: Final = {"_id": "erasures"}
"""The state that changes whenever statements were erased."""
DUPLICATE: Final = 11000
"""The code of a write that a unique index refuses."""
FOUND_BY: Final = (
    "verb",
    "agents",
    "activity",
    "registration",
    "related_agents",
    "related_activities",
)
"""The fields by which queries find a statement, and one that refers to it in its place."""
FOUND_BY_BOTH: Final = (("activity", "verb"), ("related_activities", "verb"))
"""Fields that have an index together: millions may have the one and millions the other, and none
both. Of an agent there are never so many."""
_EVERYWHERE: Final = {"verb", "agents", "related_agents"}

FAILED_LATELY: Final = 7 * 86_400
"""Seconds for which it is told that a plugin has failed, after the last time."""
LISTED_AFTERWARDS: Final = 30 * 86_400
"""Seconds for which a token that has expired is still listed."""
ANSWER_WITHIN_MS: Final = 15_000
"""How long an answer may take, so that a database that hangs is told with 503."""


def _finding(key: str) -> list[IndexModel]:
    """Return the indexes by which statements are found; `key` is the field with their id."""
    stored = [("stored", ASCENDING), (key, ASCENDING)]
    return [
        IndexModel(stored, name="stored"),
        *(
            IndexModel([(field, ASCENDING), *stored], name=field, sparse=field not in _EVERYWHERE)
            for field in FOUND_BY
        ),
        *(
            IndexModel([*((field, ASCENDING) for field in both), *stored], name="_".join(both))
            for both in FOUND_BY_BOTH
        ),
    ]


INDEXES: Final[dict[str, list[IndexModel]]] = {
    "statements": [
        *_finding("_id"),
        IndexModel([("refers", ASCENDING)], name="refers", sparse=True),
        IndexModel([("voids", ASCENDING)], name="voids", sparse=True),
        IndexModel([("files", ASCENDING)], name="files", sparse=True),
    ],
    "attachments.files": [
        IndexModel([("filename", ASCENDING)], name="filename", unique=True, sparse=True),
        IndexModel([("metadata.claimed", ASCENDING)], name="claimed", sparse=True),
    ],
    "attachments.chunks": [
        IndexModel([("files_id", ASCENDING), ("n", ASCENDING)], name="chunk", unique=True),
    ],
    "inherited": _finding("of"),
    # beside the one that removes what is old, which has the setting audit_days in it
    "audit": [
        IndexModel([*first, ("at", ASCENDING), ("_id", ASCENDING)], name=name)
        for name, first in {
            "order": [],
            "person": [("person.id", ASCENDING)],
            "client": [("client.id", ASCENDING)],
            "action": [("action", ASCENDING)],
        }.items()
    ],
    "erasing": [IndexModel([("erasure", ASCENDING)], name="erasure")],
    "writers": [IndexModel([("since", ASCENDING)], name="since", expireAfterSeconds=604_800)],
    "tokens": [
        IndexModel([("person", ASCENDING), ("created", DESCENDING)], name="person"),
        IndexModel([("created", DESCENDING), ("_id", DESCENDING)], name="created"),
        # those without an end have no instant here, and stay
        IndexModel([("expires", ASCENDING)], name="expires", expireAfterSeconds=LISTED_AFTERWARDS),
    ],
    "exports": [
        IndexModel([("owner.key", ASCENDING), ("ordered", DESCENDING)], name="owner"),
        IndexModel([("state", ASCENDING), ("ordered", ASCENDING)], name="queue"),
        IndexModel(
            [("delivery.schedule", ASCENDING), ("delivery.due", ASCENDING)],
            name="delivery",
            sparse=True,
        ),
        # how many run at once, of all and of each owner
        IndexModel([("slot", ASCENDING)], name="slot", unique=True, sparse=True),
        IndexModel([("place", ASCENDING)], name="place", unique=True, sparse=True),
        IndexModel([("forget", ASCENDING)], name="forget", expireAfterSeconds=0),
    ],
    "schedules": [
        IndexModel([("owner.key", ASCENDING), ("made", DESCENDING)], name="owner"),
        IndexModel([("status", ASCENDING), ("next", ASCENDING)], name="due"),
    ],
    "plugin_failures": [
        IndexModel([("last", ASCENDING)], name="last", expireAfterSeconds=FAILED_LATELY),
    ],
    "sign_in_attempts": [
        IndexModel([("ends", ASCENDING)], name="ends", expireAfterSeconds=0),
    ],
    "documents": [
        IndexModel(
            [
                (field, ASCENDING)
                for field in ("kind", "activity", "agent", "registration", "updated", "_id")
            ],
            name="context",
        ),
    ],
}


def connect(uri: str, name: str) -> Database[Document]:
    """Return the database behind a URI; it must be a replica set, for transactions."""
    client: MongoClient[Document] = MongoClient(
        uri,
        tz_aware=True,
        serverSelectionTimeoutMS=5_000,
        socketTimeoutMS=ANSWER_WITHIN_MS,
        appname="lrs-stats",
    )
    try:
        hello = client.admin.command("hello")
    except PyMongoError as error:
        raise CommandError(f"MongoDB at {_hidden(uri)} does not answer: {error}.") from error
    if "setName" not in hello and hello.get("msg") != "isdbgrid":
        raise CommandError(
            f"MongoDB at {_hidden(uri)} is a standalone server. Statements are stored in "
            "transactions, which need a replica set; a set of one member will do "
            "(mongod --replSet NAME, then rs.initiate())."
        )
    return client.get_database(
        name, read_preference=ReadPreference.PRIMARY, read_concern=MAJORITY, write_concern=DURABLE
    )


def unconnected() -> Database[Document]:
    """Return a database that is never asked, for what only needs the shape of the server."""
    client: MongoClient[Document] = MongoClient(connect=False)
    return client.get_database("unconnected")


def prepare(database: Database[Document]) -> None:
    """Create the collections and their indexes where they are missing, however long it takes."""
    for collection, indexes in INDEXES.items():
        while not _is_indexed(database[collection], indexes):
            pass
    take_over(database)


def _is_indexed(collection: Collection[Document], indexes: list[IndexModel]) -> bool:
    """Create indexes; return False when the server is still at it, and wants to be asked again."""
    try:
        collection.create_indexes(indexes)
    except NetworkTimeout:
        return False
    return True


def missing_indexes(database: Database[Document]) -> list[str]:
    """Return `collection.index` for each index that the server's queries need and lack."""
    return [
        f"{collection}.{index.document['name']}"
        for collection, indexes in INDEXES.items()
        for index in indexes
        if index.document["name"] not in database[collection].index_information()
    ]


def duplicates(error: BulkWriteError) -> list[int]:
    """Return the places of the writes that met something equal; raise when any failed otherwise."""
    errors = error.details["writeErrors"]
    if any(one["code"] != DUPLICATE for one in errors):
        raise error
    return [one["index"] for one in errors]


@contextmanager
def available() -> Iterator[None]:
    """Turn the ways in which MongoDB can be away into one answer: 503, try again."""
    try:
        yield
    except (AutoReconnect, ConnectionFailure, NetworkTimeout, ExecutionTimeout, WTimeoutError) as e:
        raise Unavailable(_ABSENT) from e
    except OperationFailure as error:
        if error.has_error_label("TransientTransactionError") or error.code in _AWAY:
            raise Unavailable("The database is busy or restarting. Try again.") from error
        if error.code in _FULL:
            raise Unavailable("The disk of the database is full; nothing was stored.") from error
        raise


_ABSENT: Final = "The database does not answer at the moment. Try again."
# shutting down, stepping down, no majority; just started, without the keys of its cluster time yet
_AWAY: Final = {64, 91, 189, 211, 10107, 11600, 11602, 13435, 13436}
_FULL: Final = {14031}  # OutOfDiskSpace


def _hidden(uri: str) -> str:
    """Return the URI without its credentials, for a message."""
    scheme, _, rest = uri.rpartition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}".removeprefix("://")
