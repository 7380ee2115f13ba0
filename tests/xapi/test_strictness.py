"""JSON that readers take in different ways is taken in none."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from lrs_stats.errors import BadRequest, TooLarge
from lrs_stats.xapi.strictness import check_distinct, check_unambiguous
from tests.examples import examples
from tests.xapi.statements import PLAIN, prepared

BEGINNING = b'{"actor":{"mbox":"mailto:a@b.c"},"verb":{"id":"http://x.y/z"},"object":'


@pytest.mark.parametrize(
    ("rest", "reason"),
    [
        (b'{"id":"http://x.y/1"},"object":{"id":"http://x.y/2"}}', 'the property "object"'),
        (b'{"id":"http://x.y/1","id":"http://x.y/2"}}', 'the property "id" stands twice'),
        (b'{"id":"http://x.y/1","i\\u0064":"http://x.y/2"}}', 'the property "id" stands twice'),
        (
            b'{"id":"http://x.y/1"},"result":{"extensions":{"http://e":[{"a":1,"a":2}]}}}',
            'the property "a" stands twice',
        ),
        (
            b'{"id":"http://x.y/1"},"result":{"extensions":{"http://e":1e999}}}',
            'extensions["http://e"]: the number is out of range',
        ),
        (
            b'{"id":"http://x.y/1"},"result":{"extensions":{"http://e":-%s}}}' % (b"9" * 6_000),
            "is out of range",
        ),
    ],
)
def test_refused_with_its_place(rest: bytes, reason: str) -> None:
    for body, place in (
        (BEGINNING + rest, "statement"),
        (b"[%s,%s]" % (BEGINNING + b'{"id":"http://x.y/1"}}', BEGINNING + rest), "statements[1]"),
    ):
        with pytest.raises(BadRequest) as refused:
            prepared(body)
        assert refused.value.detail.startswith(place)
        assert reason in refused.value.detail
        assert len(refused.value.detail) < 200


@pytest.mark.parametrize("number", [b"1e308", b"123456789012345678901234567890", b"-0.0", b"1E-9"])
def test_numbers_of_a_double_are_kept_as_they_are(number: bytes) -> None:
    rest = b'{"id":"http://x.y/1"},"result":{"extensions":{"http://e":%s}}}' % number
    (statement,) = prepared(BEGINNING + rest)
    assert number in bytes(statement.properties["result"])


@pytest.mark.parametrize("levels", [500, 960, 970, 974, 975, 976, 980, 2_000])
def test_what_is_nested_under_a_doubled_name_is_refused(levels: int) -> None:
    nested = b"[" * levels + b"]" * levels
    body = b'{"actor":%s,%s' % (nested, BEGINNING[1:] + b'{"id":"http://x.y/1"}}')
    with pytest.raises(BadRequest):
        prepared(body)


def test_the_doubled_one_among_many_names_is_found_in_one_pass() -> None:
    names = b",".join(b'"%d":1' % number for number in range(200_000))
    rest = b'{"id":"http://x.y/1"},"result":{"extensions":{"http://e":{%s,"199999":1}}}}' % names
    with pytest.raises(BadRequest, match='"199999" stands twice'):
        prepared(BEGINNING + rest)


def test_a_statement_that_none_could_store_is_not_looked_at() -> None:
    rest = b'{"id":"http://x.y/1"},"nonsense":"%s"}' % (b"x" * (16 << 20))
    with pytest.raises(TooLarge, match="16 MB"):
        prepared(BEGINNING + rest)


TEXTS = some.sampled_from(["", "a", "b", 'c"', "d\\", 'e\\"', "é", "\n", "f/"])
VALUES = some.recursive(
    some.none() | some.booleans() | some.integers() | TEXTS,
    lambda inner: (
        some.lists(inner, max_size=3) | some.lists(some.tuples(TEXTS, inner), max_size=3).map(tuple)
    ),
    max_leaves=8,
)
"""Values of JSON, an object as a tuple of its names and values: a name may stand twice."""


def written(value: Any, spell: Any) -> str:
    match value:
        case tuple():
            return "{{{}}}".format(", ".join(f"{spell(n)}: {written(v, spell)}" for n, v in value))
        case list():
            return "[{}]".format(",".join(written(one, spell) for one in value))
        case str():
            return str(spell(value))
        case _:
            return json.dumps(value)


def is_ambiguous(value: Any) -> bool:
    match value:
        case tuple():
            names = [name for name, _ in value]
            return len(set(names)) < len(names) or any(is_ambiguous(one) for _, one in value)
        case list():
            return any(map(is_ambiguous, value))
        case _:
            return False


SPELLINGS = [
    json.dumps,
    lambda text: json.dumps(text, ensure_ascii=False),
    lambda text: json.dumps(text).replace("/", "\\/"),  # as PHP writes
    lambda text: '"{}"'.format("".join(f"\\u{ord(character):04x}" for character in text)),
]


@settings(max_examples=examples(300), deadline=None)
@given(value=VALUES, spell=some.sampled_from(SPELLINGS))
def test_a_doubled_name_is_found_however_it_is_spelled(value: Any, spell: Any) -> None:
    raw = written(value, spell).encode()
    try:
        check_unambiguous(raw, "here")
    except BadRequest:
        assert is_ambiguous(value)
    else:
        assert not is_ambiguous(value)


def test_a_doubled_name_of_the_outer_object_is_found_by_what_is_left_over() -> None:
    raw = b'{"a":"\\"","b":1,"a":2}'
    check_distinct(b'{"a":"\\"","b":1}', {"a": b'"\\""', "b": b"1"}, "here")
    with pytest.raises(BadRequest, match='here: the property "a" stands twice'):
        check_distinct(raw, {"a": b"2", "b": b"1"}, "here")


def test_a_fault_is_told_with_its_place_each_time_that_it_comes() -> None:
    bad = {**PLAIN, "verb": {"id": "none"}}
    for batch, place in (([bad], 0), ([PLAIN, bad], 1), ([PLAIN, PLAIN, bad], 2)):
        with pytest.raises(BadRequest) as refused:
            prepared(batch)
        assert refused.value.detail.startswith(f"statements[{place}].verb.id: ")
