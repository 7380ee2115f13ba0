"""Contexts: what stands around a statement (Data 2.4.6; IEEE 9274.1.1, 4.2.2)."""

from typing import Final

import pytest

from tests.conformance.lrs import Lrs
from tests.conformance.requirement import everywhere, requirement, statements
from tests.conformance.statements import (
    AGENT,
    CLUB,
    IDENTIFIERS,
    OTHER_AGENT,
    REFERENCE,
    TEAM,
    UUID,
    Json,
    change,
    statement,
)

SECTION: Final = "Data 2.4.6"
AROUND: Final = "context.contextActivities"
ROLES: Final = ("parent", "grouping", "category", "other")
BOATS: Final = {"id": "https://example.org/boats"}
KNOTS: Final = {"objectType": "Activity", "id": "a:knots", "definition": {"name": {"en": "Knots"}}}
NO_ACTIVITIES: Final = [
    "a:boats", 1, True, None, [1], ["a:b"], [{}], {}, [None], [[BOATS]], {"id": 1},
    [{"id": "boats"}], [AGENT], [REFERENCE], [BOATS, {"id": ""}], [{**BOATS, "name": "x"}],
]  # fmt: skip
CONTEXT_AGENT: Final = {"objectType": "contextAgent", "agent": AGENT}
CONTEXT_GROUP: Final = {"objectType": "contextGroup", "group": TEAM}
TYPES: Final = ["https://example.org/roles/coach"]
NO_TYPES: Final = [[], ["coach"], [""], [1], "a:b", {}, None, ["a:b", "coach"]]

test_revision = statements(
    "XAPI-00084",
    SECTION,
    "A revision goes only with an activity as object.",
    accepted=[{"context.revision": "2"}, {"context.revision": "2", "object": BOATS}],
    refused=[{"context.revision": "2", "object": one} for one in (AGENT, TEAM, CLUB, REFERENCE)]
    + [{"context.revision": "2", "object": {"objectType": "SubStatement", **statement()}}],
)
test_platform = statements(
    "XAPI-00085",
    SECTION,
    "A platform goes only with an activity as object.",
    accepted=[{"context.platform": "Sail"}, {"context.platform": "Sail", "object": BOATS}],
    refused=[{"context.platform": "Sail", "object": one} for one in (AGENT, TEAM, CLUB, REFERENCE)]
    + [{"context.platform": "Sail", "object": {"objectType": "SubStatement", **statement()}}],
)
test_context_activities = statements(
    "XAPI-00086",
    SECTION,
    "The context activities are an object.",
    accepted=everywhere([AROUND], [{}]),
    refused=everywhere([AROUND], ["boats", 1, True, [], [BOATS]]),
)
test_registration = statements(
    "XAPI-00087",
    SECTION,
    "A registration is a UUID, and an instructor an agent or a group.",
    accepted=[
        *everywhere(["context.registration"], [UUID, UUID.upper()]),
        *everywhere(["context.instructor"], [AGENT, OTHER_AGENT, TEAM, CLUB]),
    ],
    refused=[
        *everywhere(["context.registration"], ["", "12", UUID[1:], f"urn:uuid:{UUID}", 1, {}]),
        *everywhere(["context.instructor"], ["Noor", 1, [], [AGENT], {}, BOATS, IDENTIFIERS]),
    ],
)
test_team = statements(
    "XAPI-00088",
    SECTION,
    "A team is a group.",
    accepted=everywhere(["context.team"], [TEAM, CLUB]),
    refused=everywhere(["context.team"], [AGENT, OTHER_AGENT, "Crew", 1, [], {}, [TEAM], BOATS]),
)
test_revision_is_text = statements(
    "XAPI-00089",
    SECTION,
    "A revision is a text.",
    accepted=everywhere(["context.revision"], ["1.2", ""]),
    refused=everywhere(["context.revision"], [1, 1.2, True, {}, []]),
)
test_platform_is_text = statements(
    "XAPI-00090",
    SECTION,
    "A platform is a text.",
    accepted=everywhere(["context.platform"], ["Sail", ""]),
    refused=everywhere(["context.platform"], [1, True, {}, []]),
)
test_language = statements(
    "XAPI-00091",
    SECTION,
    "A language is a tag of RFC 5646.",
    accepted=everywhere(["context.language"], ["fr", "fr-CA", "zh-Hant-TW"]),
    refused=everywhere(["context.language"], ["", "a12345", "fr_CA", 1, True, {}, ["fr"]]),
)
test_statement = statements(
    "XAPI-00092",
    SECTION,
    "The statement in a context is a reference to one.",
    accepted=everywhere(["context.statement"], [REFERENCE]),
    refused=everywhere(
        ["context.statement"],
        [UUID, {"id": UUID}, {**REFERENCE, "id": "12"}, {"objectType": "StatementRef"}, 1, [],
         {"objectType": "Activity", "id": UUID}, [REFERENCE], {**REFERENCE, "x": 1}],
    ),
)  # fmt: skip
test_roles = statements(
    "XAPI-00093",
    "Data 2.4.6.2",
    "Context activities are parent, grouping, category or other.",
    accepted=[{f"{AROUND}.{role}": [BOATS]} for role in ROLES],
    refused=[
        {f"{AROUND}.{role}": [BOATS]} for role in ("Parent", "parents", "child", "activity", "")
    ],
)
test_activities = statements(
    "XAPI-00094",
    "Data 2.4.6.2",
    "Each of them is an activity, or a list of activities.",
    accepted=everywhere(
        [f"{AROUND}.{role}" for role in ROLES], [BOATS, KNOTS, [BOATS], [BOATS, KNOTS], []]
    ),
    refused=everywhere([f"{AROUND}.{role}" for role in ROLES], NO_ACTIVITIES),
)


