"""The document resources over HTTP, on documents in memory."""

import hashlib

import pytest

from lrs_stats.errors import Forbidden
from tests.xapi.document_requests import (
    AGENT,
    ALL,
    ANNA,
    GROUP,
    IRI,
    JSON,
    NEW,
    REGISTRATION,
    STATE,
    Resource,
    refused,
)
from tests.xapi.documents_memory import BEGIN
from tests.xapi.server import V1, Server


@pytest.fixture
def state(server: Server) -> Resource:
    return Resource(server, *STATE)


# Any content


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"", "text/plain"),
        (bytes(range(256)), "application/octet-stream"),
        (b"a=1&b=%20+&a=", "application/x-www-form-urlencoded"),
        (b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--x--", "multipart/form-data"),
        (b"\r\n--x\r\n\r\n--x--", "multipart/mixed; boundary=x"),
        (b'{"a": 1.50, "a":2,\n}', JSON),
        (b" { } ", 'Application/JSON; charset="UTF-8"; x=y'),
        (b"<p>", "text/html"),
        (b"x", "no type at all"),
    ],
)
def test_a_document_comes_back_as_it_was_sent(
    resource: Resource, content: bytes, content_type: str
) -> None:
    assert resource.put(content, content_type).status_code == 204
    response = resource.ask("GET")
    assert (response.status_code, response.data) == (200, content)
    assert response.content_type == content_type
    assert response.headers["ETag"] == f'"{hashlib.sha1(content).hexdigest()}"'
    assert response.last_modified == BEGIN
    assert response.headers["Cache-Control"] == "no-cache"
    assert response.headers["Content-Security-Policy"] == "sandbox"
    head = resource.ask("HEAD")
    assert (head.status_code, head.data) == (200, b"")
    same = {"ETag", "Content-Type", "Last-Modified", "Content-Length"}
    assert {n: head.headers[n] for n in same} == {n: response.headers[n] for n in same}


def test_a_document_without_a_type_is_bytes(resource: Resource) -> None:
    assert resource.put(b"x", None).status_code == 204
    assert resource.ask("GET").content_type == "application/octet-stream"


def test_a_type_that_no_answer_could_carry_is_refused(state: Resource) -> None:
    refused(state.put(b"x", "text/\x01plain"), 400, "header Content-Type: ")
    assert state.stored() is None


def test_a_document_beyond_the_limit_is_refused(resource: Resource) -> None:
    assert resource.put(bytes(20_000)).status_code == 204
    etag = resource.ask("GET").headers["ETag"]
    refused(resource.put(bytes(20_001), If_Match=etag), 413, "20000 bytes")
    assert resource.stored() == bytes(20_000)


# Contexts


def test_a_missing_document_is_told(resource: Resource) -> None:
    refused(resource.ask("GET"), 404, resource.id)
    assert resource.ask("HEAD").status_code == 404
    assert resource.ask("DELETE").status_code == 204


def test_delete_takes_one_document(resource: Resource) -> None:
    name = resource.id
    resource.put(b"1")
    resource.but(**{name: "other"}).ask("PUT", b"2", headers=NEW)
    assert resource.ask("DELETE").status_code == 204
    assert resource.stored() is None
    assert resource.but(**{name: "other"}).ask("GET").data == b"2"


def test_ids_are_listed_and_narrowed_by_when_they_changed(resource: Resource) -> None:
    name = resource.id
    empty = resource.ask("GET", without=name)
    assert (empty.json, empty.last_modified) == ([], None)
    for second, identifier in enumerate(["b", "a", "É%+"]):
        resource.but(**{name: identifier}).ask("PUT", b"1", headers=NEW)
        assert resource.ask("GET", without=name).last_modified == BEGIN.replace(second=second)
    listed = resource.ask("GET", without=name)
    assert listed.json == ["b", "a", "É%+"]
    assert listed.headers["ETag"] == f'"{hashlib.sha1(listed.data).hexdigest()}"'
    for since, left in [
        ("2026-01-01T00:00:00Z", ["b", "a", "É%+"]),
        ("2026-01-02T00:00:00Z", ["a", "É%+"]),  # not what changed at the instant itself
        ("2026-01-02T01:00:00.999+01:00", ["a", "É%+"]),
        ("2026-01-03T00:00:00Z", []),
    ]:
        assert resource.but(since=since).ask("GET", without=name).json == left
    assert resource.ask("HEAD", without=name).data == b""


