"""JSON that readers take in different ways is taken in none."""

import pytest

from lrs_stats.errors import BadRequest, TooLarge
from tests.xapi.statements import prepared

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
