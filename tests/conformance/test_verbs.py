"""Verbs (Data 2.4.3)."""

from tests.conformance.requirement import everywhere, statements
from tests.conformance.statements import ABSENT

test_id = statements(
    "XAPI-00044",
    "Data 2.4.3",
    "A verb has an id, which is an IRI.",
    accepted=everywhere(["verb.id"], ["https://example.org/verbs/läste", "verbs:read", "urn:x:y"]),
    refused=[{"verb.id": ABSENT}, *everywhere(["verb.id"], ["read", "", 12, None, {}, "a b:c"])],
)
test_display = statements(
    "XAPI-00045",
    "Data 2.4.3",
    "What a verb is called is a language map, and may be left out.",
    accepted=[{"verb.display": ABSENT}, {"verb.display": {}}, {"verb.display": {"fr": ""}}],
    refused=everywhere(
        ["verb.display"], ["read", 1, [], ["read"], {"en": 1}, {"en": {}}, {"english!": "read"}]
    ),
)
