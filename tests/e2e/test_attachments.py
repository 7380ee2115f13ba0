"""Attachments over HTTP: large ones in and out, each kept once, and nothing of what is refused."""

import hashlib
import http.client
import time
from collections.abc import Iterator
from email.message import Message
from email.parser import BytesParser
from pathlib import Path

import pytest

from tests.e2e.server import Answer, Json, Server, basic, exchange, serving, statement
from tests.xapi.parcels import BOUNDARY, TYPE, attachment, body, file, first

MEGABYTE = 1 << 20
LARGE = 30 * MEGABYTE


def sent(content: bytes, **more: object) -> Json:
    return statement(attachments=[attachment(content, **more)])


def post(server: Server, parcel: bytes) -> Answer:
    return server.request("POST", "/xAPI/statements", parcel, Content_Type=TYPE)


def answered(answer: Answer) -> list[Message]:
    """Return the parts of a multipart answer."""
    assert answer.status == 200, answer
    header = f"Content-Type: {answer.headers['Content-Type']}\r\n\r\n".encode()
    parts = BytesParser().parsebytes(header + answer.body).get_payload()
    assert isinstance(parts, list)
    return [part for part in parts if isinstance(part, Message)]


def resident(server: Server) -> int:
    """Return the most bytes that a web process has had resident."""
    status = [Path(f"/proc/{pid}/status").read_text("utf-8") for pid in server.pids("web worker")]
    peaks = [line for text in status for line in text.splitlines() if line.startswith("VmHWM")]
    return max(int(line.split()[1]) << 10 for line in peaks)


def stored(server: Server) -> int:
    with server.database() as database:
        return database["attachments.files"].count_documents({})


@pytest.fixture
def unchanged(server: Server) -> Iterator[Server]:
    """Give the server, and hold it to have stored neither statements nor files."""
    before = server.count(), stored(server)
    yield server
    assert (server.count(), stored(server)) == before


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Server]:
    """Give a server of one web process, which has had nothing large to do before."""
    with serving(tmp_path / "data", settings={"processes": "1"}) as running:
        yield running


def settled(server: Server) -> int:
    """Return the memory of a server once it grows no more: it makes its pages ready at first."""
    held, since = resident(server), time.monotonic()
    while time.monotonic() - since < 2:
        time.sleep(0.2)
        if (now := resident(server)) > held + MEGABYTE:
            held, since = now, time.monotonic()
    return held


