"""One server for all conformance tests: the whole application, on a real MongoDB."""

import base64
from collections.abc import Iterator

import pytest
from flask import Flask
from pymongo.database import Database

from lrs_stats.app import wire
from lrs_stats.parts import parts
from lrs_stats.settings import Settings
from lrs_stats.store.credentials import CredentialStore
from lrs_stats.store.database import Document
from tests.conformance.lrs import Lrs
from tests.databases import new_database


@pytest.fixture(scope="session")
def database(mongo_uri: str) -> Iterator[Database[Document]]:
    """The database that all conformance tests share."""
    with new_database(mongo_uri, "conformance") as shared:
        yield shared


@pytest.fixture(scope="session")
def application(
    mongo_uri: str, database: Database[Document], tmp_path_factory: pytest.TempPathFactory
) -> Flask:
    """The application, as it is served."""
    data = tmp_path_factory.mktemp("conformance")
    settings = Settings(data=data, mongo=mongo_uri, database=database.name, max_body_mb=1)
    return wire(Flask("lrs_stats", static_folder=None), parts(settings, database))


@pytest.fixture(scope="session")
def credentials(database: Database[Document]) -> CredentialStore:
    """The clients that the server knows."""
    return CredentialStore(database)


@pytest.fixture(scope="session")
def authorization(credentials: CredentialStore) -> str:
    """The header of a client that may do everything."""
    client, secret = credentials.create_client("conformance", ["all"])
    return basic(client.key, secret)


@pytest.fixture
def lrs(request: pytest.FixtureRequest, application: Flask, authorization: str) -> Lrs:
    """The server, for one client and in the version of the test."""
    return Lrs(application.test_client(), request.param, authorization)


def basic(key: str, secret: str) -> str:
    """Return the header of Basic credentials."""
    return "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode()
