"""The audit: who read or changed what, written before the answer leaves, and read by owners."""

import json
import os
import subprocess
import sys
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from lrs_stats.access.throttle import Throttle
from lrs_stats.api.auditing import Auditing
from lrs_stats.app import wire
from lrs_stats.errors import CommandError
from lrs_stats.jobs.wiring import worker_on
from lrs_stats.parts import parts
from lrs_stats.services import Services
from lrs_stats.settings import LONGEST_KEPT, Settings
from lrs_stats.store.audit import AuditStore, Entry
from lrs_stats.store.database import Database, Document
from lrs_stats.testing import statements
from tests.databases import count, numbered, store

PEOPLE = [
    {"id": "ada", "first_name": "Ada", "email": "ada@example.org", "status": "active"},
    {"id": "eve", "first_name": "Eve", "role": "owner", "status": "active"},
]
ANSWER = "a-very-private-answer"


@pytest.fixture
def settings(mongo_uri: str, database: Database[Document], tmp_path: Path) -> Settings:
    return Settings(mongo=mongo_uri, database=database.name, data=tmp_path)


@pytest.fixture
def services(settings: Settings, database: Database[Document]) -> Services:
    made = parts(settings, database)
    for name, scopes in (("root", ["all"]), ("reader", ["stats/read"])):
        made.credentials.create_client(f"The {name}", scopes, key=name, secret=f"{name}-secret")
    said = statements("09:00 ada launched course-1\n09:05 ada answered question-1 in=course-1")
    said[1]["result"] = {"response": ANSWER}
    store(database, numbered(said))
    count(database, settings)
    return made


@pytest.fixture
def http(services: Services) -> FlaskClient:
    return wire(Flask("test", static_folder=None), services).test_client()


def basic(name: str) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(f'{name}:{name}-secret'.encode()).decode()}"}


def bearer(services: Services, person: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {services.credentials.create_token(person)}"}


def audit(http: FlaskClient, query: str = "") -> list[dict[str, Any]]:
    answer = http.get(f"/api/v1/audit{query}", headers=basic("root"))
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = (answer.json or {})["entries"]
    return found


def newest(http: FlaskClient) -> dict[str, Any]:
    return audit(http)[0]


def test_a_report_is_written_down_with_who_what_and_how_many_rows(http: FlaskClient) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    asked = "?metrics=score&learner=mailto:ada@example.org&learner=bob&from=2026-01-01"
    assert http.get(f"/api/v1/stats/learners{asked}", headers=basic("reader")).status_code == 200
    entry = newest(http)
    assert before < datetime.fromisoformat(entry.pop("at")) <= datetime.now(UTC)
    assert len(entry.pop("request")) == 32
    assert entry == {
        "client": {"id": "reader", "name": "The reader"},
        "person": None,
        "action": "read stats",
        "resource": ["stats", "learners"],
        "asked": {
            "metrics": ["score"],
            "learner": ["mailto:ada@example.org", "bob"],
            "from": ["2026-01-01"],
        },
        "format": "application/json",
        "rows": 1,
        "status": 200,
        "unwritten": 0,
    }


@pytest.mark.parametrize(
    ("path", "resource", "media", "rows"),
    [
        ("learners", ["learners"], "application/json", 1),
        ("learners.csv", ["learners.csv"], "text/csv", 1),
        ("courses?page_size=1", ["courses"], "application/json", 1),
        ("answers", ["answers"], "application/json", 1),
        ("connections.csv", ["connections.csv"], "text/csv", 1),
        ("platform/explain?metrics=score", ["platform", "explain"], "application/json", None),
        (
            "platform/explain/statements?metrics=connections",
            ["platform", "explain", "statements"],
            "application/json",
            1,
        ),
        (
            "learners/mailto%3Aada%40example.org/courses",
            ["learners", "mailto:ada@example.org", "courses"],
            "application/json",
            1,
        ),
    ],
)
def test_every_kind_of_answer_is_written_down(
    http: FlaskClient, path: str, resource: list[str], media: str, rows: int | None
) -> None:
    sent = {"RAW_URI": f"/api/v1/stats/{path}"}
    answer = http.get(f"/api/v1/stats/{path}", headers=basic("reader"), environ_overrides=sent)
    assert answer.status_code == 200, answer.text
    entry = newest(http)
    assert (entry["resource"], entry["format"]) == (["stats", *resource], media)
    assert entry["rows"] == rows


def test_a_person_is_written_down_by_id_and_name(http: FlaskClient, services: Services) -> None:
    assert http.put("/api/v1/roster", json={"people": PEOPLE}, headers=basic("root")).status_code
    http.get("/api/v1/stats/learners", headers=bearer(services, "ada"))
    entry = newest(http)
    assert (entry["person"], entry["client"]) == ({"id": "ada", "name": "Ada"}, None)
    assert audit(http, "?person=ada") == [entry]
    assert audit(http, "?person=eve") == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/stats/learners?metrics=nothing", 400),
        ("/api/v1/stats/learners/nobody", 404),
        ("/api/v1/stats/no/such/path/at/all", 404),
        ("/api/v1/roster", 403),
        ("/api/v1/clients", 403),
        ("/api/v1/audit", 403),
    ],
)
def test_a_refusal_is_written_down_with_its_status(
    http: FlaskClient, path: str, status: int
) -> None:
    assert http.get(path, headers=basic("reader")).status_code == status
    entry = newest(http)
    assert (entry["status"], entry["rows"]) == (status, None)
    known = "no/such" not in path  # the last is refused before anyone looks who asks
    assert entry["client"] == ({"id": "reader", "name": "The reader"} if known else None)


