"""What makes a statement invalid: a change to a valid one, and the place and reason it gives."""

from typing import Any

import pytest

from lrs_stats.errors import BadRequest
from tests.xapi.statements import (
    ABSENT,
    ACCOUNT,
    BRUNO,
    CONTEXT_AGENT,
    CONTEXT_GROUP,
    PDF,
    PLAIN,
    REF,
    SUB,
    TEAM,
    UUID,
    VOIDING,
    Json,
    changed,
    prepared,
)


def without(thing: Json, *names: str) -> Json:
    return {name: value for name, value in thing.items() if name not in names}


REFUSED: list[tuple[str, Any, str, str]] = [
    # the statement
    ("actor", ABSENT, "statement.actor", "is missing"),
    ("verb", ABSENT, "statement.verb", "is missing"),
    ("object", ABSENT, "statement.object", "is missing"),
    ("Result", {}, "statement", 'unknown property "Result"'),
    ("id", "12", "statement.id", "not a UUID"),
    ("id", None, "statement.id", "null"),
    ("timestamp", "", "statement.timestamp", "not an ISO 8601 timestamp"),
    ("timestamp", "2026-01-02T03:04:05-00:00", "statement.timestamp", "not an ISO 8601"),
    ("stored", "yesterday", "statement.stored", "not an ISO 8601 timestamp"),
    ("version", "0.95", "statement.version", "none of 1.0"),
    ("version", "1.1.0", "statement.version", "none of 1.0"),
    ("version", "2.0.0", "statement.version", "request of version 1.0.3"),
    # actors
    ("actor", {}, "statement.actor", "has no identifier"),
    ("actor", "anna", "statement.actor", "expected an object, got a string"),
    ("actor.name", 12, "statement.actor.name", "expected a string, got an integer"),
    ("actor.Mbox", "mailto:a@b", "statement.actor", 'unknown property "Mbox"'),
    ("actor.objectType", "agent", "statement.actor.objectType", "none of the values"),
    ("actor.objectType", "Activity", "statement.actor.objectType", "none of the values"),
    ("actor.openid", "https://anna.example", "statement.actor", "has mbox and openid"),
    ("actor.mbox", "mailto:false", "statement.actor.mbox", "one e-mail address"),
    ("actor.mbox", None, "statement.actor.mbox", "null"),
    ("actor.member", [BRUNO], "statement.actor.member", "only a group has members"),
    ("actor", {"mbox_sha1sum": "12"}, "statement.actor.mbox_sha1sum", "SHA-1"),
    ("actor", {"openid": "anna"}, "statement.actor.openid", "IRI"),
    ("actor", {"openid": "https://a.example/|b"}, "statement.actor.openid", '"|"'),
    ("actor", {"account": {"name": "a"}}, "statement.actor.account.homePage", "is missing"),
    ("actor", {"account": {"homePage": "http://a"}}, "statement.actor.account.name", "is missing"),
    (
        "actor",
        {"account": {"homePage": "lms", "name": "a"}},
        "statement.actor.account.homePage",
        "not an IRI",
    ),
    ("actor", {"objectType": "Group"}, "statement.actor.member", "needs members"),
    ("actor", {"objectType": "Group", "member": []}, "statement.actor.member", "needs members"),
    (
        "actor",
        {"objectType": "Group", "member": [BRUNO, TEAM]},
        "statement.actor.member[1]",
        "an agent, not a group",
    ),
    (
        "actor",
        {"objectType": "Group", "member": [{"name": "x"}]},
        "statement.actor.member[0]",
        "has no identifier",
    ),
    ("authority", TEAM, "statement.authority.member", "exactly two"),
    ("authority", {**TEAM, **ACCOUNT}, "statement.authority", "has no identifier"),
    ("authority", {"name": "x"}, "statement.authority", "has no identifier"),
    # verbs
    ("verb", {}, "statement.verb.id", "is missing"),
    ("verb.id", "answered", "statement.verb.id", "not an IRI"),
    ("verb.display", "answered", "statement.verb.display", "expected an object"),
    ("verb.display", {"a12345": "x"}, "statement.verb.display", "language tag"),
    ("verb.display", {"en": 5}, "statement.verb.display", "expected a string"),
    ("verb.display", {"en": None}, "statement.verb.display", "null"),
    # objects
    ("object", {}, "statement.object.id", "is missing"),
    ("object.objectType", "activity", "statement.object.objectType", "none of the values"),
    ("object.id", "0aeed4f8", "statement.object.id", "not an IRI"),
    ("object.mbox", "mailto:a@b", "statement.object.mbox", "no property of an object of type Act"),
    ("object", {"mbox": "mailto:a@b"}, "statement.object.mbox", "needs its objectType"),
    ("object", {"objectType": "Agent"}, "statement.object", "has no identifier"),
    ("object", {**BRUNO, "id": UUID}, "statement.object.id", "type Agent"),
    ("object", {"objectType": "Group"}, "statement.object.member", "needs members"),
    ("object.definition.type", "course", "statement.object.definition.type", "not an IRI"),
    ("object.definition.moreInfo", "x", "statement.object.definition.moreInfo", "not an IRI"),
    ("object.definition.name", {"x": "y"}, "statement.object.definition.name", "language tag"),
    (
        "object.definition.description",
        {"en_US": "y"},
        "statement.object.definition.description",
        "language tag",
    ),
    (
        "object.definition.extensions",
        {"key": 1},
        "statement.object.definition.extensions",
        'the key "key" is not an IRI',
    ),
    # interactions
    (
        "object.definition.interactionType",
        ABSENT,
        "statement.object.definition.interactionType",
        "is missing",
    ),
    (
        "object.definition",
        {"steps": []},
        "statement.object.definition.interactionType",
        "steps needs it",
    ),
    (
        "object.definition.interactionType",
        "Choice",
        "statement.object.definition.interactionType",
        "none of the values",
    ),
    (
        "object.definition.scale",
        [{"id": "1"}],
        "statement.object.definition.scale",
        'does not go with the interactionType "choice"',
    ),
    (
        "object.definition.choices",
        [{"id": "a"}, {"id": "a"}],
        "statement.object.definition.choices[1].id",
        "stands twice",
    ),
    (
        "object.definition.choices",
        [{"id": "a", "description": {"x": ""}}],
        "statement.object.definition.choices[0].description",
        "language tag",
    ),
    (
        "object.definition.choices",
        [{"description": {}}],
        "statement.object.definition.choices[0].id",
        "is missing",
    ),
    (
        "object.definition.correctResponsesPattern",
        [1],
        "statement.object.definition.correctResponsesPattern[0]",
        "expected a string",
    ),
    # results
    ("result.score.scaled", 1.01, "statement.result.score.scaled", "between -1 and 1"),
    ("result.score.raw", "5", "statement.result.score.raw", "expected a number, got a string"),
    ("result.score.raw", True, "statement.result.score.raw", "expected a number, got true"),
    ("result.score.raw", 11, "statement.result.score.raw", "between min and max"),
    ("result.score.raw", -1, "statement.result.score.raw", "between min and max"),
    ("result.score.min", 10, "statement.result.score", "min must be below max"),
    ("result.score", {"min": 0, "max": 0}, "statement.result.score", "min must be below max"),
    ("result.score.percent", 5, "statement.result.score", 'unknown property "percent"'),
    ("result.success", "true", "statement.result.success", "expected true or false"),
    ("result.completion", 1, "statement.result.completion", "expected true or false"),
    ("result.duration", "P4W1D", "statement.result.duration", "ISO 8601 duration"),
    ("result.response", None, "statement.result.response", "null"),
    ("result.extensions", {"x y": 1}, "statement.result.extensions", "not an IRI"),
    # context
    ("context.registration", "12", "statement.context.registration", '"12" is not a UUID'),
    ("context.instructor", {}, "statement.context.instructor", "has no identifier"),
    ("context.team", BRUNO, "statement.context.team", "must be a group"),
    ("context.language", "something", "statement.context.language", "language tag"),
    ("context.statement", {"id": UUID}, "statement.context.statement.objectType", "is missing"),
    ("context.statement", {**REF, "id": "1"}, "statement.context.statement.id", "UUID"),
    ("context.extensions", {"": 1}, "statement.context.extensions", "not an IRI"),
    ("context.contextActivities", [], "statement.context.contextActivities", "expected an object"),
    (
        "context.contextActivities.Parent",
        [],
        "statement.context.contextActivities",
        "unknown property",
    ),
    (
        "context.contextActivities.other",
        "x",
        "statement.context.contextActivities.other",
        "expected an object or a list",
    ),
    (
        "context.contextActivities.parent",
        [{"id": "http://a"}, {"id": "b"}],
        "statement.context.contextActivities.parent[1].id",
        "not an IRI",
    ),
    (
        "context.contextActivities.category",
        {"id": "b"},
        "statement.context.contextActivities.category.id",
        "not an IRI",
    ),
    (
        "context.contextActivities.parent",
        [{"id": "http://a", "objectType": "GroupActivity"}],
        "statement.context.contextActivities.parent[0].objectType",
        '"GroupActivity" is none',
    ),
    (
        "context.contextAgents",
        [CONTEXT_AGENT],
        "statement.context.contextAgents",
        "belongs to xAPI 2.0.0",
    ),
    ("object", BRUNO, "statement.context.platform", "goes only with an Activity"),
    # attachments
    ("attachments", PDF, "statement.attachments", "expected a list"),
    *[
        ("attachments", [{**PDF, name: value}], f"statement.attachments[0].{name}", reason)
        for name, value, reason in [
            ("usageType", "certificate", "not an IRI"),
            ("display", {"x": ""}, "language tag"),
            ("description", {"x": ""}, "language tag"),
            ("contentType", "pdf", "media type"),
            ("length", 1.5, "expected an integer"),
            ("length", -1, "below 0"),
            ("sha2", "12", "SHA-2"),
            ("fileUrl", "certificate.pdf", "not an IRI"),
        ]
    ],
    *[
        ("attachments", [without(PDF, name)], f"statement.attachments[0].{name}", "is missing")
        for name in PDF
    ],
]


