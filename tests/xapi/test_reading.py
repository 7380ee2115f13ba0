"""What became visible late is found, by few ids, wherever it lies."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

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
    """A record that is a list, and notes of how many statements it was asked for their ids."""

    statements: Sequence[One]
    told: list[int] = field(default_factory=list)

    def overlap(self) -> timedelta:
        raise AssertionError

    def newer(self, than: Cursor | None, limit: int) -> Iterable[Stored]:
        raise AssertionError(than, limit)

    def count_between(self, after: datetime, through: datetime) -> int:
        return len(self._between(after, through))

    def ids_between(self, after: datetime, through: datetime) -> set[str]:
        found = self._between(after, through)
        self.told.append(len(found))
        return found

    def fetch(self, ids: Iterable[str]) -> Sequence[Stored]:
        return [one for one in self.statements if one.id in set(ids)]

    def _between(self, after: datetime, through: datetime) -> set[str]:
        return {one.id for one in self.statements if after < one.stored <= through}


@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), max_size=600), st.data())
def test_what_is_late_is_all_that_is_not_held(
    drawn: list[tuple[int, bool]], data: st.DataObject
) -> None:
    record = Listed([One(f"{n:04}", at(second)) for n, (second, _) in enumerate(drawn)])
    held = [one for one, (_, is_held) in zip(record.statements, drawn, strict=True) if is_held]
    mark = Cursor(at(data.draw(st.integers(0, 31))), f"{data.draw(st.integers(0, 600)):04}")
    found = late(record, AFTER, mark, Held((one.stored, one.id) for one in held))
    expected = {
        one.id
        for one in record.statements
        if one not in held and (one.stored, one.id) <= (mark.stored, mark.id)
    }
    assert sorted(one.id for one in found) == sorted(expected)


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
