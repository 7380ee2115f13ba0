"""What the server knows of agents, activities and itself (Communication 2.4, 2.5 and 2.8)."""

import re
from collections.abc import Callable
from typing import Any, Final
from uuid import uuid4

import pytest

from tests.conformance.lrs import VERSION, Lrs, fresh
from tests.conformance.requirement import requirement
from tests.conformance.statements import ACCOUNT, IDENTIFIERS, SHA1, Json, statement

AGENTS: Final = "Communication 2.4"
ACTIVITIES: Final = "Communication 2.5"
ABOUT: Final = "Communication 2.8"
WRONG_AGENTS: Final[list[Any]] = [
    "", "noor", "{", "[]", "{}", "null", {"mbox": "noor"}, {"objectType": "Agent"}, IDENTIFIERS,
    {"name": "Noor"}, {"mbox": "mailto:noor@example.org", "age": 7}, {"openid": "noor"},
    {"objectType": "Activity", "id": "a:b"}, {"account": {"name": "noor"}},
]  # fmt: skip


def _person(lrs: Lrs, agent: Json) -> Json:
    found: Json = lrs.read(lrs.get("agents", agent=agent))
    return found


# Agents


@requirement("XAPI-00245", AGENTS, "What is known of agents is at /agents.")
@requirement("XAPI-00236", AGENTS, "GET is the method of /agents.")
@requirement(
    "XAPI-00248 XAPI-00246", AGENTS, "A known agent is answered 200 and a Person of lists."
)
def test_known_agents(lrs: Lrs) -> None:
    agent = {"objectType": "Agent", "mbox": f"mailto:{uuid4().hex}@example.org", "name": "Noor"}
    lrs.store(statement(actor=agent))
    person = _person(lrs, agent)
    assert person["objectType"] == "Person"
    assert person["mbox"] == [agent["mbox"]]
    assert all(isinstance(value, list) for key, value in person.items() if key != "objectType")


@requirement(
    "XAPI-00247", AGENTS, "Of an agent that is unknown, the Person has what was asked for."
)
@pytest.mark.parametrize(("name", "value"), IDENTIFIERS.items())
def test_unknown_agents(lrs: Lrs, name: str, value: object) -> None:
    person = _person(lrs, {name: value, "name": "Noor"})
    assert person == {"objectType": "Person", "name": ["Noor"], name: [value]}


@requirement("XAPI-00237", AGENTS, "The objectType of a Person is `Person`.")
@requirement("XAPI-00238", AGENTS, "The name of a Person is a list of texts.")
@requirement("XAPI-00239", AGENTS, "The mbox of a Person is a list of IRIs.")
@requirement("XAPI-00240", AGENTS, "The mbox_sha1sum of a Person is a list of texts.")
@requirement("XAPI-00241", AGENTS, "The openid of a Person is a list of texts.")
@requirement("XAPI-00242", AGENTS, "The account of a Person is a list of accounts.")
@requirement("XAPI-00244", AGENTS, "Each mbox of a Person is `mailto:` and an e-mail address.")
@pytest.mark.parametrize(("name", "value"), IDENTIFIERS.items())
def test_person(lrs: Lrs, name: str, value: object) -> None:
    lrs.store(statement(actor={name: value, "name": "Noor"}))
    person = _person(lrs, {name: value})
    assert person["objectType"] == "Person"
    assert person[name] == [value]
    shapes: dict[str, Callable[[Any], object]] = {
        "name": lambda one: isinstance(one, str),
        "mbox": re.compile(r"mailto:[^@]+@[^@]+").fullmatch,
        "mbox_sha1sum": re.compile(r"[0-9a-f]{40}").fullmatch,
        "openid": re.compile(r"\w+:.+").fullmatch,
        "account": lambda one: one.keys() == ACCOUNT.keys(),
    }
    for key, values in person.items():
        if key != "objectType":
            assert isinstance(values, list)
            assert all(shapes[key](one) for one in values)


@requirement("XAPI-00243", AGENTS, "/agents needs the parameter agent.")
def test_agents_need_an_agent(lrs: Lrs) -> None:
    assert "agent" in lrs.refuses(lrs.get("agents"))
    lrs.refuses(lrs.get("agents", Agent={"mbox_sha1sum": SHA1}))


@requirement("XAPI-00249", AGENTS, "The agent of /agents is a valid agent, as JSON.")
@pytest.mark.parametrize("agent", WRONG_AGENTS)
def test_wrong_agents(lrs: Lrs, agent: object) -> None:
    lrs.refuses(lrs.get("agents", agent=agent))


# Activities


