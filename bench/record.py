"""A record full of simulated statements, stored by the product's own code, without HTTP.

The indexes by which queries find statements are made when all are stored: to keep up six of them
for each of ten million statements takes most of an hour, to make them at once some minutes.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Final
from uuid import uuid4

from bench.simulated import company, sent_by
from lrs_stats.batches import batches
from lrs_stats.demo import as_json
from lrs_stats.roster.json_tables import check
from lrs_stats.serving import Reachable
from lrs_stats.store.database import FOUND_BY
from lrs_stats.store.database import prepare as make_indexes
from lrs_stats.store.rosters import RosterStore
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


def fill(reachable: Reachable, statements: int) -> None:
    """Store a roster and so many statements."""
    made, database = company(statements), reachable.database
    RosterStore(database).replace(check(as_json(made)))
    for field in FOUND_BY:
        database["statements"].drop_index(field)
    store = StatementStore(database)
    waiting, lock = batches(sent_by(made, statements), BATCH), Lock()

    def write() -> None:
        while batch := _next(waiting, lock):
            body = b"[" + b",".join(batch) + b"]"
            store.append(prepare(body, client=CLIENT, version="1.0.3", new_id=_id))

    with ThreadPoolExecutor(WRITERS) as pool:
        for writer in [pool.submit(write) for _ in range(WRITERS)]:
            writer.result()
    make_indexes(database)


def _next(waiting: Iterator[list[bytes]], lock: Lock) -> list[bytes]:
    with lock:
        return next(waiting, [])


def _id() -> str:
    return str(uuid4())
