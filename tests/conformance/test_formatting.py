"""What holds for every value of a statement: types, formats, spelling (Data 2.1 and 2.2)."""

import json
from typing import Any

import pytest

from tests.conformance.lrs import Lrs, fresh
from tests.conformance.requirement import everywhere, requirement, statements
from tests.conformance.statements import (
    ABSENT,
    ACCOUNT,
    CERTIFICATE,
    SHA1,
    UUID,
    Json,
    change,
    full,
    statement,
)

FORMATTING = "Data 2.2"
NOT_IRIS = [
    "",
    "here",
    "example.org/here",
    "//example.org/here",
    "/here",
    "1:here",
    ":here",
    "mailto:noor",
]
ODD_IRIS = [
    "course-v1:edX+DemoX+2024",
    "urn:uuid:6690e6c9-3ef0-4ed3-8b37-7f3964730bee",
    "https://example.org/Stéphane/знания",
    "tag:example.org,2024:a",
    "HTTP://EXAMPLE.ORG/",
]
IRIS: dict[str, Json] = {
    "verb.id": {},
    "object.id": {},
    "object.definition.type": {},
    "object.definition.moreInfo": {},
    "actor": {},
    "attachments.0.usageType": {"attachments": [CERTIFICATE]},
    "attachments.0.fileUrl": {"attachments": [CERTIFICATE]},
    "context.contextActivities.parent": {},
}
"""The places of IRIs, and what else a statement then needs."""


def _with_iri(place: str, iri: str) -> Json:
    match place:
        case "actor":
            return {"actor": {"openid": iri}}
        case "context.contextActivities.parent":
            return {place: [{"id": iri}]}
        case _:
            return {**IRIS[place], place: iri}


def _spelled(name: str) -> str:
    return name[0].upper() + name[1:]


def _places(part: Any, place: str = "") -> list[str]:
    """Return the places of all properties, but for what stands inside extensions and maps."""
    opaque = {"extensions", "display", "name", "description"}
    children: dict[str, Any] = {}
    if isinstance(part, dict):
        children = part
    elif isinstance(part, list):
        children = {str(index): one for index, one in enumerate(part)}
    found = []
    for name, child in children.items():
        at = f"{place}.{name}".lstrip(".")
        found += [] if name.isdigit() else [at]
        found += [] if name in opaque else _places(child, at)
    return found


PLACES = _places(full())

test_null = statements(
    "XAPI-00001",
    FORMATTING,
    "No property is null, but for those inside extensions.",
    refused=everywhere(
        [
            "id", "actor", "actor.name", "verb", "verb.display", "object", "object.definition",
            "object.definition.name", "result", "result.score", "result.score.raw",
            "result.success", "result.response", "context", "context.registration",
            "context.platform", "context.contextActivities", "context.contextActivities.parent",
            "timestamp", "stored", "authority", "version", "attachments",
            "object.definition.extensions", "result.extensions", "context.extensions",
        ],
        [None],
    ),
    accepted=everywhere(["result.extensions", "context.extensions"], [{"a:b": None}]),
)  # fmt: skip


@requirement("XAPI-00002", FORMATTING, "Numbers keep at least the precision of 32-bit floats.")
@pytest.mark.parametrize("number", [0.1, 1.0 / 3, -1.7320508, 3.4028235e38, 16777217, 1e-30])
def test_numbers(lrs: Lrs, number: float) -> None:
    sent = statement(result={"score": {"raw": number}, "extensions": {fresh("keys"): number}})
    assert lrs.kept(sent)["result"] == sent["result"]