@requirement("XAPI-00096", "Data 2.4.6.2", "A single context activity comes back in a list.")
@pytest.mark.parametrize("inside", [False, True], ids=["statement", "sub-statement"])
@pytest.mark.parametrize("role", ROLES)
def test_single_activities(lrs: Lrs, role: str, inside: bool) -> None:  # noqa: FBT001
    holder = "object." if inside else ""
    sent = change(statement(), {f"{holder}{AROUND}.{role}": KNOTS}, inside=inside)
    kept = lrs.kept(sent)
    found = (kept["object"] if inside else kept)["context"]["contextActivities"]
    assert found == {role: [KNOTS]}


@requirement("LRS-0008", SECTION, "A context may be empty, and so may its parts.")
def test_empty_context(lrs: Lrs) -> None:
    parts: list[Json] = [{}, {"extensions": {}}, {"contextActivities": {}}]
    for context in (*parts, {"statement": REFERENCE}):
        assert lrs.kept(statement(context=context))["context"] == context


test_context_agents = statements(
    "LRS-0010",
    "IEEE 9274.1.1, 4.2.2",
    "Context agents are a list; each has its objectType, an agent, and types that are IRIs.",
    only="2.0.0",
    accepted=everywhere(
        ["context.contextAgents"],
        [
            [],
            [CONTEXT_AGENT],
            [CONTEXT_AGENT, {"objectType": "contextAgent", "agent": OTHER_AGENT}],
            [{**CONTEXT_AGENT, "relevantTypes": TYPES}],
        ],
    ),
    refused=everywhere(
        ["context.contextAgents"],
        [
            CONTEXT_AGENT, "Noor", [AGENT], [CONTEXT_GROUP], [{"agent": AGENT}], [{}],
            *([{**CONTEXT_AGENT, "objectType": one}] for one in ("ContextAgent", "Agent", 1, None)),
            *([{**CONTEXT_AGENT, "agent": one}] for one in (TEAM, {}, IDENTIFIERS, "Noor", None)),
            *([{**CONTEXT_AGENT, "relevantTypes": one}] for one in NO_TYPES),
            [{"objectType": "contextAgent"}], [{**CONTEXT_AGENT, "role": "coach"}],
        ],
    ),
)  # fmt: skip
test_context_groups = statements(
    "LRS-0011",
    "IEEE 9274.1.1, 4.2.2",
    "Context groups are a list; each has its objectType, a group, and types that are IRIs.",
    only="2.0.0",
    accepted=everywhere(
        ["context.contextGroups"],
        [
            [],
            [CONTEXT_GROUP],
            [{**CONTEXT_GROUP, "group": CLUB}],
            [{**CONTEXT_GROUP, "relevantTypes": TYPES}],
        ],
    ),
    refused=everywhere(
        ["context.contextGroups"],
        [
            CONTEXT_GROUP, "Crew", [TEAM], [CONTEXT_AGENT], [{"group": TEAM}], [{}],
            *([{**CONTEXT_GROUP, "objectType": one}] for one in ("ContextGroup", "Group", 1, None)),
            *([{**CONTEXT_GROUP, "group": one}] for one in (AGENT, {}, {"objectType": "Group"})),
            *([{**CONTEXT_GROUP, "relevantTypes": one}] for one in NO_TYPES),
            [{"objectType": "contextGroup"}], [{**CONTEXT_GROUP, "role": "crew"}],
        ],
    ),
)  # fmt: skip
test_not_in_the_first_version = statements(
    "LRS-0012",
    "Data 2.2",
    "Context agents and groups are unknown to 1.0.3, and refused.",
    only="1.0.3",
    refused=[
        {"context.contextAgents": [CONTEXT_AGENT]},
        {"context.contextGroups": [CONTEXT_GROUP]},
    ],
)