def test_a_large_attachment_is_never_held_in_memory(alone: Server) -> None:
    server = alone
    block = bytes(range(256)) * (MEGABYTE // 256)
    digest = hashlib.sha256()
    for number in range(LARGE // MEGABYTE):
        digest.update(bytes([number]) + block[1:])
    essay = statement(attachments=[attachment(length=LARGE, sha2=digest.hexdigest())])

    def parcel() -> Iterator[bytes]:
        head, _, tail = body(
            first(essay), file(b"HERE", X_Experience_API_Hash=digest.hexdigest())
        ).partition(b"HERE")
        yield head
        yield from (bytes([number]) + block[1:] for number in range(LARGE // MEGABYTE))
        yield tail

    length = sum(map(len, parcel()))
    client = {
        "Authorization": basic(server.key, server.secret),
        "X-Experience-API-Version": "1.0.3",
    }
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        for _ in range(3):  # whatever is loaded at the first requests
            assert exchange(connection, "GET", "/xAPI/statements", None, client).status == 200
        before = settled(server)
        headers = client | {"Content-Type": TYPE, "Content-Length": str(length)}
        connection.request("POST", "/xAPI/statements", parcel(), headers)
        response = connection.getresponse()
        assert (response.status, response.read()) == (200, f'["{essay["id"]}"]'.encode())
        path = f"/xAPI/statements?statementId={essay['id']}&attachments=true"
        connection.request("GET", path, headers=client)
        response = connection.getresponse()
        found = response.read()
        assert response.headers["Content-Length"] == str(len(found))
        content = found[found.index(b"\r\n\r\n\0\x01") + 4 :][:LARGE]
        assert hashlib.sha256(content).hexdigest() == digest.hexdigest()
        assert resident(server) - before < LARGE / 2
    finally:
        connection.close()


def test_a_file_that_comes_twice_is_stored_once(server: Server) -> None:
    content = b"the same\r\n--" + BOUNDARY[1:].encode()
    before = stored(server)
    essays = [sent(content), sent(content)]
    for essay in essays:
        assert post(server, body(first(essay), file(content))).status == 200
    assert stored(server) == before + 1
    for essay in essays:
        path = f"/xAPI/statements?statementId={essay['id']}&attachments=true"
        answer = server.get(path)
        told, part = answered(answer)
        assert told.get_content_type() == "application/json"
        sha2 = hashlib.sha256(content).hexdigest()
        assert part["X-Experience-API-Hash"] == sha2
        assert part["Content-Transfer-Encoding"] == "binary"
        assert part.get_payload(decode=True) == content
        assert answer.body.count(sha2.encode()) == 2


def test_a_page_has_each_file_once(server: Server) -> None:
    verb = {"id": "http://example.org/verbs/attached"}
    urls = {"fileUrl": "http://example.org/far"}
    essays = [
        sent(b"shared") | {"verb": verb},
        sent(b"shared") | {"verb": verb},
        sent(b"elsewhere", **urls) | {"verb": verb},
    ]
    assert post(server, body(first(essays), file(b"shared"))).status == 200
    page = f"/xAPI/statements?attachments=true&limit=2&verb={verb['id']}"
    told, *files = answered(server.get(page))
    assert files != []
    payload = told.get_payload(decode=True)
    assert isinstance(payload, bytes)
    more = Answer(200, http.client.HTTPMessage(), payload).json["more"]
    _, *rest = answered(server.get(more))
    every = [one.get_payload(decode=True) for one in (*files, *rest)]
    assert set(every) == {b"shared"}
    assert all(len(one) <= 1 for one in (files, rest))


@pytest.mark.parametrize(
    ("parcel", "status"),
    [
        (
            body(first(sent(b"a1")), file(b"a2", X_Experience_API_Hash=attachment(b"a1")["sha2"])),
            400,
        ),
        (body(first([sent(b"a3"), sent(b"a4")]), file(b"a3")), 400),
        (body(first(sent(b"a5")), file(b"a5"))[:-40], 400),
        (body(first(sent(b"a6") | {"verb": {}}), file(b"a6")), 400),
        (b"--" + BOUNDARY.encode() + b"\r\nA: b\r\n\r\n\r\n" * 10_000, 400),
        (body(first(sent(b"a7")), *([file(b"a7")] * 10_000)), 400),
    ],
    ids=["another hash", "one missing", "cut off", "a bad statement", "no parts", "too many parts"],
)
def test_what_is_refused_leaves_nothing(unchanged: Server, parcel: bytes, status: int) -> None:
    assert post(unchanged, parcel).status == status


def test_a_form_is_refused(unchanged: Server) -> None:
    parcel = body(first(sent(b"a")), file(b"a"))
    form = f"multipart/form-data; boundary={BOUNDARY}"
    answer = unchanged.request("POST", "/xAPI/statements", parcel, Content_Type=form)
    assert answer.status == 400


def test_one_statement_is_put_with_its_attachment(server: Server) -> None:
    essay = sent(b"put")
    path = f"/xAPI/statements?statementId={essay['id']}"
    parcel = body(first(essay), file(b"put"))
    assert server.request("PUT", path, parcel, Content_Type=TYPE).status == 204
    assert answered(server.get(f"{path}&attachments=true"))[1].get_payload(decode=True) == b"put"
    head = server.request("HEAD", f"{path}&attachments=true")
    assert (head.status, head.body) == (200, b"")
