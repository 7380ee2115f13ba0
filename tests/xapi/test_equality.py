"""Which differences make another statement (xAPI-Data 2.3.1)."""

import json
from typing import Any

import pytest

from lrs_stats.xapi.equality import same
from tests.xapi.statements import ABSENT, BRUNO, PLAIN, STATEMENT, Json, changed

CARLA = {"openid": "https://carla.example/"}
TEAM = {"objectType": "Group", "member": [BRUNO, CARLA]}
TURNED = {"objectType": "Group", "member": [CARLA, BRUNO]}
ID = "0aeed4f8-7d4c-4a8a-8f1a-3c1d3b2f6f4e"
PARENT = "context.contextActivities.parent"
COURSE = {"id": "https://example.org/course/1"}

# a property, its value in one statement, and its value in the other
Change = tuple[str, Any, Any]

SAME: list[Change] = [
    ("id", ID, "00000000-0000-4000-8000-000000000001"),
    ("authority", BRUNO, CARLA),
    ("stored", "2026-01-02T03:04:05.000Z", "2027-01-02T03:04:05.000Z"),
    ("version", "1.0.0", ABSENT),
    ("verb.display", {"en": "answered"}, ABSENT),
    ("object.definition", {"type": "a:b"}, ABSENT),
    ("actor", TEAM, TURNED),
    ("context.team", TEAM, TURNED),
    ("object", TEAM, TURNED),
    ("actor.mbox", "mailto:anna@example.org", "mailto:anna@EXAMPLE.org"),
    ("actor", {"mbox_sha1sum": "a" * 40}, {"mbox_sha1sum": "A" * 40}),
    (PARENT, [COURSE], COURSE),
    (PARENT, [COURSE], [{**COURSE, "definition": {}}]),
    ("timestamp", "2026-01-02T03:04:05Z", "2026-01-02T04:04:05.000+01:00"),
    ("timestamp", "2026-01-02T03:04:05.1234Z", "2026-01-02T03:04:05.1239Z"),
    ("result.duration", "PT1.504S", "PT1.509S"),
    ("result.score.raw", 1, 1.0),
    ("result.extensions", {"a:b": [1, {"c": 2}]}, {"a:b": [1.0, {"c": 2.0}]}),
    ("context.registration", ID, ID.upper()),
    ("context.language", "fr-FR", "fr-fr"),
]
DIFFERENT: list[Change] = [
    ("actor.name", "Anna", "Bruno"),
    ("actor.mbox", "mailto:anna@example.org", "mailto:Anna@example.org"),
    ("actor", TEAM, {"objectType": "Group", "member": [BRUNO]}),
    ("verb.id", "a:b", "a:c"),
    ("object.id", "a:b", "a:c"),
    ("object", {"id": "a:b"}, {"objectType": "Activity", "id": "a:b"}),
    (PARENT, [COURSE], []),
    (PARENT, [COURSE, {"id": "a:b"}], [{"id": "a:b"}, COURSE]),
    ("timestamp", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05.001Z"),
    ("timestamp", "2026-01-02T03:04:05Z", ABSENT),
    ("result.duration", "PT60S", "PT1M"),
    ("result.duration", "PT1.50S", "PT1.51S"),
    ("result.success", True, ABSENT),
    ("result.score.raw", 1, 2),
    ("result.extensions", {"a:b": True}, {"a:b": 1}),
    ("result.extensions", {"a:b": 0}, {"a:b": False}),
    ("result.extensions", {"a:b": None}, {}),
    ("result.extensions", {"a:b": [1, 2]}, {"a:b": [1]}),
    ("result.extensions", {"a:b": {}}, {"a:b": []}),
    ("context.registration", ID, ABSENT),
]


def both(change: Change) -> tuple[Json, Json]:
    path, one, other = change
    start = changed(path, "something to leave out")
    return changed(path, one, start), changed(path, other, start)


def alike(one: Json, other: Json) -> bool:
    forth = same(json.dumps(one).encode(), json.dumps(other).encode())
    back = same(json.dumps(other).encode(), json.dumps(one).encode())
    assert forth is back
    return forth


def as_object(statement: Json) -> Json:
    """Return a statement whose object is a sub-statement with the same properties."""
    assigned = ("id", "authority", "stored", "version")
    sub = {name: value for name, value in statement.items() if name not in assigned}
    return {**PLAIN, "object": {"objectType": "SubStatement", **sub}}


@pytest.mark.parametrize("change", SAME, ids=str)
def test_same(change: Change) -> None:
    one, other = both(change)
    assert alike(one, other)
    assert alike(as_object(one), as_object(other))


@pytest.mark.parametrize("change", DIFFERENT, ids=str)
def test_different(change: Change) -> None:
    one, other = both(change)
    assert not alike(one, other)
    assert not alike(as_object(one), as_object(other))


def test_a_timestamp_that_the_server_set_is_no_difference() -> None:
    first = {**PLAIN, "timestamp": "2026-01-02T03:04:05.000Z", "stored": "2026-01-02T03:04:05.000Z"}
    again = {**PLAIN, "timestamp": "2026-01-02T03:09:09.000Z", "stored": "2026-01-02T03:09:09.000Z"}
    assert alike(first, again)
    assert alike(first, PLAIN)
    assert not alike(first, {**PLAIN, "timestamp": "2026-01-01T00:00:00.000Z"})


def test_the_context_agents_and_groups_of_version_2() -> None:
    def statement(team: Json, mbox: str) -> Json:
        agents = [{"objectType": "contextAgent", "agent": {"mbox": mbox}}]
        groups = [{"objectType": "contextGroup", "group": team}]
        return {**STATEMENT, "context": {"contextAgents": agents, "contextGroups": groups}}

    assert alike(statement(TEAM, "mailto:a@b.org"), statement(TURNED, "mailto:a@B.org"))
    assert not alike(statement(TEAM, "mailto:a@b.org"), statement(TEAM, "mailto:c@b.org"))