def test_changes_are_written_down(http: FlaskClient) -> None:
    root = basic("root")
    http.put("/api/v1/roster", json={"people": PEOPLE}, headers=root)
    made = http.post("/api/v1/clients", json={"name": "LMS", "scopes": ["define"]}, headers=root)
    http.delete(f"/api/v1/clients/{(made.json or {})['key']}", headers=root)
    http.get("/api/v1/roster", headers=root)
    told = [(one["action"], one["resource"], one["status"], one["rows"]) for one in audit(http)]
    assert told == [
        ("read roster", ["roster"], 200, 2),
        ("delete clients", ["clients", (made.json or {})["key"]], 204, None),
        ("create clients", ["clients"], 201, None),
        ("replace roster", ["roster"], 200, None),
    ]


def test_no_secret_no_figure_and_nothing_of_a_statement_is_written(
    http: FlaskClient, services: Services, database: Database[Document]
) -> None:
    made = http.post(
        "/api/v1/clients", json={"name": "L", "scopes": ["all"]}, headers=basic("root")
    )
    token = bearer(services, "eve")
    http.get("/api/v1/stats/answers", headers=basic("reader"))
    http.get("/api/v1/stats/answers", headers=token)
    for path in ("stats/learners", "roster", "clients"):
        http.get(f"/api/v1/{path}?api_key=hidden%00secret", headers=basic("root"))
    http.get("/api/v1/stats/learners?learner=hidden-id", headers=basic("nobody"))
    written = str(list(database["audit"].find()))
    assert "stats" in written
    secrets = [(made.json or {})["secret"], token["Authorization"].split()[1], "root-secret"]
    for never in (*secrets, ANSWER, "hidden", "nobody", "totals"):
        assert never not in written


@pytest.mark.parametrize("path", ["me", "metrics", "plugins", "status"])
def test_what_tells_of_nobody_is_not_written_down(http: FlaskClient, path: str) -> None:
    assert http.get(f"/api/v1/{path}", headers=basic("reader")).status_code == 200
    assert audit(http) == []


class Broken(AuditStore):
    """A store that cannot write."""

    def write(self, entry: Entry) -> None:
        raise OSError("the disk is full")


