"""Storing statements and asking for them (Communication 2.1, Data 2.5)."""

from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any, Final
from uuid import uuid4

import pytest

from tests.conformance.lrs import CONSISTENT_THROUGH, Lrs, fresh
from tests.conformance.requirement import requirement
from tests.conformance.statements import AGENT, UUID, statement, voiding

PUT: Final = "Communication 2.1.1"
POST: Final = "Communication 2.1.2"
GET: Final = "Communication 2.1.3"
RESULT: Final = "Data 2.5"
FILTERS: Final[dict[str, Any]] = {
    "agent": AGENT,
    "verb": "a:b",
    "activity": "a:b",
    "registration": UUID,
    "related_activities": "true",
    "related_agents": "true",
    "since": "2024-01-01T00:00:00Z",
    "until": "2024-01-01T00:00:00Z",
    "limit": "1",
    "ascending": "true",
}
ALLOWED: Final = {"format": ("exact", "ids", "canonical"), "attachments": ("true", "false")}


def _voided(lrs: Lrs) -> str:
    (target,) = lrs.store(statement())
    lrs.store(voiding(target))
    return target


# Storing


@requirement("XAPI-00139", "Communication 2.1", "The statements are at /statements.")
def test_resource(lrs: Lrs) -> None:
    lrs.expect(lrs.post_json("statements", statement()), 200)
    lrs.expect(lrs.put_json("statements", statement(), statementId=str(uuid4())), 204)
    lrs.expect(lrs.get("statements"), 200)


@requirement("XAPI-00142", PUT, "What is stored under an id is never replaced.")
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_never_replaced(lrs: Lrs, method: str) -> None:
    identifier = str(uuid4())
    (first, second) = (statement(id=identifier), statement(id=identifier))
    parameters = {"statementId": identifier} if method == "PUT" else {}
    lrs.expect(lrs.send_json(method, "statements", parameters, first), 200, 204)
    before = lrs.stored(identifier)
    lrs.expect(lrs.send_json(method, "statements", parameters, second), 409)
    lrs.expect(lrs.send_json(method, "statements", parameters, first), 200, 204)
    assert lrs.stored(identifier) == before


@requirement("XAPI-00143", PUT, "PUT answers 204, without a body.")
def test_put(lrs: Lrs) -> None:
    identifier = str(uuid4())
    answer = lrs.put_json("statements", statement(), statementId=identifier)
    assert lrs.expect(answer, 204).data == b""
    assert lrs.stored(identifier)["id"] == identifier


@requirement("XAPI-00144 XAPI-00145", PUT, "PUT needs a statementId, which is the id of the body.")
def test_put_needs_an_id(lrs: Lrs) -> None:
    lrs.refuses(lrs.put_json("statements", statement()))
    lrs.refuses(lrs.put_json("statements", statement(id=UUID)))
    lrs.refuses(lrs.put_json("statements", statement(id=str(uuid4())), statementId=str(uuid4())))
    lrs.refuses(lrs.put_json("statements", statement(), StatementId=str(uuid4())))
    lrs.refuses(lrs.put_json("statements", [statement()], statementId=str(uuid4())))


@requirement("XAPI-00146", POST, "POST answers 200 and the ids, in the order of the statements.")
def test_post(lrs: Lrs) -> None:
    given = str(uuid4())
    assert lrs.store(statement(id=given)) == [given]
    made, repeated = lrs.store(statement(), statement(id=str(uuid4())))
    assert lrs.stored(made)["id"] == made
    assert lrs.stored(repeated)["id"] == repeated


@requirement("XAPI-00147", POST, "POST takes one statement or a list of them.")
@pytest.mark.parametrize("count", [0, 1, 2, 50])
def test_post_lists(lrs: Lrs, count: int) -> None:
    answer = lrs.post_json("statements", [statement() for _ in range(count)])
    assert len(lrs.read(answer)) == count
    assert len(lrs.read(lrs.post_json("statements", statement()))) == 1


@requirement("LRS-0022", POST, "Two statements of one request cannot have the same id.")
def test_same_id_twice(lrs: Lrs) -> None:
    identifier = str(uuid4())
    lrs.refuses(lrs.post_json("statements", [statement(id=identifier), statement(id=identifier)]))
    lrs.expect(lrs.get("statements", statementId=identifier), 404)


