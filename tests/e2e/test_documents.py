"""Documents on a real server: several processes at once lose nothing, and bytes stay bytes."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from tests.e2e.server import Answer, Server

THREADS = 24
AGENT = json.dumps({"account": {"homePage": "https://lms.example", "name": "zoé"}})
RESOURCES = {
    "activities/state": {"activityId": "http://example.org/course", "agent": AGENT},
    "activities/profile": {"activityId": "http://example.org/course"},
    "agents/profile": {"agent": AGENT},
}


@pytest.fixture(params=RESOURCES)
def path(request: pytest.FixtureRequest) -> str:
    """A document that nobody else knows."""
    named = "stateId" if request.param.endswith("state") else "profileId"
    query = urlencode(RESOURCES[request.param] | {named: str(uuid4())})
    return f"/xAPI/{request.param}?{query}"


def ask(
    server: Server, method: str, path: str, body: bytes | None = None, **headers: str
) -> Answer:
    headers.setdefault("X_Experience_API_Version", "1.0.3")
    return server.request(method, path, body, **headers)


def at_once(number: int, change: Callable[[int], Answer]) -> list[int]:
    """Return the statuses of changes that are sent together."""
    with ThreadPoolExecutor(number) as pool:
        return [answer.status for answer in pool.map(change, range(number))]


def test_a_life(server: Server, path: str) -> None:
    form = b"a=%20+&method=PUT&a="
    kind = {"Content_Type": "application/x-www-form-urlencoded"}
    assert ask(server, "PUT", path, form, If_None_Match="*", **kind).status == 204
    found = ask(server, "GET", path)
    assert (found.status, found.body) == (200, form)
    assert found.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert found.headers["Last-Modified"].endswith("GMT")
    head = ask(server, "HEAD", path)
    assert (head.status, head.body) == (200, b"")
    assert head.headers["ETag"] == found.headers["ETag"]
    assert head.headers["Content-Length"] == str(len(form))
    assert ask(server, "PUT", path, b"2", If_None_Match="*").status == 412
    weak = "W/" + found.headers["ETag"]
    assert ask(server, "DELETE", path, If_Match=weak).status == 204
    gone = ask(server, "GET", path)
    assert gone.status == 404
    assert gone.headers["X-Experience-API-Version"] == "1.0.3"


def test_of_many_first_documents_one_is_stored(server: Server, path: str) -> None:
    statuses = at_once(
        THREADS, lambda number: ask(server, "PUT", path, b"%d" % number, If_None_Match="*")
    )
    assert sorted(statuses) == [204] + [412] * (THREADS - 1)
    assert ask(server, "GET", path).body == b"%d" % statuses.index(204)


def test_of_many_changes_to_what_was_read_one_is_made(server: Server, path: str) -> None:
    ask(server, "PUT", path, b"{}", If_None_Match="*", Content_Type="application/json")
    etag = ask(server, "GET", path).headers["ETag"]

    def change(number: int) -> Answer:
        method = ("PUT", "POST")[number % 2]
        body = b'{"n":%d}' % number
        return ask(server, method, path, body, If_Match=etag, Content_Type="application/json")

    statuses = at_once(THREADS, change)
    assert sorted(statuses) == [204] + [412] * (THREADS - 1)
    assert ask(server, "GET", path).json == {"n": statuses.index(204)}


def test_no_merge_is_lost(server: Server, path: str) -> None:
    def change(number: int) -> Answer:
        body = b'{"%d":%d}' % (number, number)
        return ask(server, "POST", path, body, Content_Type="application/json")

    assert at_once(THREADS, change) == [204] * THREADS
    assert ask(server, "GET", path).json == {str(number): number for number in range(THREADS)}


def test_a_document_larger_than_the_database_takes(server: Server, path: str) -> None:
    answer = ask(server, "PUT", path, bytes(17 << 20), If_None_Match="*")
    assert answer.status == 413
    assert "this server stores up to" in answer.json["detail"]
    assert ask(server, "GET", path).status == 404


@pytest.mark.parametrize(
    ("scope", "resource", "reads", "writes"),
    [
        ("state", "activities/state", 200, 204),
        ("all/read", "activities/state", 200, 403),
        ("profile", "activities/state", 403, 403),
        ("profile", "agents/profile", 200, 204),
        ("all/read", "activities/profile", 200, 403),
        ("state", "activities/profile", 403, 403),
        ("statements/write", "agents/profile", 403, 403),
    ],
)
def test_scopes(server: Server, scope: str, resource: str, reads: int, writes: int) -> None:
    client = server.new_client(scope)
    named = "stateId" if resource.endswith("state") else "profileId"
    listed = f"/xAPI/{resource}?{urlencode(RESOURCES[resource])}"

    def as_client(method: str, path: str) -> Answer:
        version = "2.0.0"
        return server.request(
            *(method, path, b"x"), authorization=client, X_Experience_API_Version=version
        )

    assert as_client("GET", listed).status == reads
    one = f"{listed}&{named}={uuid4()}"
    assert as_client("PUT", one).status == writes
