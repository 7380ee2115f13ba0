"""What stands around xAPI requests, on a real server and byte by byte where that matters."""

import gzip
import http.client
import json
import socket
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.e2e.server import Answer, Server, basic, bearer, exchange, serving, statement
from tests.waiting import until

MEGABYTE = 1 << 20
VERSION = "X-Experience-API-Version"
PATH = "/xAPI/statements"


class Raw:
    """A connection on which bytes are sent as they are, and answers read one by one."""

    def __init__(self, server: Server) -> None:
        self._socket = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        self._file = self._socket.makefile("rb")
        self.authorization = f"Authorization: {basic(server.key, server.secret)}"

    def ask(self, line: str, *headers: str, body: bytes = b"") -> Answer:
        """Send one request and read its answer, which has to end where it says it does."""
        if VERSION not in "".join(headers):
            headers = (*headers, f"{VERSION}: 1.0.3")
        head = "\r\n".join([f"{line} HTTP/1.1", "Host: lrs", *headers, "", ""])
        self._socket.sendall(head.encode("latin-1") + body)
        status = int(self._file.readline().split()[1])
        told = http.client.parse_headers(self._file)
        length = 0 if line.startswith("HEAD") else int(told.get("Content-Length", 0))
        return Answer(status, told, self._file.read(length))

    def known(self, line: str, *headers: str, body: bytes = b"") -> Answer:
        """Send one request as the administrator's client."""
        return self.ask(line, self.authorization, *headers, body=body)

    def close(self) -> None:
        self._file.close()
        self._socket.close()


@pytest.fixture
def raw(server: Server) -> Iterator[Raw]:
    connection = Raw(server)
    yield connection
    connection.close()


def chunked(*chunks: bytes) -> bytes:
    """Return a body as `Transfer-Encoding: chunked` has it."""
    sent = (*filter(None, chunks), b"")
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in sent)


