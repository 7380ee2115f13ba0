"""What clients do wrong: a clear refusal of the right status, and nothing is half stored."""

import http.client
import json
import time
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tests.e2e.server import VERSION, Answer, Json, Server, basic, bearer, exchange, statement

VERB = {"id": "http://adlnet.gov/expapi/verbs/launched"}
ACTIVITY = {"id": "http://example.org/course"}
MEGABYTE = 1 << 20


def with_bytes(value: bytes) -> bytes:
    """Return a good statement and one whose response holds these bytes."""
    bad = json.dumps(statement(result={"response": "HERE"})).encode().replace(b"HERE", value)
    return b"[%s,%s]" % (json.dumps(statement()).encode(), bad)


def with_change(**change: object) -> bytes:
    """Return a good statement and one that is changed."""
    return json.dumps([statement(), statement() | change]).encode()


def assert_problem(answer: Answer, status: int, *words: str) -> Json:
    """Hold an answer to be a problem document (RFC 9457) that says these words."""
    assert answer.status == status, answer
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem: Json = answer.json
    assert problem["status"] == status
    for word in words:
        assert word in problem["detail"]
    assert "Traceback" not in answer.body.decode()
    return problem


@pytest.fixture
def unchanged(server: Server) -> Iterator[Server]:
    """Give the server, and hold it to have stored nothing."""
    before = server.count()
    yield server
    assert server.count() == before


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", ()),
        (b"{", ()),
        (b'[{"actor": ]', ()),
        (b"[" * 100_000, ()),
        (b'"statement"', ()),
        (with_change(colour="red"), ("[1]", "colour")),
        (with_change(Actor={"mbox": "mailto:a@b.c"}), ("[1]", "Actor")),
        (with_change(actor={"mbox": "mailto:a@b.c", "age": 3}), ("[1].actor", "age")),
        (with_change(verb="launched"), ("[1].verb",)),
        (with_change(result={"completion": "true"}), ("[1].result.completion",)),
        (with_change(result={"score": {"scaled": "1"}}), ("[1].result.score.scaled",)),
        (with_change(result={"score": {"scaled": 1.5}}), ("[1].result.score",)),
        (with_change(timestamp="yesterday"), ("[1].timestamp",)),
        (with_change(id="1"), ("[1].id",)),
        (with_change(context=None), ("[1].context",)),
        (with_bytes(b"\xff\xfe"), ()),
        (with_bytes(b"\xc3"), ()),
        (with_bytes(b"\xed\xa0\x80"), ()),  # a surrogate in UTF-8
        (with_bytes(rb"\ud800"), ()),  # and one that is escaped
        (with_bytes(rb"\ude00\ud83d"), ()),
    ],
    ids=lambda value: None if isinstance(value, tuple) else value[-40:],
)
def test_statements_that_are_wrong(unchanged: Server, body: bytes, words: tuple[str, ...]) -> None:
    assert_problem(unchanged.post_bytes(body), 400, *words)


def test_a_body_beyond_the_limit_leaves_the_connection_usable(unchanged: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", unchanged.port, timeout=30)
    client = {"Authorization": basic(unchanged.key, unchanged.secret)}
    body = json.dumps(statement(result={"response": "x" * (60 * MEGABYTE)})).encode()
    headers = client | VERSION | {"Content-Type": "application/json"}
    try:
        answer = exchange(connection, "POST", "/xAPI/statements", body, headers)
        assert_problem(answer, 413, str(50 * MEGABYTE))
        assert exchange(connection, "GET", "/api/v1/status", None, client).status == 200
    finally:
        connection.close()


def test_a_statement_beyond_what_mongodb_holds(unchanged: Server) -> None:
    large = statement(result={"response": "x" * (17 * MEGABYTE)})
    answer = unchanged.post([statement(), large])
    assert_problem(answer, 413, "16 MB")


def test_a_roster_beyond_the_limit(server: Server) -> None:
    answer = server.put_roster({"groups": [{"id": "g", "name": "x" * (60 * MEGABYTE)}]})
    assert_problem(answer, 413, str(50 * MEGABYTE))
    assert server.get("/api/v1/roster").json["groups"] == []


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("platform?metrics=happiness", 400, ("metrics", "happiness", "connections")),
        ("platform?metrics=", 400, ("metrics",)),
        ("platform?from=2026-02-30", 400, ("from", "2026-02-30")),
        ("platform?to=soon", 400, ("to", "soon")),
        ("platform?to=9999-12-31", 400, ("to",)),
        ("platform?from=2026-02-02&to=2026-02-01", 400, ("from", "2026-02-02", "2026-02-01")),
        ("platform?interval=decade", 400, ("interval",)),
        ("platform?colour=red", 400, ("colour", "metrics")),
        ("learners?sort=height", 400, ("sort", "height", "connections")),
        ("learners?page=0", 400, ("page",)),
        ("learners?page=two", 400, ("page",)),
        ("learners?page=99999999", 404, ("page", "99999999")),
        ("learners?page=999999999999999999999999", 404, ("page",)),
        ("learners?page_size=0", 400, ("page_size",)),
        ("learners?page_size=10001", 400, ("page_size", "10000")),
        ("learners?learner=%FF", 200, ()),
        ("learners?learner=a%00b", 200, ()),
        ("moons", 404, ("moons", "platform")),
        ("platform.doc", 404, ("doc", "csv")),
        ("platform.csv?colour=red", 400, ("colour",)),
        ("../../../etc/passwd", 404, ()),
    ],
)
def test_questions_that_are_wrong(
    server: Server, path: str, status: int, words: tuple[str, ...]
) -> None:
    server.wait_counted()
    answer = server.get(f"/api/v1/stats/{path}")
    if status == 200:
        assert answer.status == 200
    else:
        assert_problem(answer, status, *words)


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "Basic",
        "Basic %%%",
        "Basic Og==",
        "Basic /////w==",
        basic("nobody", "nothing"),
        basic("", "\0"),
        "Bearer",
        bearer("x" * 5000),
        bearer("a token"),
        "Digest username=admin",
        "Basic " + "A" * 7,
    ],
)
@pytest.mark.parametrize("path", ["/api/v1/stats/platform", "/api/v1/roster", "/xAPI/statements"])
def test_callers_that_nobody_knows(server: Server, authorization: str | None, path: str) -> None:
    answer = server.get(path, authorization=authorization)
    problem = assert_problem(answer, 401)
    assert problem["detail"].endswith(".")
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


