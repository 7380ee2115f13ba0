"""Which statements a query finds, and in which form they come (Communication 2.1.3)."""

from typing import Any, Final
from uuid import uuid4

import pytest

from tests.conformance.lrs import Lrs, fresh
from tests.conformance.requirement import requirement
from tests.conformance.statements import Json, full, statement, voiding

GET: Final = "Communication 2.1.3"
NAMES: Final = {"en": "Knots", "fr": "Nœuds", "de": "Knoten"}


def _agent() -> Json:
    return {"objectType": "Agent", "mbox": f"mailto:{uuid4().hex}@example.org"}


def _sub(**more: Any) -> Json:
    return {"objectType": "SubStatement", **statement(**more)}


@requirement("XAPI-00164", GET, "A query finds what fits all of its parameters, and nothing else.")
def test_filters_together(lrs: Lrs) -> None:
    agent, verb, activity = _agent(), fresh("verbs"), fresh()
    sent = {"actor": agent, "verb": {"id": verb}, "object": {"id": activity}}
    (fits,) = lrs.store(statement(**sent))
    others = [{**sent, name: statement()[name]} for name in ("verb", "object", "actor")]
    lrs.store(*(statement(**other) for other in others))
    asked = {"agent": agent, "verb": verb, "activity": activity}
    assert lrs.found(**asked) == [fits]
    assert len(lrs.found(agent=agent)) == 3


@requirement("XAPI-00181", GET, "`agent` finds actors and objects with the same identifier.")
@pytest.mark.parametrize("kind", ["mbox", "mbox_sha1sum", "openid", "account", "group"])
def test_agent(lrs: Lrs, kind: str) -> None:
    mark = uuid4().hex
    identifiers: dict[str, Json] = {
        "mbox": {"mbox": f"mailto:{mark}@example.org"},
        "mbox_sha1sum": {"mbox_sha1sum": (mark + mark)[:40]},
        "openid": {"openid": f"https://id.example.org/{mark}"},
        "account": {"account": {"homePage": "https://lms.example.org", "name": mark}},
        "group": {"objectType": "Group", "openid": f"https://id.example.org/{mark}"},
    }
    identifier = identifiers[kind]
    thing = {"objectType": "Agent", **identifier}
    ids = lrs.store(statement(actor={**thing, "name": "Noor"}), statement(object=thing))
    lrs.store(statement(context={"instructor": thing}), statement())
    assert set(lrs.found(agent={**identifier, "name": "Someone"})) == set(ids)


@requirement("LRS-0025", GET, "`agent` finds the group of which it is a member.")
def test_members(lrs: Lrs) -> None:
    agent = _agent()
    group = {"objectType": "Group", "member": [agent, _agent()]}
    ids = lrs.store(statement(actor=group), statement(object=group))
    assert set(lrs.found(agent=agent)) == set(ids)


@requirement("XAPI-00180", GET, "`verb` finds the statements with exactly that verb.")
def test_verb(lrs: Lrs) -> None:
    verb = fresh("verbs")
    (fits, _) = lrs.store(statement(verb={"id": verb}), statement(verb={"id": f"{verb}/x"}))
    assert lrs.found(verb=verb) == [fits]


@requirement("XAPI-00179", GET, "`activity` finds the statements with that activity as object.")
def test_activity(lrs: Lrs) -> None:
    activity = fresh()
    around = {"contextActivities": {"parent": [{"id": activity}]}}
    (fits, _) = lrs.store(statement(object={"id": activity}), statement(context=around))
    assert lrs.found(activity=activity) == [fits]
    assert lrs.found(activity=activity, related_activities="false") == [fits]


@requirement("XAPI-00178", GET, "`registration` finds the statements of that registration.")
def test_registration(lrs: Lrs) -> None:
    registration = str(uuid4())
    (fits,) = lrs.store(statement(context={"registration": registration}))
    lrs.store(statement(context={"registration": str(uuid4())}))
    assert lrs.found(registration=registration) == [fits]
    assert lrs.found(registration=registration.upper()) == [fits]


@requirement(
    "XAPI-00177", GET, "`related_activities` also looks at contexts, sub-statements and theirs."
)
@pytest.mark.parametrize("true", ["true", "True"])
def test_related_activities(lrs: Lrs, true: str) -> None:
    activity = {"id": fresh()}
    ids = lrs.store(
        statement(object=activity),
        *(
            statement(context={"contextActivities": {role: one}})
            for role in ("parent", "grouping", "category", "other")
            for one in (activity, [activity])
        ),
        statement(object=_sub(object=activity)),
        statement(object=_sub(context={"contextActivities": {"other": [activity]}})),
    )
    lrs.store(statement())
    assert set(lrs.found(activity=activity["id"], related_activities=true)) == set(ids)