def bomb(megabytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join([*(packer.compress(bytes(MEGABYTE)) for _ in range(megabytes)), packer.flush()])


def most_memory(server: Server) -> int:
    """Return the most memory that the web processes had since the last call, in bytes."""
    folders = [Path(f"/proc/{pid}") for pid in server.pids("web worker")]
    texts = [(folder / "status").read_text() for folder in folders]
    for folder in folders:
        (folder / "clear_refs").write_text("5")  # the most is what it is now
    return sum(int(text.split("VmHWM:")[1].split()[0]) << 10 for text in texts)


GOOD = json.dumps(statement(id="0e88c85d-54e6-412a-bf44-599446b40000")).encode()
JSON = "Content-Type: application/json"


@pytest.mark.parametrize(
    ("line", "headers", "body", "status"),
    [
        (f"POST {PATH}", (JSON,), b"{", 400),
        (f"POST {PATH}", ("Content-Type: text/plain",), GOOD, 400),
        (f"POST {PATH}", (JSON, f"{VERSION}: 7"), GOOD, 400),
        (f"POST {PATH}", (JSON, "Content-Encoding: br"), GOOD, 400),
        (f"POST {PATH}", (JSON, "Content-Encoding: gzip"), GOOD, 400),
        (f"POST {PATH}", (JSON, "Content-Encoding: gzip"), gzip.compress(GOOD, mtime=0)[:-1], 400),
        (f"POST {PATH}", (JSON, "Authorization: Basic nothing"), GOOD, 401),
        (f"POST {PATH}?method=PUT", (), b"x=1", 400),
        (f"POST {PATH}?method=NO", (), b"x" * MEGABYTE, 400),
        (f"POST {PATH}?method=GET&limit=1", (), b"x=1", 400),
        (f"POST {PATH}?method=PUT", (), b"content=" + b"a" * (51 * MEGABYTE), 413),
        (f"POST {PATH}?method=PUT", (f"{VERSION}: 2.0.0",), b"a" * MEGABYTE, 400),
        (f"PATCH {PATH}", (), GOOD, 405),
        (f"POST {PATH}/nothing", (), b"x" * MEGABYTE, 404),
        ("POST /nowhere", (), b"x" * MEGABYTE, 404),
        ("PUT /api/v1/roster", (), b"x" * (51 * MEGABYTE), 413),
    ],
    ids=lambda value: str(value[:40]) if isinstance(value, bytes | tuple) else None,
)
def test_a_refusal_leaves_the_connection_usable(
    raw: Raw, line: str, headers: tuple[str, ...], body: bytes, status: int
) -> None:
    headers = (*headers, *(() if "Auth" in " ".join(headers) else (raw.authorization,)))
    for sent in (
        raw.ask(line, *headers, f"Content-Length: {len(body)}", body=body),
        raw.ask(line, *headers, "Transfer-Encoding: chunked", body=chunked(body[:5], body[5:])),
    ):
        assert sent.status == status, sent
        assert sent.headers["Content-Type"] == "application/problem+json"
        if "xAPI" in line:
            assert sent.headers[VERSION] == ("2.0.0" if "2.0.0" in str(headers) else "1.0.3")
            assert sent.headers["Access-Control-Allow-Origin"] == "*"
        assert raw.ask("GET /health").status == 200


def test_a_method_that_is_not_there_says_which_are(raw: Raw) -> None:
    for method in ("PATCH", "DELETE", "TRACE", "FOO"):
        answer = raw.known(f"{method} {PATH}")
        assert answer.status == 405
        assert {"GET", "HEAD", "PUT", "POST"} <= set(answer.headers["Allow"].split(", "))
        assert answer.json["status"] == 405


@pytest.mark.parametrize("path", ["/xAPI//statements", "//xAPI/statements", "/xAPI/statements/"])
def test_slashes_lead_to_the_resource_itself(raw: Raw, path: str) -> None:
    assert raw.known(f"GET {path}?limit=1").status == 200


def test_uploads_in_chunks(raw: Raw) -> None:
    body = json.dumps([statement(), statement()]).encode()
    packed = gzip.compress(body)
    for sent, more in ((body, ()), (packed, ("Content-Encoding: gzip",))):
        pieces = chunked(*(sent[at : at + 7] for at in range(0, len(sent), 7)))
        answer = raw.known(f"POST {PATH}", JSON, "Transfer-Encoding: chunked", *more, body=pieces)
        assert answer.status in {200, 409}, answer  # the ids are the same the second time
        assert answer.status == 200


@pytest.mark.parametrize("body", [b"zz\r\n{}\r\n0\r\n\r\n", b"2\r\n{}XX0\r\n\r\n"])
@pytest.mark.parametrize("line", [f"POST {PATH}", "PUT /api/v1/roster"])
def test_chunks_that_are_none_are_refused(raw: Raw, line: str, body: bytes) -> None:
    answer = raw.known(line, JSON, "Transfer-Encoding: chunked", body=body)
    assert answer.status == 400, answer
    assert answer.json["detail"].startswith("body: ")


def test_a_head_in_the_alternate_syntax_does_not_keep_the_client_waiting(raw: Raw) -> None:
    body = urlencode({"Authorization": raw.authorization.split(" ", 1)[1], "limit": "1"}).encode()
    answer = raw.ask(f"POST {PATH}?method=HEAD", f"Content-Length: {len(body)}", body=body)
    assert (answer.status, answer.body) == (200, b"")
    assert raw.known(f"HEAD {PATH}?limit=1").status == 200
    assert raw.ask("GET /health").status == 200


def test_a_page_of_another_origin_with_nothing_but_posts(server: Server) -> None:
    new = statement(learner="élodie")
    form = {
        "statementId": new["id"],
        "Authorization": basic(server.key, server.secret),
        VERSION: "1.0.3",
        "Content-Type": "application/json",
        "content": json.dumps(new, ensure_ascii=False),
    }
    put = server.request("POST", f"{PATH}?method=PUT", urlencode(form).encode(), authorization=None)
    assert put.status == 204, put
    assert server.get(f"{PATH}?statementId={new['id']}").json["actor"] == new["actor"]
    wrong = urlencode(form | {"Authorization": basic("no", "one")}).encode()
    assert server.request("POST", f"{PATH}?method=PUT", wrong, authorization=None).status == 401


def test_compressed_answers(server: Server) -> None:
    server.post([statement() for _ in range(20)])
    server.wait_counted()
    for path in (f"{PATH}?limit=20", "/api/v1/stats/learners", "/api/openapi.json"):
        plain = server.get(path)
        packed = server.request("GET", path, Accept_Encoding="gzip")
        assert packed.headers["Content-Encoding"] == "gzip"
        assert len(packed.body) < len(plain.body) / 2
        assert gzip.decompress(packed.body)[:100] == plain.body[:100]
        assert "Accept-Encoding" in plain.headers["Vary"]


def test_a_bomb_is_refused_in_little_memory(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    headers = {
        "Authorization": basic(server.key, server.secret),
        "Content-Type": "application/json",
        "Content-Encoding": "gzip",
        VERSION: "1.0.3",
    }
    packed = bomb(2000)
    most_memory(server)
    before = most_memory(server)
    try:
        for path in (PATH, f"{PATH}?method=PUT", "/xAPI/nothing"):
            answer = exchange(connection, "POST", path, packed, headers)
            assert answer.status == (404 if "nothing" in path else 413), answer
            assert exchange(connection, "GET", "/health", None, {}).status == 200
    finally:
        connection.close()
    assert most_memory(server) - before < 150 * MEGABYTE  # of three times 2000


@pytest.mark.parametrize(
    "headers",
    [
        ("Accept-Language: " + "a" * 8000,),
        ("Accept-Language: " + ",".join(["en;q=0.5"] * 900),),
        ("Accept-Language: \xff\xfe;q=\xff", "Accept: \xff", "Accept-Encoding: \xff;q=x"),
        ("Accept-Encoding: " + "gzip;q=1e999," * 500,),
        ("Content-Type: " + "a/b;" * 2000,),
        ("Content-Type: multipart/mixed; boundary=" + "x" * 8000,),
        ("Content-Encoding: " + "gzip," * 1600,),
        (f"{VERSION}: " + "1" * 8000,),
        (f"{VERSION}: 1.0." + "1" * 8000,),
        (f"{VERSION}: \xff",),
        ("If-Match: " + '"a",' * 2000, "If-None-Match: " + '"' * 8000),
        ("Origin: " + "x" * 8000, "Access-Control-Request-Headers: \xff"),
        ("Content-Length: 0", "If-Modified-Since: \xff", "Range: bytes=" + "1-2," * 1500),
        *((f"X-{number}: {'x' * 8000}",) * 50 for number in range(1)),
        ("Cookie: " + "a=b;" * 2000,),
        ("Forwarded: \xff", "X-Forwarded-For: \xff", "X-Forwarded-Proto: gopher"),
        ("Authorization: Basic " + "A" * 8000,),
        ("Authorization: Basic \xff", "Authorization: \xff"),
    ],
    ids=lambda headers: headers[0][:40].encode("ascii", "replace").decode(),
)
@pytest.mark.parametrize("line", [f"GET {PATH}", f"OPTIONS {PATH}", "GET /xAPI/about", "PUT /xAPI"])
def test_odd_headers_make_no_server_error(
    server: Server, line: str, headers: tuple[str, ...]
) -> None:
    connection = Raw(server)
    try:
        answer = connection.known(line, *headers)
        assert answer.status < 500, answer
    finally:
        connection.close()


@pytest.mark.parametrize(
    "query",
    [
        "a" * 8000,
        "limit=" + "9" * 5000,
        "verb=" + "%41" * 2500,
        "%FF=%FF",
        "statementId=%00",
        "agent=" + "[" * 8000,
        "agent=" + "1" * 8000,
        "since=" + "9" * 8000,
        "more=" + "A" * 8000,
        "%6Dethod=PUT",
    ],
    ids=lambda query: query[:20],
)
def test_odd_parameters_make_no_server_error(raw: Raw, query: str) -> None:
    assert raw.known(f"GET {PATH}?{query}").status == 400


@pytest.mark.parametrize("host", ["", "\xff", "a b", "[::1", "x" * 8000, "a:99999", "..", "%00"])
@pytest.mark.parametrize("path", ["/xAPI/about", f"{PATH}?limit=1", "/xAPI/%FF%00", "/xAPI/..%2F"])
def test_odd_hosts_and_paths_make_no_server_error(server: Server, host: str, path: str) -> None:
    connection = Raw(server)
    try:
        lines = [f"GET {path} HTTP/1.1", f"Host: {host}", f"{VERSION}: 1.0.3"]
        head = "\r\n".join([*lines, connection.authorization, "", ""])
        connection._socket.sendall(head.encode("latin-1"))
        assert int(connection._file.readline().split()[1]) < 500
    finally:
        connection.close()


def test_a_client_that_asks_too_often_is_told_when_to_come_back(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    settings = {"processes": "1", "xapi_requests_per_second": "2"}
    settings |= {"failed_authentications_per_second": "1", "xapi_origins": "https://a.example"}
    with serving(tmp_path_factory.mktemp("throttled") / "data", settings=settings) as server:
        other = server.new_client("statements/read")
        answers = [server.post([]) for _ in range(40)]
        assert {answer.status for answer in answers} == {200, 429}
        refused = next(answer for answer in answers if answer.status == 429)
        assert refused.json["title"] == "Too many requests"
        assert int(refused.headers["Retry-After"]) == 1
        assert refused.headers[VERSION] == "1.0.3"
        assert "Access-Control-Allow-Origin" not in refused.headers
        assert server.get(PATH, authorization=other).status == 200
        assert server.get("/api/v1/status").status == 200
        until(lambda: server.post([]).status == 200, 5)

        guesses = [
            server.get(path, authorization=bearer(f"guess {number}")).status
            for number in range(20)
            for path in (PATH, "/api/v1/me")
        ]
        assert guesses[:10] == [401] * 10
        assert guesses[-1] == 429
        assert server.get(PATH, authorization=None).status == 401
        assert server.get(PATH, authorization=other).status == 200
