"""The forms of answers: what `ids` leaves, and what `canonical` chooses."""

import json
from typing import Any

import pytest

from lrs_stats.xapi.definitions import LARGEST, merge
from lrs_stats.xapi.representations import activity_ids, canonical, ids, preferred

Json = dict[str, Any]

TEXTS = {"en-US": "Course", "fr": "Cours", "de-AT": "Kurs"}
ACTIVITY = {
    "objectType": "Activity",
    "id": "https://lms.example/course",
    "definition": {"name": TEXTS, "type": "https://types.example/course"},
}
ANNA = {"objectType": "Agent", "name": "Anna", "mbox": "mailto:anna@example.org"}
TEAM = {"objectType": "Group", "name": "Team", "member": [ANNA]}
CLASS = {"objectType": "Group", "account": {"homePage": "https://h", "name": "c"}, "member": [ANNA]}
VERB = {"id": "https://verbs.example/did", "display": {"en": "did", "fr": "a fait"}}
RESULT = b'{"score":{"raw":1.10},"extensions":{"https://x.example":1e2}}'
CONTEXT = {
    "instructor": ANNA,
    "team": TEAM,
    "contextActivities": {"parent": [ACTIVITY], "category": [{"id": "https://c.example"}]},
    "contextAgents": [{"objectType": "contextAgent", "agent": ANNA}],
    "extensions": {"https://x.example": {"name": TEXTS}},
}
STATEMENT = {"actor": TEAM, "verb": VERB, "object": ACTIVITY, "context": CONTEXT, "authority": ANNA}

BARE = {"objectType": "Agent", "mbox": "mailto:anna@example.org"}
BARE_TEAM = {"objectType": "Group", "member": [BARE]}
BARE_ACTIVITY = {"id": "https://lms.example/course"}


def raw(statement: Json) -> bytes:
    return json.dumps(statement).encode()


def test_ids_leaves_what_identifies() -> None:
    assert json.loads(ids(raw(STATEMENT))) == {
        "actor": BARE_TEAM,
        "verb": {"id": VERB["id"]},
        "object": BARE_ACTIVITY,
        "authority": BARE,
        "context": {
            **CONTEXT,
            "instructor": BARE,
            "team": BARE_TEAM,
            "contextActivities": {
                "parent": [BARE_ACTIVITY],
                "category": [{"id": "https://c.example"}],
            },
            "contextAgents": [{"objectType": "contextAgent", "agent": BARE}],
        },
    }


@pytest.mark.parametrize(
    ("thing", "bare"),
    [
        (ANNA, BARE),
        (CLASS, {"objectType": "Group", "account": CLASS["account"]}),
        ({"objectType": "StatementRef", "id": "x"}, {"objectType": "StatementRef", "id": "x"}),
        (
            {"objectType": "SubStatement", "actor": ANNA, "verb": VERB, "object": ACTIVITY},
            {
                "objectType": "SubStatement",
                "actor": BARE,
                "verb": {"id": VERB["id"]},
                "object": BARE_ACTIVITY,
            },
        ),
    ],
)
def test_ids_of_every_kind_of_object(thing: Json, bare: Json) -> None:
    assert json.loads(ids(raw({"actor": ANNA, "verb": VERB, "object": thing})))["object"] == bare


@pytest.mark.parametrize("form", [ids, lambda one: canonical(one, {}, ["fr"])])
def test_what_no_form_speaks_of_keeps_its_bytes(form: Any) -> None:
    plain = raw({"actor": ANNA, "verb": VERB, "object": ACTIVITY})[:-1]
    assert RESULT in form(plain + b',"result":' + RESULT + b"}")


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("fr", "Cours"),
        ("fr-CA", "Cours"),
        ("FR, en;q=0.5", "Cours"),
        ("en", "Course"),
        ("en-GB, de;q=0.9", "Kurs"),
        ("es, en-US;q=0.2, fr;q=0.3", "Cours"),
        ("de-AT;q=0, fr", "Cours"),
        ("es", "Course"),
        ("*", "Course"),
        ("", "Course"),
        ("fr;q=much", "Course"),
    ],
)
def test_canonical_chooses_one_text_of_each_map(header: str, name: str) -> None:
    answered = json.loads(canonical(raw(STATEMENT), {}, preferred(header)))
    for activity in (answered["object"], answered["context"]["contextActivities"]["parent"][0]):
        assert list(activity["definition"]["name"].values()) == [name]
    assert len(answered["verb"]["display"]) == 1
    assert answered["actor"] == TEAM
    assert answered["context"]["extensions"] == CONTEXT["extensions"]


def test_canonical_knows_what_other_statements_said() -> None:
    known = {"https://c.example": raw({"name": {"en": "Category", "fr": "Catégorie"}})}
    answered = json.loads(canonical(raw(STATEMENT), known, ["fr"]))
    (category,) = answered["context"]["contextActivities"]["category"]
    assert category == {"id": "https://c.example", "definition": {"name": {"fr": "Catégorie"}}}


def test_components_of_interactions_have_one_text_too() -> None:
    choices = [{"id": "a", "description": TEXTS}, {"id": "b"}]
    definition = {"interactionType": "choice", "choices": choices}
    known = {"https://lms.example/course": raw(definition)}
    answered = json.loads(canonical(raw(STATEMENT), known, ["de"]))
    assert answered["object"]["definition"]["choices"] == [
        {"id": "a", "description": {"de-AT": "Kurs"}},
        {"id": "b"},
    ]


def test_the_activities_of_statements_are_those_in_every_place() -> None:
    inner = {"objectType": "SubStatement", **STATEMENT, "object": {"id": "https://i.example"}}
    found = activity_ids([raw(STATEMENT), raw({"actor": ANNA, "verb": VERB, "object": inner})])
    assert found == {"https://lms.example/course", "https://c.example", "https://i.example"}


# What is known of an activity


@pytest.mark.parametrize(
    ("known", "said", "merged"),
    [
        ({}, {"type": "t"}, {"type": "t"}),
        ({"type": "t"}, {}, {"type": "t"}),
        ({"type": "t"}, {"type": "u", "moreInfo": "m"}, {"type": "u", "moreInfo": "m"}),
        (
            {"name": {"en": "A", "fr": "B"}},
            {"name": {"fr": "C", "de": "D"}},
            {"name": {"en": "A", "fr": "C", "de": "D"}},
        ),
        (
            {"extensions": {"e": {"x": 1}, "f": 1.50}},
            {"extensions": {"e": {"y": 2}}},
            {"extensions": {"e": {"y": 2}, "f": 1.50}},
        ),
        (
            {"interactionType": "choice", "choices": [{"id": "a"}], "type": "t"},
            {"interactionType": "numeric"},
            {"interactionType": "numeric", "type": "t"},
        ),
        (
            {"interactionType": "choice", "choices": [{"id": "a"}]},
            {"interactionType": "choice", "correctResponsesPattern": ["a"]},
            {
                "interactionType": "choice",
                "choices": [{"id": "a"}],
                "correctResponsesPattern": ["a"],
            },
        ),
    ],
)
def test_definitions_merge(known: Json, said: Json, merged: Json) -> None:
    result = merge(raw(known), raw(said))
    assert json.loads(result) == merged
    assert merge(result, raw(said)) == result, "merged again it is another"


def test_a_definition_does_not_grow_without_end() -> None:
    known = raw({"extensions": {"a": "x" * (LARGEST - 100)}})
    said = raw({"extensions": {"b": "y" * 200}})
    assert merge(known, said) == said
