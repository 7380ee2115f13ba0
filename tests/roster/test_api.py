"""The roster over HTTP."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask, Response, jsonify
from flask.testing import FlaskClient
from flask_smorest import Api

from lrs_stats.api import roster_tables
from lrs_stats.api.asking import encoded_paths
from lrs_stats.api.roster import blueprint
from lrs_stats.errors import Problem
from lrs_stats.roster.tables import TABLES
from tests.roster.memory import InMemory

PATH = "/api/v1/roster"
SMALL = {
    "people": [{"id": "p1", "email": "lea@example.org", "status": "active"}],
    "groups": [{"id": "g1", "name": "Workshop"}],
    "memberships": [{"group_id": "g1", "person_id": "p1", "role": "learner"}],
}


@dataclass
class Server:
    services: InMemory
    client: FlaskClient
    api: Any


def problem(error: Problem) -> tuple[Response, int]:
    return jsonify(error.document()), error.status


def serve(services: InMemory) -> Server:
    app = Flask(__name__)
    app.config |= {"API_TITLE": "t", "API_VERSION": "v1", "OPENAPI_VERSION": "3.1.0"}
    app.register_error_handler(Problem, problem)
    api = Api(app)
    api.register_blueprint(blueprint(services))
    api.register_blueprint(roster_tables.blueprint(services))
    app.wsgi_app = encoded_paths(app.wsgi_app)  # type: ignore[method-assign, assignment]
    return Server(services, app.test_client(), api)


@pytest.fixture
def server() -> Server:
    return serve(InMemory())


def test_nothing_yet(server: Server) -> None:
    answer = server.client.get(PATH)
    assert answer.status_code == 200
    assert answer.headers["X-Roster-Version"] == "0"
    assert answer.json == {table: [] for table in TABLES}


def test_replaced_and_read(server: Server) -> None:
    taken = server.client.put(PATH, json=SMALL)
    assert taken.status_code == 200
    assert taken.json == {
        "version": 1,
        "counts": {name: len(SMALL.get(name, ())) for name in TABLES},
    }
    read = server.client.get(PATH)
    assert read.mimetype == "application/json"
    assert read.headers["X-Roster-Version"] == "1"
    assert read.json is not None
    assert read.json["groups"] == [
        {"id": "g1", "name": "Workshop", "parent_id": "", "external_id": ""}
    ]
    assert server.client.put(PATH, data=read.data).json == taken.json | {"version": 2}


def test_refused_with_every_fault(server: Server) -> None:
    server.client.put(PATH, json=SMALL)
    faulty = SMALL | {"memberships": [{"group_id": "g1", "person_id": "p2", "role": "boss"}]}
    answer = server.client.put(PATH, json=faulty)
    assert answer.status_code == 400
    assert answer.json == {
        "type": "about:blank",
        "title": "Bad request",
        "status": 400,
        "detail": "The roster has 2 faults. Nothing of it was taken.",
        "complaints": [
            {"place": "memberships[0]", "reason": 'the role "boss" is none of coach, learner.'},
            {"place": "memberships[0]", "reason": 'the person_id "p2" is the id of no person.'},
        ],
        "left_out": 0,
    }
    assert server.services.roster.version == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"groups": [{"id": "\\ud800"}]}',
        b'{"groups": [{"id": "\xff"}]}',
        b'{"groups": [{"id": "g\\u0000"}]}',
        b'{"groups": ' + b"[" * 100_000,
        b'{"courses": [{"id": "https://x.org/c", "planned_minutes": ' + b"9" * 5_000 + b"}]}",
        b"[]",
        b"null",
        b"{}",
    ],
)
def test_no_body_makes_it_stumble(server: Server, body: bytes) -> None:
    answer = server.client.put(PATH, data=body)
    assert answer.status_code == 400
    assert server.services.roster.version == 0


@pytest.mark.parametrize(("method", "scope"), [("GET", "roster/read"), ("PUT", "roster/write")])
def test_each_needs_its_scope(method: str, scope: str) -> None:
    others = InMemory().scopes - {scope}
    answer = serve(InMemory(others)).client.open(PATH, method=method, data=b"not even JSON")
    assert answer.status_code == 403
    assert scope in answer.get_data(as_text=True)


def test_openapi_describes_every_table(server: Server) -> None:
    document = json.loads(json.dumps(server.api.spec.to_dict()))
    schemas = document["components"]["schemas"]
    assert list(schemas["Roster"]["properties"]) == list(TABLES)
    for table in TABLES.values():
        described = schemas[f"Roster{table.row.__name__}"]
        assert list(described["properties"]) == [column.name for column in table.columns]
        assert set(described.get("required", ())) == {c.name for c in table.columns if c.required}
    assert schemas["RosterPerson"]["properties"]["role"]["enum"] == ["", "owner", "admin"]
    body = document["paths"][PATH]["put"]["requestBody"]["content"]["application/json"]
    assert body["schema"] == {"$ref": "#/components/schemas/Roster"}
