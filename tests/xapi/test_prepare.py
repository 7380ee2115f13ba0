"""From the bytes of a request to statements that are ready to be stored."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from lrs_stats.errors import BadRequest
from lrs_stats.xapi.model import Statement
from lrs_stats.xapi.prepare import finish
from tests.xapi.statements import AUTHORITY, BRUNO, PLAIN, STATEMENT, Json, changed, prepared

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ID = "0aeed4f8-7d4c-4a8a-8f1a-3c1d3b2f6f4e"


def finished(statement: object, version: str = "1.0.3") -> Json:
    result: Json = json.loads(finish(prepared(statement, version)[0], NOW))
    return result


def refusal(sent: object, **more: Any) -> str:
    with pytest.raises(BadRequest) as caught:
        prepared(sent, **more)
    return caught.value.detail


def test_what_the_server_sets() -> None:
    assert finished(PLAIN) == {
        **PLAIN,
        "id": "00000000-0000-4000-8000-000000000001",
        "authority": json.loads(AUTHORITY),
        "version": "1.0.0",
        "timestamp": "2026-01-02T03:04:05.000Z",
        "stored": "2026-01-02T03:04:05.000Z",
    }


def test_version_of_a_statement_without_one_follows_the_request() -> None:
    assert finished(PLAIN, "2.0.0")["version"] == "2.0.0"
    assert finished({**PLAIN, "version": "1.0"}, "2.0.0")["version"] == "1.0"


def test_stored_and_authority_of_the_client_are_replaced() -> None:
    sent = {**PLAIN, "stored": "2001-01-01T00:00:00Z", "authority": BRUNO}
    assert finished(sent)["stored"] == "2026-01-02T03:04:05.000Z"
    assert finished(sent)["authority"] == json.loads(AUTHORITY)


def test_timestamp_of_the_client_is_kept_as_sent() -> None:
    sent = {**PLAIN, "timestamp": "2026-01-02T05:04:05+02"}
    assert finished(sent)["timestamp"] == "2026-01-02T05:04:05+02"


def test_everything_else_is_kept_byte_for_byte() -> None:
    result = rb'{ "score":{"raw":1.50,"max":1E1}, "response":"\u00e9\/","extensions":{"a:b":[1.0]}}'
    sent = b'{"result":%s,%s' % (result, json.dumps(PLAIN).encode()[1:])
    assert result in finish(prepared(sent)[0], NOW)


def test_id_is_in_lower_case() -> None:
    statement = prepared({**PLAIN, "id": ID.upper()})[0]
    assert statement.id == ID
    assert bytes(statement.properties["id"]) == f'"{ID}"'.encode()


def test_single_context_activities_become_lists() -> None:
    activity = {"id": "https://example.org/course/1"}
    context = {
        "contextActivities": {"parent": activity, "grouping": [activity], "other": []},
        "extensions": {"https://example.org/parent": activity},
    }
    listed = {"parent": [activity], "grouping": [activity], "other": []}
    expected = {**context, "contextActivities": listed}
    sub = {"objectType": "SubStatement", **PLAIN}
    assert finished({**PLAIN, "context": context})["context"] == expected
    inside = finished({**PLAIN, "object": {**sub, "context": context}})["object"]
    assert inside == {**sub, "context": expected}


def test_what_finds_a_statement() -> None:
    statement = prepared(STATEMENT)[0]
    assert statement.verb == "http://adlnet.gov/expapi/verbs/answered"
    assert statement.activity == "https://example.org/course/1/question/2"
    assert statement.registration == ID
    assert statement.agents == ("mailto:anna@example.org",)
    assert statement.voids is None


@pytest.mark.parametrize(
    ("actor", "thing", "agents"),
    [
        ({"mbox": "mailto:Anna@Example.ORG"}, {"id": "a:b"}, ("mailto:Anna@example.org",)),
        ({"mbox_sha1sum": "A" * 40}, {"id": "a:b"}, (f"sha1:{'a' * 40}",)),
        ({"openid": "https://anna.example/"}, {"id": "a:b"}, ("openid:https://anna.example/",)),
        (
            {"account": {"homePage": "https://lms.example", "name": "Anna"}},
            {"id": "a:b"},
            ("https://lms.example|Anna",),
        ),
        (
            {"objectType": "Group", "openid": "a:g", "member": [BRUNO, {"openid": "a:c"}]},
            {"id": "a:b"},
            ("openid:a:g", "mailto:bruno@example.org", "openid:a:c"),
        ),
        (BRUNO, BRUNO, ("mailto:bruno@example.org",)),
        (
            {"openid": "a:b"},
            {"objectType": "Group", "member": [BRUNO]},
            ("openid:a:b", "mailto:bruno@example.org"),
        ),
    ],
)
def test_agents_that_find_a_statement(actor: Json, thing: Json, agents: tuple[str, ...]) -> None:
    statement = prepared({**PLAIN, "actor": actor, "object": thing})[0]
    assert statement.agents == agents


def test_a_list_keeps_its_order_and_may_be_empty() -> None:
    assert [one.verb for one in prepared([STATEMENT, PLAIN])] == [
        "http://adlnet.gov/expapi/verbs/answered",
        "http://adlnet.gov/expapi/verbs/experienced",
    ]
    assert prepared([]) == []


def test_the_place_in_a_list() -> None:
    assert refusal([PLAIN, changed("verb.id", "x")]).startswith("statements[1].verb.id: ")
    assert refusal([PLAIN, 5]).startswith("statements[1]: expected an object, got an integer")


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_one_id_twice_in_a_list(version: str) -> None:
    batch = [{**PLAIN, "id": ID}, PLAIN, {**PLAIN, "id": ID.upper()}]
    expected = f'statements[2].id: "{ID}" is already the id of statements[0]'
    assert refusal(batch, version=version) == expected


def test_statement_under_the_id_of_the_request() -> None:
    assert prepared(PLAIN, statement_id=ID)[0].id == ID
    assert prepared({**PLAIN, "id": ID.upper()}, statement_id=ID)[0].id == ID
    other = {**PLAIN, "id": "00000000-0000-4000-8000-000000000009"}
    assert refusal(other, statement_id=ID).startswith("statement.id: is not the statementId")
    assert refusal([PLAIN], allow_batch=False) == "body: expected one statement, got a list"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "ends too early"),
        (b'{"actor"', "ends too early"),
        (b"{'actor': 1}", "malformed at byte 1"),
        (b'{"actor": NaN}', "malformed at byte 10"),
        (b"{} {}", "trailing"),
        (b"5", "expected an object or a list, got an integer"),
        (b'"x"', "expected an object or a list, got a string"),
        (b'{"a": "\xff"}', "byte 7 is not UTF-8"),
        (b'{"a": "\xed\xa0\x80"}', "not UTF-8"),
        (b'{"a": "\\udc00"}', "malformed at byte"),
        (b'{"a": "\\ud800"}', "surrogate"),
        (b'{"a\x00": 1}', "malformed at byte 3"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_broken_json(body: bytes, reason: str) -> None:
    detail = refusal(body)
    assert detail.startswith("body: ")
    assert reason in detail


def in_extension(value: bytes) -> bytes:
    return b'{"context":{"extensions":{"a:b":%s}},%s' % (value, json.dumps(PLAIN).encode()[1:])


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"1e400", "out of range"),
        (b'{"a":[1e400]}', "out of range"),
        (b"9" * 5_000, "out of range"),
        (b"[" * 101 + b"]" * 101, "nested deeper than 100"),
        (b'{"a":' * 101 + b"1" + b"}" * 101, "nested deeper than 100"),
    ],
)
def test_extensions_that_cannot_be_read_again(value: bytes, reason: str) -> None:
    detail = refusal(in_extension(value))
    assert detail.startswith('statement.context.extensions["a:b"]')
    assert reason in detail


@pytest.mark.parametrize(
    "value",
    [b"12345678901234567890123", b'"\\u0000"', b"1.10", b"[" * 100 + b"]" * 100, b'{"\\u0000":1}'],
)
def test_extensions_are_kept(value: bytes) -> None:
    assert b'{"a:b":%s}' % value in finish(prepared(in_extension(value))[0], NOW)


@pytest.mark.parametrize("name", ["actor", "object"])
def test_nesting_without_end(name: str) -> None:
    inner = b'{"member":[' if name == "actor" else b'{"object":'
    body = b'{"%s":%s' % (name.encode(), inner * 5_000)
    closing = (b"]}" if name == "actor" else b"}") * 5_000
    innermost = b"" if name == "actor" else b"{}"
    assert "nested too deeply" in refusal(body + innermost + closing + b"}")


def test_a_statement_is_read_as_an_interpreter_sees_it() -> None:
    sent = changed("actor.mbox", "mailto:Anna@EXAMPLE.org")
    statement = msgspec.json.decode(finish(prepared(sent)[0], NOW), type=Statement)
    assert statement.agent_key == "mailto:Anna@example.org"
    assert statement.actor_name == "Anna"
    assert statement.object_id == "https://example.org/course/1/question/2"
    assert statement.object_type == "http://adlnet.gov/expapi/activities/cmi.interaction"
    assert statement.has_type("https://www.adlnet.gov/expapi/activities/cmi.interaction")
    assert [one.id for one in statement.object_activity] == [statement.object_id]
    assert [one.id for one in statement.activities("parent")] == ["https://example.org/course/1"]
    assert statement.activities("grouping") == []
    assert statement.context_ids == ["https://example.org/course/1"]
    assert not statement.has_category("https://example.org/course/1")
    assert statement.registration == ID
    assert statement.context_extension("http://www.example.org/session") == "s1"
    assert statement.result_extension("https://example.org/tries") == 2
    assert statement.result_extension("https://example.org/other") is None
    assert (statement.success, statement.completion, statement.scaled) == (True, None, 0.5)
    assert statement.has_score
    assert statement.duration_seconds == 12.5


def test_of_two_spellings_the_one_that_was_asked_for_is_taken_else_the_first() -> None:
    spelled = {"http://www.example.org/page": 1, "https://example.org/page": 2}
    sent = {**PLAIN, "context": {"extensions": spelled}, "result": {"extensions": spelled}}
    statement = msgspec.json.decode(json.dumps(sent), type=Statement)
    for extension in (statement.context_extension, statement.result_extension):
        assert extension("http://www.example.org/page") == 1
        assert extension("https://example.org/page") == 2
        assert extension("http://example.org/page") == 1


def test_a_statement_that_says_little() -> None:
    group = {"objectType": "Group", "member": [BRUNO]}
    sent = {**PLAIN, "actor": group, "object": BRUNO}
    statement = msgspec.json.decode(json.dumps(sent), type=Statement)
    assert statement.agent_key is None
    assert (statement.object_id, statement.object_type) == (None, "")
    assert statement.object_activity == []
    assert (statement.context_ids, statement.registration) == ([], None)
    assert statement.context_extension("https://example.org/session") is None
    assert (statement.has_result, statement.has_score) == (False, False)
    assert (statement.success, statement.scaled, statement.duration_seconds) == (None, None, None)
    assert statement.voids is None