def refusal(statement: object, version: str = "1.0.3") -> str:
    with pytest.raises(BadRequest) as caught:
        prepared(statement, version)
    return caught.value.detail


@pytest.mark.parametrize(("path", "value", "place", "reason"), REFUSED)
def test_refused_with_place_and_reason(path: str, value: Any, place: str, reason: str) -> None:
    detail = refusal(changed(path, value))
    assert detail.startswith(f"{place}: ")
    assert reason in detail


IN_PLAIN: list[tuple[str, Any, str, str]] = [
    ("object", {"objectType": "StatementRef", "id": "http://a"}, "statement.object.id", "UUID"),
    ("object", {"objectType": "StatementRef"}, "statement.object.id", "is missing"),
    ("object", {**REF, "definition": {}}, "statement.object.definition", "type StatementRef"),
    ("object", {**SUB, "id": UUID}, "statement.object.id", "type SubStatement"),
    ("object", {**SUB, "stored": "2026-01-02T03:04:05Z"}, "statement.object", '"stored"'),
    ("object", {**SUB, "version": "1.0.0"}, "statement.object", '"version"'),
    ("object", {**SUB, "authority": BRUNO}, "statement.object", '"authority"'),
    ("object", {**SUB, "object": SUB}, "statement.object.object", "no sub-statement of its own"),
    ("object", without(SUB, "verb"), "statement.object.verb", "is missing"),
    ("object", {**SUB, "actor": {}}, "statement.object.actor", "has no identifier"),
    (
        "object",
        {**SUB, "object": BRUNO, "context": {"revision": "1"}},
        "statement.object.context.revision",
        "goes only with an Activity",
    ),
    ("object", {**SUB, "result": {"duration": ""}}, "statement.object.result.duration", "ISO"),
    ("object", {**SUB, "timestamp": "now"}, "statement.object.timestamp", "ISO"),
    (
        "object",
        {**SUB, "context": {"contextGroups": [CONTEXT_GROUP]}},
        "statement.object.context.contextGroups",
        "belongs to xAPI 2.0.0",
    ),
    ("verb", VOIDING["verb"], "statement.object", "StatementRef"),
]


