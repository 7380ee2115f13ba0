"""Statements that are valid, among them those that well-known servers refuse."""

from typing import Any

import pytest

from tests.xapi.statements import (
    ACCOUNT,
    BRUNO,
    CONTEXT_AGENT,
    CONTEXT_GROUP,
    PDF,
    PLAIN,
    REF,
    STATEMENT,
    SUB,
    TEAM,
    UUID,
    VOIDING,
    Json,
    changed,
    prepared,
)

TAKEN: dict[str, tuple[str, Any]] = {
    "everything": ("id", "0AEED4F8-7D4C-4A8A-8F1A-3C1D3B2F6F4E"),
    "version 7 UUID": ("context.registration", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"),
    "version 6 UUID": ("context.registration", "1ef21d2f-1207-6660-8c4f-419efbd44d48"),
    "hyphen in a scheme": ("object.id", "course-v1:edX+DemoX+Demo_Course"),
    "empty extensions": ("result.extensions", {}),
    "null, empty text and object in extensions": (
        "context.extensions",
        {"http://a/1": None, "http://a/2": "", "http://a/3": {"": None}},
    ),
    "empty texts": ("result.response", ""),
    "empty name": ("actor.name", ""),
    "empty language map": ("verb.display", {}),
    "empty result": ("result", {}),
    "empty context": ("context", {}),
    "single context activity": ("context.contextActivities.category", {"id": "http://a/c"}),
    "empty list of activities": ("context.contextActivities.category", []),
    "account": ("actor", ACCOUNT),
    "hash": ("actor", {"mbox_sha1sum": "A" * 40}),
    "openid": ("actor", {"openid": "https://anna.example/"}),
    "anonymous group": ("actor", TEAM),
    "identified group without members": ("actor", {"objectType": "Group", **ACCOUNT}),
    "group as instructor": ("context.instructor", TEAM),
    "team": ("context.team", TEAM),
    "authority of application and user": (
        "authority",
        {"objectType": "Group", "member": [ACCOUNT, BRUNO]},
    ),
    "version 1.0": ("version", "1.0"),
    "version 1.0.9": ("version", "1.0.9"),
    "timestamp years ahead": ("timestamp", "2099-01-02T03:04:05+02:00"),
    "raw without min and max": ("result.score", {"raw": 1e300}),
    "empty correct responses": ("object.definition.correctResponsesPattern", []),
    "interaction without lists": ("object.definition", {"interactionType": "true-false"}),
    "attachment elsewhere": ("attachments", [PDF]),
    "number": ("result.score.scaled", -1),
}


@pytest.mark.parametrize(("path", "value"), TAKEN.values(), ids=TAKEN)
def test_taken(path: str, value: Any) -> None:
    assert len(prepared(changed(path, value))) == 1


@pytest.mark.parametrize(
    "thing",
    [
        BRUNO,
        TEAM,
        REF,
        SUB,
        {**SUB, "object": REF},
        {**SUB, "object": BRUNO, "context": {"registration": UUID}},
    ],
)
def test_taken_as_object(thing: Json) -> None:
    assert len(prepared({**PLAIN, "object": thing})) == 1


def test_voiding_statement_names_what_it_voids() -> None:
    assert prepared({**VOIDING, "object": REF})[0].voids == UUID


def test_taken_in_version_2() -> None:
    agent = {**CONTEXT_AGENT, "relevantTypes": ["http://a/type"]}
    context = {"contextAgents": [agent, CONTEXT_AGENT], "contextGroups": [CONTEXT_GROUP]}
    statement = {**STATEMENT, "context": context, "version": "2.0.0"}
    assert len(prepared(statement, "2.0.0")) == 1
