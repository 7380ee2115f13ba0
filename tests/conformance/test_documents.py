"""Documents of state and of profiles: kept, merged, listed, deleted (Communication 2.2 to 2.7)."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final
from uuid import uuid4

import pytest

from tests.conformance.documents import STATE, Documents, content, each, ids, put, send
from tests.conformance.lrs import Lrs
from tests.conformance.requirement import requirement

MERGING: Final = "Communication 2.2"
NO_OBJECTS: Final = [b"[]", b"[1]", b'"text"', b"12", b"null", b"true"]
NO_JSON: Final = [b"", b"{", b"{'a': 1}", b"a=1&b=2", b'{"a": 1}}', b"\xff"]


def _later(text: str) -> datetime:
    return parsedate_to_datetime(text)


# Kept


@each("The documents of the {name} are at /{path}.", "XAPI-00230", "XAPI-00282", "XAPI-00311")
@each(
    "PUT stores a document of the {name} and answers 204.",
    "XAPI-00190", "XAPI-00273", "XAPI-00287 XAPI-00293",
)  # fmt: skip
def test_put(lrs: Lrs, documents: Documents) -> None:
    parameters = documents.fresh()
    assert lrs.expect(put(lrs, documents, parameters, b'{"a":1}'), 204).data == b""
    assert content(lrs, documents, parameters) == b'{"a":1}'


@each(
    "POST stores a document of the {name} and answers 204.",
    "XAPI-00189 XAPI-00231", "XAPI-00272 XAPI-00283", "XAPI-00286 XAPI-00292 XAPI-00312",
)  # fmt: skip
@each("POST of a {name} that is not there yet stores it.", "XAPI-00233", "XAPI-00280", "XAPI-00310")
def test_post(lrs: Lrs, documents: Documents) -> None:
    parameters = documents.fresh()
    assert lrs.expect(send(lrs, "POST", documents, parameters, b'{"a":1}'), 204).data == b""
    assert json.loads(content(lrs, documents, parameters)) == {"a": 1}


@each(
    "GET of a {name} by its id answers 200 and the document.",
    "XAPI-00188 XAPI-00192 XAPI-00217",
    "XAPI-00274 XAPI-00259 XAPI-00269",
    "XAPI-00290 XAPI-00288",
)
@each("A {name} comes back byte for byte, with its content type.", own="LRS-0050")
@pytest.mark.parametrize(
    ("kept", "kind"),
    [
        (b'{ "b" : 1.50, "a" : 1e2 }\n', "application/json"),
        (b"\x00\xff\r\n\x89PNG", "image/png"),
        ("naïve".encode("latin-1"), "text/plain; charset=latin-1"),
        (b"a=1&method=GET", "application/x-www-form-urlencoded"),
        (b"", "text/plain"),
        (b"--x\r\n\r\n--x--", 'multipart/mixed; boundary="x"'),
    ],
    ids=["json", "octets", "latin-1", "form", "nothing", "parts"],
)
def test_get(lrs: Lrs, documents: Documents, kept: bytes, kind: str) -> None:
    parameters = documents.fresh()
    lrs.expect(put(lrs, documents, parameters, kept, kind), 204)
    answer = lrs.expect(lrs.get(documents.path, **parameters), 200)
    assert (answer.data, answer.headers["Content-Type"]) == (kept, kind)


@each("A {name} that is not there is answered 404.", own="LRS-0051")
def test_absent(lrs: Lrs, documents: Documents) -> None:
    parameters = documents.fresh()
    lrs.expect(lrs.get(documents.path, **parameters), 404)
    assert ids(lrs, documents, parameters) == []


@each("PUT of a {name} replaces the whole document and its content type.", own="LRS-0052")
def test_replaced(lrs: Lrs, documents: Documents) -> None:
    parameters = documents.fresh()
    put(lrs, documents, parameters, b'{"a":1}')
    etag = lrs.get(documents.path, **parameters).headers["ETag"]
    answer = send(
        lrs,
        "PUT",
        documents,
        parameters,
        b"plain",
        content_type="text/plain",
        headers={"If-Match": etag},
    )
    lrs.expect(answer, 204)
    found = lrs.get(documents.path, **parameters)
    assert (found.data, found.mimetype) == (b"plain", "text/plain")


@each(
    "DELETE of a {name} deletes it and answers 204.",
    "XAPI-00187 XAPI-00191 XAPI-00216",
    "XAPI-00271",
    "XAPI-00285 XAPI-00291",
)
def test_delete(lrs: Lrs, documents: Documents) -> None:
    parameters = documents.fresh()
    other = {**parameters, documents.id: "other"}
    for one in (parameters, other):
        put(lrs, documents, one, b"{}")
    assert lrs.expect(lrs.ask("DELETE", documents.path, parameters), 204).data == b""
    lrs.expect(lrs.get(documents.path, **parameters), 404)
    assert ids(lrs, documents, parameters) == ["other"]
    lrs.expect(lrs.ask("DELETE", documents.path, parameters), 204)


@each("A {name} says when it was last modified.", own="LRS-0053")
def test_last_modified(lrs: Lrs, documents: Documents) -> None:
    parameters = documents.fresh()
    put(lrs, documents, parameters, b"{}")
    said = lrs.get(documents.path, **parameters).headers["Last-Modified"]
    assert abs(datetime.now(UTC) - _later(said)) < timedelta(minutes=1)
    around = {name: parameters[name] for name in documents.around}
    assert _later(lrs.get(documents.path, **around).headers["Last-Modified"]) >= _later(said)


@each("A {name} is known by its agent's identifier, not by the rest of the agent.", own="LRS-0054")
def test_agents(lrs: Lrs, documents: Documents) -> None:
    parameters = documents.fresh()
    put(lrs, documents, parameters, b"{}")
    if "agent" in documents.around:
        agent = {"mbox": parameters["agent"]["mbox"], "name": "Noor"}
        lrs.expect(lrs.get(documents.path, **{**parameters, "agent": agent}), 200)
        account = {"account": {"homePage": "a:b", "name": agent["mbox"]}}
        lrs.expect(lrs.get(documents.path, **{**parameters, "agent": account}), 404)


# Listed


@each(
    "GET of the {name} without an id answers 200 and the ids.",
    "XAPI-00193",
    "XAPI-00270",
    "XAPI-00289",
)
def test_ids(lrs: Lrs, documents: Documents) -> None:
    parameters = documents.fresh()
    for name in ("b", "a", "ä/ 1"):
        put(lrs, documents, {**parameters, documents.id: name}, b"{}")
    put(lrs, documents, documents.fresh(), b"{}")
    assert sorted(ids(lrs, documents, parameters)) == ["a", "b", "ä/ 1"]


@each(
    "`since` leaves the ids of the {name} stored or updated after it.",
    "XAPI-00141 XAPI-00195 XAPI-00221 XAPI-00222",
    "XAPI-00268 XAPI-00275",
    "XAPI-00294 XAPI-00303",
)
def test_since(lrs: Lrs, documents: Documents) -> None:
    parameters = documents.fresh()
    put(lrs, documents, parameters, b"{}")
    now = datetime.now(UTC)
    for shift, found in ((-3600, [parameters[documents.id]]), (3600, [])):
        since = (now + timedelta(seconds=shift)).isoformat()
        assert ids(lrs, documents, parameters, since=since) == found


@each("`since` is a timestamp.", "XAPI-00204", "XAPI-00260", "XAPI-00295")
@pytest.mark.parametrize("since", ["", "yesterday", "2024", "2024-02-30T00:00:00Z", "{}", "1"])
def test_since_is_a_timestamp(lrs: Lrs, documents: Documents, since: str) -> None:
    around = {name: documents.fresh()[name] for name in documents.around}
    lrs.refuses(lrs.get(documents.path, **around, since=since))


# Merged


@each(
    "POST merges a JSON object into that of the {name}.", "XAPI-00234", "XAPI-00279", "XAPI-00308"
)
def test_merge(lrs: Lrs, documents: Documents) -> None:
    parameters = documents.fresh()
    put(lrs, documents, parameters, b'{"a":1,"b":{"c":1}}', "application/json; charset=utf-8")
    lrs.expect(send(lrs, "POST", documents, parameters, b'{"b":{"d":2},"e":null}'), 204)
    merged = json.loads(content(lrs, documents, parameters))
    assert merged == {"a": 1, "b": {"d": 2}, "e": None}


@requirement("XAPI-00183", MERGING, "A merge replaces the properties of the top level as wholes.")
def test_merge_is_not_deep(lrs: Lrs) -> None:
    parameters = STATE.fresh()
    put(lrs, STATE, parameters, b'{"a":{"b":{"c":1},"d":[1]}}')
    lrs.expect(send(lrs, "POST", STATE, parameters, b'{"a":{"b":{"x":2}}}'), 204)
    assert json.loads(content(lrs, STATE, parameters)) == {"a": {"b": {"x": 2}}}


@requirement("XAPI-00184", MERGING, "Where both have a property, a merge takes that of the new.")
def test_merge_overwrites(lrs: Lrs) -> None:
    parameters = STATE.fresh()
    put(lrs, STATE, parameters, b'{"a":1,"b":[1,2],"c":"x"}')
    lrs.expect(send(lrs, "POST", STATE, parameters, b'{"a":{"y":1},"b":null}'), 204)
    assert json.loads(content(lrs, STATE, parameters)) == {"a": {"y": 1}, "b": None, "c": "x"}


@each(
    "POST to a {name} is refused unless both documents are application/json.",
    "XAPI-00232", "XAPI-00278", "XAPI-00309",
)  # fmt: skip
@pytest.mark.parametrize(
    ("before", "after"),
    [("text/plain", "application/json"), ("application/json", "text/plain"),
     ("application/json", "application/octet-stream"), ("text/plain", "text/plain")],
)  # fmt: skip
def test_merge_of_other_types(lrs: Lrs, documents: Documents, before: str, after: str) -> None:
    parameters = documents.fresh()
    put(lrs, documents, parameters, b'{"a":1}', before)
    lrs.refuses(send(lrs, "POST", documents, parameters, b'{"b":1}', content_type=after))
    found = lrs.get(documents.path, **parameters)
    assert (found.data, found.mimetype) == (b'{"a":1}', before)


@each(
    "POST to a {name} is refused unless both documents are JSON objects.",
    "XAPI-00229", "XAPI-00281", "XAPI-00313",
)  # fmt: skip
@pytest.mark.parametrize("other", NO_OBJECTS)
def test_merge_of_no_objects(lrs: Lrs, documents: Documents, other: bytes) -> None:
    parameters = documents.fresh()
    put(lrs, documents, parameters, b'{"a":1}')
    lrs.refuses(send(lrs, "POST", documents, parameters, other))
    assert content(lrs, documents, parameters) == b'{"a":1}'
    parameters = documents.fresh()
    put(lrs, documents, parameters, other)
    lrs.refuses(send(lrs, "POST", documents, parameters, b'{"a":1}'))
    assert content(lrs, documents, parameters) == other


@each(
    "POST of a {name} as application/json is refused when it is none.",
    "XAPI-00235", "XAPI-00284", "XAPI-00314",
)  # fmt: skip
@pytest.mark.parametrize("wrong", NO_JSON)
def test_post_of_no_json(lrs: Lrs, documents: Documents, wrong: bytes) -> None:
    parameters = documents.fresh()
    lrs.refuses(send(lrs, "POST", documents, parameters, wrong))
    lrs.expect(lrs.get(documents.path, **parameters), 404)
    put(lrs, documents, parameters, b'{"a":1}')
    lrs.refuses(send(lrs, "POST", documents, parameters, wrong))
    assert content(lrs, documents, parameters) == b'{"a":1}'


# State alone


@requirement(
    "XAPI-00194", "Communication 2.3", "DELETE of state without an id deletes all that is around."
)
def test_delete_all(lrs: Lrs) -> None:
    parameters, other = STATE.fresh(), STATE.fresh()
    for one in (parameters, {**parameters, "stateId": "second"}, other):
        put(lrs, STATE, one, b"{}")
    around = {name: parameters[name] for name in STATE.around}
    lrs.expect(lrs.ask("DELETE", STATE.path, around), 204)
    assert ids(lrs, STATE, parameters) == []
    assert ids(lrs, STATE, other) == [other["stateId"]]


@requirement("XAPI-00218", "Communication 2.3", "PUT of state takes a registration.")
@requirement("XAPI-00227", "Communication 2.3", "POST of state takes a registration.")
@requirement("XAPI-00220", "Communication 2.3", "GET of state takes a registration.")
@requirement("XAPI-00219", "Communication 2.3", "DELETE of state takes a registration.")
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_registrations(lrs: Lrs, method: str) -> None:
    plain: dict[str, Any] = STATE.fresh()
    one, two = ({**plain, "registration": str(uuid4())} for _ in range(2))
    for parameters, kept in ((plain, b'{"of":0}'), (one, b'{"of":1}'), (two, b'{"of":2}')):
        lrs.expect(send(lrs, method, STATE, parameters, kept), 204)
    assert content(lrs, STATE, one) == b'{"of":1}'
    assert content(lrs, STATE, plain) == b'{"of":0}'
    assert ids(lrs, STATE, one) == [one["stateId"]]
    lrs.expect(lrs.ask("DELETE", STATE.path, one), 204)
    lrs.expect(lrs.get(STATE.path, **one), 404)
    assert content(lrs, STATE, two) == b'{"of":2}'
    assert content(lrs, STATE, plain) == b'{"of":0}'
