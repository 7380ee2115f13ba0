"""Statements of the record are decoded the same whether their parts have come before or not."""

import json

import msgspec
from msgspec import UNSET

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


def test_every_property_is_decoded() -> None:
    whole = {
        **STATEMENT,
        "id": "0aeed4f8-7d4c-4a8a-8f1a-3c1d3b2f6f4e",
        "authority": {"mbox": "mailto:lms@example.org"},
        "stored": "2025-06-15T10:00:00.000Z",
        "version": "1.0.3",
        "attachments": [
            {
                "usageType": "http://example.org/certificate",
                "display": {"en": "certificate"},
                "contentType": "text/plain",
                "length": 2,
                "sha2": "e3" * 32,
            }
        ],
    }
    first, expected = both(whole)
    assert first == expected
    assert UNSET not in msgspec.structs.astuple(first)
