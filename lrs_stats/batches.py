"""Long work in parts: batches that are neither long nor large."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def batches(
    items: Iterable[T], most: int, size: Callable[[T], int] = lambda _: 0, room: int = 1
) -> Iterator[list[T]]:
    """Yield the items in lists, none of which is empty, reading no further than the one at hand.

    A list ends with its item number `most`, or with the one that brings it to `room` by `size`.
    """
    batch: list[T] = []
    taken = 0
    for item in items:
        batch.append(item)
        taken += size(item)
        if len(batch) >= most or taken >= room:
            yield batch
            batch, taken = [], 0
    if batch:
        yield batch
