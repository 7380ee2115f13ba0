"""The resources over HTTP, on a record in memory."""

import json
from io import BytesIO
from typing import Any

import pytest

from lrs_stats.errors import Forbidden, Unauthorized
from lrs_stats.xapi.prepare import finish
from tests.xapi.server import BEGIN, ID, KEY, PATH, V1, Server, problem
from tests.xapi.statements import AUTHORITY, PLAIN, STATEMENT

OTHER = "1ef21d2f-1207-6660-8c4f-419efbd44d48"


def test_about_needs_neither_version_nor_credentials(server: Server) -> None:
    server.refuses = Unauthorized("Send a key and a secret.")
    response = server.client.get("/xAPI/about", headers={"X-Experience-API-Version": "0.8"})
    assert response.json == {"version": ["1.0.3", "2.0.0"]}
    assert response.headers["X-Experience-API-Version"] == "1.0.3"


# Storing


def test_post_answers_the_ids_in_order(server: Server) -> None:
    response = server.post([{**PLAIN, "id": ID}, PLAIN])
    assert response.status_code == 200
    assert response.json == [ID, "00000000-0000-4000-8000-000000000001"]
    assert server.post(PLAIN).json == ["00000000-0000-4000-8000-000000000002"]
    assert server.post([]).json == []
    assert set(server.scopes) == {"statements/write"}


def test_put_answers_nothing(server: Server) -> None:
    response = server.put(PLAIN)
    assert (response.status_code, response.data) == (204, b"")
    assert server.get(f"?statementId={ID}").json is not None


def test_a_batch_is_refused_whole(server: Server) -> None:
    assert problem(server.post([PLAIN, {}]), 400).startswith("statements[1].actor: ")
    assert server.record.kept == []


def test_another_statement_under_the_same_id(server: Server) -> None:
    server.put(PLAIN)
    assert ID in problem(server.put(STATEMENT), 409)


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("", "parameter statementId: is missing"),
        ("?statementId=12", 'parameter statementId: "12" is not a UUID'),
        (f"?StatementId={ID}", 'parameter "StatementId": is not known here; it is spelled'),
        (f"?statementId={ID}&x=1", 'parameter "x": is not known here'),
        (f"?statementId={ID}&statementId={ID}", 'parameter "statementId": is given more than once'),
    ],
)
def test_parameters_of_put(server: Server, query: str, detail: str) -> None:
    assert problem(server.put(PLAIN, query), 400).startswith(detail)


def test_bodies_of_put(server: Server) -> None:
    assert problem(server.put([PLAIN]), 400) == "body: expected one statement, got a list"
    assert problem(server.put({**PLAIN, "id": OTHER}), 400).startswith("statement.id: ")


def test_post_takes_no_parameters(server: Server) -> None:
    assert "statementId" in problem(server.post(PLAIN, f"?statementId={ID}"), 400)


def test_content_type(server: Server) -> None:
    body = json.dumps(PLAIN)
    response = server.client.post(PATH, data=body, content_type="text/plain", headers=V1)
    assert "expected application/json" in problem(response, 400)
    typed = "application/json; charset=UTF-8"
    assert server.client.post(PATH, data=body, content_type=typed, headers=V1).status_code == 200


def test_a_body_that_is_too_large_is_read_and_refused(server: Server) -> None:
    body = BytesIO(json.dumps([PLAIN] * 1_000).encode())
    response = server.client.post(
        PATH, input_stream=body, content_length=len(body.getvalue()),
        content_type="application/json", headers=V1,
    )  # fmt: skip
    assert "20000 bytes" in problem(response, 413)
    assert body.read() == b""


def test_a_body_is_read_before_it_is_refused(server: Server) -> None:
    server.refuses = Unauthorized("Send a key and a secret.")
    body = BytesIO(json.dumps(PLAIN).encode())
    response = server.client.post(
        PATH, input_stream=body, content_length=len(body.getvalue()),
        content_type="application/json", headers=V1,
    )  # fmt: skip
    assert problem(response, 401) == "Send a key and a secret."
    assert response.headers["WWW-Authenticate"].startswith("Basic")
    assert body.read() == b""


# Versions


@pytest.mark.parametrize(
    ("sent", "answered"),
    [("1.0", "1.0.3"), ("1.0.0", "1.0.3"), ("1.0.9", "1.0.3"), ("2.0.0", "2.0.0")],
)
def test_version_of_the_answer(server: Server, sent: str, answered: str) -> None:
    response = server.client.get(PATH, headers={"X-Experience-API-Version": sent})
    assert response.status_code == 200
    assert response.headers["X-Experience-API-Version"] == answered


@pytest.mark.parametrize("sent", ["0.9", "1.1.0", "2.1.0", "1.0.x", ""])
def test_unknown_version(server: Server, sent: str) -> None:
    response = server.client.get(PATH, headers={"X-Experience-API-Version": sent})
    assert "expected 1.0.x or 2.0.0" in problem(response, 400)
    assert "X-Experience-API-Consistent-Through" in response.headers


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_version_without_a_header(version: str) -> None:
    server = Server(default_version=version)
    for refused in (server.client.get(PATH), server.client.post(PATH, json=PLAIN)):
        assert "is missing" in problem(refused, 400)
        assert refused.headers["X-Experience-API-Version"] == version
    assert server.record.kept == []


