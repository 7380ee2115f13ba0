"""Whatever is sent, the answer is a 2xx, or a 4xx with a problem that says what is wrong."""

import gzip
import json
from os import environ
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from lrs_stats.app import wire
from lrs_stats.parts import parts
from lrs_stats.settings import Settings
from lrs_stats.store.credentials import CredentialStore
from lrs_stats.store.database import Database, Document
from tests.fuzz.mutations import JUNK, damaged, encoded, multipart, mutated
from tests.xapi.statements import PLAIN, UUID

CASES: Final = int(environ.get("FUZZ_CASES", "5000"))
"""`make fuzz` draws 100 000."""
KINDS: Final = 5
FUZZED: Final = settings(
    deadline=None, max_examples=CASES // KINDS, suppress_health_check=list(HealthCheck)
)
AGENT: Final = {"mbox": "mailto:anna@example.org"}
STATE: Final = {
    "activityId": "https://lms.example/course",
    "agent": json.dumps(AGENT),
    "stateId": "s",
}
PROFILE: Final = {"activityId": "https://lms.example/course", "profileId": "p"}
RESOURCES: Final = [
    "statements",
    "activities",
    "activities/state",
    "activities/profile",
    "agents",
    "agents/profile",
    "about",
    "nothing",
]
PARAMETERS: Final = [
    *("statementId", "voidedStatementId", "agent", "verb", "activity", "registration", "limit"),
    *("since", "until", "ascending", "format", "attachments", "related_agents", "more", "method"),
    *("related_activities", "activityId", "stateId", "profileId", "Agent", "x"),
]


@pytest.fixture(scope="module")
def http(
    mongo_uri: str, module_database: Database[Document], tmp_path_factory: pytest.TempPathFactory
) -> FlaskClient:
    CredentialStore(module_database).create_client("fuzz", ["all"], key="fuzz", secret="fuzz")
    folder: Path = tmp_path_factory.mktemp("fuzz")
    chosen = Settings(
        mongo=mongo_uri,
        database=module_database.name,
        data=folder,
        max_body_mb=1,
        xapi_requests_per_second=0,
        failed_authentications_per_second=0,
    )
    return wire(Flask("fuzz", static_folder=None), parts(chosen, module_database)).test_client()


def sent(
    http: FlaskClient,
    method: str,
    path: str,
    body: bytes = b"",
    content_type: str = "application/json",
    **headers: str,
) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return http.open(
        f"/xAPI/{path}",
        method=method,
        data=body,
        content_type=content_type,
        headers={
            "X-Experience-API-Version": "1.0.3",
            "Authorization": "Basic ZnV6ejpmdXp6",
            **named,
        },
    )


def spelled(pairs: dict[str, str]) -> str:
    """Return pairs as an address has them; what is no text of Unicode keeps its bytes."""
    return urlencode({name: text.encode("utf-8", "surrogatepass") for name, text in pairs.items()})


def hold(answer: TestResponse, about: object) -> None:
    """Hold an answer to be one that a client can act upon."""
    assert 200 <= answer.status_code < 500, (about, answer.status_code)
    if answer.status_code >= 400 and answer.data:
        assert answer.content_type == "application/problem+json", about
        problem: Any = json.loads(answer.data)
        assert problem["status"] == answer.status_code
        assert len(problem["detail"]) > 5, problem
        assert len(answer.data) < 10_000, "the problem repeats all that was sent"


@FUZZED
@given(
    body=damaged(encoded(mutated())),
    version=st.sampled_from(["1.0.3", "2.0.0"]),
    put=st.booleans(),
)
def test_statements(http: FlaskClient, body: bytes, version: str, *, put: bool) -> None:
    path = f"statements?statementId={UUID}" if put else "statements"
    answer = sent(http, "PUT" if put else "POST", path, body, X_Experience_API_Version=version)
    hold(answer, body)


