"""A record on the real MongoDB, and what imports and forwards remember beside it."""

import pytest

from lrs_stats.store.database import Database, Document
from lrs_stats.store.statements import StatementStore
from tests.transfer.commands import Commands


@pytest.fixture
def record(database: Database[Document]) -> StatementStore:
    """An empty record."""
    return StatementStore(database)


@pytest.fixture
def commands(
    mongo_uri: str, database_name: str, tmp_path_factory: pytest.TempPathFactory
) -> Commands:
    """Commands on the database of the test."""
    return Commands(mongo_uri, database_name, tmp_path_factory.mktemp("commands"))
