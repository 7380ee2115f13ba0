"""What tests share: one private mongod for the whole run, and a fresh database for each test."""

import gc
from collections.abc import Iterator
from uuid import uuid4

import pytest
from pymongo import MongoClient

from lrs_stats.store.database import Database, Document, connect, prepare
from lrs_stats.store.mongod import PrivateMongod
from tests.databases import new_database
from tests.examples import load_profile

load_profile()


def pytest_collection_finish() -> None:
    """Spare Python's collector the thousands of tests, which live to the end."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def mongo_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a private mongod that lives as long as the tests."""
    with PrivateMongod(tmp_path_factory.mktemp("record")) as uri:
        yield uri


@pytest.fixture
def database_name(mongo_uri: str) -> Iterator[str]:
    """The name of a database of this test alone, which is dropped afterwards."""
    name = f"test_{uuid4().hex}"
    yield name
    with MongoClient[dict[str, object]](mongo_uri) as client:
        client.drop_database(name)


@pytest.fixture(scope="module")
def module_database(mongo_uri: str) -> Iterator[Database[Document]]:
    """A database that the tests of a module share, for those that only read it."""
    with new_database(mongo_uri) as found:
        yield found


@pytest.fixture
def database(mongo_uri: str, database_name: str) -> Iterator[Database[Document]]:
    """A database of this test alone, with its indexes."""
    found = connect(mongo_uri, database_name)
    prepare(found)
    yield found
    found.client.close()
