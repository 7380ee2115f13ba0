"""Figures as they stood: over HTTP, with the statements and the roster of that time."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from lrs_stats.app import wire
from lrs_stats.jobs.wiring import worker_on
from lrs_stats.jobs.worker import Worker
from lrs_stats.parts import parts
from lrs_stats.roster.json_tables import check
from lrs_stats.services import Services
from lrs_stats.settings import Settings
from lrs_stats.store.database import Database, Document
from lrs_stats.store.rosters import RosterStore
from lrs_stats.testing import statements
from tests.databases import store

ROOT = {"Authorization": f"Basic {b64encode(b'root:root').decode()}"}


class Server:
    """The web part and the worker, in this process."""

    def __init__(self, database: Database[Document], services: Services, worker: Worker) -> None:
        self.database = database
        self.services = services
        self.worker = worker
        self.http: FlaskClient = wire(Flask("test", static_folder=None), services).test_client()

    def post(self, text: str) -> str:
        """Store statements, count them, and return the instant up to which all is counted."""
        store(self.database, ({**one, "id": str(uuid4())} for one in statements(text)))
        return self.count()

    def count(self) -> str:
        self.worker.keep_up()
        return str(self.ask("platform")["as_of"])

    def ask(self, path: str, status: int = 200) -> Any:
        answer = self.http.get(f"/api/v1/stats/{path}", headers=ROOT)
        assert answer.status_code == status, answer.text
        return answer.json


@pytest.fixture
def server(mongo_uri: str, database: Database[Document], tmp_path: Path) -> Any:
    settings = Settings(mongo=mongo_uri, database=database.name, data=tmp_path)
    services = parts(settings, database)
    services.credentials.create_client("root", ["admin", "all"], key="root", secret="root")
    worker = worker_on(database, settings)
    yield Server(database, services, worker)
    worker.release()


def as_of(path: str, instant: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}as_of={quote(instant)}"


def test_figures_stand_as_they_stood(server: Server) -> None:
    first = server.post("09:00 ada launched course-1")
    paths = ["platform", "learners", "courses", "learners/mailto:ada@example.org/courses"]
    paths += ["learners?metrics=connections&interval=day", "connections"]
    before = {path: server.ask(path) for path in paths}
    second = server.post("10:00 ada launched course-1\n10:30 bob launched course-2")
    assert server.ask("platform")["totals"]["connections"] == 3
    for path in paths:
        then = server.ask(as_of(path, first))
        assert then["as_of"] == first
        assert (then["rows"], then["totals"]) == (before[path]["rows"], before[path]["totals"])
    between = datetime.fromisoformat(second) - timedelta(microseconds=1)
    assert server.ask(as_of("platform", between.isoformat()))["as_of"] == first
    assert server.ask(as_of("platform", second))["totals"]["connections"] == 3


def test_who_came_later_was_not_there(server: Server) -> None:
    first = server.post("09:00 ada launched course-1")
    server.post("10:30 bob launched course-2")
    server.ask("learners/mailto:bob@example.org")
    server.ask(as_of("learners/mailto:bob@example.org", first), 404)
    explained = server.ask(as_of("platform/explain?metrics=connections", first))
    assert explained["value"] == 1


def test_a_file_is_of_that_time_too(server: Server) -> None:
    first = server.post("09:00 ada launched course-1")
    server.post("10:30 bob launched course-2")
    path = f"/api/v1/stats/{as_of('learners.csv?metrics=connections', first)}"
    text = server.http.get(path, headers=ROOT).text
    assert "ada" in text
    assert "bob" not in text


def test_an_instant_that_cannot_be_asked_for_is_refused(server: Server) -> None:
    first = server.post("09:00 ada launched course-1")
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    assert "still to come" in server.ask(as_of("platform", tomorrow), 400)["detail"]
    told = server.ask(as_of("platform", "2020-01-01"), 404)["detail"]
    assert "history_days" in told
    assert datetime.fromisoformat(told.partition("from ")[2].partition(" on")[0]) <= (
        datetime.fromisoformat(first)
    )
    assert "as_of" in server.ask(as_of("platform", "yesterday"), 400)["detail"]


def test_the_roster_is_that_of_the_time(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    first = server.post("09:00 ada launched course-1")
    person = {"id": "ada", "email": "ada@example.org", "first_name": "Ada", "status": "active"}
    server.services.rosters.replace(check({"people": [person]}))
    second = server.post("10:00 ada launched course-1")
    ids = [
        {row["id"] for row in server.ask(as_of("learners", instant))["rows"]}
        for instant in (first, second)
    ]
    assert ids == [{"mailto:ada@example.org"}, {"ada"}]
    server.worker.tidy()
    assert {row["id"] for row in server.ask(as_of("learners", first))["rows"]} == ids[0]
    monkeypatch.setattr(RosterStore, "of_version", lambda *_: None)
    told = server.ask(as_of("learners", first), 404)["detail"]
    assert "the roster of" in told
    assert "version 0" in told


def test_who_may_see_what_is_decided_by_the_present(server: Server) -> None:
    people: list[dict[str, Any]] = [
        {"id": name, "email": f"{name}@example.org", "status": "active"} for name in ("ada", "bob")
    ]
    server.services.rosters.replace(check({"people": people}))
    first = server.post("09:00 ada launched course-1")
    own = {"Authorization": f"Bearer {server.services.credentials.create_token('bob')}"}

    def seen() -> list[str]:
        answer = server.http.get(f"/api/v1/stats/{as_of('learners', first)}", headers=own)
        assert answer.status_code == 200, answer.text
        return [row["id"] for row in (answer.json or {})["rows"]]

    assert seen() == []
    people[0]["manager_id"] = "bob"
    server.services.rosters.replace(check({"people": people}))
    server.post("10:00 bob launched course-1")
    assert seen() == ["ada"]
    people[0]["manager_id"] = ""
    server.services.rosters.replace(check({"people": people}))
    assert seen() == []
