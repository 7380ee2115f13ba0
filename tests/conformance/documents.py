"""The three resources of documents, and what the tests of all three share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from tests.conformance.lrs import Lrs, fresh
from tests.conformance.requirement import of as requirement_of
from tests.conformance.requirement import requirement, requirements
from tests.conformance.statements import Json

Test = TypeVar("Test", bound=Callable[..., None])


@dataclass(frozen=True)
class Documents:
    """A resource of documents: where it is, and by which parameters a document is known."""

    name: str
    path: str
    section: str
    around: tuple[str, ...]
    id: str

    def fresh(self) -> Json:
        """Return the parameters of a document that is not there yet."""
        values = {
            "activityId": fresh(),
            "agent": {"objectType": "Agent", "mbox": f"mailto:{uuid4().hex}@example.org"},
        }
        return {self.id: f"{self.id} é/{uuid4()}", **{name: values[name] for name in self.around}}


STATE: Final = Documents(
    "state", "activities/state", "Communication 2.3", ("activityId", "agent"), "stateId"
)
AGENT: Final = Documents(
    "agent profile", "agents/profile", "Communication 2.6", ("agent",), "profileId"
)
ACTIVITY: Final = Documents(
    "activity profile", "activities/profile", "Communication 2.7", ("activityId",), "profileId"
)
EACH: Final = (STATE, AGENT, ACTIVITY)
ALL: Final = pytest.mark.parametrize("documents", EACH, ids=[one.name for one in EACH])


def each(
    sentence: str, state: str = "", agent: str = "", activity: str = "", own: str = ""
) -> Callable[[Test], Test]:
    """Mark a test that holds for all three resources, with the numbers of each of them.

    `{name}` in the sentence stands for the resource; `own` is a number for all three.
    """

    def mark(test: Test) -> Test:
        if not requirement_of(test):
            test = ALL(test)
        for documents, numbers in zip(EACH, (state, agent, activity), strict=True):
            said = sentence.format(name=documents.name, path=documents.path)
            for number in numbers.split():
                test = requirements(documents.section, {number: said})(test)
        if own:
            said = sentence.format(name="document", path="")
            test = requirement(own, "Communication 2.2", said)(test)
        return test

    return mark


def put(
    lrs: Lrs,
    documents: Documents,
    parameters: Json,
    content: bytes,
    content_type: str = "application/json",
) -> TestResponse:
    """Put a document that is not there yet."""
    new = {"If-None-Match": "*"}
    return send(lrs, "PUT", documents, parameters, content, content_type=content_type, headers=new)


def send(
    lrs: Lrs,
    method: str,
    documents: Documents,
    parameters: Json,
    content: bytes,
    *,
    content_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> TestResponse:
    """Send a document."""
    sent = {"Content-Type": content_type, **(headers or {})}
    return lrs.ask(method, documents.path, parameters, body=content, headers=sent)


def content(lrs: Lrs, documents: Documents, parameters: Json) -> bytes:
    """Return a document as it is kept."""
    return lrs.expect(lrs.get(documents.path, **parameters), 200).get_data()


def ids(lrs: Lrs, documents: Documents, parameters: Json, **more: Any) -> list[str]:
    """Return the ids of the documents around the same activity, agent or both."""
    around = {name: value for name, value in parameters.items() if name != documents.id}
    found: list[str] = lrs.read(lrs.get(documents.path, **around, **more))
    return found
