"""Databases of tests, and what is stored in them and counted by the product's own parts."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import msgspec

from lrs_stats.jobs.wiring import worker_on
from lrs_stats.settings import Settings
from lrs_stats.store.database import Database, Document, connect, prepare
from lrs_stats.store.statements import StatementStore
from lrs_stats.xapi.access import Client
from lrs_stats.xapi.prepare import prepare as prepared

TOOL = Client(b'{"mbox":"mailto:lms@example.org"}', "lms")


@contextmanager
def new_database(uri: str, name: str = "test") -> Iterator[Database[Document]]:
    """Give a database with its indexes, and drop it afterwards."""
    found = connect(uri, f"{name}_{uuid4().hex}")
    prepare(found)
    try:
        yield found
    finally:
        found.client.drop_database(found.name)
        found.client.close()


def numbered(statements: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the statements with ids that say their places."""
    return [
        {**one, "id": f"{place:08}-0000-4000-8000-000000000000"}
        for place, one in enumerate(statements)
    ]


def store(database: Database[Document], statements: Iterable[Mapping[str, Any]]) -> None:
    """Store statements that have their ids."""
    body = msgspec.json.encode(list(statements))
    made = prepared(body, client=TOOL, version="1.0.3", new_id=lambda: "")
    StatementStore(database).append(made)


def count(database: Database[Document], settings: Settings) -> None:
    """Count what is stored, as the worker does."""
    worker = worker_on(database, settings)
    worker.keep_up()
    worker.release()
