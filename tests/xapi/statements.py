"""Statements for the tests: a valid one with most properties, and small changes to it."""

import json
from copy import deepcopy
from itertools import count
from typing import Any

from lrs_stats.xapi.access import Client
from lrs_stats.xapi.prepare import prepare
from lrs_stats.xapi.record import Prepared

Json = dict[str, Any]

AUTHORITY = b'{"account":{"homePage":"https://lrs.example","name":"key"}}'
CLIENT = Client(AUTHORITY, "https://lrs.example|key")
ABSENT = "(absent)"

BRUNO = {"objectType": "Agent", "mbox": "mailto:bruno@example.org"}
PLAIN: Json = {
    "actor": {"mbox": "mailto:anna@example.org"},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/experienced"},
    "object": {"id": "https://example.org/page"},
}
STATEMENT: Json = {
    "actor": {"objectType": "Agent", "name": "Anna", "mbox": "mailto:anna@example.org"},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/answered", "display": {"en": "answered"}},
    "object": {
        "objectType": "Activity",
        "id": "https://example.org/course/1/question/2",
        "definition": {
            "name": {"fr": "Question 2"},
            "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
            "interactionType": "choice",
            "correctResponsesPattern": ["a"],
            "choices": [{"id": "a"}, {"id": "b", "description": {"fr": "non"}}],
        },
    },
    "result": {
        "score": {"scaled": 0.5, "raw": 5, "min": 0, "max": 10},
        "success": True,
        "response": "a",
        "duration": "PT12.5S",
        "extensions": {"https://example.org/tries": 2},
    },
    "context": {
        "registration": "0aeed4f8-7d4c-4a8a-8f1a-3c1d3b2f6f4e",
        "contextActivities": {"parent": [{"id": "https://example.org/course/1"}]},
        "language": "fr-FR",
        "platform": "Moodle",
        "extensions": {"https://example.org/session": "s1"},
    },
    "timestamp": "2026-01-02T03:04:05.678Z",
}
UUID = "0aeed4f8-7d4c-4a8a-8f1a-3c1d3b2f6f4e"
ACCOUNT = {"account": {"homePage": "https://lms.example", "name": "anna"}}
TEAM = {"objectType": "Group", "member": [BRUNO]}
REF = {"objectType": "StatementRef", "id": UUID}
SUB = {"objectType": "SubStatement", **PLAIN}
PDF = {
    "usageType": "https://example.org/certificate",
    "display": {"fr": "Certificat"},
    "contentType": "application/pdf",
    "length": 0,
    "sha2": "a" * 64,
    "fileUrl": "https://example.org/certificate.pdf",
}
VOIDING = {**PLAIN, "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"}}
CONTEXT_AGENT = {"objectType": "contextAgent", "agent": BRUNO}
CONTEXT_GROUP = {"objectType": "contextGroup", "group": TEAM}


def changed(path: str, value: Any, statement: Json = STATEMENT) -> Json:
    """Return a copy with one property set, or left out when the value is ABSENT."""
    copy = deepcopy(statement)
    *parents, last = path.split(".")
    place = copy
    for name in parents:
        place = place.setdefault(name, {})
    if value is ABSENT:
        del place[last]
    else:
        place[last] = value
    return copy


def prepared(sent: object, version: str = "1.0.3", **more: Any) -> list[Prepared]:
    """Return what is prepared from a JSON value or from bytes, with ids that count up."""
    numbers = count(1)
    return prepare(
        sent if isinstance(sent, bytes) else json.dumps(sent).encode(),
        client=CLIENT,
        version=version,
        new_id=lambda: f"00000000-0000-4000-8000-{next(numbers):012d}",
        **more,
    )
