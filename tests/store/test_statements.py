"""The record on a real MongoDB: all or nothing, once, in order, and never changed."""

import json
import threading
import time
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from pymongo.errors import NetworkTimeout, OperationFailure

from lrs_stats.errors import Conflict, TooLarge, Unavailable
from lrs_stats.store import statement_queries, statements
from lrs_stats.store.clock import UNSURE_BY
from lrs_stats.store.database import Database, Document, missing_indexes
from lrs_stats.store.statements import StatementStore
from lrs_stats.xapi.access import Client
from lrs_stats.xapi.prepare import prepare as prepared
from lrs_stats.xapi.record import Prepared, StatementQuery

Json = dict[str, Any]
AUTHORITY = b'{"objectType":"Agent","mbox":"mailto:lms@example.org"}'
NUMBERS = count(1)


@pytest.fixture
def store(database: Database[Document]) -> StatementStore:
    assert missing_indexes(database) == []
    return StatementStore(database)


def identifier(number: int) -> str:
    return str(UUID(int=number << 64 | 0x4000_8000_0000_0000_0000, version=4))


def statement(number: int, **changes: Any) -> Json:
    return {
        "id": identifier(number),
        "actor": {"mbox": "mailto:ada@example.org"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/experienced"},
        "object": {"id": "https://lms.example/course/1"},
    } | changes


def ready(*statements: Json) -> list[Prepared]:
    return prepared(
        json.dumps(statements).encode(),
        client=Client(AUTHORITY, "mailto:lms@example.org"),
        version="1.0.3",
        new_id=lambda: identifier(next(NUMBERS) + 1000),
    )


def ids(store: StatementStore, **query: Any) -> list[str]:
    """Return the ids that a query finds, over all its pages."""
    found, after = [], None
    while True:
        page = store.query(StatementQuery(after=after, **query))
        found += [json.loads(raw)["id"] for raw in page.statements]
        after = page.next
        if after is None:
            return found


def test_what_is_appended_is_found_by_everything(store: StatementStore) -> None:
    registration = "7c1b6a64-9d1c-4d4a-8a6b-2f6f6d1f0001"
    store.append(ready(statement(1), statement(2, context={"registration": registration})))
    store.append(ready(statement(3, actor={"mbox": "mailto:bob@example.org"})))
    assert ids(store) == [identifier(number) for number in (3, 2, 1)]
    assert ids(store, ascending=True, limit=1) == [identifier(number) for number in (1, 2, 3)]
    assert ids(store, agent="mailto:bob@example.org") == [identifier(3)]
    assert ids(store, registration=registration) == [identifier(2)]
    assert ids(store, activity="https://lms.example/course/2") == []
    assert len(ids(store, verb="http://adlnet.gov/expapi/verbs/experienced", limit=2)) == 3


def test_a_page_ends_when_it_is_large(
    store: StatementStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statement_queries, "LARGEST", 2_500)
    response = {"response": "x" * 1_000}
    store.append(ready(*(statement(number, result=response) for number in range(1, 8))))
    assert len(store.query(StatementQuery(limit=7)).statements) < 4
    assert len(ids(store, limit=7)) == 7
    monkeypatch.setattr(statement_queries, "LARGEST", 10)
    assert len(ids(store, limit=7)) == 7


def test_since_is_exclusive_and_until_inclusive(store: StatementStore) -> None:
    store.append(ready(statement(1)))
    raw = store.find(identifier(1), voided=False)
    assert raw is not None
    (stored,) = [one.stored for one in store.newer(None, 10)]
    assert ids(store, since=stored) == []
    assert ids(store, until=stored) == [identifier(1)]
    assert ids(store, until=stored - timedelta(milliseconds=1)) == []


def test_the_same_statement_again_is_no_fault_and_another_under_its_id_is(
    store: StatementStore,
) -> None:
    store.append(ready(statement(1)))
    store.append(ready(statement(1), statement(2)))
    assert store.count() == 2
    with pytest.raises(Conflict):
        store.append(ready(statement(3), statement(1, object={"id": "https://lms.example/other"})))
    assert store.find(identifier(3), voided=False) is None


def test_a_statement_is_voided_in_whichever_order_the_two_arrive(store: StatementStore) -> None:
    voided = {"id": "http://adlnet.gov/expapi/verbs/voided"}

    def target(number: int) -> Json:
        return {"objectType": "StatementRef", "id": identifier(number)}

    store.append(ready(statement(1)))
    store.append(ready(statement(2, verb=voided, object=target(1))))
    store.append(ready(statement(3, verb=voided, object=target(4))))
    store.append(ready(statement(4)))
    store.append(ready(statement(5, verb=voided, object=target(2))))
    assert ids(store, limit=1) == [identifier(number) for number in (5, 3, 2)]
    for number, is_voided in ((1, True), (2, False), (4, True), (5, False)):
        assert (store.find(identifier(number), voided=True) is not None) is is_voided
        assert (store.find(identifier(number), voided=False) is not None) is not is_voided


def test_many_that_store_the_same_at_once_store_it_once(store: StatementStore) -> None:
    batch = [statement(number) for number in range(1, 21)]
    faults: list[Exception] = []

    def post(part: list[Json]) -> None:
        try:
            store.append(ready(*part))
        except Exception as error:  # noqa: BLE001 - the test tells of any
            faults.append(error)

    parts = [batch, batch[::-1], batch[5:15], batch[:10]] * 3
    threads = [threading.Thread(target=post, args=(part,)) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert store.count() == 20


def test_the_projector_reads_in_the_order_of_storing(store: StatementStore) -> None:
    for number in range(1, 6):
        store.append(ready(statement(number)))
    everything = list(store.newer(None, 100))
    assert [one.id for one in everything] == [identifier(number) for number in range(1, 6)]
    stored = [one.stored for one in everything]
    assert stored == sorted(stored)
    assert store.ids_between(stored[0], stored[-1]) <= {identifier(n) for n in range(2, 6)}
    assert [one.id for one in store.fetch([identifier(4), identifier(2)])] == [
        identifier(2),
        identifier(4),
    ]
    soon = store.now() + timedelta(seconds=UNSURE_BY)
    assert stored[-1] <= soon
    assert stored[-1] - timedelta(seconds=60) < store.consistent_through() <= soon


def test_a_statement_too_large_for_the_database_is_told_so(store: StatementStore) -> None:
    told = []
    for spare in (-4_000, -2_000, -1_000, -700, -400, 0, 100_000):
        extensions = {"https://x.example": "x" * ((16 << 20) + spare)}
        number = 10_000 + spare
        try:
            store.append(ready(statement(number, result={"extensions": extensions})))
        except TooLarge:
            told.append(spare)
        found = store.find(identifier(number), voided=False)
        assert (found is None) is (spare in told)
    assert told[-1] == 100_000
    assert -4_000 not in told
    assert len(told) > 2, "the limits of the driver and of the server were not met"


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (NetworkTimeout("timed out"), Unavailable),
        (OperationFailure("too old", 290), TooLarge),
        (OperationFailure("gone", 251, {"errorLabels": ["TransientTransactionError"]}), TooLarge),
    ],
)
def test_a_large_batch_is_told_to_be_smaller_only_when_it_took_too_long(
    store: StatementStore, monkeypatch: pytest.MonkeyPatch, fault: Exception, told: type[Exception]
) -> None:
    def fail(_: object) -> None:
        raise fault

    monkeypatch.setattr(store, "_insert", fail)
    with pytest.raises(told):
        store.append(ready(*(statement(number) for number in range(1, 1_102))))


def test_a_request_gives_up_in_time_for_those_behind_it(
    store: StatementStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise OperationFailure("busy", 112, {"errorLabels": ["TransientTransactionError"]})

    monkeypatch.setattr(store, "_insert", fail)
    monkeypatch.setattr(statements, "PATIENCE", 0.2)
    began = time.monotonic()
    with pytest.raises(Unavailable, match="too slow"):
        store.append(ready(statement(1)))
    assert time.monotonic() - began < 5
