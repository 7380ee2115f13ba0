"""Methods, parameters, versions, credentials, errors (Communication 1.1, 3.2, 3.3 and 4.0)."""

import base64
import json
from typing import Any, Final
from uuid import uuid4

import pytest

from lrs_stats.store.credentials import CredentialStore
from tests.conformance.conftest import basic
from tests.conformance.documents import ACTIVITY, AGENT, EACH, STATE, Documents, put
from tests.conformance.lrs import CONSISTENT_THROUGH, VERSION, Lrs, fresh
from tests.conformance.requirement import requirement
from tests.conformance.statements import UUID, statement

METHODS: Final = "Communication 1.1"
ERRORS: Final = "Communication 3.2"
VERSIONS: Final = "Communication 3.3"
CREDENTIALS: Final = "Communication 4.0"
KNOWN_AGENT: Final = {"mbox": "mailto:noor@example.org"}
RESOURCES: Final[dict[str, dict[str, Any]]] = {
    "statements": {},
    "agents": {"agent": KNOWN_AGENT},
    "activities": {"activityId": "a:b"},
    **{one.path: {} for one in EACH},
}
"""The resources other than about, and what GET of each may ask for."""
FOUND: Final = {
    **RESOURCES,
    STATE.path: {"activityId": "a:b", "agent": KNOWN_AGENT},
    AGENT.path: {"agent": KNOWN_AGENT},
    ACTIVITY.path: {"activityId": "a:b"},
}
SPELLED: Final = {
    "statements": [
        "statementId", "voidedStatementId", "agent", "verb", "activity", "registration",
        "related_activities", "related_agents", "since", "until", "limit", "format",
        "attachments", "ascending",
    ],
    "agents": ["agent"],
    "activities": ["activityId"],
}  # fmt: skip


# Methods


@requirement("XAPI-00126", METHODS, "HEAD is answered wherever GET is.")
@requirement("XAPI-00125", METHODS, "HEAD answers the headers of GET, and no body.")
@pytest.mark.parametrize("resource", FOUND)
def test_head(lrs: Lrs, resource: str) -> None:
    asked = lrs.expect(lrs.get(resource, **FOUND[resource]), 200)
    head = lrs.expect(lrs.ask("HEAD", resource, FOUND[resource]), 200)
    assert head.data == b""
    changing = {CONSISTENT_THROUGH, "Date"}
    assert {key: value for key, value in head.headers if key not in changing} == {
        key: value for key, value in asked.headers if key not in changing
    }


@requirement("LRS-0080", METHODS, "HEAD of a document answers the headers of GET, and no body.")
@pytest.mark.parametrize("documents", EACH, ids=[one.name for one in EACH])
def test_head_of_documents(lrs: Lrs, documents: Documents) -> None:
    parameters = documents.fresh()
    lrs.expect(lrs.ask("HEAD", documents.path, parameters), 404)
    put(lrs, documents, parameters, b"plain", "text/plain")
    head = lrs.expect(lrs.ask("HEAD", documents.path, parameters), 200)
    assert head.data == b""
    asked = lrs.get(documents.path, **parameters).headers
    for name in ("Content-Type", "Content-Length", "ETag", "Last-Modified"):
        assert head.headers[name] == asked[name]


@requirement("LRS-0081", ERRORS, "A method that a resource does not have is 405.")
@pytest.mark.parametrize(
    ("method", "resource"),
    [("DELETE", "statements"), ("POST", "agents"), ("PUT", "activities"), ("DELETE", "about"),
     ("PATCH", "statements"), ("PATCH", STATE.path)],
)  # fmt: skip
def test_other_methods(lrs: Lrs, method: str, resource: str) -> None:
    answer = lrs.expect(lrs.ask(method, resource), 405)
    assert "GET" in answer.headers["Allow"]


@requirement("LRS-0082", ERRORS, "Slashes too many lead to the same resource, without a detour.")
def test_slashes(lrs: Lrs) -> None:
    for resource, parameters in FOUND.items():
        lrs.expect(lrs.get(f"/{resource}", **parameters), 200)


# Parameters


@requirement("XAPI-00324", ERRORS, "A parameter that a resource does not know is refused.")
@pytest.mark.parametrize("resource", FOUND)
def test_unknown_parameters(lrs: Lrs, resource: str) -> None:
    lrs.refuses(lrs.get(resource, **FOUND[resource], foo="bar"))


@requirement("XAPI-00325", ERRORS, "A parameter is spelled in its own case.")
@pytest.mark.parametrize(
    ("resource", "name"), [(key, one) for key, names in SPELLED.items() for one in names]
)
def test_case_of_parameters(lrs: Lrs, resource: str, name: str) -> None:
    values = {"agent": KNOWN_AGENT, "format": "ids", "limit": "1", "statementId": UUID}
    for spelled in (name.upper(), name.capitalize()):
        lrs.refuses(lrs.get(resource, **{spelled: values.get(name, "a:b")}))


@requirement("LRS-0083", ERRORS, "A parameter is given once.")
def test_repeated_parameters(lrs: Lrs) -> None:
    answer = lrs.ask("GET", "statements?limit=1&limit=2")
    lrs.refuses(answer)


# Errors