def test_what_cannot_be_written_down_is_not_answered(
    services: Services, database: Database[Document]
) -> None:
    app = Flask("test", static_folder=None)
    broken = Services(**{**vars(services), "audit": Broken(database)})
    http = wire(app, broken).test_client()
    for path in ("/api/v1/stats/learners", "/api/v1/stats/learners.csv"):
        answer = http.get(path, headers=basic("reader"))
        assert answer.status_code == 503
        assert "written down" in (answer.json or {})["detail"]
        assert "ada" not in answer.text
    assert http.get("/api/v1/me", headers=basic("reader")).status_code == 200


def test_requests_by_nobody_known_are_counted_once_they_are_many(
    services: Services, http: FlaskClient
) -> None:
    app = Flask("few", static_folder=None)
    stands_still = Throttle(1, clock=lambda: 0.0)
    Auditing(services.audit, strangers=stands_still).around(app)
    few = app.test_client()
    for _ in range(15):
        assert few.get("/api/v1/stats/learners?learner=guess").status_code == 404
    entries = audit(http)
    assert len(entries) == 10
    assert {(str(one["resource"]), str(one["asked"])) for one in entries} == {("['stats']", "{}")}
    with app.test_request_context("/api/v1/stats/learners"):
        pass
    auditing = Auditing(services.audit, strangers=stands_still)
    assert not auditing._is_admitted()
    assert auditing._take_unwritten() == 1


def test_the_number_of_what_was_not_written_is_on_the_next_entry(
    services: Services, http: FlaskClient
) -> None:
    now = [0.0]
    app = Flask("few", static_folder=None)
    Auditing(services.audit, strangers=Throttle(1, clock=lambda: now[0])).around(app)
    few = app.test_client()
    for _ in range(15):
        few.get("/api/v1/stats/learners")
    now[0] = 1.0
    few.get("/api/v1/stats/learners")
    assert [one["unwritten"] for one in audit(http)][:2] == [5, 0]


def test_pages_follow_each_other_and_filters_narrow_them(http: FlaskClient) -> None:
    for page in range(1, 6):
        http.get(f"/api/v1/stats/learners?sort=learner&page={page}", headers=basic("reader"))
    every = [one["request"] for one in audit(http, "?client=reader")]
    found, path = [], "/api/v1/audit?client=reader&page_size=2"
    while path:
        answer = http.get(path, headers=basic("root")).json or {}
        found += [one["request"] for one in answer["entries"]]
        path = answer["next"]
    assert (found, len(found)) == (every, 5)
    assert audit(http, "?action=replace%20roster") == []
    assert audit(http, "?to=2026-01-01") == []
    assert len(audit(http, "?from=2020-01-01&action=read%20stats")) == 5
    for wrong in ("after=nowhere", "from=yesterday", "page_size=0", "learner=ada"):
        assert http.get(f"/api/v1/audit?{wrong}", headers=basic("root")).status_code == 400


def test_only_who_administrates_reads_it(http: FlaskClient, services: Services) -> None:
    http.put("/api/v1/roster", json={"people": PEOPLE}, headers=basic("root"))
    assert http.get("/api/v1/audit", headers=bearer(services, "eve")).status_code == 200
    for refused in (bearer(services, "ada"), basic("reader")):
        assert http.get("/api/v1/audit", headers=refused).status_code == 403
    assert http.get("/api/v1/audit").status_code == 401


def test_entries_are_kept_for_the_days_of_the_setting(
    settings: Settings, database: Database[Document]
) -> None:
    for days in (30, 7):
        worker_on(database, Settings(**{**vars(settings), "audit_days": days}))
        kept = database["audit"].index_information()["kept"]
        assert kept["expireAfterSeconds"] == days * 86_400
        assert kept["key"] == [("at", 1)]
    with pytest.raises(CommandError, match="audit_days"):
        Settings(audit_days=LONGEST_KEPT + 1)


