"""What became visible late is found, by few ids, wherever it lies."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrs_stats.xapi import reading
from lrs_stats.xapi.held import Held
from lrs_stats.xapi.reading import AT_ONCE, Stored, late
from lrs_stats.xapi.record import Cursor

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
AFTER = BEGAN - timedelta(seconds=1)


def at(second: int) -> datetime:
    return BEGAN + timedelta(seconds=second)


@dataclass(frozen=True)
class One:
    id: str
    stored: datetime
    raw: bytes = b""


@dataclass
class Listed:
    """A record that is a list, to which one is added of those that come after each count.

    It notes of how many statements it was asked for their ids.
    """

    statements: list[One]
    coming: Iterable[One] = ()
    told: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._coming = iter(self.coming)

    def overlap(self) -> timedelta:
        raise AssertionError

    def newer(self, than: Cursor | None, limit: int) -> Iterable[Stored]:
        raise AssertionError(than, limit)

    def count_between(self, after: datetime, through: datetime) -> int:
        found = len(self._between(after, through))
        self.statements.extend(islice(self._coming, 1))
        return found

    def ids_between(self, after: datetime, through: datetime) -> set[str]:
        found = self._between(after, through)
        self.told.append(len(found))
        return found

    def fetch(self, ids: Iterable[str]) -> Sequence[Stored]:
        return [one for one in self.statements if one.id in set(ids)]

    def _between(self, after: datetime, through: datetime) -> set[str]:
        return {one.id for one in self.statements if after < one.stored <= through}


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have stretches parted down to two statements."""
    monkeypatch.setattr(reading, "AT_ONCE", 2)


SECONDS = st.tuples(st.integers(0, 30), st.booleans())


@pytest.mark.usefixtures("few")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(SECONDS, min_size=1, max_size=80), st.lists(SECONDS), st.data())
def test_what_is_late_is_all_that_is_not_held(
    drawn: list[tuple[int, bool]], more: list[tuple[int, bool]], data: st.DataObject
) -> None:
    """Also while others become visible, of which some may be found and none hides another."""
    there = [One(f"{n:04}", at(second)) for n, (second, _) in enumerate(drawn)]
    coming = [One(f"{n:04}", at(second)) for n, (second, _) in enumerate(more, len(drawn))]
    record = Listed([*there], coming=coming)
    held = [one for one, (_, is_held) in zip(there, drawn, strict=True) if is_held]
    mark = Cursor(at(data.draw(st.integers(0, 31))), f"{data.draw(st.integers(0, 80)):04}")
    found = {
        one.id for one in late(record, AFTER, mark, Held((one.stored, one.id) for one in held))
    }
    expected = {
        one.id
        for one in there
        if one not in held and (one.stored, one.id) <= (mark.stored, mark.id)
    }
    assert expected <= found <= expected | {one.id for one in coming}


def test_where_nothing_is_missing_no_id_is_asked_for() -> None:
    record = Listed([One(f"{n:05}", at(n)) for n in range(5_000)])
    held = Held((one.stored, one.id) for one in record.statements)
    assert list(late(record, AFTER, Cursor(at(5_000), ""), held)) == []
    assert record.told == []


def test_only_near_what_is_missing_ids_are_compared() -> None:
    record = Listed([One(f"{n:05}", at(n)) for n in range(5_000)])
    gone = {"00003", "02500", "04990"}
    held = Held((one.stored, one.id) for one in record.statements if one.id not in gone)
    found = late(record, AFTER, Cursor(at(5_000), ""), held)
    assert {one.id for one in found} == gone
    assert sum(record.told) <= len(gone) * (AT_ONCE + 1)


def test_what_was_erased_does_not_keep_a_stretch_from_being_compared() -> None:
    everything = [One(f"{n:05}", at(n)) for n in range(1_000)]
    held = Held((one.stored, one.id) for one in everything if one.id != "00500")
    record = Listed([one for one in everything if not "00400" <= one.id < "00410"])
    found = late(record, AFTER, Cursor(at(1_000), ""), held)
    assert [one.id for one in found] == ["00500"]


def test_a_batch_of_one_instant_is_not_parted() -> None:
    record = Listed([One(f"{n:05}", at(0)) for n in range(1_000)])
    held = Held((one.stored, one.id) for one in record.statements[1:])
    assert [one.id for one in late(record, AFTER, Cursor(at(0), "99999"), held)] == ["00000"]


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 50)), max_size=60), st.data())
def test_held_counts_what_it_was_given_and_has_not_forgotten(
    drawn: list[tuple[int, int]], data: st.DataObject
) -> None:
    first = data.draw(st.integers(0, len(drawn)))
    given_ = {f"{n}": at(second) for second, n in reversed(drawn)}
    statements = [(stored, one) for one, stored in given_.items()]
    held = Held(statements[:first])
    held.add(statements[first:])
    held.add(statements[:1])
    bound = at(data.draw(st.integers(-1, 20)))
    held.forget_through(bound)
    kept = {one for stored, one in statements if stored > bound}
    assert held.ids == kept
    for after, through in ((AFTER, at(20)), (at(3), at(11)), (bound, at(7))):
        among = [stored for stored, one in statements if one in kept and after < stored <= through]
        if after <= through:
            assert held.count(after, through) == len(among)
            middle = held.middle(after, through)
            assert middle is None or after < middle < through
