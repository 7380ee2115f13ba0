"""Up to when everything can be found: never further than what is still being stored."""

import threading
import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from pymongo.errors import NetworkTimeout

from lrs_stats.errors import Conflict, Unavailable
from lrs_stats.store.clock import Clock
from lrs_stats.store.database import Database, Document
from lrs_stats.store.statements import StatementStore
from lrs_stats.store.writing import Writing
from lrs_stats.xapi.record import StatementQuery
from tests.store.test_statements import ready, statement

HOUR = timedelta(hours=1)
OVERLAP = timedelta(seconds=20)


def writing(database: Database[Document]) -> Writing:
    return Writing(database, Clock(database))


def newest(store: StatementStore) -> datetime:
    return max(one.stored for one in store.newer(None, 100))


def soon(check: Any) -> None:
    until = time.monotonic() + 5
    while not check():
        assert time.monotonic() < until
        time.sleep(0.005)


def test_what_was_acknowledged_is_settled_at_once(database: Database[Document]) -> None:
    store = StatementStore(database)
    for number in range(5):
        store.append(ready(statement(number)))
        soon(lambda: store.consistent_through() >= newest(store))


def test_what_is_being_stored_is_not_settled_in_any_process(database: Database[Document]) -> None:
    store, other = StatementStore(database), StatementStore(database)
    begun, go_on = threading.Event(), threading.Event()
    insert = store._statements.insert_many

    def slow(*arguments: Any, **more: Any) -> Any:
        begun.set()
        assert go_on.wait(10)
        return insert(*arguments, **more)

    store._statements.insert_many = slow  # type: ignore[method-assign]
    thread = threading.Thread(target=store.append, args=[ready(statement(1))])
    thread.start()
    assert begun.wait(10)
    for _ in range(3):
        other.append(ready(statement(2)))
        time.sleep(0.01)
    told = [store.consistent_through(), other.consistent_through()]
    go_on.set()
    thread.join()
    (first,) = [one.stored for one in store.newer(None, 10) if one.id == ready(statement(1))[0].id]
    assert max(told) < first
    soon(lambda: other.consistent_through() >= newest(other))


def test_what_nobody_knows_the_end_of_is_not_settled_for_a_while(
    database: Database[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = StatementStore(database)
    before = store.now()

    def lost(_: object) -> None:
        store._writing.begin()
        raise NetworkTimeout("the answer was lost")

    monkeypatch.setattr(store, "_insert", lost)
    with pytest.raises(Unavailable):
        store.append(ready(statement(1)))
    monkeypatch.undo()
    store.append(ready(statement(2)))
    assert before - timedelta(seconds=1) < store.consistent_through() < newest(store)
    monkeypatch.setattr(store._writing, "_unsure", (before, time.monotonic() - 1))
    store.append(ready(statement(3)))
    soon(lambda: store.consistent_through() >= newest(store))


def test_a_batch_that_is_refused_leaves_nothing_behind(database: Database[Document]) -> None:
    store = StatementStore(database)
    store.append(ready(statement(1)))
    with pytest.raises(Conflict):
        store.append(ready(statement(1, object={"id": "https://lms.example/other"})))
    soon(lambda: store.consistent_through() >= store.now() - timedelta(seconds=1))


def test_what_a_killed_process_left_holds_nobody_up_for_long(
    database: Database[Document],
) -> None:
    killed, other = writing(database), writing(database)
    killed.begin()
    soon(lambda: other.settled(OVERLAP) < Clock(database).ask())
    assert other.settled(timedelta(0)) >= Clock(database).ask() - timedelta(seconds=1)


def test_stored_never_goes_back_when_the_clock_is_set(database: Database[Document]) -> None:
    one, other = writing(database), writing(database)
    ahead = one.begin() + HOUR
    database["statements"].insert_one({"_id": 1, "stored": ahead})
    assert one.begin() == other.begin() == ahead


def test_what_a_killed_process_stored_is_found_by_reference_in_the_end(
    database: Database[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    killed, other = StatementStore(database), StatementStore(database)
    other.append(ready(statement(1, verb={"id": "https://verbs.example/rare"})))
    target = {"objectType": "StatementRef", "id": ready(statement(1))[0].id}

    def die(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(killed, "_take_over", die)
    monkeypatch.setattr(killed._writing, "end", lambda **_: None)
    with pytest.raises(KeyboardInterrupt):
        killed.append(ready(statement(2, object=target)))
    rare = StatementQuery(verb="https://verbs.example/rare")
    other.finish_abandoned()
    assert len(other.query(rare).statements) == 1, "it could still be at it"
    database["writers"].update_many({}, [{"$set": {"since": {"$subtract": ["$since", 15_000]}}}])
    monkeypatch.setattr(StatementStore, "overlap", lambda _: timedelta(seconds=14))
    other.finish_abandoned()
    assert len(other.query(rare).statements) == 2
