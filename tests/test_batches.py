"""Batches: nothing is lost, none is too long, and nothing is read that is not wanted yet."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from lrs_stats.batches import batches


@given(
    items=st.lists(st.integers(0, 9), max_size=30), most=st.integers(1, 5), room=st.integers(1, 20)
)
def test_all_is_given_in_order_in_batches_that_end_in_time(
    items: list[int], most: int, room: int
) -> None:
    found = list(batches(items, most, int, room))
    assert [item for batch in found for item in batch] == items
    for batch in found:
        assert 0 < len(batch) <= most
        assert sum(batch[:-1]) < room
    for batch in found[:-1]:
        assert len(batch) == most or sum(batch) >= room


def test_only_the_number_counts_without_a_size() -> None:
    assert list(batches(range(5), 2)) == [[0, 1], [2, 3], [4]]


def test_it_reads_no_further_than_the_batch_at_hand() -> None:
    read = []

    def items() -> Iterator[int]:
        for item in range(10):
            read.append(item)
            yield item

    assert next(batches(items(), 3)) == [0, 1, 2]
    assert read == [0, 1, 2]