@pytest.mark.parametrize(("path", "value", "place", "reason"), IN_PLAIN)
def test_refused_inside_other_objects(path: str, value: Any, place: str, reason: str) -> None:
    detail = refusal(changed(path, value, PLAIN))
    assert detail.startswith(f"{place}: ")
    assert reason in detail


@pytest.mark.parametrize(
    ("context", "place", "reason"),
    [
        ({"contextAgents": [{"agent": BRUNO}]}, "contextAgents[0].objectType", "is missing"),
        (
            {"contextAgents": [{**CONTEXT_AGENT, "objectType": "Agent"}]},
            "contextAgents[0].objectType",
            "none of the values",
        ),
        (
            {"contextAgents": [{**CONTEXT_AGENT, "agent": TEAM}]},
            "contextAgents[0].agent",
            "not a group",
        ),
        (
            {"contextAgents": [{**CONTEXT_AGENT, "agent": {}}]},
            "contextAgents[0].agent",
            "has no identifier",
        ),
        (
            {"contextAgents": [{**CONTEXT_AGENT, "relevantTypes": []}]},
            "contextAgents[0].relevantTypes",
            "must name a type",
        ),
        (
            {"contextAgents": [{**CONTEXT_AGENT, "relevantTypes": ["abc"]}]},
            "contextAgents[0].relevantTypes[0]",
            "not an IRI",
        ),
        (
            {"contextGroups": [{**CONTEXT_GROUP, "group": BRUNO}]},
            "contextGroups[0].group",
            "must be a group",
        ),
        (
            {"contextGroups": [{**CONTEXT_GROUP, "relevantTypes": []}]},
            "contextGroups[0].relevantTypes",
            "must name a type",
        ),
    ],
)
def test_refused_in_version_2(context: Json, place: str, reason: str) -> None:
    detail = refusal({**PLAIN, "context": context}, "2.0.0")
    assert detail.startswith(f"statement.context.{place}: ")
    assert reason in detail


def test_first_fault_in_the_order_of_the_text_is_named() -> None:
    statement = {**PLAIN, "actor": {}, "result": {"completion": "false"}}
    assert refusal(statement).startswith("statement.actor: ")


def test_long_values_are_shortened() -> None:
    assert len(refusal(changed("verb.id", "x" * 10_000))) < 200
