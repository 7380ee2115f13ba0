"""Agents, groups and their identifiers, wherever they stand (Data 2.4.2)."""

from typing import Final

from tests.conformance.requirement import everywhere, statements
from tests.conformance.statements import (
    ACCOUNT,
    AGENT,
    CLUB,
    IDENTIFIERS,
    OTHER_AGENT,
    SHA1,
    TEAM,
    Json,
    varied,
)

ACTORS: Final = ("actor", "context.instructor")
OBJECTS: Final = ("object",)
GROUPS: Final = ("actor", "context.instructor", "context.team", "object")
EACH: Final = [{name: value} for name, value in IDENTIFIERS.items()]
PAIRS: Final = [
    {first: IDENTIFIERS[first], second: IDENTIFIERS[second]}
    for first in IDENTIFIERS
    for second in IDENTIFIERS
    if first < second
]


def _agents(values: list[Json]) -> list[Json]:
    return [{"objectType": "Agent", **value} for value in values]


def _groups(values: list[Json]) -> list[Json]:
    return [{"objectType": "Group", **value} for value in values]


test_kinds = statements(
    "XAPI-00031",
    "Data 2.4.2.1, 2.4.2.2",
    "An actor is an Agent or a Group.",
    accepted=[{"actor": AGENT}, {"actor": OTHER_AGENT}, {"actor": TEAM}, {"actor": CLUB}],
    refused=everywhere(
        ["actor.objectType", "context.instructor"],
        ["Activity", "StatementRef", "SubStatement", "Person", "GroupActivity", ""],
    ),
)
test_object_type = statements(
    "XAPI-00032",
    "Data 2.4.2.1",
    "The objectType of an agent is a text.",
    refused=everywhere(["actor.objectType"], [1, True, None, {}, ["Agent"]]),
)
test_name = statements(
    "XAPI-00033",
    "Data 2.4.2.1",
    "The name of an agent or a group is a text.",
    accepted=everywhere(["actor.name"], ["Noor", "", "Noor 𝄞"]),
    refused=[
        *everywhere(["actor.name"], [1, True, {}, ["Noor"], {"en": "Noor"}]),
        *everywhere(GROUPS, [{**TEAM, "name": 1}, {**CLUB, "name": {}}]),
    ],
)
test_one_identifier = statements(
    "XAPI-00034",
    "Data 2.4.2.1",
    "An agent has exactly one identifier: mbox, mbox_sha1sum, openid or account.",
    accepted=[
        *everywhere(ACTORS, [*EACH, *_agents(EACH)]),
        *everywhere(OBJECTS, _agents(EACH)),
    ],
    refused=[
        *everywhere(ACTORS, [{}, {"name": "Noor"}, *PAIRS, IDENTIFIERS]),
        *everywhere([*ACTORS, *OBJECTS], [{"objectType": "Agent"}, *_agents(PAIRS)]),
        *everywhere(["authority"], [{"objectType": "Agent"}, *PAIRS]),
        *everywhere(["actor"], [{**AGENT, "member": [OTHER_AGENT]}]),
    ],
)
test_anonymous_groups = statements(
    "XAPI-00035",
    "Data 2.4.2.2",
    "A group without an identifier has members.",
    accepted=everywhere(GROUPS, [TEAM, {**TEAM, "name": "Crew"}]),
    refused=everywhere(
        GROUPS,
        [{"objectType": "Group"}, {"objectType": "Group", "name": "Crew"}, {**TEAM, "member": []}],
    ),
)
test_members = statements(
    "XAPI-00036",
    "Data 2.4.2.2",
    "The members of a group are a list of agents, which are no groups.",
    accepted=everywhere(
        GROUPS, [{**TEAM, "member": EACH}, {**CLUB, "member": [AGENT, OTHER_AGENT]}]
    ),
    refused=everywhere(
        GROUPS,
        varied(TEAM, "member", [AGENT, "Noor", 1, ["Noor"], [{}], [TEAM], [CLUB]])
        + _groups([{"member": [AGENT, pair]} for pair in PAIRS]),
    ),
)
test_identified_groups = statements(
    "XAPI-00037",
    "Data 2.4.2.2",
    "An identified group has one identifier, and needs no members.",
    accepted=everywhere(
        GROUPS, [*_groups(EACH), *_groups([{**one, "member": [AGENT]} for one in EACH])]
    ),
    refused=everywhere(
        GROUPS, [*_groups(PAIRS), *_groups([{**pair, "member": [AGENT]} for pair in PAIRS])]
    ),
)
test_mbox = statements(
    "XAPI-00038",
    "Data 2.4.2.3",
    "An mbox is `mailto:` and one e-mail address.",
    accepted=everywhere(
        ["actor"],
        varied(
            {}, "mbox", ["mailto:a@b.org", "mailto:a+b.c'd@example.org", "mailto:é@é.example"]
        ),
    ),
    refused=everywhere(
        ["actor"],
        varied(
            {},
            "mbox",
            [
                "noor@example.org", "mailto:noor", "mailto:false", "mailto:", "mailto:@", "",
                "http://example.org", "mailto:a@b.example,c@d.example", "mailto: a@b.example", 12,
                True, ["mailto:a@b.example"],
            ],
        ),
    ),
)  # fmt: skip
test_mbox_sha1sum = statements(
    "XAPI-00039",
    "Data 2.4.2.3",
    "An mbox_sha1sum is the SHA-1 hash of an mbox, as a text of 40 hexadecimal digits.",
    accepted=everywhere(["actor"], [{"mbox_sha1sum": SHA1}, {"mbox_sha1sum": SHA1.upper()}]),
    refused=everywhere(
        ["actor"], varied({}, "mbox_sha1sum", [SHA1[1:], f"{SHA1}0", "x" * 40, 1, {}, ""])
    ),
)
test_openid = statements(
    "XAPI-00040",
    "Data 2.4.2.3",
    "An openid is a URI.",
    accepted=everywhere(["actor"], varied({}, "openid", ["https://id.example.org/n", "a:b"])),
    refused=everywhere(
        ["actor"], varied({}, "openid", ["noor", "id.example.org/noor", "", 1, {}, "a: b"])
    ),
)
test_account = statements(
    "XAPI-00041",
    "Data 2.4.2.4",
    "An account is an object with a home page and a name, and nothing else.",
    accepted=everywhere(ACTORS, [{"account": ACCOUNT}]),
    refused=everywhere(
        ACTORS, varied({}, "account", ["noor", 1, [], [ACCOUNT], {**ACCOUNT, "id": "1"}])
    ),
)
test_home_page = statements(
    "XAPI-00042",
    "Data 2.4.2.4",
    "The home page of an account is an IRL, and has to be there.",
    refused=everywhere(
        ACTORS,
        varied(
            {},
            "account",
            [
                {"name": "noor"},
                *varied(ACCOUNT, "homePage", ["lms", "lms.example.org", "", 1, {}, None]),
            ],
        ),
    ),
)
test_account_name = statements(
    "XAPI-00043",
    "Data 2.4.2.4",
    "The name of an account is a text, and has to be there.",
    accepted=everywhere(ACTORS, [{"account": {**ACCOUNT, "name": "no|or 𝄞"}}]),
    refused=everywhere(
        ACTORS,
        varied(
            {},
            "account",
            [
                {"homePage": ACCOUNT["homePage"]},
                *varied(ACCOUNT, "name", [1, True, None, {}, ["noor"]]),
            ],
        ),
    ),
)
