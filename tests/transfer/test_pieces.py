"""Reading: the same pieces whatever the chunks, and nothing that cannot be read is left out."""

import io
import json
import tracemalloc
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrs_stats.transfer.pieces import Piece, lines, values
from tests.examples import examples

Json = dict[str, Any]

TEXTS = st.text(st.sampled_from('a"\\{}[]:,\n é\u2028😀'), max_size=8)
OTHERS = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
STATEMENTS = st.fixed_dictionaries(
    {"actor": OTHERS}, optional={"result": OTHERS, '"statements"': OTHERS}
)
INDENTS = st.sampled_from([None, 0, 2])


def documents() -> st.SearchStrategy[tuple[str, list[Json]]]:
    """Return documents of every form, several after each other, and the statements in them."""

    def form(name: str, found: list[Json], indent: int | None) -> str:
        value: Any = found
        if name == "one":
            return "\n".join(json.dumps(one, indent=indent) for one in found)
        if name == "result":
            value = {"more": "/xAPI/statements?more={[", "statements": found, "x": [{"y": []}]}
        return json.dumps(value, indent=indent, ensure_ascii=indent is None)

    one = st.builds(
        lambda name, found, indent: (form(name, found, indent), found),
        st.sampled_from(["one", "list", "result"]),
        st.lists(STATEMENTS, max_size=4),
        INDENTS,
    )
    return st.lists(one, max_size=3).map(
        lambda parts: ("\n".join(text for text, _ in parts), [s for _, all_ in parts for s in all_])
    )


def cut(data: bytes, places: Iterable[int]) -> list[bytes]:
    """Return data in chunks that end at some places, counted around."""
    ends = sorted({place % (len(data) + 1) for place in places} | {len(data)})
    return [data[a:b] for a, b in zip([0, *ends], ends, strict=False)]


@settings(max_examples=examples(150))
@given(documents(), st.lists(st.integers(0, 10_000), max_size=30))
def test_documents_give_their_statements_whatever_the_chunks(
    document: tuple[str, list[Json]], places: list[int]
) -> None:
    text, statements = document
    found = list(values(cut(text.encode("utf-8", "surrogatepass"), places)))
    assert [piece.reason for piece in found] == [""] * len(statements)
    assert [json.loads(piece.raw) for piece in found] == statements


@settings(max_examples=examples(300))
@given(
    st.text(st.sampled_from('{}[]"\\,:a\n '), max_size=40).map(str.encode) | st.binary(max_size=40),
    st.lists(st.integers(0, 10_000), max_size=8),
    st.integers(1, 20),
)
def test_anything_at_all_is_cut_the_same_whatever_the_chunks(
    data: bytes, places: list[int], longest: int
) -> None:
    whole = list(values([data], longest))
    assert list(values(cut(data, places), longest)) == whole
    if not whole:  # only blanks, commas, and lists without members
        assert not data.translate(None, b" \t\r\n,[]{}\xef\xbb\xbf") or b"statements" in data


@settings(max_examples=examples(150))
@given(st.lists(STATEMENTS | OTHERS, max_size=6), st.sampled_from(["\n", "\r\n", "\n\n \t\n"]))
def test_lines_give_what_stands_on_them(found: list[Any], end: str) -> None:
    text = "".join(json.dumps(one) + end for one in found)
    pieces = list(lines(io.BytesIO(b"\xef\xbb\xbf" + text.encode())))
    expected = [one for line in found for one in (line if isinstance(line, list) else [line])]
    assert [json.loads(piece.raw) for piece in pieces] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"[1, 2]", [Piece(b"1, 2", 1, reason="expected a statement")]),
        (b'[\n\n"a",{}]', [Piece(b'"a"', 3, reason="expected a statement"), Piece(b"{}", 3)]),
        (b"\xef\xbb\xbf{}\n", [Piece(b"{}", 1)]),
        (b'{"a":\n1}{"b":2}', [Piece(b'{"a":\n1}', 1), Piece(b'{"b":2}', 2)]),
        (b"no JSON\nat all", [Piece(b"no JSON\nat all", 1, reason="expected a statement")]),
        (b"[{}\n,[{}]]", [Piece(b"{}", 1), Piece(b"[{}]", 2, reason="expected a statement")]),
    ],
    ids=["numbers", "a text", "a byte order mark", "values in a row", "no JSON", "list in a list"],
)
def test_documents_say_what_is_no_statement(text: bytes, expected: list[Piece]) -> None:
    assert list(values([text])) == expected


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (b'[{}, {"a":\n', 1, "ends too early"),
        (b'{"statements":[{},\n', 2, "ends too early"),
        (b'{"statements":[{}],"more":"', 1, "ends too early"),
        (b'[{},\n{"a":[}]\n{}]', 2, "brackets do not match"),
        (b"[{}\n]]", 2, "brackets do not match"),
        (b"[{},\n" + b"[" * 20_000 + b"{}]", 2, "too many brackets"),
    ],
)
def test_a_document_that_breaks_off_says_where(text: bytes, line: int, reason: str) -> None:
    first, last = values([text])
    assert first == Piece(b"{}", 1)
    assert last.line == line
    assert reason in last.reason


def test_what_is_too_long_is_refused_and_the_rest_goes_on() -> None:
    long = json.dumps({"actor": "x" * 5000}).encode()
    for found in (
        list(lines(io.BytesIO(b"{}\n" + long + b"\n{}\n"), 2000)),
        list(values([b"[{},\n" + long + b",\n{}]"], 2000)),
        list(values(cut(b"[{},\n" + long + b",\n{}]", range(0, 5000, 7)), 2000)),
    ):
        assert [(piece.line, len(piece.raw)) for piece in found] == [(1, 2), (2, 1000), (3, 2)]
        assert [bool(piece.reason) for piece in found] == [False, True, False]
        assert "longer than 2000 bytes" in found[1].reason


def test_the_form_of_what_was_refused_is_opened() -> None:
    refused = [
        {"source": "a", "line": 3, "reason": "bad", "statement": {"actor": 1}},
        {"source": "a", "line": 4, "reason": "worse", "text": '{"actor": 2}'},
    ]
    text = "\n".join(json.dumps(one) for one in refused).encode()
    expected = [Piece(b'{"actor": 1}', 1), Piece(b'{"actor": 2}', 2)]
    assert list(lines(io.BytesIO(text))) == expected
    assert list(values([text])) == expected


def test_a_result_on_a_line_names_the_place_in_it() -> None:
    line = b'{"statements":[{"actor":1},{"actor":2}],"more":""}\n'
    assert list(lines(io.BytesIO(line + line))) == [
        Piece(b'{"actor":%d}' % actor, number, part=f"statements[{actor - 1}]")
        for number in (1, 2)
        for actor in (1, 2)
    ]


def test_a_document_is_never_in_memory_as_a_whole() -> None:
    def chunks() -> Iterator[bytes]:
        yield b'{"statements":['
        for _ in range(500):
            yield b'{"actor":"%s"},\n' % (b"x" * 400) * 50
        yield b"{}]}"

    tracemalloc.start()
    try:
        assert sum(len(piece.raw) for piece in values(chunks())) > 10_000_000
        assert tracemalloc.get_traced_memory()[1] < 500_000
    finally:
        tracemalloc.stop()
