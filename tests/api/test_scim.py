"""SCIM as the server has it: wired, on a real database, for a client with a bearer token."""

from pathlib import Path

import pytest
from flask import Flask
from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_tester import Status, check_server

from lrs_stats.app import wire
from lrs_stats.parts import parts
from lrs_stats.settings import Settings
from lrs_stats.store.credentials import CredentialStore
from lrs_stats.store.database import Database, Document
from lrs_stats.store.rosters import RosterStore


@pytest.fixture
def app(mongo_uri: str, database: Database[Document], tmp_path: Path) -> Flask:
    settings = Settings(data=tmp_path, mongo=mongo_uri, database=database.name)
    return wire(Flask("test", static_folder=None), parts(settings, database))


@pytest.fixture
def token(database: Database[Document]) -> str:
    client, secret = CredentialStore(database).create_client("provider", ["roster/write"])
    return f"{client.key}:{secret}"


def test_every_check_is_passed(app: Flask, token: str, database: Database[Document]) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    client = WSGISCIMClient(app, base_url="http://localhost/scim/v2", headers=headers)
    results = check_server(client)
    failed = [
        f"{one.title} {one.resource_type}: {one.reason}"
        for one in results
        if one.status not in {Status.SUCCESS, Status.ACCEPTABLE}
    ]
    assert not failed, "\n".join(failed)
    people = RosterStore(database).load().tables.people
    assert {one.status for one in people} == {"deleted"}


@pytest.mark.parametrize("authorization", ["", "Bearer nobody:knows", "Bearer nobody"])
def test_without_a_client_all_is_refused_in_scim_form(app: Flask, authorization: str) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    answer = app.test_client().get("/scim/v2/Users", headers=headers)
    assert answer.status_code == 401
    assert answer.content_type == "application/scim+json"
    assert "WWW-Authenticate" in answer.headers
    assert answer.get_json(force=True)["status"] == "401"