def test_each_registration_and_none_is_a_context_of_its_own(state: Resource) -> None:
    state.put(b"none")
    state.but(registration=REGISTRATION).ask("PUT", b"some", headers=NEW)
    assert state.stored() == b"none"
    assert state.but(registration=REGISTRATION.lower()).ask("GET").data == b"some"
    state.but(stateId="more").ask("PUT", b"1")
    assert state.ask("GET", without="stateId").json == ["bookmark", "more"]
    assert state.ask("DELETE", without="stateId").status_code == 204
    assert state.ask("GET", without="stateId").json == []
    assert state.but(registration=REGISTRATION).ask("GET", without="stateId").json == ["bookmark"]
    state.but(registration=REGISTRATION).ask("DELETE", without="stateId")
    assert state.but(registration=REGISTRATION).ask("GET", without="stateId").json == []


def test_what_belongs_to_another_is_not_there(server: Server) -> None:
    for path, parameters in ALL:
        Resource(server, path, parameters).put(path.encode())
    for path, parameters in ALL:
        resource = Resource(server, path, parameters)
        assert resource.stored() == path.encode()
        others = {"activityId": IRI + "/2", "agent": ANNA.replace("anna", "bruno")}
        for name in others.keys() & parameters.keys():
            assert resource.but(**{name: others[name]}).ask("GET").status_code == 404


@pytest.mark.parametrize("one", [STATE, AGENT], ids=lambda one: one[0])
def test_an_identified_group_is_an_agent_in_2_0_0_only(
    server: Server, one: tuple[str, dict[str, str]]
) -> None:
    resource = Resource(server, *one)
    resource.put(b"x")
    refused(resource.but(agent=GROUP).ask("GET"), 400, "parameter agent: expected an agent")
    resource.version = "2.0.0"
    assert resource.but(agent=GROUP).ask("GET").data == b"x"
    member = '{"objectType": "Group", "member": [' + ANNA + "]}"
    refused(resource.but(agent=member).ask("GET"), 400, "parameter agent: a group without")


def test_all_state_is_not_deleted_on_a_condition_for_one(state: Resource) -> None:
    state.put(b"x")
    headers = {"If-Match": '"1234"'}
    refused(state.ask("DELETE", without="stateId", headers=headers), 400, "name it by stateId")
    assert state.stored() == b"x"


# Parameters


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
def test_parameters_that_are_missing(resource: Resource, method: str) -> None:
    for name in resource.parameters:
        if name in {"stateId", "profileId"} and method == "GET":
            continue
        if name == "stateId" and method == "DELETE":
            continue
        response = resource.ask(method, b"{}", without=name)
        refused(response, 400, f"parameter {name}: is missing")
    assert resource.server.documents.kept == {}


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
@pytest.mark.parametrize(
    ("name", "value", "detail"),
    [
        ("agent", "anna", "parameter agent: expected an agent"),
        ("agent", "true", "parameter agent: expected an object"),
        ("agent", '{"name": "Anna"}', "parameter agent: has no identifier"),
        ("agent", '{"mbox": "mailto:a@b.example", "x": 1}', "parameter agent: unknown property"),
        ("activityId", "course", "parameter activityId: "),
        ("registration", "12", 'parameter registration: "12" is not a UUID'),
        ("StateId", "1", 'parameter "StateId": is not known here; it is spelled stateId'),
        ("profileId", "1", 'parameter "profileId": is not known here'),
        ("since", "2026-01-02T00:00:00Z", 'parameter "since": is not known here'),
    ],
)
def test_parameters_that_are_wrong(
    state: Resource, method: str, name: str, value: str, detail: str
) -> None:
    refused(state.but(**{name: value}).ask(method, b"{}"), 400, detail)
    assert state.server.documents.kept == {}


@pytest.mark.parametrize("since", ["yesterday", "2026-01-02T00:00:00 01:00", "2026-02-30T00:00Z"])
def test_since_must_be_a_timestamp(resource: Resource, since: str) -> None:
    name = resource.id
    refused(resource.but(since=since).ask("GET", without=name), 400, "parameter since: ")


def test_a_parameter_is_given_once(state: Resource) -> None:
    address = "/xAPI/activities/state?stateId=1&stateId=2"
    response = state.server.client.get(address, headers=V1)
    refused(response, 400, 'parameter "stateId": is given more than once')


# Scopes


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST", "DELETE"])
def test_scopes(resource: Resource, method: str) -> None:
    resource.put(b"{}")
    resource.server.scopes.clear()
    resource.server.refuses = Forbidden("This needs another scope.")
    assert resource.ask(method, b'{"a":1}', headers={"If-Match": "*"}).status_code == 403
    scope = "state" if resource.path == STATE[0] else "profile"
    reading = method in {"GET", "HEAD"}
    assert resource.server.scopes == [f"{scope}/read" if reading else scope]
    resource.server.refuses = None
    assert resource.stored() == b"{}"
