"""The contents of attachments on a real MongoDB: each once, durable, and none left for good."""

import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from gridfs import GridFSBucket
from msgspec import structs

from lrs_stats.store.database import Database, Document
from lrs_stats.store.files import AT_ONCE, CHUNK, FileStore
from lrs_stats.store.statements import StatementStore
from lrs_stats.xapi.record import Content, Prepared
from tests.xapi.parcels import attachment, sha2, with_attachments
from tests.xapi.statements import prepared

SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, AT_ONCE * CHUNK * 2 + 7]


@pytest.fixture
def files(database: Database[Document]) -> FileStore:
    return FileStore(database)


def content(data: bytes) -> Content:
    return Content(hashlib.sha256(data).hexdigest(), len(data), io.BytesIO(b"xyz" + data), 3)


def later() -> datetime:
    """Return an instant a day from now."""
    return datetime.now(UTC) + timedelta(days=1, minutes=1)


def data(size: int) -> bytes:
    return bytes(range(251)) * (size // 251) + b"z" * (size % 251)


def statement(*contents: bytes) -> Prepared:
    """Return a statement with attachments that came, and that also have an address."""
    declared = (attachment(one, fileUrl="https://example.org/a") for one in contents)
    one = prepared(with_attachments(*declared))[0]
    return structs.replace(one, files=tuple(map(sha2, contents)))


def test_what_is_stored_is_read_in_chunks(files: FileStore, database: Database[Document]) -> None:
    files.store([content(data(size)) for size in SIZES])
    for size in SIZES:
        chunks = list(files.read(sha2(data(size))))
        assert b"".join(chunks) == data(size)
        assert all(len(chunk) <= CHUNK for chunk in chunks)
        as_others = GridFSBucket(database, "attachments").open_download_stream_by_name
        assert as_others(sha2(data(size))).read() == data(size)


def test_many_small_contents_are_stored(files: FileStore) -> None:
    every = [data(number) for number in range(1_200)]
    files.store([content(one) for one in every])
    assert all(b"".join(files.read(sha2(one))) == one for one in every[::100])


def test_a_content_is_stored_once(files: FileStore, database: Database[Document]) -> None:
    files.store([content(b"a"), content(b"b")])
    files.store([content(b"b"), content(b"c")])
    assert database["attachments.files"].count_documents({}) == 3
    assert database["attachments.chunks"].count_documents({}) == 3


def test_the_same_content_at_once(files: FileStore, database: Database[Document]) -> None:
    large = data(3 * CHUNK)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: files.store([content(large), content(b"small")]), range(16)))
    assert database["attachments.files"].count_documents({}) == 2
    assert database["attachments.chunks"].count_documents({}) == 4
    assert b"".join(files.read(sha2(large))) == large


def test_what_came_with_statements(files: FileStore, database: Database[Document]) -> None:
    record = StatementStore(database)
    files.store([content(b"one"), content(b"three")])
    first, bare = statement(b"one", b"three"), prepared(with_attachments())[0]
    bare = structs.replace(bare, id="00000000-0000-4000-8000-000000000009")
    record.append([first, bare])
    assert files.attached([first.id, bare.id]) == {sha2(b"one"): 3, sha2(b"three"): 5}
    assert files.attached([bare.id]) == {}
    assert files.attached([]) == {}


def test_a_content_that_only_another_statement_brought(
    files: FileStore, database: Database[Document]
) -> None:
    files.store([content(b"one")])
    only_named = structs.replace(statement(b"one"), files=())
    StatementStore(database).append([only_named])
    assert files.attached([only_named.id]) == {}


def test_a_statement_that_is_sent_again_with_its_content(
    files: FileStore, database: Database[Document]
) -> None:
    record = StatementStore(database)
    whole = statement(b"one")
    record.append([structs.replace(whole, files=())])
    files.store([content(b"one")])
    record.append([whole])
    assert files.attached([whole.id]) == {sha2(b"one"): 3}


def test_what_no_statement_has_is_removed_after_a_day(
    files: FileStore, database: Database[Document]
) -> None:
    files.store([content(b"kept"), content(data(2 * CHUNK))])
    StatementStore(database).append([statement(b"kept")])
    assert files.remove_abandoned() == 0
    assert files.remove_abandoned(later()) == 1
    assert files.remove_abandoned(later()) == 0
    assert b"".join(files.read(sha2(b"kept"))) == b"kept"
    assert database["attachments.chunks"].count_documents({}) == 1
    with pytest.raises(LookupError):
        list(files.read(sha2(data(2 * CHUNK))))


def test_what_a_request_relies_on_again_stays(
    files: FileStore, database: Database[Document]
) -> None:
    two_days_ago = datetime.now(UTC) - timedelta(days=2)
    files.store([content(b"one")])
    database["attachments.files"].update_many({}, {"$set": {"metadata.claimed": two_days_ago}})
    files.store([content(b"one")])
    assert files.remove_abandoned() == 0
    assert b"".join(files.read(sha2(b"one"))) == b"one"


def test_what_was_cut_off_is_removed_after_a_day(
    files: FileStore, database: Database[Document]
) -> None:
    class Broken(io.BytesIO):
        def read(self, _: int | None = -1) -> bytes:
            raise RuntimeError("killed")

    large = replace(content(data(CHUNK)), file=Broken())
    with pytest.raises(RuntimeError):
        files.store([content(data(AT_ONCE * CHUNK)), large])
    assert database["attachments.chunks"].count_documents({}) == AT_ONCE
    files.store([content(data(CHUNK))])
    assert files.remove_abandoned(later()) == 3
    assert database["attachments.files"].count_documents({}) == 0
    assert database["attachments.chunks"].count_documents({}) == 0


def test_a_file_that_lacks_bytes_is_not_answered_as_whole(
    files: FileStore, database: Database[Document]
) -> None:
    files.store([content(data(3 * CHUNK))])
    database["attachments.chunks"].delete_one({"n": 2})
    with pytest.raises(LookupError, match=f"lacks {CHUNK} bytes"):
        list(files.read(sha2(data(3 * CHUNK))))
