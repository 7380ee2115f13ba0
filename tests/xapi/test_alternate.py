"""The alternate request syntax: what the resources then see, and what is refused."""

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, urlencode
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from hypothesis import given
from hypothesis import strategies as some
from werkzeug.test import Client, TestResponse
from werkzeug.wrappers import Request, Response

from lrs_stats.xapi.web.envelope import envelope
from tests.xapi.server import ID, PATH, Server
from tests.xapi.statements import PLAIN

LIMIT = 300_000
VERSION = "X-Experience-API-Version"


def echo(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer what arrived."""
    request = Request(environ)
    body = request.stream.read()
    seen: dict[str, Any] = {
        "method": request.method,
        "parameters": request.args.to_dict(),
        "headers": {name: value.encode("latin-1").decode() for name, value in request.headers},
        "body": body.decode("latin-1"),
    }
    return Response(json.dumps(seen), content_type="application/json")(environ, start_response)


def asked(body: str | bytes, query: str = "method=PUT", **headers: str) -> TestResponse:
    """Ask in the alternate syntax, over an application that answers what arrived."""
    application = envelope(echo, default_version="1.0.3", max_body=LIMIT)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return Client(application).post(f"/xAPI/any?{query}", data=body, headers=sent)


def seen(body: str | bytes, query: str = "method=PUT", **headers: str) -> Any:
    response = asked(body, query, **headers)
    assert response.status_code == 200, response.text
    return response.json


def refusal(body: str | bytes, query: str = "method=PUT", **headers: str) -> str:
    response = asked(body, query, **headers)
    assert response.status_code == 400
    assert response.content_type == "application/problem+json"
    return str(json.loads(response.data)["detail"])


def test_a_put() -> None:
    form = {
        "statementId": ID,
        "Authorization": "Basic a+b/c==",
        VERSION: "1.0.3",
        "Content-Type": "application/json; charset=utf-8",
        "Content-Length": "7",
        "content": '{"é": "+&="}',
    }
    arrived = seen(urlencode(form), Content_Type="application/x-www-form-urlencoded")
    assert arrived["method"] == "PUT"
    assert arrived["parameters"] == {"statementId": ID}
    assert arrived["body"].encode("latin-1") == '{"é": "+&="}'.encode()
    headers = arrived["headers"]
    assert headers["Authorization"] == "Basic a+b/c=="
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert headers["Content-Length"] == "13"  # bytes, whatever the client has counted


@pytest.mark.parametrize("method", ["GET", "DELETE", "HEAD", "PUT", "POST"])
def test_methods(method: str) -> None:
    response = asked("content=x", f"method={method}")
    assert response.status_code == 200
    if method == "HEAD":  # what carries the answer knows of a POST, and would wait for a body
        assert (response.data, response.headers["Content-Length"]) == (b"", "0")
    else:
        assert json.loads(response.data)["method"] == method


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("authorization", "Authorization"),
        ("x-experience-api-version", "X-Experience-Api-Version"),
        ("CONTENT-TYPE", "Content-Type"),
        ("If-Match", "If-Match"),
        ("if-none-match", "If-None-Match"),
        ("Accept-Language", "Accept-Language"),
        ("accept", "Accept"),
    ],
)
def test_headers_in_the_form(name: str, header: str) -> None:
    arrived = seen(f"content=&{name}=1.0.1", If_Match="of the header")
    assert arrived["headers"][header] == "1.0.1"
    assert arrived["parameters"] == {}


def test_other_headers_stay_headers() -> None:
    arrived = seen("content=&Content-Transfer-Encoding=binary&x=", Content_Transfer_Encoding="y")
    assert arrived["parameters"] == {"Content-Transfer-Encoding": "binary", "x": ""}
    assert arrived["headers"]["Content-Transfer-Encoding"] == "y"


def test_the_content_type_is_that_of_the_content() -> None:
    form = "application/x-www-form-urlencoded"
    assert seen("content=1", Content_Type=form)["headers"]["Content-Type"] == "application/json"
    own = seen("content=a%3Db%2520&Content-Type=" + quote(form), Content_Type=form)
    assert (own["headers"]["Content-Type"], own["body"]) == (form, "a=b%20")


def test_a_form_that_is_a_document_arrives_as_it_was_sent() -> None:
    document = b"method=PUT&content=%7B+&\xff"
    arrived = seen(document, "stateId=a", Content_Type="application/x-www-form-urlencoded")
    assert (arrived["method"], arrived["parameters"]) == ("POST", {"stateId": "a"})
    assert arrived["body"].encode("latin-1") == document


@given(some.text(), some.dictionaries(some.text(min_size=1), some.text(max_size=20), max_size=5))
def test_whatever_is_encoded_arrives(content: str, parameters: dict[str, str]) -> None:
    headers = {"accept", "content", "if-match"}
    parameters = {name: v for name, v in parameters.items() if name.lower() not in headers}
    arrived = seen(urlencode({"content": content} | parameters))
    assert arrived["body"].encode("latin-1").decode() == content
    assert arrived["parameters"] == parameters


def test_a_long_content_is_decoded_in_pieces_that_cut_no_escape() -> None:
    content = "".join(f"{number} é+%" for number in range(9_000))
    for shift in range(4):
        arrived = seen(f"content={'x' * shift}{quote(content)}")
        assert arrived["body"].encode("latin-1").decode() == "x" * shift + content


@pytest.mark.parametrize(
    ("body", "query", "detail"),
    [
        ("content=1", "method=put", 'parameter method: "put" is none of GET, HEAD, PUT'),
        ("content=1", "method=PATCH", 'parameter method: "PATCH" is none of'),
        ("content=1", "method=", 'parameter method: "" is none of'),
        ("content=1", f"method=PUT&statementId={ID}", "parameter method: no other parameter"),
        ("content=1", "x&method=PUT", "parameter method: no other parameter"),
        ("content=1", "method=PUT&method=PUT", "parameter method: no other parameter"),
        ("", "method=PUT", 'form parameter "content": is missing'),
        ("Content=1", "method=POST", 'form parameter "content": is missing'),
        ('{"content": "1"}', "method=PUT", 'form parameter "content": is missing'),
        ("content=1&content=1", "method=PUT", 'form parameter "content": is given more'),
        ("content=1&a=1&a=2", "method=PUT", 'form parameter "a": is given more'),
        ("accept=1&Accept=1", "method=GET", 'form parameter "Accept": is given more'),
        ("content=%FF", "method=PUT", 'form parameter "content": is not UTF-8'),
        ("content=1&%FF=1", "method=PUT", "form: is not UTF-8"),
        ("content=1&If-Match=a%0D%0AX:b", "method=PUT", 'form parameter "If-Match": a header'),
        ("content=1" + "&a=1" * 100, "method=PUT", "form: it has more than 100 fields"),
        ("content=1&a=" + "a" * 70_000, "method=PUT", "form: its fields beside the content"),
    ],
)
def test_refusals(body: str, query: str, detail: str) -> None:
    assert refusal(body, query).startswith(detail)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_it_is_a_post(method: str) -> None:
    application = envelope(echo, default_version="1.0.3", max_body=LIMIT)
    response = Client(application).open("/xAPI/any?method=POST", method=method)
    assert response.status_code == 400
    assert "sent as a POST" in response.text


def test_the_limit_of_a_body_holds() -> None:
    response = asked("content=" + "a" * LIMIT)
    assert response.status_code == 413


@pytest.mark.parametrize(
    ("default", "header", "form", "answered"),
    [
        ("1.0.3", None, None, "1.0.3"),
        ("1.0.3", None, "1.0.1", "1.0.3"),
        ("2.0.0", None, "1.0.3", "1.0.3"),
        ("2.0.0", "1.0.3", None, "1.0.3"),
        ("2.0.0", None, None, None),
        ("1.0.3", "2.0.0", None, None),
        ("1.0.3", "2.0.0", "1.0.3", None),
        ("1.0.3", "1.0.3", "2.0.0", None),
        ("1.0.3", None, "2.0", None),
    ],
)
def test_versions(default: str, header: str | None, form: str | None, answered: str | None) -> None:
    body = "content=1" + (f"&{VERSION}={form}" if form else "")
    application = envelope(echo, default_version=default, max_body=LIMIT)
    headers = {VERSION: header} if header else {}
    response = Client(application).post("/xAPI/any?method=PUT", data=body, headers=headers)
    if answered is None:
        assert response.status_code == 400
        assert "2.0.0 has no alternate" in response.text
        assert response.headers[VERSION] == "2.0.0"
    else:
        assert response.status_code == 200
        assert response.headers[VERSION] == answered


def test_a_statement_goes_in_and_comes_out() -> None:
    server = Server()
    form = {"statementId": ID, "content": json.dumps(PLAIN), VERSION: "1.0.3"}
    put = server.client.post(f"{PATH}?method=PUT", data=form)
    assert (put.status_code, put.data) == (204, b"")
    got = server.client.post(f"{PATH}?method=GET", data={"statementId": ID, VERSION: "1.0.3"})
    assert got.json
    assert got.json["actor"] == PLAIN["actor"]
    lists = server.client.post(f"{PATH}?method=GET", data={"limit": 1, VERSION: "0.8"})
    assert lists.status_code == 400
    assert "expected 1.0.x" in lists.text


@pytest.mark.parametrize(
    ("headers", "keeps"),
    [
        ({}, True),
        ({"Origin": "http://localhost"}, True),
        ({"Sec_Fetch_Site": "same-origin"}, True),
        ({"Sec_Fetch_Site": "none"}, True),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "https://evil.example", "Sec_Fetch_Site": "cross-site"}, False),
        ({"Sec_Fetch_Site": "cross-site"}, False),
    ],
)
def test_a_page_of_another_origin_does_not_use_the_password_of_the_browser(
    headers: dict[str, str], *, keeps: bool
) -> None:
    form = urlencode({"content": "{}"})
    arrived = seen(form, Authorization="Basic browser", **headers)["headers"]
    assert ("Authorization" in arrived) is keeps
    form = urlencode({"content": "{}", "Authorization": "Basic form"})
    arrived = seen(form, Authorization="Basic browser", **headers)["headers"]
    assert arrived["Authorization"] == "Basic form"