@pytest.mark.parametrize(("version", "kept"), [("1.0.3", "1.0.0"), ("2.0.0", "2.0.0")])
def test_version_of_a_statement(server: Server, version: str, kept: str) -> None:
    server.client.post(PATH, json=PLAIN, headers={"X-Experience-API-Version": version})
    statement = json.loads(finish(server.record.kept[0][1], BEGIN))
    assert statement["version"] == kept


# One statement


def test_one_statement(server: Server) -> None:
    server.put(PLAIN)
    response = server.get(f"?statementId={ID.upper()}&format=exact&attachments=False")
    assert response.content_type == "application/json"
    assert json.loads(response.data) == {
        **PLAIN,
        "id": ID,
        "authority": json.loads(AUTHORITY),
        "version": "1.0.0",
        "timestamp": "2026-01-02T00:00:00.000Z",
        "stored": "2026-01-02T00:00:00.000Z",
    }
    assert response.headers["Last-Modified"] == "Fri, 02 Jan 2026 00:00:00 GMT"
    assert server.scopes[-1] == "statements/read/mine"


def test_voided_statement(server: Server) -> None:
    verb = {"id": "http://adlnet.gov/expapi/verbs/voided"}
    server.put(PLAIN)
    server.post({**PLAIN, "verb": verb, "object": {"objectType": "StatementRef", "id": ID}})
    assert ID in problem(server.get(f"?statementId={ID}"), 404)
    response = server.get(f"?voidedStatementId={ID}")
    assert response.status_code == 200
    assert json.loads(response.data)["id"] == ID


def test_head_has_the_headers_alone(server: Server) -> None:
    server.put(PLAIN)
    response = server.client.head(f"{PATH}?statementId={ID}", headers=V1)
    assert (response.status_code, response.data) == (200, b"")
    assert "X-Experience-API-Consistent-Through" in response.headers


# Refusals


def test_scope_is_missing(server: Server) -> None:
    server.refuses = Forbidden("The client may not read statements.")
    assert problem(server.get(), 403) == "The client may not read statements."


def test_record_is_out_of_reach(server: Server) -> None:
    server.record.out_of_reach = True
    assert "out of reach" in problem(server.get(), 503)


@pytest.mark.parametrize(
    "sent",
    [b"", b"\xff", b"[" * 5_000, b"null", b'"\\ud800"', b"1e999", b"{}", b'[[{"a":1}]]'],
)
def test_no_body_makes_a_server_error(server: Server, sent: Any) -> None:
    for method in ("POST", "PUT"):
        response = server.client.open(
            f"{PATH}?statementId={ID}" if method == "PUT" else PATH,
            method=method, data=sent, content_type="application/json", headers=V1,
        )  # fmt: skip
        assert problem(response, 400)


# Forms, and whose statements


def test_statements_in_other_forms(server: Server) -> None:
    names = {"en": "Course", "fr": "Cours"}
    course = {"id": "https://lms.example/course", "definition": {"name": names}}
    server.put({**PLAIN, "object": course})
    bare = json.loads(server.get("?format=ids").data)["statements"][0]
    assert bare["object"] == {"id": "https://lms.example/course"}
    spoken = json.loads(server.get("?format=canonical", **{"Accept-Language": "fr"}).data)
    assert spoken["statements"][0]["object"]["definition"] == {"name": {"fr": "Cours"}}
    one = json.loads(server.get(f"?statementId={ID}&format=canonical").data)
    assert one["object"]["definition"] == {"name": {"en": "Course"}}
    assert json.loads(server.get("?format=exact").data)["statements"][0]["object"] == course


def test_a_client_that_reads_its_own_is_shown_its_own(server: Server) -> None:
    server.put(PLAIN)
    server.reads_all = False
    assert server.get(f"?statementId={ID}").status_code == 200
    server.get("?limit=2")
    assert server.record.asked[-1].authority == KEY
    server.key = "https://lrs.example.org/clients|other"
    assert "no statement" in problem(server.get(f"?statementId={ID}"), 404)


def test_the_token_of_a_page_gives_nobody_the_statements_of_others(server: Server) -> None:
    server.post([PLAIN] * 4)
    more = str(json.loads(server.get().data)["more"])
    server.reads_all = False
    server.client.get(more, headers=V1)
    assert server.record.asked[-1].authority == KEY
    server.reads_all = True
    server.client.get(more, headers=V1)
    assert server.record.asked[-1].authority is None


def test_a_client_that_may_not_define_defines_nothing(server: Server) -> None:
    server.defines = False
    server.put(STATEMENT)
    assert server.record.kept[0][1].defined == ()


def test_every_answer_says_up_to_when_all_can_be_found(server: Server) -> None:
    for answer in (server.get(), server.post(PLAIN), server.put(PLAIN), server.post({})):
        assert answer.headers["X-Experience-API-Consistent-Through"]