# One statement


@requirement("XAPI-00155", GET, "voidedStatementId answers 200 and the one voided statement.")
@requirement("XAPI-00157", GET, "voidedStatementId is a parameter of GET.")
def test_voided_statement(lrs: Lrs) -> None:
    target = _voided(lrs)
    assert lrs.read(lrs.get("statements", voidedStatementId=target))["id"] == target


@requirement("XAPI-00156", GET, "statementId answers 200 and the one statement.")
@requirement("XAPI-00158", GET, "statementId is a parameter of GET.")
def test_statement(lrs: Lrs) -> None:
    (identifier,) = lrs.store(statement())
    assert lrs.stored(identifier)["id"] == identifier
    lrs.expect(lrs.get("statements", statementId=str(uuid4())), 404)


@requirement(
    "XAPI-00150", GET, "Beside voidedStatementId only format and attachments can be given."
)
@pytest.mark.parametrize("name", [*FILTERS, "statementId"])
def test_beside_voided_statement_id(lrs: Lrs, name: str) -> None:
    beside = {**FILTERS, "statementId": UUID}[name]
    target = _voided(lrs)
    lrs.refuses(lrs.get("statements", voidedStatementId=target, **{name: beside}))


@requirement("XAPI-00151", GET, "Beside statementId only format and attachments can be given.")
@pytest.mark.parametrize("name", [*FILTERS, "voidedStatementId"])
def test_beside_statement_id(lrs: Lrs, name: str) -> None:
    beside = {**FILTERS, "voidedStatementId": UUID}[name]
    (identifier,) = lrs.store(statement())
    lrs.refuses(lrs.get("statements", statementId=identifier, **{name: beside}))


@requirement(
    "LRS-0019", GET, "Beside an id, format and attachments can be given, each with its values."
)
@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in ALLOWED.items() for value in values]
)
def test_beside_either(lrs: Lrs, name: str, value: str) -> None:
    (identifier,) = lrs.store(statement())
    target = _voided(lrs)
    lrs.expect(lrs.get("statements", statementId=identifier, **{name: value}), 200)
    lrs.expect(lrs.get("statements", voidedStatementId=target, **{name: value}), 200)


@requirement("LRS-0023", GET, "Last-Modified is the stored of the one statement, to the second.")
def test_last_modified(lrs: Lrs) -> None:
    (identifier,) = lrs.store(statement())
    answer = lrs.get("statements", statementId=identifier)
    stored = datetime.fromisoformat(lrs.read(answer)["stored"])
    said = answer.headers["Last-Modified"]
    assert parsedate_to_datetime(said) == stored.replace(microsecond=0)
    assert said == format_datetime(stored.replace(microsecond=0), usegmt=True)


# Lists


@requirement("XAPI-00154", GET, "Without an id, GET answers 200 and a list of statements.")
@requirement("XAPI-00159", GET, "GET is a method of the statements.")
@requirement("XAPI-00113", RESULT, "A list has the properties `statements` and `more`.")
@requirement("XAPI-00110", RESULT, "`statements` is a list of statements.")
def test_list(lrs: Lrs) -> None:
    (identifier,) = lrs.store(statement())
    page = lrs.read(lrs.get("statements", limit="1"))
    assert set(page) == {"statements", "more"}
    assert [one["id"] for one in page["statements"]] == [identifier]


@requirement(
    "XAPI-00149 XAPI-00112", GET, "A query that finds nothing answers 200 and no statements."
)
def test_nothing_found(lrs: Lrs) -> None:
    assert lrs.read(lrs.get("statements", activity=fresh()))["statements"] == []


@requirement("XAPI-00109", RESULT, "`more` is empty when all has been answered.")
def test_no_more(lrs: Lrs) -> None:
    activity = fresh()
    assert lrs.read(lrs.get("statements", activity=activity))["more"] == ""
    lrs.store(statement(object={"id": activity}))
    assert lrs.read(lrs.get("statements", activity=activity))["more"] == ""


