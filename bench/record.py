"""A record full of simulated statements, stored by the product's own code, without HTTP.

The indexes by which queries find statements are made when all are stored: to keep up eight of them
for each of ten million statements takes most of an hour, to make them at once some minutes. For
the same reason what is beyond the first millions repeats these, with ids and instants of its own.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count, islice
from threading import Lock
from typing import Final
from uuid import uuid4

from pymongo import DESCENDING, WriteConcern
from pymongo.collection import Collection

from bench.simulated import company, sent_by
from lrs_stats.batches import batches
from lrs_stats.demo import as_json
from lrs_stats.roster.json_tables import check
from lrs_stats.serving import Reachable
from lrs_stats.store.database import FOUND_BY, FOUND_BY_BOTH, Document
from lrs_stats.store.database import prepare as make_indexes
from lrs_stats.store.rosters import RosterStore
from lrs_stats.store.statement_documents import binary
from lrs_stats.store.statements import StatementStore
from lrs_stats.xapi.access import Client
from lrs_stats.xapi.prepare import prepare

CLIENT: Final = Client(
    b'{"objectType":"Agent","account":{"homePage":"http://bench","name":"bench"}}',
    "http://bench|bench",
)
BATCH: Final = 1_000
WRITERS: Final = 3
"""Threads: while one prepares a batch the database stores those of the others."""


DISTINCT: Final = 4_000_000
"""So many statements are of their own; more than these repeat them."""
AT_ONCE: Final = 50
"""Of those that are repeated, so many share the instant of their storing."""


def fill(reachable: Reachable, statements: int) -> None:
    """Store a roster, and as many statements as are missing of so many."""
    made, database = company(statements), reachable.database
    RosterStore(database).replace(check(as_json(made)))
    for name in (*FOUND_BY, *map("_".join, FOUND_BY_BOTH)):
        database["statements"].drop_index(name)
    store = StatementStore(database)
    own = max(0, min(statements, DISTINCT) - store.count())
    _store(store, sent_by(made, own))
    repeat(database["statements"], statements - store.count())
    make_indexes(database)


def repeat(collection: Collection[Document], missing: int) -> None:
    """Store statements again, in their order, with ids and instants of their own."""
    newest = collection.find_one(sort=[("stored", DESCENDING)]) or {}
    quickly = collection.with_options(write_concern=WriteConcern(w=1))
    numbers = count()
    while missing > 0:
        found = collection.find({"stored": {"$lte": newest["stored"]}}).sort("stored")
        for batch in batches(islice(found, missing), BATCH):
            for document, number in zip(batch, numbers, strict=False):
                later = timedelta(milliseconds=1 + number // AT_ONCE)
                document |= {"_id": binary(_id()), "stored": newest["stored"] + later}
            quickly.insert_many(batch, ordered=False)
            missing -= len(batch)


def _store(store: StatementStore, sent: Iterator[bytes]) -> None:
    waiting, lock = batches(sent, BATCH), Lock()

    def write() -> None:
        while batch := _next(waiting, lock):
            body = b"[" + b",".join(batch) + b"]"
            store.append(prepare(body, client=CLIENT, version="1.0.3", new_id=_id))

    with ThreadPoolExecutor(WRITERS) as pool:
        for writer in [pool.submit(write) for _ in range(WRITERS)]:
            writer.result()


def _next(waiting: Iterator[list[bytes]], lock: Lock) -> list[bytes]:
    with lock:
        return next(waiting, [])


def _id() -> str:
    return str(uuid4())
