"""Bodies of many parts: read alike however they are cut, refused in bounded time, written back."""

import time
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lrs_stats.errors import BadRequest
from lrs_stats.xapi.multipart import LONGEST_HEADERS, Outgoing, boundary_of, parts, size, written

J = b"Content-Type: application/json\r\n\r\n"
ONE = [({"content-type": "application/json"}, b"{}")]
Read = list[tuple[dict[str, str], bytes]]


def read(*chunks: bytes, boundary: str = "--x") -> Read:
    return [(dict(one.headers), b"".join(one.content)) for one in parts(chunks, boundary)]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"----x\r\n" + J + b"{}\r\n----x--\r\n", ONE),
        (b"\r\n----x\r\n" + J + b"{}\r\n----x--\r\n", ONE),
        (b"----x\r\n" + J + b"{}\r\n----x--", ONE),
        (b"words before\r\n\r\n----x\r\n" + J + b"{}\r\n----x--", ONE),
        (b"----x\r\n" + J + b"{}\r\n----x--\r\nwords after\r\n----x\r\n", ONE),
        (b"----x \t\r\n" + J + b"{}\r\n----x--  \r\n", ONE),
        (b"----x\r\ncontent-TYPE:application/json\r\n\r\n{}\r\n----x--", ONE),
        (b"----x\r\nA: b;\r\n c\r\n\r\n{}\r\n----x--", [({"a": "b; c"}, b"{}")]),
        (b"----x\r\n\r\n{}\r\n----x--", [({}, b"{}")]),
        (b"----x\r\nA: b\r\n\r\n\r\n----x--", [({"a": "b"}, b"")]),
        (b"----x\r\nA: b\r\n\r\n----x--", [({"a": "b"}, b"")]),
        (b"----x\r\n\r\n\r\n--x\r\n--\r\n-\r\r\n\r\n----x--", [({}, b"\r\n--x\r\n--\r\n-\r\r\n")]),
        (b"----x\r\n\r\na\r\n----x\r\n\r\n\0\xff\r\n----x--", [({}, b"a"), ({}, b"\0\xff")]),
        (b"----x\r\nA: 1\r\na: 1\r\n\r\n\r\n----x--", [({"a": "1"}, b"")]),
        (b"----x--", []),
    ],
)
def test_what_is_read(body: bytes, expected: Read) -> None:
    assert read(body) == expected
    assert read(*(body[at : at + 1] for at in range(len(body)))) == expected


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "body: ends before the last boundary"),
        (b"----x", "body: ends before the last boundary"),
        (b"----x\r\n" + J + b"{}", "body: ends before the last boundary"),
        (b"----x\r\n" + J + b"{}\r\n----x\r\n", "body: ends before the last boundary"),
        (b"----x\n" + J + b"{}\n----x--", "body: a boundary is followed by something else"),
        (b"----xy\r\n" + J + b"{}\r\n----x--", "body: a boundary is followed by something else"),
        (b"----x" + b" " * 5000, "body: a boundary is followed by something else"),
        (b"----x\r\nno header\r\n\r\n{}\r\n----x--", 'part 1: "no header" is no header'),
        (b"----x\r\nA: 1\r\nA: 2\r\n\r\n\r\n----x--", "part 1, header A: is given twice"),
        (b"----x\r\nA: " + b"b" * 9000 + b"\r\n\r\n", "body: part 1 has headers of more than"),
        (b"----x\r\nA: " + b"b" * 9000, "body: part 1 has headers of more than"),
    ],
)
def test_what_is_refused(body: bytes, said: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read(body)
    assert refused.value.detail.startswith(said)


def test_ten_thousand_parts_are_refused_at_once() -> None:
    many = b"----x\r\nA: b\r\n\r\n\r\n" * 10_000
    began = time.monotonic()
    with pytest.raises(BadRequest, match="more than 1000 parts"):
        read(many)
    assert time.monotonic() - began < 2


@given(
    contents=st.lists(st.binary() | st.sampled_from([b"\r\n", b"\r\n--", b"\r\n--bound", b"--"])),
    cuts=st.lists(st.integers(0, 400)),
)
@example(contents=[b"\r\n--boundar"], cuts=[30, 31, 60])
def test_what_is_written_is_read_however_it_is_cut(contents: list[bytes], cuts: list[int]) -> None:
    sent = [Outgoing({"Name": str(n)}, len(one), [one]) for n, one in enumerate(contents)]
    body = b"".join(written("--boundary", sent))
    assert len(body) == size("--boundary", sent)
    edges = sorted({0, *cuts, len(body)})
    chunks = [body[a:b] for a, b in pairwise(edges)]
    assert read(*chunks, boundary="--boundary") == [
        ({"name": str(n)}, one) for n, one in enumerate(contents)
    ]


def test_a_content_that_is_not_wanted_is_skipped() -> None:
    body = b"----x\r\nA: 1\r\n\r\nlong\r\n----x\r\nA: 2\r\n\r\nshort\r\n----x--"
    assert [one.headers["a"] for one in parts([body], "--x")] == ["1", "2"]


def test_little_of_a_content_is_held_at_a_time() -> None:
    def endless() -> object:
        yield b"----x\r\n\r\n"
        while True:
            yield b"z" * 10_000

    content = next(parts(endless(), "--x")).content  # type: ignore[arg-type]
    assert max(len(next(content)) for _ in range(1_000)) < 20_000


def test_a_declared_type_begins_no_header_of_its_own() -> None:
    body = b"".join(written("b", [Outgoing({"A": "x;\r\nB: y"}, 0, [])]))
    assert read(body, boundary="b") == [({"a": "x; B: y"}, b"")]


@pytest.mark.parametrize(
    ("header", "boundary"),
    [
        ("multipart/mixed; boundary=-------314159", "-------314159"),
        ("multipart/mixed;boundary=abc;charset=utf-8", "abc"),
        ("multipart/mixed; charset=x; BOUNDARY = abc ", "abc"),
        ('multipart/mixed; boundary="abcABC0123\'()+_,-./:=?"', "abcABC0123'()+_,-./:=?"),
        (r'multipart/mixed; boundary="a\"b"', 'a"b'),
        ("multipart/mixed; boundary=----=_Part_1.2", "----=_Part_1.2"),
    ],
)
def test_boundaries_of_headers(header: str, boundary: str) -> None:
    assert boundary_of(header) == boundary


@pytest.mark.parametrize(
    "header",
    [
        "multipart/mixed",
        "multipart/mixed;",
        "multipart/mixed; boundary=",
        'multipart/mixed; boundary=""',
        'multipart/mixed; boundary="a "',
        "multipart/mixed; boundary=é",
        "multipart/mixed; boundary=" + "x" * 71,
    ],
)
def test_headers_without_a_boundary(header: str) -> None:
    with pytest.raises(BadRequest, match="header Content-Type"):
        boundary_of(header)


def test_the_limit_of_headers_is_generous() -> None:
    long = b"----x\r\nA: " + b"b" * (LONGEST_HEADERS - 20) + b"\r\n\r\n\r\n----x--"
    assert len(read(long)[0][0]["a"]) == LONGEST_HEADERS - 20
