"""The resources in an application of its own, over a record and documents in memory."""

import pytest

from tests.xapi.document_requests import ALL, Resource
from tests.xapi.server import Server


@pytest.fixture
def server() -> Server:
    """A server that has nothing yet."""
    return Server()


@pytest.fixture(params=ALL, ids=lambda one: one[0])
def resource(server: Server, request: pytest.FixtureRequest) -> Resource:
    """Each of the document resources in turn."""
    path, parameters = request.param
    return Resource(server, path, parameters)
