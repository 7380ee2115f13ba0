"""Extensions and language maps (Data 4.1 and 4.2)."""

import json
from typing import Any, Final

import pytest

from tests.conformance.lrs import Lrs, fresh
from tests.conformance.requirement import everywhere, requirement, statements
from tests.conformance.statements import CERTIFICATE, change, statement

PLACES: Final = ("result.extensions", "context.extensions", "object.definition.extensions")
VALUES: Final[list[Any]] = [
    None, "", {}, [], 0, False, "text", 1.5, [None, {"": None}], {"a b": {"null": None}}, 2**63,
]  # fmt: skip
MAPS: Final = ("verb.display", "object.definition.name", "object.definition.description")

test_keys = statements(
    "XAPI-00118",
    "Data 4.1",
    "The key of an extension is an IRI.",
    accepted=everywhere(PLACES, [{"a:b": 1, "https://example.org/é": 2}, {}]),
    refused=everywhere(
        PLACES, [{"key": 1}, {"": 1}, {"example.org/key": 1}, {"a:b": 1, "no": 2}, {"a b:c": 1}]
    ),
)


@requirement("XAPI-00119", "Data 4.1", "An extension may be anything, null and empty too.")
@pytest.mark.parametrize("value", VALUES, ids=json.dumps)
@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize("place", PLACES)
def test_values(lrs: Lrs, place: str, method: str, value: object) -> None:
    identifier = fresh().rpartition("/")[2]
    changes = {place: {"https://example.org/key": value}}
    sent = change(statement(id=identifier), changes)
    if method == "PUT":
        lrs.expect(lrs.put_json("statements", sent, statementId=identifier), 204)
    else:
        lrs.store(sent)
    kept = lrs.stored(identifier)
    assert change(kept, changes) == kept


test_object = statements(
    "XAPI-00120",
    "Data 4.1",
    "Extensions are an object.",
    refused=everywhere(PLACES, ["a:b", 1, True, [], ["a:b"], [{"a:b": 1}], None]),
)
test_language_maps = statements(
    "XAPI-00121",
    "Data 4.2",
    "The keys of a language map are tags of RFC 5646, and its values texts.",
    accepted=[
        *everywhere(MAPS, [{"en": "x"}, {"zh-Hant-HK": "x", "x-own": ""}, {"EN-us": "x"}]),
        {"attachments": [{**CERTIFICATE, "description": {"en": "x"}}]},
    ],
    refused=[
        *everywhere(MAPS, [{"a12345": "x"}, {"something": "x"}, {"en us": "x"}, {"en": ["x"]}]),
        {"attachments": [{**CERTIFICATE, "display": {"something": "x"}}]},
        {"attachments": [{**CERTIFICATE, "description": {"something": "x"}}]},
    ],
)
