"""Erasures over HTTP: who may plan, order and lift one, and what is refused."""

from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from lrs_stats.app import wire
from lrs_stats.parts import parts
from lrs_stats.services import Services
from lrs_stats.settings import Settings
from lrs_stats.store.database import Database, Document

PATH = "/api/v1/erasures"
PEOPLE = [
    {"id": "zoe", "email": "zoe@example.org", "status": "active"},
    {"id": "own", "role": "owner", "status": "active"},
    {"id": "adm", "role": "admin", "status": "active"},
]


@pytest.fixture
def services(mongo_uri: str, database: Database[Document], tmp_path: Path) -> Services:
    made = parts(Settings(mongo=mongo_uri, database=database.name, data=tmp_path), database)
    for name, scopes in (("root", ["all"]), ("tool", ["roster/write", "stats/read"])):
        made.credentials.create_client(name, scopes, key=name, secret=name)
    return made


@pytest.fixture
def http(services: Services) -> FlaskClient:
    made = wire(Flask("test", static_folder=None), services).test_client()
    assert made.put("/api/v1/roster", json={"people": PEOPLE}, headers=ROOT).status_code == 200
    return made


def basic(name: str) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(f'{name}:{name}'.encode()).decode()}"}


def bearer(services: Services, person: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {services.credentials.create_token(person)}"}


ROOT = basic("root")


def planned(http: FlaskClient, services: Services) -> Any:
    answer = http.post(PATH, json={"learner": "zoe@example.org"}, headers=ROOT)
    assert answer.status_code == 202, answer.text
    erasure = (answer.json or {})["id"]
    services.erasures.report(erasure, state="planned", counts={"statements": 3})
    return erasure


def test_a_plan_is_asked_for_then_ordered_once(http: FlaskClient, services: Services) -> None:
    erasure = planned(http, services)
    told = http.get(f"{PATH}/{erasure}", headers=ROOT).json or {}
    assert (told["state"], told["counts"], told["by"]) == (
        "planned",
        {"statements": 3},
        "client root",
    )
    assert "zoe" not in str(told)
    assert http.post(f"{PATH}/{erasure}/order", headers=ROOT).status_code == 202
    assert http.post(f"{PATH}/{erasure}/order", headers=ROOT).status_code == 409
    assert [one["state"] for one in http.get(PATH, headers=ROOT).json or []] == ["ordered"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"learner": "nobody"}, 400),
        ({"learner": ""}, 422),
        ({}, 422),
        ({"learner": "zoe", "yes": True}, 422),
    ],
)
def test_what_names_nobody_is_refused(http: FlaskClient, body: dict[str, Any], status: int) -> None:
    assert http.post(PATH, json=body, headers=ROOT).status_code == status
    assert http.get(PATH, headers=ROOT).json == []


def test_only_who_administrates_erases_and_only_owners_lift(
    http: FlaskClient, services: Services
) -> None:
    erasure = planned(http, services)
    for headers in (basic("tool"), bearer(services, "zoe")):
        assert http.post(PATH, json={"learner": "own"}, headers=headers).status_code == 403
        for path in ("", f"/{erasure}"):
            assert http.get(PATH + path, headers=headers).status_code == 403
        for verb in ("order", "lift"):
            assert http.post(f"{PATH}/{erasure}/{verb}", headers=headers).status_code == 403
    assert http.post(f"{PATH}/{erasure}/lift", headers=ROOT).status_code == 409
    services.erasures.close(erasure, "done", datetime.now(UTC))
    administrator, owner = (bearer(services, name) for name in ("adm", "own"))
    assert http.post(f"{PATH}/{erasure}/lift", headers=administrator).status_code == 403
    assert http.post(f"{PATH}/{erasure}/lift", headers=owner).status_code == 200
    assert http.get(f"{PATH}/nothing", headers=ROOT).status_code == 404