test_actor_is_needed = statements(
    "XAPI-00003", FORMATTING, "A statement has an actor.", refused=[{"actor": ABSENT}]
)
test_verb_is_needed = statements(
    "XAPI-00004", FORMATTING, "A statement has a verb.", refused=[{"verb": ABSENT}]
)
test_object_is_needed = statements(
    "XAPI-00005", FORMATTING, "A statement has an object.", refused=[{"object": ABSENT}]
)
test_types = statements(
    "XAPI-00006",
    FORMATTING,
    "A value has the type that its property has, and is never turned into it.",
    refused=[
        *everywhere(["actor", "verb", "object", "result", "context"], ["text", 12, True, []]),
        *everywhere(["result.success", "result.completion"], ["true", 1, 0, {}]),
        *everywhere(["result.response", "context.platform", "context.revision"], [1, False, {}]),
        *everywhere(["result.score.raw", "result.score.scaled"], ["1", True, []]),
        *everywhere(["attachments"], ["text", 1, CERTIFICATE]),
        *everywhere(["id", "timestamp", "version"], [1, True, {}]),
        *everywhere(["actor.name", "object.definition.type"], [1, False]),
    ],
)
test_formats = statements(
    "XAPI-00007",
    FORMATTING,
    "A text that has a format follows it, and is not empty.",
    refused=[
        *everywhere(["id", "context.registration"], ["", "12", UUID + "0", f"{{{UUID}}}"]),
        *everywhere(["timestamp"], ["", "yesterday", "2024-13-01T00:00:00Z"]),
        *everywhere(["verb.id", "object.id"], ["", "here"]),
        *everywhere(["actor"], [{"mbox": ""}, {"mbox": "noor@example.org"}, {"mbox": "mailto:x"}]),
        *everywhere(["actor"], [{"mbox_sha1sum": ""}, {"mbox_sha1sum": SHA1[1:]}]),
        *everywhere(["actor"], [{"account": {**ACCOUNT, "homePage": ""}}]),
        *everywhere(["result.duration"], ["", "5 minutes"]),
        *everywhere(["context.language"], ["", "plain English"]),
        *everywhere(["version"], ["", "one"]),
    ],
)


@requirement(
    "XAPI-00008 XAPI-00010", FORMATTING, "The name of a property is spelled in its own case."
)
@pytest.mark.parametrize("place", PLACES)
def test_case_of_names(lrs: Lrs, place: str) -> None:
    *parents, name = place.split(".")
    renamed = ".".join([*parents, _spelled(name)])
    sent = full()
    holder: Any = sent
    for parent in parents:
        holder = holder[int(parent)] if isinstance(holder, list) else holder[parent]
    value = holder[name]
    lrs.refuses(lrs.post_json("statements", change(sent, {place: ABSENT, renamed: value})))


test_enumerations = statements(
    "XAPI-00009",
    FORMATTING,
    "A value of a fixed list is spelled exactly as there.",
    refused=[
        *everywhere(["actor.objectType"], ["agent", "AGENT", "group", "GroupActivity"]),
        *everywhere(["object.objectType"], ["activity", "Activitys", "substatement"]),
        *everywhere(["object.definition.interactionType"], ["Choice", "true_false", "Fill-In"]),
        {"object": {"objectType": "statementRef", "id": UUID}},
    ],
)


@requirement("XAPI-00011", FORMATTING, "An IRI has a scheme, wherever it stands.")
@pytest.mark.parametrize("iri", NOT_IRIS)
@pytest.mark.parametrize("place", IRIS)
def test_iris_without_scheme(lrs: Lrs, place: str, iri: str) -> None:
    lrs.refuses(lrs.post_json("statements", change(statement(), _with_iri(place, iri))))


@requirement("LRS-0001", "Data 4.3", "An IRI with any scheme and any letters is taken, and kept.")
@pytest.mark.parametrize("iri", ODD_IRIS)
@pytest.mark.parametrize("place", IRIS)
def test_iris_of_all_kinds(lrs: Lrs, place: str, iri: str) -> None:
    changes = _with_iri(place, iri)
    kept = lrs.kept(change(statement(), changes))
    assert change(kept, changes) == kept


@requirement(
    "XAPI-00012",
    FORMATTING,
    "A parameter follows the format that its type has in statements.",
)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("statementId", value) for value in ("", "12", f"{UUID}0", f"{{{UUID}}}")),
        *(("voidedStatementId", value) for value in ("", "12")),
        *(("registration", value) for value in ("", "12", f"urn:uuid:{UUID}")),
        *(("verb", value) for value in ("", "attended", "example.org/attended")),
        *(("activity", value) for value in ("", "boats", "/boats")),
        *(("since", value) for value in ("", "yesterday", "2024-01-01T00:00:00-00:00")),
        *(("until", value) for value in ("", "soon", "2024-02-30T00:00:00Z")),
        *(("limit", value) for value in ("", "-1", "1.5", "many", "1e3")),
        *(("ascending", value) for value in ("", "yes", "1")),
        *(("related_agents", value) for value in ("", "0", "none")),
        *(("related_activities", value) for value in ("", "on")),
        *(("attachments", value) for value in ("", "some")),
        *(("format", value) for value in ("", "Exact", "id")),
        *(
            ("agent", value)
            for value in (
                "", "noor", "mailto:noor@example.org", "[]", "{}", "null", "{",
                {"mbox": "noor@example.org"}, {"mbox": "mailto:noor@example.org", "openid": "a:b"},
                {"mbox": "mailto:noor@example.org", "age": 7}, {"objectType": "Group"},
                {"account": {"name": "noor"}}, {"mbox_sha1sum": "12"}, {"openid": "noor"},
            )
        ),
    ],
)  # fmt: skip
def test_parameters(lrs: Lrs, name: str, value: object) -> None:
    lrs.refuses(lrs.get("statements", **{name: value}))


