"""Compressed bodies, coming in and going out."""

import gzip
import io
import json
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as some
from werkzeug.test import TestResponse

from lrs_stats.errors import BadRequest, TooLarge
from lrs_stats.xapi.web.coding import Inflated
from tests.xapi.server import ID, PATH, V1, Server
from tests.xapi.statements import PLAIN

LARGE = PLAIN | {"result": {"response": "many words, " * 200}}


def inflated(packed: bytes, limit: int = 100_000) -> bytes:
    return Inflated(io.BytesIO(packed), limit).read()


def sent(body: bytes, coding: str) -> tuple[TestResponse, Server]:
    server = Server()
    headers = V1 | {"Content-Encoding": coding, "Content-Type": "application/json"}
    return server.client.post(PATH, data=body, headers=headers), server


@given(some.binary(max_size=50_000), some.integers(0, 9))
def test_what_was_compressed_comes_back(content: bytes, level: int) -> None:
    assert inflated(gzip.compress(content, level)) == content


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "x-gzip", " gzip "])
def test_a_statement_that_is_compressed(coding: str) -> None:
    response, server = sent(gzip.compress(json.dumps(PLAIN).encode()), coding)
    assert response.status_code == 200
    assert len(server.record.kept) == 1


@pytest.mark.parametrize("coding", ["", "identity"])
def test_a_statement_that_is_not(coding: str) -> None:
    assert sent(json.dumps(PLAIN).encode(), coding)[0].status_code == 200


@pytest.mark.parametrize("coding", ["br", "deflate", "gzip, gzip", "zstd", "x" * 5000])
def test_other_codings_are_refused(coding: str) -> None:
    response, _ = sent(b"{}", coding)
    assert response.status_code == 400
    assert json.loads(response.data)["detail"].startswith("header Content-Encoding: ")


GOOD = gzip.compress(b"[" + b" " * 5000 + b"]", mtime=0)


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"{}",
        GOOD[:-1],
        GOOD[:12],
        GOOD[:20] + b"\0\0\0\0" + GOOD[24:],
        GOOD[:-8] + b"\0" * 8,  # the checksum
        GOOD + b"x",
        GOOD + GOOD,
        zlib.compress(b"[]"),
    ],
)
def test_damaged_data_is_refused(damaged: bytes) -> None:
    response, server = sent(damaged, "gzip")
    assert response.status_code == 400
    assert json.loads(response.data)["detail"].startswith("body: ")
    assert server.record.kept == []


@given(some.binary(max_size=200))
def test_no_bytes_do_worse_than_be_refused(packed: bytes) -> None:
    with pytest.raises(BadRequest, match="body: "):
        inflated(b"\x1f\x8b\x08" + packed[:100])


def test_the_limit_is_that_of_what_comes_out() -> None:
    assert len(inflated(gzip.compress(bytes(100_000)))) == 100_000
    with pytest.raises(TooLarge):
        inflated(gzip.compress(bytes(100_001)))
    response, _ = sent(gzip.compress(bytes(20_001)), "gzip")
    assert response.status_code == 413
    assert "20000 bytes" in response.text


def test_a_bomb_takes_no_memory() -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join([*(packer.compress(bytes(1 << 20)) for _ in range(200)), packer.flush()])
    assert len(bomb) < 300_000
    stream = io.BytesIO(bomb)
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            Inflated(stream, 1 << 20).read()
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()
    assert stream.tell() < len(bomb) / 10  # the rest is left for others to throw away


def test_data_that_holds_nothing_ends_too() -> None:
    packer = zlib.compressobj(0, wbits=31)
    empty = packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH)
    endless = empty + b"\0\0\0\xff\xff" * 100_000  # stored blocks of no bytes
    with pytest.raises(TooLarge):
        inflated(endless)


# Going out


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip", "gzip"),
        ("deflate, gzip;q=0.5", "gzip"),
        ("*", "gzip"),
        ("br, *;q=0.1", "gzip"),
        ("identity;q=0.5, gzip", "gzip"),
        ("", None),
        ("br", None),
        ("gzip;q=0", None),
        ("gzip;q=0, *", None),
        ("*;q=0", None),
        ("identity, gzip;q=0.5", None),
        ("gzip;q=x", None),
    ],
)
def test_answers_are_compressed_when_that_is_accepted(accepted: str, coding: str | None) -> None:
    server = Server()
    server.put(LARGE)
    response = server.get(f"?statementId={ID}", **{"Accept-Encoding": accepted})
    assert response.headers.get("Content-Encoding") == coding
    assert "Accept-Encoding" in response.headers["Vary"]
    assert int(response.headers["Content-Length"]) == len(response.data)
    content = gzip.decompress(response.data) if coding else response.data
    assert json.loads(content)["result"] == LARGE["result"]


def test_small_answers_are_not() -> None:
    response = Server().get("", **{"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in response.headers
    assert "Vary" not in response.headers


def test_a_head_has_the_headers_of_the_get() -> None:
    server = Server()
    server.put(LARGE)
    headers = V1 | {"Accept-Encoding": "gzip"}
    got, had = (
        ask(f"{PATH}?statementId={ID}", headers=headers)
        for ask in (server.client.get, server.client.head)
    )
    assert had.data == b""
    assert dict(had.headers) == dict(got.headers)
