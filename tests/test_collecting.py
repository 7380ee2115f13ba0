"""The collector is held off while a block runs, and is as it was afterwards."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from lrs_stats.collecting import uncollected


class Knot:
    """Something that only the collector can take away, since it holds itself."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def _enabled() -> Iterator[None]:
    gc.enable()
    yield
    gc.enable()


def test_nothing_is_collected_meanwhile() -> None:
    with uncollected():
        knot = weakref.ref(Knot())
        made: list[list[int]] = [[] for _ in range(gc.get_threshold()[0] * 3)]
        assert knot() is not None
    assert made
    gc.collect()
    assert knot() is None


def test_a_failure_turns_it_on_again() -> None:
    with pytest.raises(ValueError, match="for a reason"), uncollected():
        raise ValueError("for a reason")
    assert gc.isenabled()


def test_who_had_turned_it_off_finds_it_so() -> None:
    with uncollected():
        with uncollected():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