@requirement(
    "XAPI-00176", GET, "`related_agents` also looks at contexts, authorities and sub-statements."
)
def test_related_agents(lrs: Lrs) -> None:
    agent = _agent()
    group = {"objectType": "Group", "member": [agent]}
    ids = lrs.store(
        statement(actor=agent),
        statement(actor=group),
        statement(object=agent),
        statement(context={"instructor": agent}),
        statement(context={"team": group}),
        statement(object=_sub(actor=agent)),
        statement(object=_sub(object=agent)),
        statement(object=_sub(context={"instructor": agent})),
    )
    lrs.store(statement())
    assert set(lrs.found(agent=agent, related_agents="true")) == set(ids)
    assert set(lrs.found(agent=agent)) == set(ids[:3])


@requirement(
    "LRS-0026", "IEEE 9274.1.1, 4.1.6.1", "`related_agents` looks at context agents and groups.",
    only="2.0.0",
)  # fmt: skip
def test_related_context_agents(lrs: Lrs) -> None:
    agent = _agent()
    group = {"objectType": "Group", "member": [agent]}
    ids = lrs.store(
        statement(context={"contextAgents": [{"objectType": "contextAgent", "agent": agent}]}),
        statement(context={"contextGroups": [{"objectType": "contextGroup", "group": group}]}),
    )
    assert set(lrs.found(agent=agent, related_agents="true")) == set(ids)
    assert lrs.found(agent=agent) == []


@requirement("LRS-0027", GET, "`related_agents` finds by the authority of a statement.")
def test_related_authority(lrs: Lrs) -> None:
    (identifier,) = lrs.store(statement())
    own = lrs.stored(identifier)["authority"]
    assert lrs.found(agent=own, related_agents="true", limit="1") == [identifier]
    assert lrs.found(agent=own, limit="1") == []


@requirement("XAPI-00175", GET, "`since` finds what was stored after it.")
@requirement("XAPI-00174", GET, "`until` finds what was stored at or before it.")
def test_since_and_until(lrs: Lrs) -> None:
    activity = fresh()
    ids = [lrs.store(statement(object={"id": activity}))[0] for _ in range(3)]
    instants = [lrs.stored(one)["stored"] for one in ids]
    assert instants == sorted(set(instants))
    assert lrs.found(activity=activity, since=instants[0], ascending="true") == ids[1:]
    assert lrs.found(activity=activity, until=instants[1], ascending="true") == ids[:2]
    assert lrs.found(activity=activity, since=instants[0], until=instants[1]) == [ids[1]]
    shifted = instants[0].replace("Z", "+00:00")
    assert lrs.found(activity=activity, since=shifted, ascending="true") == ids[1:]


@requirement(
    "XAPI-00173", GET, "`limit` is the most that a page has, 0 the most that the server gives."
)
def test_limit(lrs: Lrs) -> None:
    activity = fresh()
    lrs.store(*(statement(object={"id": activity}) for _ in range(4)))
    sizes = {
        limit: len(lrs.found(activity=activity, limit=limit)) for limit in ("0", "1", "3", "9")
    }
    assert sizes == {"0": 4, "1": 1, "3": 3, "9": 4}
    assert len(lrs.found(activity=activity, limit="999999999")) == 4


@requirement(
    "XAPI-00166", GET, "`ascending` turns the order round: the newest first, or the oldest."
)
def test_order(lrs: Lrs) -> None:
    activity = fresh()
    ids = [lrs.store(statement(object={"id": activity}))[0] for _ in range(3)]
    assert lrs.found(activity=activity) == ids[::-1]
    assert lrs.found(activity=activity, ascending="false") == ids[::-1]
    assert lrs.found(activity=activity, ascending="true") == ids


@requirement("LRS-0028", GET, "A statement that refers to another is found as that one is.")
def test_references(lrs: Lrs) -> None:
    verb = fresh("verbs")
    (first,) = lrs.store(statement(verb={"id": verb}))
    (second,) = lrs.store(statement(object={"objectType": "StatementRef", "id": first}))
    (third,) = lrs.store(statement(object={"objectType": "StatementRef", "id": second}))
    context = {"statement": {"objectType": "StatementRef", "id": first}}
    lrs.store(statement(context=context))
    assert lrs.found(verb=verb) == [third, second, first]
    (voider,) = lrs.store(voiding(first))
    assert lrs.found(verb=verb) == [voider, third, second]


# Forms


def _described(**more: Any) -> Json:
    around = {"id": fresh(), "definition": {"name": NAMES, "description": NAMES}}
    changed = {
        "object": {"objectType": "Activity", "id": fresh(), "definition": {"name": NAMES}},
        "verb": {"id": fresh("verbs"), "display": NAMES},
        "context": {"contextActivities": {"category": [around]}, "language": "fr"},
    }
    return {**full(), **changed, **more}


