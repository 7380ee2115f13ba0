"""What every answer under /xAPI has, and how a resource is reached."""

import io
import json

import pytest
from flask import Flask, Response, abort
from werkzeug.test import Client

from lrs_stats.errors import NotFound, TooLarge, Unauthorized
from lrs_stats.xapi.web.coding import zipped
from lrs_stats.xapi.web.envelope import envelope
from lrs_stats.xapi.web.incoming import DRAIN_SECONDS, Incoming
from tests.xapi.server import PATH, V1, Server
from tests.xapi.statements import PLAIN

VERSION = "X-Experience-API-Version"
ORIGIN = {"Origin": "https://course.example.org"}
PREFLIGHT = ORIGIN | {"Access-Control-Request-Method": "PUT"}

ALL = [
    ("GET", PATH, {}, 200),
    ("HEAD", PATH, {}, 200),
    ("POST", PATH, {}, 400),
    ("GET", "/xAPI/about", {}, 200),
    ("GET", f"{PATH}?limit=x", {}, 400),
    ("GET", "/xAPI/nothing", {}, 404),
    ("GET", "/xAPI", {}, 404),
    ("PATCH", PATH, {}, 405),
    ("POST", "/xAPI/about", {}, 405),
    ("POST", f"{PATH}?method=X", {}, 400),
    ("POST", PATH, {"Content-Encoding": "br"}, 400),
    ("OPTIONS", PATH, {}, 200),
    ("OPTIONS", PATH, PREFLIGHT, 204),
    ("OPTIONS", "/xAPI/nothing", PREFLIGHT, 204),
]


@pytest.mark.parametrize("asked", ALL, ids=lambda asked: f"{asked[0]} {asked[1]}")
@pytest.mark.parametrize(
    ("sent", "answered"),
    [(None, "1.0.3"), ("1.0.0", "1.0.3"), ("2.0.0", "2.0.0"), ("0.9", "1.0.3"), ("", "1.0.3")],
)
def test_every_answer_has_its_version_and_may_be_read_by_pages(
    asked: tuple[str, str, dict[str, str], int], sent: str | None, answered: str
) -> None:
    method, path, headers, status = asked
    headers = headers | ({} if sent is None else {VERSION: sent})
    response = Server().client.open(path, method=method, headers=headers)
    assert response.status_code in ({status} if sent in {"1.0.0", "2.0.0"} else {status, 400})
    assert response.headers[VERSION] == answered
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    exposed = response.headers["Access-Control-Expose-Headers"]
    for name in ("ETag", "Last-Modified", VERSION, "X-Experience-API-Consistent-Through"):
        assert name in exposed.split(", ")


def test_an_error_that_nobody_foresaw_has_them_too() -> None:
    app = Flask("test")
    app.add_url_rule("/xAPI/broken", view_func=lambda: abort(500))
    client = Client(envelope(app.wsgi_app, default_version="2.0.0", max_body=9))
    response = client.get("/xAPI/broken")
    assert response.status_code == 500
    assert response.headers[VERSION] == "2.0.0"
    assert response.headers["Access-Control-Allow-Origin"] == "*"


def test_what_is_elsewhere_is_left_alone() -> None:
    app = Flask("test")
    app.add_url_rule("/xAPIs/a/", view_func=lambda: "as it was")
    client = Client(envelope(app.wsgi_app, default_version="1.0.3", max_body=9))
    for path in ("/xAPIs/a/", "/xAPIs//a/", "/xapi/a", "/api", "/"):
        assert not {VERSION, "Access-Control-Allow-Origin"} & set(client.get(path).headers.keys())
    assert client.get("/xAPIs/a/").text == "as it was"


# Pages of other origins


def test_a_preflight_needs_neither_credentials_nor_a_version() -> None:
    server = Server()
    server.refuses = Unauthorized("Send a key and a secret.")
    response = server.client.options(PATH, headers=PREFLIGHT)
    assert (response.status_code, response.data) == (204, b"")
    assert server.scopes == []
    methods = response.headers["Access-Control-Allow-Methods"].split(", ")
    assert {"GET", "HEAD", "PUT", "POST", "DELETE"} <= set(methods)
    headers = {
        name.lower() for name in response.headers["Access-Control-Allow-Headers"].split(", ")
    }
    assert headers >= {
        *("authorization", "content-type", "x-experience-api-version", "x-experience-api-hash"),
        *("if-match", "if-none-match", "content-encoding", "accept-language"),
    }
    assert int(response.headers["Access-Control-Max-Age"]) > 0


