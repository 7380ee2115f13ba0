"""From the first start to the last stop: who may administrate, what stays, what runs once."""

import json
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.server import Server, bearer, descendants, free_port, serving, statement
from tests.waiting import until

ROSTER = {
    "people": [
        {"id": name, "email": f"{name}@example.org", "status": "active"} for name in ("zoe", "max")
    ],
    "groups": [{"id": "all"}],
    "memberships": [
        {"group_id": "all", "person_id": name, "role": "learner"} for name in ("zoe", "max")
    ],
}


@pytest.fixture(scope="module")
def populated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Give a server with a small roster and five statements of two learners and a third."""
    with serving(tmp_path_factory.mktemp("lifecycle") / "data") as server:
        assert server.put_roster(ROSTER).status == 200
        activity = [statement(name) for name in ("zoe", "zoe", "max", "max", "ann")]
        assert server.post(activity).status == 200
        server.wait_counted()
        yield server


def test_the_administrators_token_sees_everything(populated: Server) -> None:
    administrator = bearer(populated.token)
    me = populated.get("/api/v1/me", authorization=administrator).json
    assert (me["kind"], me["scopes"]) == ("person", ["all"])
    for path in ("/api/v1/stats/platform", "/api/v1/roster", "/api/v1/status", "/xAPI/statements"):
        assert populated.get(path, authorization=administrator).status == 200
    report = populated.get("/api/v1/stats/learners", authorization=administrator).json
    assert {row["id"] for row in report["rows"]} == {"zoe", "max", "mailto:ann@example.org"}
    assert report["totals"]["connections"] == 5


NOT_THEIRS = ("?learner=max", "?learner=nobody", "?group=all", "?group=nothing")


@pytest.mark.parametrize("query", ["", "?sort=-connections", *NOT_THEIRS])
def test_a_learners_token_sees_the_learners_own_rows_alone(populated: Server, query: str) -> None:
    zoe = populated.new_token("zoe")
    for granularity in ("learners", "courses"):
        answer = populated.get(f"/api/v1/stats/{granularity}{query}", authorization=zoe)
        assert answer.status == 200
        text = answer.body.decode() + str(answer.headers["X-Pagination"])
        assert "max" not in text.lower()
        assert "ann" not in text.lower()
        assert answer.json["totals"]["connections"] == (0 if query in NOT_THEIRS else 2)


def test_what_a_learner_may_not_see_looks_as_if_it_were_not_there(populated: Server) -> None:
    zoe = populated.new_token("zoe")
    answers = [
        populated.get(f"/api/v1/stats/learners?learner={name}", authorization=zoe).json
        for name in ("max", "nobody")
    ]
    for answer in answers:
        del answer["as_of"]
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/stats/platform",
        "/api/v1/stats/groups",
        "/api/v1/roster",
        "/api/v1/status",
        "/xAPI/statements",
    ],
)
def test_a_learner_may_not_see_the_rest(populated: Server, path: str) -> None:
    zoe = populated.new_token("zoe")
    assert populated.get(path, authorization=zoe).status == 403
    assert populated.post(statement(), authorization=zoe).status == 403


def test_an_exporter_takes_its_own_options_and_no_others(populated: Server) -> None:
    path = "/api/v1/stats/learners"
    first, other = (populated.get(f"{path}.png{ask}") for ask in ("", "?metric=score"))
    assert (first.status, other.status) == (200, 200)
    assert first.body != other.body
    for refused in (f"{path}.csv?metric=score", f"{path}?metric=score", f"{path}.png?colour=red"):
        answer = populated.get(refused)
        assert answer.status == 400
        assert "no such parameter" in answer.json["detail"]
    assert populated.get(f"{path}.doc").status == 404


def test_a_token_needs_a_person_of_the_roster(populated: Server) -> None:
    refused = populated.run("tokens", "create", "nobody")
    assert refused.returncode == 1
    assert "nobody" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_second_server_on_the_folder_is_refused(populated: Server) -> None:
    refused = populated.run("serve", "--port", str(free_port()))
    assert refused.returncode == 1
    assert str(populated.data) in refused.stderr
    assert refused.stderr.count("\n") == 1, refused.stderr
    assert populated.get("/health").status == 200


def test_a_port_that_is_taken_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = Server(tmp_path / "data").run("serve", "--port", str(port))
    assert refused.returncode == 1
    assert f"Port {port}" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "data" / "mongod").exists()


def test_a_restart_keeps_everything_and_prints_no_secret_again(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        assert all((server.key, server.secret, server.token))
        assert server.post(statement()).status == 200
        assert server.put_roster(ROSTER).status == 200
        server.wait_counted()
        before = server.get("/api/v1/stats/learners").json
        assert server.stop() == 0
        said = server.start()
        assert re.findall(r"^ +(key|secret|token) ", said, re.MULTILINE) == []
        assert (server.secret in said, server.token in said) == (False, False)
        server.wait_counted()
        after = server.get("/api/v1/stats/learners").json
        assert (after["rows"], after["totals"]) == (before["rows"], before["totals"])
        assert server.get("/api/v1/roster").json["groups"][0]["id"] == "all"
        assert server.get("/api/v1/me", authorization=bearer(server.token)).status == 200
        kept = b"".join(
            path.read_bytes() for path in (tmp_path / "data").glob("*") if path.is_file()
        )
        assert server.secret.encode() not in kept
        assert server.secret not in server.logged


def test_key_and_secret_can_be_chosen(tmp_path: Path) -> None:
    chosen = {"admin_key": "admin", "admin_secret": "correct horse"}
    with serving(tmp_path / "data", settings=chosen) as server:
        assert server.key == ""
        server.key, server.secret = chosen["admin_key"], chosen["admin_secret"]
        assert server.post(statement()).status == 200
        assert "correct horse" not in server.said + server.logged


def test_sigterm_stops_every_process_in_order(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        assert server.post(statement()).status == 200
        pids = descendants(server.pid)
        assert len(pids) == 5  # mongod, the worker, gunicorn and its two workers
        assert server.stop() == 0
        server.wait_until_gone(pids)
        entries = [json.loads(line) for line in server.logged.splitlines() if line[:1] == "{"]
        stopped = [entry["part"] for entry in entries if entry["event"] == "part stopped"]
        assert stopped == ["web", "worker", "mongod"]
        assert "Traceback" not in server.logged


def test_two_servers_share_a_database_and_one_works(
    tmp_path: Path, mongo_uri: str, database_name: str
) -> None:
    shared = {"database": database_name, "admin_key": "a", "admin_secret": "b", "processes": "1"}
    with ExitStack() as stack:
        first, second = (
            stack.enter_context(serving(tmp_path / name, mongo=mongo_uri, settings=shared))
            for name in ("first", "second")
        )
        for server in (first, second):
            server.key, server.secret = "a", "b"
            assert not (server.data / "mongod").exists()
            assert server.post(statement()).status == 200
        first.wait_counted()
        assert {first.count(), second.count()} == {2}
        assert first.get("/api/v1/stats/platform").json["totals"]["connections"] == 2
        # Facts are files: the second server's own folder has none until its worker is the one.
        assert not (second.data / "facts" / "events").exists()
        assert second.get("/api/v1/stats/platform").status == 503
        assert first.stop() == 0
        until(lambda: second.get("/api/v1/stats/platform").status == 200, 30)
        second.wait_counted()
        assert second.get("/api/v1/stats/platform").json["totals"]["connections"] == 2
