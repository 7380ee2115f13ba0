"""Statements of the record are decoded the same whether their parts have come before or not."""

import json

import msgspec

from lrs_stats.xapi.decoding import LARGEST, decoded
from lrs_stats.xapi.model import Statement
from tests.xapi.statements import STATEMENT, Json, changed


def both(statement: Json) -> tuple[Statement, Statement]:
    raw = json.dumps(statement).encode()
    return decoded(raw), msgspec.json.decode(raw, type=Statement)


def test_parts_that_come_again_are_decoded_once() -> None:
    first, expected = both(STATEMENT)
    again, other = both(changed("result.response", "b"))
    assert (first, again) == (expected, other)
    assert again.object is first.object
    assert again.result != first.result


def test_a_large_part_is_decoded_each_time() -> None:
    large = changed("context.platform", "x" * LARGEST)
    first, expected = both(large)
    assert first == expected
    assert both(large)[0].context is not first.context
