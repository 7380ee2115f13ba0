"""A person is forgotten by a real server: over HTTP and by the command, and is found nowhere."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.e2e.server import Server, serving, statement
from tests.e2e.test_kill import end_lease
from tests.erasure.searching import found
from tests.waiting import until

ZOE = "zoe.martin@example.org"
PEOPLE = [
    {"id": "zoe-id", "email": ZOE, "first_name": "Zoé", "status": "active"},
    {"id": "max-id", "email": "max@example.org", "status": "active"},
]
NAMES = (ZOE, "zoe-id", "Zoé")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Give a server with the activity of two people, counted in several publications."""
    with serving(tmp_path / "data") as running:
        assert running.put_roster({"people": PEOPLE}).status == 200
        for _ in range(3):
            said = [statement("zoe.martin"), statement("max"), statement("zoe.martin")]
            assert running.post(said).status == 200
            running.wait_counted()
        state = "/xAPI/activities/state?stateId=s&activityId=http%3A%2F%2Fexample.org%2Fa&agent="
        agent = quote(json.dumps({"mbox": f"mailto:{ZOE}"}))
        assert running.request("PUT", state + agent, b"{}", Content_Type="application/json")
        yield running


def asked(server: Server, path: str, body: object = None) -> dict[str, object]:
    sent = b"" if body is None else json.dumps(body).encode()
    answer = server.request("POST", path, sent, Content_Type="application/json")
    assert answer.status == 202, answer.body
    made: dict[str, object] = answer.json
    return made


def state(server: Server, erasure: object) -> dict[str, object]:
    answer = server.get(f"/api/v1/erasures/{erasure}")
    assert answer.status == 200, answer.body
    one: dict[str, object] = answer.json
    return one


def assert_gone(server: Server) -> None:
    with server.database() as database:
        assert found(database, server.data / "facts", *NAMES) == []
    log = server.data / "mongod" / "mongod.log"
    assert ZOE not in log.read_text("utf-8")
    assert ZOE not in server.logged
    rows = server.get("/api/v1/stats/learners").json["rows"]
    assert [row["id"] for row in rows] == ["max-id"]


def test_an_erasure_over_http_takes_two_steps(server: Server) -> None:
    plan = asked(server, "/api/v1/erasures", {"learner": ZOE})
    until(lambda: state(server, plan["id"])["state"] == "planned")
    counts = state(server, plan["id"])["counts"]
    assert isinstance(counts, dict)
    assert (counts["statements"], counts["documents"], counts["facts"]) == (6, 1, 6)
    with server.database() as database:
        assert found(database, server.data / "facts", ZOE)
    before = server.as_of()
    asked(server, f"/api/v1/erasures/{plan['id']}/order")
    until(lambda: state(server, plan["id"])["state"] == "done", 60)
    assert_gone(server)
    # what was already answered from memory is not answered any more, by no web process
    for _ in range(20):
        report = server.get("/api/v1/stats/platform").json
        assert report["totals"]["connections"] == 3
    assert before is not None
    assert server.get(f"/api/v1/stats/platform?as_of={quote(before.isoformat())}").status == 404
    assert server.count() == 3
    again = server.post([statement("max"), statement("zoe.martin")])
    assert (again.status, "erased here" in again.json["detail"]) == (409, True)
    assert server.count() == 3
    assert server.put_roster({"people": PEOPLE}).status == 400
    assert server.request("POST", f"/api/v1/erasures/{plan['id']}/order", b"").status == 409
    doctor = server.run("doctor", "--thorough")
    assert doctor.returncode == 0, doctor.stdout
    assert "each of 3 statements" in doctor.stdout
    entries = server.get("/api/v1/audit?action=create%20erasures").json["entries"]
    assert [entry["status"] for entry in entries] == [409, 202, 202]


def test_the_command_tells_first_and_erases_with_yes(server: Server) -> None:
    told = server.run("erase", "zoe-id")
    assert told.returncode == 0, told.stderr
    assert "        6  statements" in told.stdout
    assert told.stdout.endswith("Nothing was erased. Add --yes to do it.\n")
    assert server.count() == 9
    done = server.run("erase", "zoe-id", "--yes")
    assert done.returncode == 0, done.stderr
    assert "Erased. The tombstone is" in done.stdout
    assert_gone(server)
    lifted = server.run("erase", ZOE, "--lift")
    assert lifted.returncode == 0, lifted.stderr
    time.sleep(1.5)
    assert server.post(statement("zoe.martin")).status == 200


def test_an_erasure_goes_on_after_everything_was_killed(server: Server) -> None:
    plan = asked(server, "/api/v1/erasures", {"learner": "zoe-id", "pseudonymise": True})
    until(lambda: state(server, plan["id"])["state"] == "planned")
    asked(server, f"/api/v1/erasures/{plan['id']}/order")
    until(lambda: bool(state(server, plan["id"])["finished"]), 30)
    server.kill_everything()
    server.start()
    end_lease(server)
    until(lambda: state(server, plan["id"])["state"] == "done", 60)
    with server.database() as database:
        assert found(database, server.data / "facts", *NAMES) == []
    assert server.get("/api/v1/stats/platform").json["totals"]["connections"] == 9
    rows = server.get("/api/v1/stats/learners").json["rows"]
    assert len(rows) == 2
