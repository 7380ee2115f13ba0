"""Clients over HTTP: who makes them, what they may do, and that a revoked one is refused."""

from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from lrs_stats.app import wire
from lrs_stats.parts import parts
from lrs_stats.settings import Settings
from lrs_stats.store.credentials import CredentialStore
from lrs_stats.store.database import Database, Document

PATH = "/api/v1/clients"
READING = "/xAPI/statements"


@pytest.fixture
def http(mongo_uri: str, database: Database[Document], tmp_path: Path) -> FlaskClient:
    settings = Settings(mongo=mongo_uri, database=database.name, data=tmp_path)
    for name, scopes in (("root", ["admin"]), ("tool", ["statements/write", "stats/read"])):
        CredentialStore(database).create_client(name, scopes, key=name, secret=name)
    return wire(Flask("test", static_folder=None), parts(settings, database)).test_client()


def basic(key: str, secret: str) -> dict[str, str]:
    credentials = b64encode(f"{key}:{secret}".encode()).decode()
    return {"Authorization": f"Basic {credentials}", "X-Experience-API-Version": "1.0.3"}


ROOT = basic("root", "root")


def created(http: FlaskClient, *scopes: str) -> Any:
    answer = http.post(PATH, json={"name": "LMS", "scopes": scopes}, headers=ROOT)
    assert answer.status_code == 201
    return answer.json


def test_a_client_is_made_used_and_revoked(http: FlaskClient) -> None:
    client = created(http, "all/read")
    own = basic(client["key"], client["secret"])
    assert http.get(READING, headers=own).status_code == 200
    listed = http.get(PATH, headers=ROOT).json or []
    assert [one["name"] for one in listed] == ["root", "tool", "LMS"]
    assert client["secret"] not in str(listed)
    assert http.delete(f"{PATH}/{client['key']}", headers=ROOT).status_code == 204
    assert http.get(READING, headers=own).status_code == 401
    assert http.delete(f"{PATH}/{client['key']}", headers=ROOT).status_code == 404


@pytest.mark.parametrize(
    ("scopes", "path", "status"),
    [
        (("all/read",), READING, 200),
        (("statements/read",), READING, 200),
        (("statements/read/mine",), READING, 200),
        (("statements/write",), READING, 403),
        (("define", "statements/write"), "/xAPI/activities?activityId=https://a.example", 200),
        (("statements/write",), "/xAPI/activities?activityId=https://a.example", 403),
        (("profile",), '/xAPI/agents?agent={"mbox":"mailto:a@b.example"}', 200),
        (("state",), '/xAPI/agents?agent={"mbox":"mailto:a@b.example"}', 403),
        (("all/read",), "/api/v1/roster", 200),
        (("stats/read",), "/api/v1/roster", 403),
        (("all/read",), PATH, 403),
        (("all",), PATH, 200),
    ],
)
def test_scopes(http: FlaskClient, scopes: tuple[str, ...], path: str, status: int) -> None:
    client = created(http, *scopes)
    answer = http.get(path, headers=basic(client["key"], client["secret"]))
    assert answer.status_code == status


@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_only_who_administrates_sees_clients(http: FlaskClient, method: str) -> None:
    path = f"{PATH}/root" if method == "delete" else PATH
    body = {"json": {"name": "LMS", "scopes": ["all"]}} if method == "post" else {}
    answer = getattr(http, method)(path, headers=basic("tool", "tool"), **body)
    assert answer.status_code == 403
    assert "admin" in answer.json["detail"]


@pytest.mark.parametrize(
    "body",
    [
        {"name": "LMS"},
        {"name": "", "scopes": ["all"]},
        {"name": "LMS", "scopes": []},
        {"name": "LMS", "scopes": ["everything"]},
        {"name": "LMS", "scopes": ["all"], "key": "mine"},
    ],
)
def test_refused(http: FlaskClient, body: dict[str, Any]) -> None:
    answer = http.post(PATH, json=body, headers=ROOT)
    assert 400 <= answer.status_code < 500
    assert len(http.get(PATH, headers=ROOT).json or []) == 2


def test_the_roster_tells_other_identifiers_to_those_who_may_read_it(http: FlaskClient) -> None:
    everything = created(http, "all")
    person = {"id": "p1", "email": "ann@example.org", "first_name": "Ann", "status": "active"}
    person |= {"account_homepage": "https://lms.example", "account_name": "ann"}
    root = basic(everything["key"], everything["secret"])
    assert http.put("/api/v1/roster", json={"people": [person]}, headers=root).status_code == 200
    path = '/xAPI/agents?agent={"mbox":"mailto:ann@example.org"}'
    account = [{"homePage": "https://lms.example", "name": "ann"}]
    assert (http.get(path, headers=root).json or {})["account"] == account
    other = created(http, "statements/read")
    told = http.get(path, headers=basic(other["key"], other["secret"])).json
    assert told == {"objectType": "Person", "mbox": ["mailto:ann@example.org"]}
