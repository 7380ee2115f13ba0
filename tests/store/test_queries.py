"""Every query finds what a plain look at every statement finds, in every combination."""

import json
from dataclasses import replace
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrs_stats.store.statements import StatementStore
from lrs_stats.xapi.access import Client
from lrs_stats.xapi.prepare import prepare as prepared
from lrs_stats.xapi.record import StatementQuery
from tests.databases import new_database
from tests.examples import examples

Json = dict[str, Any]

VOIDED = "http://adlnet.gov/expapi/verbs/voided"
PEOPLE = [f"mailto:{name}@example.org" for name in ("ada", "bob", "eve")]
VERBS = [f"https://verbs.example/{name}" for name in ("saw", "did")]
PLACES = [f"https://lms.example/{name}" for name in ("course", "quiz", "video")]
TRIES = [str(uuid5(NAMESPACE_URL, name)) for name in ("first", "second")]
CLIENTS = ["mailto:lms@example.org", "mailto:cms@example.org"]
MOST = 12

agents = st.sampled_from(PEOPLE).map(lambda mbox: {"mbox": mbox})
groups = st.lists(agents, min_size=1, max_size=2).map(
    lambda members: {"objectType": "Group", "member": members}
)
activities = st.sampled_from(PLACES).map(lambda iri: {"id": iri})
contexts = st.fixed_dictionaries(
    {},
    optional={
        "registration": st.sampled_from(TRIES),
        "instructor": agents,
        "team": groups,
        "contextActivities": st.fixed_dictionaries(
            {}, optional={"parent": activities, "other": st.lists(activities, max_size=2)}
        ),
    },
)
things = activities | agents.map(lambda agent: {"objectType": "Agent", **agent})
sub_statements = st.fixed_dictionaries(
    {
        "objectType": st.just("SubStatement"),
        "actor": agents,
        "verb": st.sampled_from(VERBS).map(lambda iri: {"id": iri}),
        "object": things,
    },
    optional={"context": contexts},
)


def identifier(number: int) -> str:
    return str(uuid5(NAMESPACE_URL, f"statement {number}"))


references = st.integers(0, MOST + 1).map(
    lambda number: {"objectType": "StatementRef", "id": identifier(number)}
)


@st.composite
def sent(draw: st.DrawFn) -> Json:
    kind = draw(st.sampled_from(["thing", "thing", "inner", "reference", "void"]))
    verb = VOIDED if kind == "void" else draw(st.sampled_from(VERBS))
    thing = {"thing": things, "inner": sub_statements}.get(kind, references)
    statement: Json = {
        "actor": draw(agents | groups),
        "verb": {"id": verb},
        "object": draw(thing),
    }
    if context := draw(contexts):
        statement["context"] = context
    return statement


# What a plain look finds


def inside(statement: Json) -> list[Json]:
    thing = statement["object"]
    return [statement, *([thing] if thing.get("objectType") == "SubStatement" else [])]


def people(*actors: Json | None) -> set[str]:
    found = set()
    for actor in actors:
        for one in [actor, *actor.get("member", [])] if actor else []:
            found |= {one["mbox"]} if "mbox" in one else set()
    return found


def places(*things: Any) -> set[str]:
    flat = [one for thing in things for one in (thing if isinstance(thing, list) else [thing])]
    return {one["id"] for one in flat if one and one.get("objectType", "Activity") == "Activity"}


def related_people(statement: Json) -> set[str]:
    found = people(statement.get("authority"))
    for one in inside(statement):
        context = one.get("context", {})
        found |= people(one["actor"], one["object"], context.get("instructor"), context.get("team"))
    return found


def related_places(statement: Json) -> set[str]:
    found: set[str] = set()
    for one in inside(statement):
        roles = one.get("context", {}).get("contextActivities", {})
        found |= places(one["object"] if "id" in one["object"] else None, *roles.values())
    return found


def matches(statement: Json, query: StatementQuery) -> bool:
    actors = people(statement["actor"], statement["object"])
    things = places(statement["object"]) if "id" in statement["object"] else set()
    return all(
        [
            query.agent in {None, *(related_people(statement) if query.related_agents else actors)},
            query.verb in {None, statement["verb"]["id"]},
            query.activity
            in {None, *(related_places(statement) if query.related_activities else things)},
            query.registration in {None, statement.get("context", {}).get("registration")},
        ]
    )


def found_plainly(record: list[Json], query: StatementQuery, mine: str | None) -> list[str]:
    """Return the ids, oldest first: each statement is followed to what it refers to."""
    known = {statement["id"]: statement for statement in record}
    voided = {
        one["object"]["id"]
        for one in record
        if one["verb"]["id"] == VOIDED and one["object"].get("objectType") == "StatementRef"
    }
    found = []
    for statement in record:
        is_voiding = statement["verb"]["id"] == VOIDED
        if statement["id"] in voided and not is_voiding:
            continue
        if mine not in {None, statement["authority"]["mbox"]}:
            continue
        chain: list[Json] = []
        one: Json | None = statement
        while one is not None and one not in chain and mine in {None, one["authority"]["mbox"]}:
            chain.append(one)
            refers = one["object"].get("objectType") == "StatementRef"
            one = known.get(one["object"]["id"]) if refers else None
        if any(matches(each, query) for each in chain):
            found.append(statement["id"])
    return found


queries = st.builds(
    StatementQuery,
    agent=st.sampled_from([None, None, *PEOPLE, *CLIENTS]),
    verb=st.sampled_from([None, None, *VERBS, VOIDED]),
    activity=st.sampled_from([None, None, *PLACES]),
    registration=st.sampled_from([None, None, *TRIES]),
    related_agents=st.booleans(),
    related_activities=st.booleans(),
    authority=st.sampled_from([None, None, None, *CLIENTS]),
    ascending=st.booleans(),
    limit=st.integers(1, 4),
)


@settings(
    deadline=None,
    max_examples=examples(60),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data(), batches=st.lists(st.lists(sent(), min_size=1, max_size=4), max_size=3))
def test_every_query_finds_what_a_plain_look_finds(
    data: st.DataObject, batches: list[list[Json]], mongo_uri: str
) -> None:
    with new_database(mongo_uri, "queries") as database:
        store = StatementStore(database)
        numbers = data.draw(st.permutations(range(MOST)))
        left = iter(numbers)
        for batch in batches:
            authority = data.draw(st.sampled_from(CLIENTS))
            store.append(
                prepared(
                    json.dumps([{"id": identifier(next(left)), **one} for one in batch]).encode(),
                    client=Client(json.dumps({"mbox": authority}).encode(), authority),
                    version="1.0.3",
                    new_id=str,
                )
            )
        record = [json.loads(one.raw) for one in store.newer(None, 100)]
        for _ in range(6):
            query = data.draw(queries)
            expected = found_plainly(record, query, query.authority)
            assert pages(store, query) == (expected if query.ascending else expected[::-1])


def pages(store: StatementStore, query: StatementQuery) -> list[str]:
    found: list[str] = []
    page = store.query(query)
    while True:
        assert len(page.statements) <= query.limit
        found += [json.loads(raw)["id"] for raw in page.statements]
        if page.next is None:
            return found
        page = store.query(replace(query, after=page.next))
