"""Group commit: everyone is told what became of their own, and nobody of what was not stored."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from lrs_stats.errors import Conflict, Contended, Unavailable
from lrs_stats.store.group_commit import GroupCommit


class Shelf:
    """Stores numbers; the first to come waits until it is let go, so that others gather."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.refused: set[int] = set()
        self.away: set[int] = set()
        self.broken: set[int] = set()
        self.contended: set[int] = set()
        self.gate = threading.Event()
        self.begun = threading.Event()

    def together(self, numbers: Sequence[int]) -> bool:
        if (self.refused | self.away | self.broken | self.contended) & set(numbers):
            return False
        self.groups.append(list(numbers))
        return True

    def alone(self, numbers: Sequence[int]) -> None:
        if 0 in numbers:
            self.begun.set()
            self.gate.wait(5)
        if self.refused & set(numbers):
            raise Conflict("refused")
        if self.away & set(numbers):
            raise Unavailable("away")
        if self.broken & set(numbers):
            raise ValueError("broken")
        if self.contended & set(numbers):
            raise Contended("contended")
        self.groups.append(list(numbers))


def gathered(shelf: Shelf, batches: Sequence[Sequence[int]]) -> list[BaseException | None]:
    """Append [0], then the batches while it is being stored; return what each was told."""
    group = GroupCommit(shelf.together, shelf.alone)
    with ThreadPoolExecutor(len(batches) + 1) as pool:
        first = pool.submit(group.append, [0])
        assert shelf.begun.wait(5)
        rest = []
        for number, batch in enumerate(batches, 1):
            rest.append(pool.submit(group.append, batch))
            while len(group._waiting) < number:
                pass
        shelf.gate.set()
        assert first.exception(5) is None
        return [one.exception(5) for one in rest]


def test_what_comes_meanwhile_is_stored_together() -> None:
    shelf = Shelf()
    assert gathered(shelf, [[1, 2], [3], [4]]) == [None, None, None]
    assert shelf.groups == [[0], [1, 2, 3, 4]]


def test_a_refusal_is_of_its_own_request_alone() -> None:
    shelf = Shelf()
    shelf.refused = {3}
    told = gathered(shelf, [[1, 2], [3], [4]])
    assert [type(one) for one in told] == [type(None), Conflict, type(None)]
    assert shelf.groups == [[0], [1, 2], [4]]


def test_an_outage_ends_the_group_and_nobody_is_told_otherwise() -> None:
    shelf = Shelf()
    shelf.away = {3}
    told = gathered(shelf, [[1, 2], [3], [4]])
    assert [type(one) for one in told] == [type(None), Unavailable, Unavailable]
    assert shelf.groups == [[0], [1, 2]]


def test_a_full_group_leaves_the_rest_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lrs_stats.store.group_commit.TOGETHER", 3)
    shelf = Shelf()
    assert gathered(shelf, [[1, 2], [3], [4, 5, 6, 7], [8]]) == [None, None, None, None]
    assert shelf.groups == [[0], [1, 2, 3], [4, 5, 6, 7], [8]]


@pytest.mark.parametrize(("fault", "told"), [("broken", ValueError), ("contended", Contended)])
def test_what_is_wrong_with_one_is_told_to_that_one_alone(
    fault: str, told: type[Exception]
) -> None:
    shelf = Shelf()
    getattr(shelf, fault).add(2)
    first, second, third = gathered(shelf, [[1], [2], [3]])
    assert (first, third) == (None, None)
    assert isinstance(second, told)
    assert sorted(number for group in shelf.groups for number in group) == [0, 1, 3]
