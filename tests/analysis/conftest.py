"""One company for all tests that read its tables."""

from collections.abc import Iterator

import pytest

from tests.analysis.world import World
from tests.databases import new_database


@pytest.fixture(scope="module")
def world(mongo_uri: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A company whose statements are counted."""
    with new_database(mongo_uri) as database:
        made = World(mongo_uri, database, tmp_path_factory.mktemp("world"))
        made.begin()
        yield made