@requirement("XAPI-00252", ACTIVITIES, "What is known of activities is at /activities.")
@requirement("XAPI-00253", ACTIVITIES, "GET is the method of /activities.")
@requirement("XAPI-00251", ACTIVITIES, "A known activity is answered 200, with its definition.")
def test_known_activities(lrs: Lrs) -> None:
    activity = {
        "objectType": "Activity",
        "id": fresh(),
        "definition": {
            "name": {"en": "Knots"},
            "type": "https://example.org/types/lesson",
            "moreInfo": "https://example.org/knots",
            "interactionType": "choice",
            "correctResponsesPattern": ["a"],
            "choices": [{"id": "a", "description": {"en": "A"}}],
            "extensions": {"a:b": None},
        },
    }
    lrs.store(statement(object=activity))
    assert lrs.read(lrs.get("activities", activityId=activity["id"])) == activity


@requirement("XAPI-00254", ACTIVITIES, "An activity has all that statements have said of it.")
def test_merged_definitions(lrs: Lrs) -> None:
    activity = fresh()

    def said(**definition: object) -> Json:
        return {"id": activity, "definition": definition}

    lrs.store(
        statement(object=said(name={"en": "Knots"})),
        statement(object=said(name={"fr": "Nœuds"}, description={"en": "Ropes"})),
    )
    lrs.store(statement(context={"contextActivities": {"other": [said(name={"de": "Knoten"})]}}))
    lrs.store(statement(object={"id": activity}))
    found = lrs.read(lrs.get("activities", activityId=activity))["definition"]
    assert found["name"] == {"en": "Knots", "fr": "Nœuds", "de": "Knoten"}
    assert found["description"] == {"en": "Ropes"}


@requirement(
    "LRS-0070", "IEEE 9274.1.1, 4.1.6.4", "An unknown activity is answered 200, with its id."
)
def test_unknown_activities(lrs: Lrs) -> None:
    activity = fresh()
    answer = lrs.read(lrs.get("activities", activityId=activity))
    assert answer == {"objectType": "Activity", "id": activity}


@requirement("LRS-0071", "IEEE 9274.1.1, 4.2.7", "IRIs are compared letter by letter.")
def test_iris_are_not_resolved(lrs: Lrs) -> None:
    activity = f"https://example.org/path/../{uuid4()}"
    lrs.store(statement(object={"id": activity, "definition": {"name": {"en": "Knots"}}}))
    assert "definition" in lrs.read(lrs.get("activities", activityId=activity))
    other = activity.replace("path/../", "")
    assert "definition" not in lrs.read(lrs.get("activities", activityId=other))


@requirement("XAPI-00250", ACTIVITIES, "/activities needs the parameter activityId.")
def test_activities_need_an_id(lrs: Lrs) -> None:
    assert "activityId" in lrs.refuses(lrs.get("activities"))
    lrs.refuses(lrs.get("activities", activityID=fresh()))


@requirement("LRS-0072", "Data 2.2; Communication 2.5", "The activityId of /activities is an IRI.")
@pytest.mark.parametrize("activity", ["", "boats", "/boats", "example.org/boats", "{}"])
def test_wrong_activities(lrs: Lrs, activity: str) -> None:
    lrs.refuses(lrs.get("activities", activityId=activity))


# About


@requirement("XAPI-00315", ABOUT, "What the server is, is at /about.")
@requirement("XAPI-00319", ABOUT, "About answers 200, with the versions.")
@requirement("XAPI-00318", ABOUT, "The versions are a list of texts.")
@requirement("XAPI-00317", ABOUT, "The versions are 1.0.3 and 2.0.0, among others perhaps.")
@requirement("XAPI-00316", ABOUT, "The versions are such as there are.")
def test_about(lrs: Lrs) -> None:
    versions = lrs.read(lrs.get("about"))["version"]
    assert {"1.0.3", "2.0.0"} <= set(versions)
    assert all(re.fullmatch(r"0\.9|0\.95|1\.0\.\d+|2\.0\.\d+", one) for one in versions)


@requirement("LRS-0073", ABOUT, "About needs neither a version nor credentials.")
def test_about_is_open(lrs: Lrs) -> None:
    for version in (None, "0.9", "3.0.0", "x"):
        answer = lrs.ask("GET", "about", headers={VERSION: version, "Authorization": None})
        assert answer.status_code == 200
        assert answer.headers[VERSION] in {"1.0.3", "2.0.0"}


@requirement("LRS-0074", ABOUT, "The extensions of about, when there are any, have IRIs as keys.")
def test_about_extensions(lrs: Lrs) -> None:
    extensions = lrs.read(lrs.get("about")).get("extensions", {})
    assert all(re.match(r"[a-z][a-z0-9+.-]*:", key) for key in extensions)
