"""Requests dressed up as a form, for clients that can send nothing else (Communication 1.3)."""

import json
from typing import Any, Final
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from tests.conformance.documents import EACH, STATE, Documents
from tests.conformance.lrs import CONSISTENT_THROUGH, VERSION, Lrs, fresh, text
from tests.conformance.requirement import requirement
from tests.conformance.statements import statement

SECTION: Final = "Communication 1.3"
FORM: Final = "application/x-www-form-urlencoded"
ALTERNATE = requirement(
    "XAPI-00336",
    SECTION,
    "POST with the parameter `method` and a form is any request.",
    only="1.0.3",
)


def _send(
    lrs: Lrs, method: str, resource: str, form: dict[str, Any], *, bare: bool = False
) -> TestResponse:
    """Send a form; a bare one has credentials and version inside instead of in the headers."""
    inside = {"Authorization": lrs.authorization, VERSION: lrs.version} if bare else {}
    fields = {name: text(value) for name, value in {**form, **inside}.items()}
    headers = {"Content-Type": FORM, **dict.fromkeys(inside)}
    body = urlencode(fields).encode()
    return lrs.ask("POST", resource, {"method": method}, body=body, headers=headers)


@requirement(
    "XAPI-00148", "Communication 2.1.2", "A form stands for GET of statements.", only="1.0.3"
)
@pytest.mark.parametrize("bare", [False, True], ids=["headers", "form"])
def test_get(lrs: Lrs, bare: bool) -> None:  # noqa: FBT001
    activity = fresh()
    lrs.store(*(statement(object={"id": activity}) for _ in range(3)))
    answer = _send(lrs, "GET", "statements", {"activity": activity, "limit": 2}, bare=bare)
    page = lrs.read(answer)
    assert len(page["statements"]) == 2
    assert page["more"]
    assert answer.headers[CONSISTENT_THROUGH]


@ALTERNATE
@pytest.mark.parametrize("bare", [False, True], ids=["headers", "form"])
def test_put(lrs: Lrs, bare: bool) -> None:  # noqa: FBT001
    identifier = str(uuid4())
    form = {"statementId": identifier, "content": statement()}
    lrs.expect(_send(lrs, "PUT", "statements", form, bare=bare), 204)
    assert lrs.stored(identifier)["id"] == identifier


@ALTERNATE
def test_post(lrs: Lrs) -> None:
    sent = statement(verb={"id": fresh("verbs"), "display": {"fr": "étudié & noté +1 = 100%"}})
    form = {"content": json.dumps(sent, ensure_ascii=False), "Content-Type": "application/json"}
    (identifier,) = lrs.read(_send(lrs, "POST", "statements", form))
    assert lrs.stored(identifier)["verb"] == sent["verb"]


@ALTERNATE
@pytest.mark.parametrize("documents", EACH, ids=[one.name for one in EACH])
def test_documents(lrs: Lrs, documents: Documents) -> None:
    parameters = documents.fresh()
    new = {**parameters, "content": "plain & é", "Content-Type": "text/plain", "If-None-Match": "*"}
    lrs.expect(_send(lrs, "PUT", documents.path, new), 204)
    found = lrs.expect(_send(lrs, "GET", documents.path, parameters), 200)
    assert (found.data.decode(), found.mimetype) == ("plain & é", "text/plain")
    stale = {**new, "If-None-Match": "", "If-Match": '"0"'}
    del stale["If-None-Match"]
    if documents is not STATE:
        lrs.expect(_send(lrs, "PUT", documents.path, stale), 412)
    lrs.expect(_send(lrs, "DELETE", documents.path, parameters), 204)
    lrs.expect(_send(lrs, "GET", documents.path, parameters), 404)


@requirement(
    "LRS-0092", SECTION, "`method` stands alone: other parameters are refused.", only="1.0.3"
)
def test_other_parameters(lrs: Lrs) -> None:
    identifier = str(uuid4())
    body = urlencode({"statementId": identifier, "content": json.dumps(statement())}).encode()
    query = {"method": "PUT", "statementId": identifier}
    lrs.refuses(lrs.ask("POST", "statements", query, body=body, headers={"Content-Type": FORM}))


@requirement("LRS-0093", SECTION, "Only POST stands for other methods.", only="1.0.3")
def test_not_by_put(lrs: Lrs) -> None:
    body = urlencode({"content": json.dumps(statement())}).encode()
    typed = {"Content-Type": FORM}
    lrs.refuses(lrs.ask("PUT", "statements", {"method": "POST"}, body=body, headers=typed))


@requirement(
    "LRS-0094",
    SECTION,
    "The content stands in the field `content`, the rest in others.",
    only="1.0.3",
)
@pytest.mark.parametrize("content", [None, "", "{", "{}", "[]"])
def test_content(lrs: Lrs, content: str | None) -> None:
    form = {"statementId": str(uuid4())} | ({} if content is None else {"content": content})
    lrs.refuses(_send(lrs, "PUT", "statements", form))


@requirement(
    "LRS-0095", SECTION, "The version and the credentials of a form are heeded.", only="1.0.3"
)
def test_headers_in_the_form(lrs: Lrs) -> None:
    form = {"statementId": str(uuid4()), "content": statement()}
    answer = _send(lrs, "PUT", "statements", {**form, VERSION: "0.8"})
    assert answer.status_code == 400
    fields = {name: text(value) for name, value in form.items()}
    without = {"Content-Type": FORM, "Authorization": None}
    body = urlencode(fields).encode()
    answer = lrs.ask("POST", "statements", {"method": "PUT"}, body=body, headers=without)
    lrs.expect(answer, 401)


@requirement(
    "LRS-0096", "IEEE 9274.1.1", "2.0.0 knows no requests as forms, and refuses them.", only="2.0.0"
)
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
def test_not_in_the_second_version(lrs: Lrs, method: str) -> None:
    form = {"statementId": str(uuid4()), "content": statement()}
    lrs.refuses(_send(lrs, method, "statements", form))
    lrs.refuses(lrs.ask("PUT", "statements", {"method": method, "statementId": str(uuid4())}))
