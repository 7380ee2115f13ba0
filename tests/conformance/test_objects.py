"""Objects: activities and their definitions, agents, references, sub-statements (Data 2.4.4)."""

import pytest

from tests.conformance.lrs import Lrs
from tests.conformance.requirement import everywhere, requirement, statements
from tests.conformance.statements import (
    ABSENT,
    ACCOUNT,
    AGENT,
    CERTIFICATE,
    CLUB,
    REFERENCE,
    TEAM,
    UUID,
    Json,
    change,
    full,
    statement,
    varied,
)

ACTIVITY: Json = {"id": "https://example.org/boats"}
DEFINITION = "object.definition"
NO_LANGUAGE_MAPS = ["Boats", 1, True, [], ["Boats"], {"en": 1}, {"en": None}, {"a12345": "Boats"}]

test_kinds = statements(
    "XAPI-00046",
    "Data 2.4.4",
    "An object is an Activity, Agent, Group, SubStatement or StatementRef.",
    accepted=[
        *everywhere(["object"], [ACTIVITY, {"objectType": "Activity", **ACTIVITY}]),
        *everywhere(["object"], [AGENT, TEAM, CLUB, REFERENCE]),
        {"object": {"objectType": "SubStatement", **statement()}},
    ],
    refused=everywhere(
        ["object"],
        [
            *varied(ACTIVITY, "objectType", ["Person", "activity", "", 1, None, {}]),
            *varied(REFERENCE, "objectType", ["Statement", "statementref"]),
        ],
    ),
)
test_activity_id = statements(
    "XAPI-00047",
    "Data 2.4.4.1",
    "An activity has an id, which is an IRI.",
    accepted=everywhere(["object.id"], ["course-v1:edX+DemoX+2024", "https://example.org/é"]),
    refused=[
        {"object.id": ABSENT},
        *everywhere(["object.id"], ["boats", "", UUID, 1, None, {}, "ht tp://a"]),
    ],
)
test_definition = statements(
    "XAPI-00048",
    "Data 2.4.4.1",
    "The definition of an activity is an object.",
    accepted=everywhere([DEFINITION], [{}, {"name": {"en": "Boats"}}]),
    refused=everywhere([DEFINITION], ["Boats", 1, True, [], [{}]]),
)
test_definition_name = statements(
    "XAPI-00056",
    "Data 2.4.4.1",
    "The name in a definition is a language map.",
    accepted=everywhere([f"{DEFINITION}.name"], [{}, {"en": "Boats", "fr-CA": ""}]),
    refused=everywhere([f"{DEFINITION}.name"], NO_LANGUAGE_MAPS),
)
test_definition_extensions = statements(
    "XAPI-00057",
    "Data 2.4.4.1",
    "The extensions in a definition are an object, whose keys are IRIs.",
    accepted=everywhere([f"{DEFINITION}.extensions"], [{}, {"a:b": 1}]),
    refused=everywhere([f"{DEFINITION}.extensions"], ["a:b", 1, [], [{"a:b": 1}], {"level": 1}]),
)
test_definition_description = statements(
    "XAPI-00059",
    "Data 2.4.4.1",
    "The description in a definition is a language map.",
    accepted=everywhere([f"{DEFINITION}.description"], [{}, {"en": "They float."}]),
    refused=everywhere([f"{DEFINITION}.description"], NO_LANGUAGE_MAPS),
)
test_definition_type = statements(
    "XAPI-00060",
    "Data 2.4.4.1",
    "The type in a definition is an IRI.",
    accepted=everywhere([f"{DEFINITION}.type"], ["https://example.org/types/boat"]),
    refused=everywhere([f"{DEFINITION}.type"], ["course", "", 1, {}, ["a:b"]]),
)
test_definition_more_info = statements(
    "XAPI-00061",
    "Data 2.4.4.1",
    "The moreInfo in a definition is an IRL.",
    accepted=everywhere([f"{DEFINITION}.moreInfo"], ["https://example.org/more"]),
    refused=everywhere([f"{DEFINITION}.moreInfo"], ["more", "example.org/more", "", 1, {}]),
)
test_agents_as_objects = statements(
    "XAPI-00065",
    "Data 2.4.4.2",
    "An agent or group as object says so by its objectType.",
    accepted=everywhere(["object"], [AGENT, {"objectType": "Agent", "account": ACCOUNT}, TEAM]),
    refused=everywhere(
        ["object"],
        [{"mbox": AGENT["mbox"]}, {"account": ACCOUNT}, {"member": [AGENT]}, {**ACTIVITY, **AGENT}],
    ),
)


@requirement(
    "XAPI-00066", "Data 2.4.4.3", "A sub-statement is a statement of its own, by the same rules."
)
@pytest.mark.parametrize("name", ["actor", "verb", "object"])
def test_sub_statements(lrs: Lrs, name: str) -> None:
    inner = {key: value for key, value in full().items() if key != "id"}
    sent = statement(object={"objectType": "SubStatement", **inner})
    assert lrs.kept(sent)["object"] == sent["object"]
    for wrong in (ABSENT, None, "text", {}):
        lrs.refuses(lrs.post_json("statements", change(sent, {f"object.{name}": wrong})))


def _sub(**more: object) -> Json:
    return {"object": {"objectType": "SubStatement", **statement(), **more}}


test_no_authority_inside = statements(
    "XAPI-00067",
    "Data 2.4.4.3",
    "A sub-statement has no authority.",
    refused=[_sub(authority=AGENT)],
)
test_no_version_inside = statements(
    "XAPI-00068",
    "Data 2.4.4.3",
    "A sub-statement has no version.",
    refused=[_sub(version="1.0.0")],
)
test_no_stored_inside = statements(
    "XAPI-00069",
    "Data 2.4.4.3",
    "A sub-statement has no stored.",
    refused=[_sub(stored="2024-01-02T03:04:05Z")],
)
test_no_id_inside = statements(
    "XAPI-00070", "Data 2.4.4.3", "A sub-statement has no id.", refused=[_sub(id=UUID)]
)
test_no_nesting = statements(
    "XAPI-00071",
    "Data 2.4.4.3",
    "A sub-statement holds no other.",
    accepted=[_sub(object=REFERENCE), _sub(object=TEAM)],
    refused=[_sub(**_sub())],
)
test_reference = statements(
    "XAPI-00072",
    "Data 2.4.4.3",
    "A reference to a statement has its id, a UUID.",
    refused=everywhere(
        ["object"],
        [
            {"objectType": "StatementRef"},
            *({"objectType": "StatementRef", "id": one} for one in ("", "12", "a:b", 1, None)),
            {**REFERENCE, "definition": {}},
        ],
    ),
)
test_reference_type = statements(
    "XAPI-00073",
    "Data 2.4.4.3",
    "A reference to a statement says so by its objectType; the statement may be unknown.",
    accepted=[{"object": REFERENCE}],
    refused=[{"object": {"id": UUID}}],
)
test_no_mixture = statements(
    "LRS-0005",
    "Data 2.4.4",
    "An object has the properties of its own kind only.",
    refused=everywhere(
        ["object"],
        [
            {**ACTIVITY, "member": []},
            {**ACTIVITY, "actor": AGENT},
            {**ACTIVITY, "name": "Boats"},
            {**AGENT, "id": "a:b"},
            {**AGENT, "definition": {}},
            {**REFERENCE, "verb": {"id": "a:b"}},
            {**ACTIVITY, "attachments": [CERTIFICATE]},
        ],
    ),
)
