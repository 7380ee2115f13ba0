"""Agents and activities over HTTP, on a record in memory."""

import json
from urllib.parse import quote

import pytest
from werkzeug.test import TestResponse

from lrs_stats.errors import Forbidden
from lrs_stats.xapi.model import Account, Actor
from tests.xapi.server import V1, Server
from tests.xapi.statements import Json

ANNA = {"mbox": "mailto:anna@example.org", "name": "Anna"}
COURSE = "https://lms.example/course"


def get(server: Server, path: str, **parameters: object) -> TestResponse:
    query = "&".join(
        f"{name}={quote(value if isinstance(value, str) else json.dumps(value))}"
        for name, value in parameters.items()
    )
    return server.client.get(f"/xAPI/{path}?{query}", headers=V1)


def test_an_agent_of_whom_nothing_is_known_is_what_was_asked_for(server: Server) -> None:
    response = get(server, "agents", agent={"objectType": "Agent", **ANNA})
    assert response.status_code == 200
    assert response.json == {
        "objectType": "Person",
        "name": ["Anna"],
        "mbox": ["mailto:anna@example.org"],
    }
    assert server.scopes == ["agents/read"]


def test_a_person_has_the_identifiers_of_all_agents_each_once(server: Server) -> None:
    account = Account(home_page="https://lms.example", name="anna")
    server.same_person = [
        Actor(name="Anna", mbox="mailto:anna@example.org"),
        Actor(name="Anna B.", account=account),
    ]
    assert get(server, "agents", agent=ANNA).json == {
        "objectType": "Person",
        "name": ["Anna", "Anna B."],
        "mbox": ["mailto:anna@example.org"],
        "account": [{"homePage": "https://lms.example", "name": "anna"}],
    }


def test_who_may_not_read_people_is_told_what_was_asked_for(server: Server) -> None:
    server.same_person = [Actor(name="Anna B.", openid="https://anna.example")]
    server.reads_people = False
    person = {"objectType": "Person", "name": ["Anna"], "mbox": ["mailto:anna@example.org"]}
    assert get(server, "agents", agent=ANNA).json == person


def test_an_activity_is_what_statements_said_of_it(server: Server) -> None:
    definition = {"name": {"en": "Course"}, "extensions": {"https://x.example": 1.5}}
    thing = {"id": COURSE, "definition": definition}
    server.post({"actor": ANNA, "verb": {"id": "https://v.example"}, "object": thing})
    assert get(server, "activities", activityId=COURSE).json == {
        "objectType": "Activity",
        "id": COURSE,
        "definition": definition,
    }
    other = "https://lms.example/other"
    assert get(server, "activities", activityId=other).json == {
        "objectType": "Activity",
        "id": other,
    }


@pytest.mark.parametrize(
    ("path", "parameters", "detail"),
    [
        ("agents", {}, "parameter agent: is missing"),
        ("agents", {"agent": "anna"}, "parameter agent: expected an agent"),
        ("agents", {"agent": {"name": "Anna"}}, "parameter agent: has no identifier"),
        (
            "agents",
            {"agent": {"objectType": "Group", "mbox": "mailto:a@example.org"}},
            "parameter agent: expected an agent, got a group",
        ),
        ("agents", {"agent": ANNA, "x": "1"}, 'parameter "x": is not known here'),
        ("activities", {}, "parameter activityId: is missing"),
        ("activities", {"activityId": "course"}, 'parameter activityId: "course" is not an IRI'),
        ("activities", {"activityID": COURSE}, 'parameter "activityID": is not known here'),
    ],
)
def test_refused(server: Server, path: str, parameters: Json, detail: str) -> None:
    response = get(server, path, **parameters)
    assert response.status_code == 400
    assert json.loads(response.data)["detail"].startswith(detail)


@pytest.mark.parametrize("path", ["agents", "activities"])
def test_who_may_not_read_is_refused(server: Server, path: str) -> None:
    server.refuses = Forbidden("This needs another scope.")
    assert get(server, path, agent=ANNA).status_code == 403
