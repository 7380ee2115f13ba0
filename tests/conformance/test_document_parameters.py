"""By which parameters documents are asked for, and which are refused (Communication 2.3 to 2.7)."""

from typing import Any, Final

import pytest

from tests.conformance.documents import ACTIVITY, AGENT, EACH, STATE, Documents, each, put, send
from tests.conformance.lrs import Lrs
from tests.conformance.requirement import requirement, requirements
from tests.conformance.statements import IDENTIFIERS, UUID, Json

MISSING: Final[dict[Documents, dict[str, tuple[str, str]]]] = {
    STATE: {
        "XAPI-00207": ("DELETE", "activityId"),
        "XAPI-00208": ("GET", "activityId"),
        "XAPI-00209": ("POST", "activityId"),
        "XAPI-00210": ("PUT", "activityId"),
        "XAPI-00206": ("PUT", "stateId"),
        "XAPI-00211": ("POST", "stateId"),
        "XAPI-00212": ("DELETE", "agent"),
        "XAPI-00213": ("GET", "agent"),
        "XAPI-00214": ("POST", "agent"),
        "XAPI-00215": ("PUT", "agent"),
    },
    AGENT: {
        "XAPI-00261": ("GET", "agent"),
        "XAPI-00262": ("DELETE", "agent"),
        "XAPI-00263": ("POST", "agent"),
        "XAPI-00264": ("PUT", "agent"),
        "XAPI-00265": ("DELETE", "profileId"),
        "XAPI-00266": ("POST", "profileId"),
        "XAPI-00267": ("PUT", "profileId"),
    },
    ACTIVITY: {
        "XAPI-00296": ("GET", "activityId"),
        "XAPI-00297": ("DELETE", "activityId"),
        "XAPI-00298": ("POST", "activityId"),
        "XAPI-00299": ("PUT", "activityId"),
        "XAPI-00300": ("DELETE", "profileId"),
        "XAPI-00301": ("POST", "profileId"),
        "XAPI-00302": ("PUT", "profileId"),
    },
}
NO_AGENTS: Final[dict[Documents, dict[str, str]]] = {
    STATE: {
        "XAPI-00196": "DELETE",
        "XAPI-00197": "GET",
        "XAPI-00198": "POST",
        "XAPI-00199": "PUT",
    },
    AGENT: {
        "XAPI-00255": "DELETE",
        "XAPI-00256": "POST",
        "XAPI-00257": "PUT",
        "XAPI-00258": "GET",
    },
}
NEW: Final = {"If-None-Match": "*"}
REGISTRATIONS: Final = {
    "XAPI-00200": "DELETE",
    "XAPI-00201": "GET",
    "XAPI-00202": "POST",
    "XAPI-00203": "PUT",
}
WRONG_AGENTS: Final[list[Any]] = [
    "", "noor", "mailto:noor@example.org", "{", "[]", "{}", "null", "true",
    {"mbox": "noor@example.org"}, {"objectType": "Agent"}, {"objectType": "Group"}, IDENTIFIERS,
    {"account": {"name": "noor"}}, {"mbox": "mailto:noor@example.org", "age": 7},
]  # fmt: skip


def _ask(lrs: Lrs, method: str, documents: Documents, parameters: Json) -> str:
    """Send a request that is refused, with a body where there is one."""
    if method in {"PUT", "POST"}:
        return lrs.refuses(send(lrs, method, documents, parameters, b"{}", headers=NEW))
    return lrs.refuses(lrs.ask(method, documents.path, parameters))


def _missing(documents: Documents) -> dict[str, str]:
    return {
        number: f"{method} of a {documents.name} needs the parameter {name}."
        for number, (method, name) in MISSING[documents].items()
    }


@requirements(STATE.section, _missing(STATE))
@requirements(AGENT.section, _missing(AGENT))
@requirements(ACTIVITY.section, _missing(ACTIVITY))
@pytest.mark.parametrize(
    ("documents", "method", "name"),
    [
        pytest.param(documents, method, name, id=number)
        for documents, rows in MISSING.items()
        for number, (method, name) in rows.items()
    ],
)
def test_missing(lrs: Lrs, documents: Documents, method: str, name: str) -> None:
    parameters = documents.fresh()
    del parameters[name]
    assert name in _ask(lrs, method, documents, parameters)


def _no_agents(documents: Documents) -> dict[str, str]:
    return {
        number: f"The agent of {method} of a {documents.name} is a valid agent, as JSON."
        for number, method in NO_AGENTS[documents].items()
    }


@requirements(STATE.section, _no_agents(STATE))
@requirements(AGENT.section, _no_agents(AGENT))
@pytest.mark.parametrize("agent", WRONG_AGENTS)
@pytest.mark.parametrize(
    ("documents", "method"),
    [
        pytest.param(documents, method, id=number)
        for documents, rows in NO_AGENTS.items()
        for number, method in rows.items()
    ],
)
def test_agents(lrs: Lrs, documents: Documents, method: str, agent: object) -> None:
    _ask(lrs, method, documents, {**documents.fresh(), "agent": agent})


@requirements(
    STATE.section,
    {
        number: f"The registration of {method} of state is a UUID."
        for number, method in REGISTRATIONS.items()
    },
)
@pytest.mark.parametrize("registration", ["", "12", UUID[1:], f"{{{UUID}}}", "null"])
@pytest.mark.parametrize("method", REGISTRATIONS.values(), ids=REGISTRATIONS)
def test_registrations(lrs: Lrs, method: str, registration: str) -> None:
    _ask(lrs, method, STATE, {**STATE.fresh(), "registration": registration})


@requirement("LRS-0055", "Data 2.2; Communication 2.3", "An activityId is an IRI with a scheme.")
@pytest.mark.parametrize("activity", ["", "boats", "/boats", "example.org/boats"])
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
@pytest.mark.parametrize("documents", [STATE, ACTIVITY], ids=["state", "activity profile"])
def test_activities(lrs: Lrs, documents: Documents, method: str, activity: str) -> None:
    _ask(lrs, method, documents, {**documents.fresh(), "activityId": activity})


@requirement("XAPI-00304", ACTIVITY.section, "An agent is no parameter of the activity profiles.")
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
def test_no_agent(lrs: Lrs, method: str) -> None:
    _ask(lrs, method, ACTIVITY, {**ACTIVITY.fresh(), "agent": {"mbox": "mailto:a@b.example"}})


@each("A parameter that the {name} does not know is refused, in another case too.", own="LRS-0056")
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
def test_unknown(lrs: Lrs, documents: Documents, method: str) -> None:
    parameters = documents.fresh()
    _ask(lrs, method, documents, {**parameters, "extra": "1"})
    for name in documents.around:
        renamed = {key: value for key, value in parameters.items() if key != name}
        _ask(lrs, method, documents, {**renamed, name.capitalize(): parameters[name]})


@requirement(
    "LRS-0057",
    "Communication 2.2",
    "Documents may be about agents and activities that are unknown.",
)
@pytest.mark.parametrize("documents", EACH, ids=[one.name for one in EACH])
def test_the_unknown(lrs: Lrs, documents: Documents) -> None:
    lrs.expect(put(lrs, documents, documents.fresh(), b"{}"), 204)
