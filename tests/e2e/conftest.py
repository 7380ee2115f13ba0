"""One server for all tests that do it no harm."""

from collections.abc import Iterator

import pytest

from tests.e2e.server import Server, serving


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that lives as long as the tests; others post to it too."""
    with serving(tmp_path_factory.mktemp("e2e") / "data") as running:
        yield running