test_language_tags = statements(
    "XAPI-00013",
    f"{FORMATTING}; RFC 5646",
    "The keys of language maps and the language of a context are tags of RFC 5646.",
    accepted=[
        *everywhere(
            ["context.language"],
            ["en", "en-US", "tlh", "zh-Hans-CN", "sr-Latn-RS", "de-CH-1996", "es-419",
             "x-pirate", "i-klingon", "en-a-bbb-x-a-ccc", "sl-rozaj-biske", "zh-yue-HK"],
        ),
        *everywhere(["verb.display"], [{"zh-Hant": "x"}, {"und": "x"}, {}]),
    ],
    refused=[
        *everywhere(
            ["context.language"],
            ["something", "a12345", "en_US", "a", "en-", "-en", "en--US", "de-419-DE-1996", "12",
             "de-1996-1996", "sl-rozaj-rozaj", "en-a-bbb-a-ccc", "en-x", "*"],
        ),
        *everywhere(
            ["verb.display", "object.definition.name", "object.definition.description"],
            [{"a12345": "x"}, {"something": "x"}, {"": "x"}, {"en_GB": "x"}],
        ),
    ],
)  # fmt: skip


@requirement("XAPI-00014", "Data 2.1", "What is sent as a statement is well-formed JSON.")
@pytest.mark.parametrize(
    "cut",
    ["{", "}", "", "null", "12", '"text"', "[1]", "[[]]", "[null]", "{'actor': 1}", "{}", "{} {}",
     '{"actor": NaN}', "[{},]"],
)  # fmt: skip
def test_malformed_json(lrs: Lrs, cut: str) -> None:
    typed = {"Content-Type": "application/json"}
    lrs.refuses(lrs.ask("POST", "statements", body=cut.encode(), headers=typed))


@requirement("XAPI-00015", "Communication 1.4", "Texts are UTF-8, sent and answered.")
def test_utf8(lrs: Lrs) -> None:
    texts = {"en": "naïve", "ja": "学習", "ar": "تعلم", "und": "𝄞🎓\u0000\u2028"}
    sent = statement(verb={"id": fresh("verbs/é"), "display": texts})
    raw = json.dumps(sent, ensure_ascii=False).encode()
    typed = {"Content-Type": "application/json; charset=utf-8"}
    (identifier,) = lrs.read(lrs.ask("POST", "statements", body=raw, headers=typed))
    assert lrs.stored(identifier)["verb"] == sent["verb"]
    assert lrs.found(verb=sent["verb"]["id"]) == [identifier]


@requirement("LRS-0002", "Communication 1.4", "Bytes that are not UTF-8 are refused.")
@pytest.mark.parametrize("wrong", [b"\xff", b"\xc3\x28", b"\xed\xa0\x80"])
def test_not_utf8(lrs: Lrs, wrong: bytes) -> None:
    sent = statement(result={"response": "HERE"})
    body = json.dumps(sent).encode().replace(b"HERE", wrong)
    typed = {"Content-Type": "application/json"}
    lrs.refuses(lrs.ask("POST", "statements", body=body, headers=typed))


@requirement("LRS-0003", FORMATTING, "No object has a property that the specification lacks.")
@pytest.mark.parametrize(
    "holder",
    ["", "actor", "verb", "object", "object.definition", "result", "result.score", "context",
     "context.instructor", "context.team", "context.team.member.0", "context.contextActivities",
     "context.contextActivities.parent.0", "context.statement", "attachments.0"],
)  # fmt: skip
def test_unknown_properties(lrs: Lrs, holder: str) -> None:
    place = f"{holder}.extra".lstrip(".")
    lrs.refuses(lrs.post_json("statements", change(full(), {place: "x"})))


@requirement(
    "LRS-0004", FORMATTING, "What was sent comes back as it was: empty texts, {}, any spelling."
)
def test_kept_as_sent(lrs: Lrs) -> None:
    odd = {"result": {"response": "", "extensions": {}}, "context": {"platform": ""}}
    for sent in (full(), {**full(), **odd}):
        kept = lrs.kept(sent)
        assert {name: kept[name] for name in sent} == sent
