"""Documents on a real MongoDB: found by all of their key, and nobody's change is lost."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest

from lrs_stats.errors import Contended, PreconditionFailed, TooLarge
from lrs_stats.store import documents
from lrs_stats.store.database import Database, Document, missing_indexes
from lrs_stats.store.documents import LARGEST, DocumentStore
from lrs_stats.xapi.documents import Change, Context, Kept, Key, Sent, delete, etag_of, post
from lrs_stats.xapi.preconditions import read

CONTEXT = Context("state", "https://lms.example/course", "mailto:a@example.org", None)
KEY = Key(CONTEXT, "bookmark")
THREADS = 16


@pytest.fixture
def store(database: Database[Document]) -> DocumentStore:
    return DocumentStore(database)


def to(content: bytes, content_type: str = "text/plain") -> Change:
    """Return the change that stores a document whatever there is."""
    return lambda _: Sent(content, content_type)


def gone(_: Kept | None) -> None:
    """Delete a document whatever it is."""


def at_once(changes: list[Callable[[], None]]) -> list[BaseException | None]:
    """Run changes at the same moment, and return what each raised."""
    barrier = Barrier(len(changes))

    def run(change: Callable[[], None]) -> None:
        barrier.wait()
        change()

    with ThreadPoolExecutor(len(changes)) as pool:
        return [future.exception() for future in [pool.submit(run, one) for one in changes]]


def test_a_document_is_what_was_stored_last(store: DocumentStore) -> None:
    assert store.find(KEY) is None
    before = datetime.now(UTC) - timedelta(seconds=1)
    store.change(KEY, to(b"\x00\xff", "image/png"))
    store.change(KEY, to(b"", "text/html; charset=\xe9"))
    found = store.find(KEY)
    assert found is not None
    assert (found.content, found.content_type) == (b"", "text/html; charset=\xe9")
    assert found.etag == etag_of(b"") == "da39a3ee5e6b4b0d3255bfef95601890afd80709"
    assert before < found.updated < datetime.now(UTC) + timedelta(seconds=1)
    store.change(KEY, gone)
    store.change(KEY, gone)
    assert store.find(KEY) is None


@pytest.mark.parametrize(
    "other",
    [
        Key(CONTEXT, "bookmark "),
        Key(CONTEXT, "Bookmark"),
        Key(CONTEXT, ""),
        Key(CONTEXT, "\0" * 10_000),
        Key(replace(CONTEXT, kind="activity profile"), "bookmark"),
        Key(replace(CONTEXT, activity="https://lms.example/courses"), "bookmark"),
        Key(replace(CONTEXT, agent=None), "bookmark"),
        Key(replace(CONTEXT, registration="0aeed4f8-7d4c-4a8a-8f1a-3c1d3b2f6f4e"), "bookmark"),
    ],
    ids=lambda key: repr(key)[-60:],
)
def test_another_key_is_another_document(store: DocumentStore, other: Key) -> None:
    store.change(KEY, to(b"this"))
    assert store.find(other) is None
    store.change(other, to(b"other"))
    assert [store.find(key) for key in (KEY, other)] != [None, None]
    same_context = other.context == CONTEXT
    assert store.listed(CONTEXT).ids == ["bookmark", *([other.id] if same_context else [])]
    store.change(KEY, gone)
    found = store.find(other)
    assert found is not None
    assert found.content == b"other"
    store.clear(CONTEXT)
    assert (store.find(other) is None) is same_context


def test_ids_are_listed_in_the_order_of_change(
    store: DocumentStore, database: Database[Document]
) -> None:
    instant = datetime(2026, 1, 2, 3, 4, 5, 6_000, tzinfo=UTC)
    for number, name in enumerate("cab"):
        store.change(Key(CONTEXT, name), to(b"1"))
        updated = instant + timedelta(milliseconds=number)
        database.documents.update_one({"id": name}, {"$set": {"updated": updated}})
    assert store.listed(CONTEXT).ids == ["c", "a", "b"]
    assert store.listed(CONTEXT).updated == instant + timedelta(milliseconds=2)
    for since, left in [
        (instant - timedelta(milliseconds=1), ["c", "a", "b"]),
        (instant, ["a", "b"]),
        (instant + timedelta(microseconds=999), ["a", "b"]),
        (instant + timedelta(milliseconds=1), ["b"]),
        (instant + timedelta(milliseconds=2), []),
        (datetime.min.replace(tzinfo=UTC), ["c", "a", "b"]),
        (datetime.max.replace(tzinfo=UTC), []),
    ]:
        assert store.listed(CONTEXT, since).ids == left
    assert store.listed(CONTEXT, instant + timedelta(days=1)).updated is None


def test_ids_are_listed_by_an_index(store: DocumentStore, database: Database[Document]) -> None:
    assert missing_indexes(database) == []
    store.change(KEY, to(b"1"))
    with database.client.start_session():
        plan = database.documents.find(
            {"kind": "state", "activity": CONTEXT.activity, "agent": CONTEXT.agent}
        ).explain()
    assert plan["queryPlanner"]["winningPlan"]["inputStage"]["indexName"] == "context"


# What others do at the same moment


def test_of_many_that_store_a_new_document_one_succeeds(store: DocumentStore) -> None:
    def change(number: int) -> Callable[[], None]:
        asked = read(None, "*")
        return lambda: store.change(KEY, post(Sent(b"%d" % number, "text/plain"), asked))

    for _ in range(5):
        raised = at_once([change(number) for number in range(THREADS)])
        assert raised.count(None) == 1
        assert sum(isinstance(one, PreconditionFailed) for one in raised) == THREADS - 1
        found = store.find(KEY)
        assert found is not None
        assert found.content == b"%d" % raised.index(None)
        store.change(KEY, gone)


def test_of_many_that_change_the_same_document_one_succeeds(store: DocumentStore) -> None:
    for _ in range(5):
        store.change(KEY, to(b"first"))
        asked = read(f'"{etag_of(b"first")}"', None)

        def put(kept: Kept | None) -> Sent:
            asked.check(kept.etag if kept else None)  # noqa: B023
            return Sent(b"second", "text/plain")

        half = THREADS // 2
        raised = at_once(
            [lambda: store.change(KEY, put)] * half
            + [lambda: store.change(KEY, delete(asked))] * half  # noqa: B023
        )
        assert raised.count(None) == 1
        assert sum(isinstance(one, PreconditionFailed) for one in raised) == THREADS - 1
        found = store.find(KEY)
        assert (found and found.content) == (b"second" if raised.index(None) < half else None)


def test_no_merge_is_lost(database: Database[Document]) -> None:
    stores = [DocumentStore(database) for _ in range(4)]

    def merge(number: int) -> Callable[[], None]:
        sent = Sent(b'{"%d": %d}' % (number, number), "application/json")
        return lambda: stores[number % 4].change(KEY, post(sent, read(None, None)))

    raised = at_once([merge(number) for number in range(2 * THREADS)])
    assert raised == [None] * 2 * THREADS
    found = stores[0].find(KEY)
    assert found is not None
    assert json.loads(found.content) == {str(number): number for number in range(2 * THREADS)}
    assert found.etag == etag_of(found.content)


def test_a_document_that_was_deleted_and_stored_anew_is_another(store: DocumentStore) -> None:
    """The second has been written as often as the first, and has the same bytes."""
    store.change(KEY, to(b"1"))
    seen = []

    def change(kept: Kept | None) -> Sent:
        seen.append(kept)
        if len(seen) == 1:
            store.change(KEY, gone)
            store.change(KEY, to(b"1"))
        return Sent(b"2", "text/plain")

    store.change(KEY, change)
    assert len(seen) == 2
    found = store.find(KEY)
    assert found is not None
    assert found.content == b"2"


@pytest.mark.parametrize("ends", [gone, to(b"mine")])
@pytest.mark.parametrize("there", [True, False])
def test_a_change_is_decided_anew_when_another_came_first(
    store: DocumentStore,
    ends: Change,
    there: bool,  # noqa: FBT001
) -> None:
    if there:
        store.change(KEY, to(b"first"))
    seen: list[bytes | None] = []

    def change(kept: Kept | None) -> Sent | None:
        seen.append(kept.content if kept else None)
        if len(seen) == 1:
            store.change(KEY, to(b"between"))
        return ends(kept)

    store.change(KEY, change)
    decided_on_nothing = not there and ends is gone
    first = b"first" if there else None
    assert seen == ([first] if decided_on_nothing else [first, b"between"])


def test_who_never_comes_first_is_told(
    store: DocumentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "PATIENCE", 0.2)

    def change(_: Kept | None) -> Sent:
        store.change(KEY, to(b"other"))
        return Sent(b"mine", "text/plain")

    with pytest.raises(Contended):
        store.change(KEY, change)


# What MongoDB cannot hold


def test_the_largest_document_is_stored_and_one_byte_more_is_refused(store: DocumentStore) -> None:
    named = sum(len(text or "") for text in (*vars(CONTEXT).values(), KEY.id, "text/plain"))
    fits = LARGEST - named - len(etag_of(b""))
    for content in (b"x" * fits, b"y" * fits):  # the first inserts, the second replaces
        store.change(KEY, to(content))
        found = store.find(KEY)
        assert found is not None
        assert found.content == content
    with pytest.raises(TooLarge, match="up to 16711680"):
        store.change(KEY, to(b"z" * (fits + 1)))
    assert store.find(KEY) == found


def test_a_merge_that_grows_too_large_changes_nothing(store: DocumentStore) -> None:
    def add(name: str) -> Change:
        value = b'{"%s":"%s"}' % (name.encode(), b"x" * (LARGEST // 2))
        return post(Sent(value, "application/json"), read(None, None))

    store.change(KEY, add("a"))
    before = store.find(KEY)
    with pytest.raises(TooLarge):
        store.change(KEY, add("b"))
    assert store.find(KEY) == before


def test_a_name_beyond_all_measure_is_too_large(store: DocumentStore) -> None:
    with pytest.raises(TooLarge):
        store.change(Key(CONTEXT, "é" * (LARGEST // 2)), to(b""))
    assert store.listed(CONTEXT).ids == []