@pytest.mark.parametrize("path", [PATH, "/xAPI/about"])
def test_options_that_ask_nothing_beforehand(path: str) -> None:
    response = Server().client.options(path, headers={VERSION: "9"})
    assert response.status_code == 200
    assert {"GET", "HEAD", "OPTIONS"} <= set(response.headers["Allow"].split(", "))


@pytest.mark.parametrize(
    ("origins", "origin", "answered", "vary"),
    [
        ("*", None, "*", None),
        ("*", "https://a.example", "*", None),
        ("https://a.example https://b.example", "https://b.example", "https://b.example", "Origin"),
        ("https://a.example", "https://b.example", None, "Origin"),
        ("https://a.example", "https://a.example.evil", None, "Origin"),
        ("https://a.example", "null", None, "Origin"),
        ("https://a.example", None, None, "Origin"),
        ("", "https://a.example", None, "Origin"),
    ],
)
def test_origins(origins: str, origin: str | None, answered: str | None, vary: str | None) -> None:
    headers = V1 | ({} if origin is None else {"Origin": origin})
    response = Server(origins=origins).client.get(PATH, headers=headers)
    assert response.headers.get("Access-Control-Allow-Origin") == answered
    assert response.headers.get("Vary") == vary


# Paths


@pytest.mark.parametrize(
    "path",
    [
        "/xAPI/statements",
        "/xAPI//statements",
        "//xAPI/statements",
        "///xAPI////statements",
        "/xAPI/statements/",
        "/xAPI/statements//",
        "/xAPI/%2Fstatements",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_slashes_make_no_difference(path: str, method: str) -> None:
    body = json.dumps(PLAIN).encode()
    environ = {"PATH_INFO": path.replace("%2F", "/")}
    response = Server().client.open(
        "/", method=method, data=body, content_type="application/json",
        headers=V1, environ_overrides=environ,
    )  # fmt: skip
    assert response.status_code == 200


# Bodies


class Sending:
    """A client that sends without end, or breaks off."""

    def __init__(self, breaks_off: Exception | None = None) -> None:
        self.breaks_off = breaks_off

    def read(self, size: int = -1) -> bytes:
        if self.breaks_off:
            raise self.breaks_off
        return b"x" * size


def test_draining_ends() -> None:
    seconds = iter(range(1_000_000))
    Incoming(Sending(), None, 9).drain(lambda: next(seconds))  # type: ignore[arg-type]
    assert DRAIN_SECONDS <= next(seconds) < DRAIN_SECONDS + 5


@pytest.mark.parametrize("announced", [None, 21])
def test_a_body_beyond_the_limit_is_refused_rather_than_cut_off(announced: int | None) -> None:
    stream = io.BytesIO(bytes(21))
    body = Incoming(stream, announced, 20)
    with pytest.raises(TooLarge, match="20 bytes"):
        body.read()
    body.drain()
    assert stream.read() == b""
    assert Incoming(io.BytesIO(bytes(20)), announced and 20, 20).read() == bytes(20)


@pytest.mark.parametrize(
    "stream", [io.BytesIO(b"[1,"), Sending(OSError()), Sending(RuntimeError("a malformed chunk"))]
)
def test_a_body_that_breaks_off_is_refused_rather_than_stored(stream: io.BytesIO) -> None:
    server = Server()
    environ = {"wsgi.input_terminated": True, "wsgi.input": stream, "CONTENT_LENGTH": "5"}
    response = server.client.post(
        PATH, content_type="application/json", headers=V1, environ_overrides=environ
    )
    assert response.status_code == 400
    assert json.loads(response.data)["detail"].startswith("body: it ")


def test_a_body_without_a_length_is_read() -> None:
    body = io.BytesIO(json.dumps(PLAIN).encode())
    environ = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    response = Server().client.post(
        PATH, content_type="application/json", headers=V1, input_stream=body,
        environ_overrides=environ,
    )  # fmt: skip
    assert response.status_code == 200


def test_an_answer_with_an_etag_keeps_its_bytes() -> None:
    app = Flask("test")
    app.after_request(zipped)
    app.add_url_rule("/xAPI/a", view_func=lambda: Response("a" * 5000, headers={"ETag": '"1"'}))
    client = Client(envelope(app.wsgi_app, default_version="1.0.3", max_body=9))
    response = client.get("/xAPI/a", headers={"Accept-Encoding": "gzip"})
    assert (response.headers["ETag"], len(response.data)) == ('"1"', 5000)


def test_a_refusal_inside_keeps_what_the_envelope_adds() -> None:
    server = Server()
    server.refuses = NotFound("There is no such thing.")
    response = server.get()
    assert response.status_code == 404
    assert response.headers["Access-Control-Allow-Origin"] == "*"