def test_a_client_without_the_scope(unchanged: Server) -> None:
    as_reader = unchanged.new_client("stats/read")
    refusal = unchanged.post(statement(), authorization=as_reader)
    assert_problem(refusal, 403, "statements/write")
    assert_problem(unchanged.get("/api/v1/roster", authorization=as_reader), 403, "roster/read")
    as_writer = unchanged.new_client("statements/write")
    answer = unchanged.get("/api/v1/stats/platform", authorization=as_writer)
    assert_problem(answer, 403, "stats/read")


def test_a_revoked_client_is_refused_within_six_seconds(server: Server) -> None:
    as_client = server.new_client("stats/read")
    key = server.get("/api/v1/me", authorization=as_client).json["id"]
    assert server.get("/api/v1/status", authorization=as_client).status == 200
    assert server.run("clients", "revoke", key).returncode == 0

    time.sleep(6)  # not by asking again and again: failures are limited too
    for _ in range(8):  # more often than there are processes to remember the client
        refusal = server.get("/api/v1/status", authorization=as_client)
        assert_problem(refusal, 401, "revoked")


@pytest.mark.parametrize(
    ("roster", "words"),
    [
        ({"people": [{"id": "a", "status": "active", "shoe_size": 42}]}, ("shoe_size",)),
        ({"groups": [{"id": "a"}, {"id": "a"}]}, ("a",)),
        ({"groups": [{"id": "a", "parent_id": "b"}]}, ("b",)),
        ({"groups": [], "planets": []}, ("planets",)),
        ({"planets": []}, ("people", "enrolments")),
        ({"groups": {"id": "a"}}, ("groups",)),
        ({"groups": [{"id": 3}]}, ("id",)),
        ([], ()),
    ],
)
def test_rosters_that_are_wrong(server: Server, roster: object, words: tuple[str, ...]) -> None:
    before = server.get("/api/v1/roster")
    body = json.dumps(roster).encode()
    answer = server.request("PUT", "/api/v1/roster", body, Content_Type="application/json")
    problem = assert_problem(answer, 400)
    said = json.dumps(problem)
    assert all(word in said for word in words), said
    after = server.get("/api/v1/roster")
    assert (after.body, after.headers["X-Roster-Version"]) == (
        before.body,
        before.headers["X-Roster-Version"],
    )


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", "/api/v1/stats/platform"), ("PATCH", "/xAPI/statements"), ("GET", "/nowhere")],
)
def test_what_is_not_there(server: Server, method: str, path: str) -> None:
    answer = server.request(method, path)
    assert_problem(answer, 404 if path == "/nowhere" else 405)


@pytest.mark.parametrize(
    "query",
    [
        "statementId=1",
        "Verb=http://example.org/verb",
        "limit=-1",
        "since=yesterday",
        "agent=" + quote('{"mbox": "zoe"}'),
        "agent=%7B",
        "more=nonsense",
        "verb=http://example.org/verb&verb=http://example.org/other",
    ],
)
def test_queries_of_statements_that_are_wrong(server: Server, query: str) -> None:
    assert_problem(server.get(f"/xAPI/statements?{query}"), 400)