@requirement(
    "XAPI-00323", ERRORS, "What cannot be taken is 400 and nothing else, with a reason in words."
)
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"{}", "application/json"),
        (b"{}", "text/html"),
        (b"\xff\xfe", "application/json"),
        (b"x", "multipart/mixed; boundary=y"),
        (b'{"actor":' * 5_000, "application/json"),
    ],
)
def test_bad_requests(lrs: Lrs, body: bytes, kind: str) -> None:
    assert lrs.refuses(lrs.ask("POST", "statements", body=body, headers={"Content-Type": kind}))


@requirement("XAPI-00328", ERRORS, "A body beyond the configured size is 413.")
def test_too_large(lrs: Lrs) -> None:
    sent = statement(result={"response": "x" * (1 << 20)})
    lrs.expect(lrs.post_json("statements", sent), 413)


@requirement("LRS-0084", ERRORS, "A resource that there is not is 404.")
def test_no_such_resource(lrs: Lrs) -> None:
    for resource in ("statement", "activities/states", ""):
        assert lrs.get(resource).status_code == 404


# Versions


@requirement("XAPI-00321", "Communication 2.8", "Every resource but about needs a version header.")
@requirement("XAPI-00331", VERSIONS, "A request without the header of a version is refused.")
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
@pytest.mark.parametrize("resource", FOUND)
def test_no_version(lrs: Lrs, resource: str, method: str) -> None:
    if method != "GET" and resource in {"agents", "activities"}:
        return
    answer = lrs.ask(
        method, resource, FOUND[resource], body=None if method == "GET" else b"{}",
        headers={VERSION: None, "Content-Type": "application/json"},
    )  # fmt: skip
    assert answer.status_code == 400
    assert VERSION in json.loads(answer.data)["detail"]
    assert answer.headers[VERSION] in {"1.0.3", "2.0.0"}


@requirement(
    "LRS-0085", VERSIONS, "Versions before 1.0.0, from 1.1.0 on, and no versions, are refused."
)
@pytest.mark.parametrize(
    "version", ["0.8", "0.9", "0.95", "1.1.0", "1.1", "2.1.0", "3.0.0", "x", ""]
)
@pytest.mark.parametrize("resource", FOUND)
def test_other_versions(lrs: Lrs, resource: str, version: str) -> None:
    answer = lrs.ask("GET", resource, FOUND[resource], headers={VERSION: version})
    assert answer.status_code == 400
    assert answer.headers[VERSION] in {"1.0.3", "2.0.0"}


@requirement(
    "XAPI-00333", VERSIONS, "Every answer says its version, the latest patch of the one asked for."
)
@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        ("1.0", "1.0.3"),
        ("1.0.0", "1.0.3"),
        ("1.0.3", "1.0.3"),
        ("1.0.9", "1.0.3"),
        ("2.0.0", "2.0.0"),
    ],
)
def test_versions(lrs: Lrs, sent: str, answered: str) -> None:
    for status, resource, parameters in (
        *((200, resource, parameters) for resource, parameters in FOUND.items()),
        (400, "statements", {"wrong": "1"}),
        (404, "statements", {"statementId": str(uuid4())}),
        (404, STATE.path, STATE.fresh()),
    ):
        answer = lrs.ask("GET", resource, parameters, headers={VERSION: sent})
        assert answer.status_code == status
        assert answer.headers[VERSION] == answered


# Credentials


@requirement("XAPI-00334", CREDENTIALS, "Missing, malformed and wrong credentials are 401.")
@pytest.mark.parametrize(
    "header",
    [None, "", "Basic", "Basic !", "Digest x", "Basic " + base64.b64encode(b"a:b").decode()],
)
def test_bad_credentials(lrs: Lrs, header: str | None) -> None:
    answer = lrs.ask("GET", "statements", headers={"Authorization": header})
    assert lrs.expect(answer, 401).headers["WWW-Authenticate"].startswith("Basic")


@requirement("XAPI-00335", CREDENTIALS, "Basic credentials are taken.")
def test_basic(lrs: Lrs) -> None:
    assert lrs.authorization.startswith("Basic ")
    lrs.expect(lrs.get("statements", limit="1"), 200)


@requirement("XAPI-00327", ERRORS, "Known credentials that may not do it are 403.")
def test_scopes(lrs: Lrs, credentials: CredentialStore) -> None:
    client, secret = credentials.create_client("reader", ["statements/read"])
    reader = Lrs(lrs.client, lrs.version, basic(client.key, secret))
    reader.expect(reader.get("statements", limit="1"), 200)
    reader.expect(reader.post_json("statements", statement()), 403)
    reader.expect(reader.ask("GET", AGENT.path, AGENT.fresh()), 403)


@requirement("LRS-0086", "Communication 4.0", "A client that may only write reads nothing.")
def test_writers(lrs: Lrs, credentials: CredentialStore) -> None:
    client, secret = credentials.create_client("writer", ["statements/write"])
    writer = Lrs(lrs.client, lrs.version, basic(client.key, secret))
    (identifier,) = writer.store(statement(object={"id": fresh()}))
    writer.expect(writer.get("statements", limit="1"), 403)
    assert lrs.stored(identifier)["authority"]["name"] == "writer"