@FUZZED
@given(
    resource=st.sampled_from(RESOURCES),
    method=st.sampled_from(["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH"]),
    parameters=st.dictionaries(
        st.sampled_from(PARAMETERS),
        st.sampled_from([json.dumps(AGENT), UUID, "true", "1", *STATE.values()])
        | JUNK.map(lambda junk: junk if isinstance(junk, str) else json.dumps(junk))
        | st.text(max_size=20),
        max_size=4,
    ),
    accept=st.sampled_from(["", "fr", "fr;q=x", "*", ",,;", "é".encode().decode("latin-1")]),
)
def test_queries(
    http: FlaskClient, resource: str, method: str, parameters: dict[str, str], accept: str
) -> None:
    answer = sent(http, method, f"{resource}?{spelled(parameters)}", Accept_Language=accept)
    hold(answer, (method, resource, parameters))


@FUZZED
@given(
    where=st.sampled_from([("activities/state", STATE), ("activities/profile", PROFILE)]),
    method=st.sampled_from(["PUT", "POST", "GET", "DELETE"]),
    body=damaged(encoded(mutated())) | st.binary(max_size=100),
    content_type=st.sampled_from(
        ["application/json", "application/x-www-form-urlencoded", "text/plain", "", "/", "x" * 300]
    ),
    condition=st.dictionaries(
        st.sampled_from(["If_Match", "If_None_Match"]),
        st.sampled_from(["*", '"x"', "W/", '"' + "a" * 40 + '"', '",', "x, *"]),
        max_size=1,
    ),
)
def test_documents(
    http: FlaskClient,
    where: tuple[str, dict[str, str]],
    *,
    method: str,
    body: bytes,
    content_type: str,
    condition: dict[str, str],
) -> None:
    resource, parameters = where
    path = f"{resource}?{urlencode(parameters)}"
    hold(sent(http, method, path, body, content_type, **condition), (method, body, condition))


@FUZZED
@given(sent_parts=multipart())
def test_multipart(http: FlaskClient, sent_parts: tuple[str, bytes]) -> None:
    content_type, body = sent_parts
    hold(sent(http, "POST", "statements", body, content_type), sent_parts)


@FUZZED
@given(
    method=st.sampled_from(["PUT", "GET", "POST", "DELETE", "put", "", "BREW"]),
    form=st.dictionaries(
        st.sampled_from([*PARAMETERS, "content", "Authorization", "Content-Type", "If-Match"]),
        st.sampled_from([json.dumps(PLAIN), UUID, "application/json", "Basic ZnV6ejpmdXp6"])
        | st.text(max_size=20),
        max_size=5,
    ),
    zipped=st.sampled_from(["", "gzip", "deflate", "broken"]),
)
def test_alternate_requests_and_encodings(
    http: FlaskClient, method: str, form: dict[str, str], zipped: str
) -> None:
    body = spelled(form).encode()
    headers = {} if not zipped else {"Content_Encoding": zipped.replace("broken", "gzip")}
    if zipped == "gzip":
        body = gzip.compress(body)
    kind = "application/x-www-form-urlencoded"
    path = f"statements?{urlencode({'method': method})}"
    hold(sent(http, "POST", path, body, kind, **headers), (method, form, zipped))


# What costs much to look at


HUGE: Final = {
    "nested lists": b"[" * 900_000,
    "nested objects": b'{"a":' * 150_000,
    "a million numbers": b"[" + b"1," * 400_000 + b"1]",
    "a number of many digits": b'{"a":' + b"9" * 900_000 + b"}",
    "many properties": b"{" + b",".join(b'"%d":1' % number for number in range(80_000)) + b"}",
    "a long text": b'{"id":"' + b"x" * 900_000 + b'"}',
    "many parts": b"--b\r\n\r\n" * 100_000,
    "too large": b" " * 2_000_000,
}


@pytest.mark.parametrize("name", HUGE)
@pytest.mark.parametrize("content_type", ["application/json", "multipart/mixed; boundary=b"])
def test_what_costs_much_is_refused_at_once(
    http: FlaskClient, name: str, content_type: str
) -> None:
    answer = sent(http, "POST", "statements", HUGE[name], content_type)
    assert 400 <= answer.status_code < 500
    hold(answer, name)