@requirement("XAPI-00168", GET, "Without `format`, statements come as they were sent.")
@requirement("XAPI-00170", GET, "`format=exact` answers statements as they were sent.")
@pytest.mark.parametrize("asked", [{}, {"format": "exact"}], ids=["absent", "exact"])
def test_exact(lrs: Lrs, asked: dict[str, str]) -> None:
    sent = _described()
    lrs.store(sent)
    kept = lrs.stored(sent["id"], **asked)
    assert {name: kept[name] for name in sent} == sent
    (listed,) = lrs.read(lrs.get("statements", verb=sent["verb"]["id"], **asked))["statements"]
    assert listed == kept


@requirement(
    "XAPI-00171", GET, "`format=ids` leaves of agents, activities and groups the identifiers."
)
def test_ids(lrs: Lrs) -> None:
    agent, member = _agent(), _agent()
    group = {"objectType": "Group", "name": "Crew", "member": [{**member, "name": "Sami"}]}
    sent = _described(actor={**agent, "name": "Noor"})
    sent["context"]["team"] = group
    lrs.store(sent)
    (listed,) = lrs.read(lrs.get("statements", agent=agent, format="ids"))["statements"]
    assert listed == lrs.stored(sent["id"], format="ids")
    assert listed["actor"]["mbox"] == agent["mbox"]
    assert "name" not in listed["actor"]
    assert listed["object"]["id"] == sent["object"]["id"]
    assert "definition" not in listed["object"]
    (category,) = listed["context"]["contextActivities"]["category"]
    assert "definition" not in category
    assert "name" not in listed["context"]["team"]["member"][0]
    assert listed["context"]["team"]["member"][0]["mbox"] == member["mbox"]


@requirement(
    "LRS-0029", "IEEE 9274.1.1, 4.1.6.1", "`format=ids` leaves of verbs the id.", only="2.0.0"
)
def test_ids_of_verbs(lrs: Lrs) -> None:
    sent = _described()
    lrs.store(sent)
    assert lrs.stored(sent["id"], format="ids")["verb"] == {"id": sent["verb"]["id"]}


@requirement("XAPI-00169", GET, "`format=canonical` answers activities as the server knows them.")
def test_canonical(lrs: Lrs) -> None:
    activity = fresh()
    for name in ({"en": "Knots"}, {"en": "All knots"}):
        (identifier,) = lrs.store(statement(object={"id": activity, "definition": {"name": name}}))
    (bare,) = lrs.store(statement(object={"id": activity}))
    for one in (identifier, bare):
        found = lrs.stored(one, format="canonical")["object"]["definition"]["name"]
        assert found == {"en": "All knots"}


@requirement(
    "XAPI-00172", GET, "A canonical answer has, of each text, the language that is preferred."
)
@pytest.mark.parametrize(
    ("preferred", "language"),
    [
        ("fr", "fr"),
        ("de, en;q=0.5", "de"),
        ("en;q=0.5, fr;q=0.9", "fr"),
        ("fr-CA", "fr"),
        ("ja, en", "en"),
    ],
)
def test_languages(lrs: Lrs, preferred: str, language: str) -> None:
    sent = _described()
    sub = statement(object={"objectType": "SubStatement", **_described()})
    del sub["object"]["id"]
    expected = {language: NAMES[language]}
    ids = lrs.store(sent, sub)
    answers = [
        lrs.ask("GET", "statements", {"statementId": one, "format": "canonical"},
                headers={"Accept-Language": preferred})
        for one in ids
    ]  # fmt: skip
    for one in (lrs.read(answers[0]), lrs.read(answers[1])["object"]):
        (category,) = one["context"]["contextActivities"]["category"]
        assert one["verb"]["display"] == expected
        assert one["object"]["definition"]["name"] == expected
        assert category["definition"] == {"name": expected, "description": expected}


@requirement("LRS-0030", GET, "Accept-Language changes nothing of an exact answer.")
def test_languages_of_exact_answers(lrs: Lrs) -> None:
    sent = _described()
    lrs.store(sent)
    answer = lrs.ask(
        "GET", "statements", {"statementId": sent["id"]}, headers={"Accept-Language": "fr"}
    )
    assert lrs.read(answer)["verb"] == sent["verb"]


@requirement(
    "XAPI-00161", GET, "`attachments=false` answers application/json, without their content."
)
@requirement("XAPI-00167", GET, "`attachments=true` answers multipart/mixed.")
def test_attachments(lrs: Lrs) -> None:
    sent = full()
    lrs.store(sent)
    for asked in ({}, {"attachments": "false"}):
        answer = lrs.expect(lrs.get("statements", statementId=sent["id"], **asked), 200)
        assert answer.mimetype == "application/json"
    answer = lrs.expect(lrs.get("statements", statementId=sent["id"], attachments="true"), 200)
    assert answer.mimetype == "multipart/mixed"