def test_the_command_lists_it_and_commands_are_in_it(http: FlaskClient, settings: Settings) -> None:
    http.get("/api/v1/stats/learners.csv?learner=bob", headers=basic("reader"))

    def run(*arguments: str) -> str:
        given = [f"--data={settings.data}", f"--mongo={settings.mongo}", "--config=none"]
        done = subprocess.run(
            [sys.executable, "-m", "lrs_stats", *given, *arguments],
            env=os.environ | {"LRS_STATS_DATABASE": settings.database},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    made = run("clients", "create", "LMS")
    lines = run("audit").splitlines()
    assert "create clients clients/" in lines[0]
    assert "(command line)" in lines[0]
    assert (
        "200  The reader (reader)  read stats stats/learners.csv  learner=bob  0 rows" in lines[1]
    )
    entries = [
        json.loads(line) for line in run("audit", "--json", "--action", "read stats").splitlines()
    ]
    assert [one["resource"] for one in entries] == [["stats", "learners.csv"]]
    assert made.split()[3] not in "".join(lines)


def test_a_client_for_a_person_stands_there_with_both_and_refused_alone(
    http: FlaskClient, services: Services
) -> None:
    services.credentials.create_client(
        "The portal", ["stats/act-as"], key="portal", secret="portal-secret"
    )
    put_people(http)
    for person, status in (("ada", 200), ("nobody", 403)):
        headers = basic("portal") | {"X-Act-As": person}
        answer = http.get("/api/v1/stats/learners", headers=headers)
        assert answer.status_code == status
        entry = newest(http)
        assert entry["client"] == {"id": "portal", "name": "The portal"}
        assert (entry["person"] or {}).get("id") == (person if status == 200 else None)


def test_signing_in_names_the_person_and_never_what_was_typed(
    http: FlaskClient, services: Services
) -> None:
    put_people(http)
    services.sign_in.set("ada", "a long password")
    for account, password in (("ada", "another password"), ("my password", "x")):
        sent = {"account": account, "password": password}
        assert http.post("/api/v1/sign-in", json=sent).status_code == 401
        refused = newest(http)
        assert (refused["action"], refused["resource"]) == ("create sign-in", ["sign-in"])
        assert (refused["person"], refused["asked"]) == (None, {})
    sent = {"account": "ada@example.org", "password": "a long password"}
    assert http.post("/api/v1/sign-in", json=sent).status_code == 200
    assert newest(http)["person"] == {"id": "ada", "name": "Ada"}
    kept = json.dumps(audit(http))
    assert "password" not in kept.replace("passwords", "")
    assert "ada@example.org" not in kept


def test_the_tables_tokens_and_scim_say_how_many_rows_they_answered(
    http: FlaskClient, services: Services
) -> None:
    put_people(http)
    services.credentials.create_token("ada")
    for path, action, resource, rows in (
        ("roster/people", "read roster", ["roster", "people"], 2),
        ("roster/people/ada", "read roster", ["roster", "people", "ada"], 1),
        ("tokens?person=ada", "read tokens", ["tokens"], 1),
        ("clients", "read clients", ["clients"], 2),
        ("/scim/v2/Users", "read scim", ["scim", "v2", "Users"], 2),
        ("/scim/v2/Users/ada", "read scim", ["scim", "v2", "Users", "ada"], 1),
    ):
        place = path if path.startswith("/") else f"/api/v1/{path}"
        assert http.get(place, headers=basic("root")).status_code == 200
        entry = newest(http)
        assert (entry["action"], entry["resource"], entry["rows"]) == (action, resource, rows)


def test_what_cannot_be_written_down_is_refused_in_the_form_of_scim(
    http: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise OSError("no disk")

    monkeypatch.setattr(AuditStore, "write", fails)
    answer = http.get("/scim/v2/Users", headers=basic("root"))
    assert answer.status_code == 503
    assert answer.mimetype == "application/scim+json"
    assert (answer.json or {})["status"] == "503"


def put_people(http: FlaskClient) -> None:
    body = {"people": PEOPLE}
    assert http.put("/api/v1/roster", json=body, headers=basic("root")).status_code == 200
