"""A rebuild reads and interprets a batch of the record while the one before is written."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import polars as pl
import pytest

from lrs_stats.facts import ahead as module
from lrs_stats.facts.ahead import Ahead, Batch
from lrs_stats.xapi.reading import Stored
from lrs_stats.xapi.record import Cursor
from tests.line import Kept, MemoryRecord

NOON: Final = datetime(2025, 6, 15, 12, tzinfo=UTC)


class Interpreters:
    """Writes down what is begun and what is waited for; the rows are the ids."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def begin(self, statements: Sequence[Stored]) -> Callable[[], pl.DataFrame]:
        ids = [one.id for one in statements]
        self.done.append(f"begin {' '.join(ids)}".strip())

        def rows() -> pl.DataFrame:
            self.done.append(f"rows {' '.join(ids)}".strip())
            return pl.DataFrame({"statement": ids}, schema={"statement": pl.String})

        return rows


@pytest.fixture
def record() -> MemoryRecord:
    """A record with the statements a to e."""
    made = MemoryRecord()
    for number, name in enumerate("abcde"):
        put(made, name, number)
    return made


def put(record: MemoryRecord, name: str, second: float, raw: bytes = b"") -> None:
    record.statements[name] = Kept(name, NOON + timedelta(seconds=second), raw)


def said(batch: Batch) -> str:
    assert batch.rows["statement"].to_list() == [one.id for one in batch.statements]
    return "".join(batch.rows["statement"])


def place(batch: Batch) -> Cursor:
    return Cursor(batch.statements[-1].stored, batch.statements[-1].id)


def test_the_next_batch_is_begun_once_the_rows_of_this_one_are_there(record: MemoryRecord) -> None:
    interpreters = Interpreters()
    ahead = Ahead(record, interpreters.begin)
    batch = ahead.read(None, 2, NOON, ahead=True)
    assert (said(batch), batch.is_last) == ("ab", False)
    assert interpreters.done == ["begin a b", "rows a b", "begin c d"]
    batch = ahead.read(place(batch), 2, NOON, ahead=True)
    assert (said(batch), batch.is_last) == ("cd", False)
    batch = ahead.read(place(batch), 2, NOON, ahead=True)
    assert (said(batch), batch.is_last) == ("e", True)
    assert interpreters.done[3:] == ["rows c d", "begin e", "rows e"]


def test_without_need_nothing_is_read_ahead(record: MemoryRecord) -> None:
    interpreters = Interpreters()
    assert said(Ahead(record, interpreters.begin).read(None, 2, NOON, ahead=False)) == "ab"
    assert interpreters.done == ["begin a b", "rows a b"]


def test_a_batch_tells_a_time_before_it_was_read(record: MemoryRecord) -> None:
    ahead = Ahead(record, Interpreters().begin)
    first = ahead.read(None, 2, NOON, ahead=True)
    second = ahead.read(place(first), 2, NOON + timedelta(minutes=1), ahead=True)
    third = ahead.read(place(second), 2, NOON + timedelta(minutes=2), ahead=False)
    assert [batch.now for batch in (first, second, third)] == [
        NOON, NOON, NOON + timedelta(minutes=1)
    ]  # fmt: skip


def test_a_batch_is_the_last_by_the_limit_with_which_it_was_read(record: MemoryRecord) -> None:
    ahead = Ahead(record, Interpreters().begin)
    first = ahead.read(None, 2, NOON, ahead=True)
    second = ahead.read(place(first), 1000, NOON, ahead=True)
    assert (said(second), second.is_last) == ("cd", False)


def test_a_batch_ends_where_there_is_no_room(
    record: MemoryRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ROOM", 3)
    for number, length in enumerate([1, 1, 1, 5, 1]):
        put(record, "abcde"[number], number, b"x" * length)
    ahead = Ahead(record, Interpreters().begin)
    batches = [ahead.read(None, 9, NOON, ahead=True)]
    while not batches[-1].is_last:
        batches.append(ahead.read(place(batches[-1]), 9, NOON, ahead=True))
    assert [said(batch) for batch in batches] == ["abc", "d", "e"]


def test_what_is_not_after_the_place_is_read_anew(record: MemoryRecord) -> None:
    ahead = Ahead(record, Interpreters().begin)
    first = ahead.read(None, 2, NOON, ahead=True)
    assert said(ahead.read(None, 3, NOON, ahead=False)) == "abc"
    assert said(ahead.read(place(first), 2, NOON, ahead=False)) == "cd"


def test_what_was_dropped_is_read_anew(record: MemoryRecord) -> None:
    ahead = Ahead(record, Interpreters().begin)
    first = ahead.read(None, 2, NOON, ahead=True)
    del record.statements["c"]
    ahead.drop()
    assert said(ahead.read(place(first), 2, NOON, ahead=True)) == "de"


def test_a_record_that_ends_with_a_batch_has_an_empty_one_after_it(record: MemoryRecord) -> None:
    ahead = Ahead(record, Interpreters().begin)
    batch = ahead.read(None, 5, NOON, ahead=True)
    assert (said(batch), batch.is_last) == ("abcde", False)
    put(record, "f", 9)  # it is for the pass after the next
    batch = ahead.read(place(batch), 5, NOON, ahead=True)
    assert (said(batch), batch.is_last) == ("", True)


def test_a_batch_whose_interpretation_failed_is_read_anew(record: MemoryRecord) -> None:
    interpreters = Interpreters()
    fails = [True]

    def begin(statements: Sequence[Stored]) -> Callable[[], pl.DataFrame]:
        rows = interpreters.begin(statements)
        return failing if fails.pop() else rows

    def failing() -> pl.DataFrame:
        fails.append(False)
        raise MemoryError

    ahead = Ahead(record, begin)
    with pytest.raises(MemoryError):
        ahead.read(None, 9, NOON, ahead=True)
    assert said(ahead.read(None, 9, NOON, ahead=True)) == "abcde"