@requirement("XAPI-00108", RESULT, "`more` is the address of the next page, on the same host.")
@requirement("XAPI-00111", RESULT, "The next page has `statements` and `more` like the first.")
@requirement("XAPI-00114", RESULT, "A list that is too long comes in pages, without gap or repeat.")
@pytest.mark.parametrize("ascending", ["true", "false"])
def test_pages(lrs: Lrs, ascending: str) -> None:
    activity = fresh()
    ids = lrs.store(*(statement(object={"id": activity}) for _ in range(3)))
    ids += lrs.store(*(statement(object={"id": activity}) for _ in range(2)))
    page = lrs.read(lrs.get("statements", activity=activity, limit="2", ascending=ascending))
    found = [one["id"] for one in page["statements"]]
    for size in (2, 1):
        assert page["more"].startswith("/xAPI/")
        page = lrs.read(lrs.ask("GET", page["more"].removeprefix("/xAPI/")))
        assert set(page) == {"statements", "more"}
        assert len(page["statements"]) == size
        found += [one["id"] for one in page["statements"]]
    assert page["more"] == ""
    assert found == lrs.found(activity=activity, ascending=ascending)
    assert set(found) == set(ids)
    assert len(found) == len(ids)


# Headers


@requirement(
    "XAPI-00153", GET, "Every answer to GET says up to when it is complete, refusals as well."
)
@pytest.mark.parametrize(
    ("parameters", "status"),
    [
        ({}, 200),
        ({"limit": "1"}, 200),
        ({"statementId": "12"}, 400),
        ({"wrong": "1"}, 400),
        ({"statementId": UUID}, 404),
        ({"voidedStatementId": UUID}, 404),
    ],
)
def test_consistent_through(lrs: Lrs, parameters: dict[str, str], status: int) -> None:
    answer = lrs.expect(lrs.get("statements", **parameters), status)
    assert answer.headers[CONSISTENT_THROUGH]


@requirement("XAPI-00160", GET, "Consistent-Through is a timestamp, and no later than now.")
def test_consistent_through_is_a_timestamp(lrs: Lrs) -> None:
    (identifier,) = lrs.store(statement())
    said = datetime.fromisoformat(lrs.get("statements").headers[CONSISTENT_THROUGH])
    (later,) = lrs.store(statement())
    assert said.tzinfo is not None
    assert said <= datetime.fromisoformat(lrs.stored(later)["stored"])
    assert lrs.stored(identifier)


@requirement("XAPI-00165", GET, "Every answer with statements says its Content-Type.")
def test_content_type(lrs: Lrs) -> None:
    (identifier,) = lrs.store(statement())
    for parameters in ({}, {"statementId": identifier}, {"limit": "1"}):
        answer = lrs.expect(lrs.get("statements", **parameters), 200)
        assert answer.mimetype == "application/json"


# Nothing by halves


@requirement("XAPI-00182", "Communication 2.1.2", "A refused request leaves nothing behind.")
def test_refused_leaves_nothing(lrs: Lrs) -> None:
    identifier = str(uuid4())
    lrs.refuses(lrs.post_json("statements", statement(id=identifier, verb={})))
    lrs.refuses(lrs.put_json("statements", statement(verb={}), statementId=identifier))
    lrs.expect(lrs.get("statements", statementId=identifier), 404)


@requirement("XAPI-00326", "Communication 3.2", "One refused statement refuses its whole batch.")
@pytest.mark.parametrize("wrong", [0, 1, 4])
def test_batches(lrs: Lrs, wrong: int) -> None:
    ids = [str(uuid4()) for _ in range(5)]
    batch = [statement(id=one) for one in ids]
    batch[wrong]["verb"] = {"id": "read"}
    assert f"statements[{wrong}]" in lrs.refuses(lrs.post_json("statements", batch))
    for identifier in ids:
        lrs.expect(lrs.get("statements", statementId=identifier), 404)


@requirement("LRS-0024", "Communication 3.2", "One conflict refuses its whole batch.")
def test_conflict_in_a_batch(lrs: Lrs) -> None:
    taken, free = str(uuid4()), str(uuid4())
    lrs.store(statement(id=taken))
    lrs.expect(lrs.post_json("statements", [statement(id=free), statement(id=taken)]), 409)
    lrs.expect(lrs.get("statements", statementId=free), 404)
