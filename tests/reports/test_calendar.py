"""When something is due, and which days a relative period means."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from lrs_stats.reports.calendar import UNITS, Rhythm, Unit, relative

PARIS = ZoneInfo("Europe/Paris")
SIX = time(6)


@pytest.mark.parametrize(
    ("name", "day", "first", "end"),
    [
        ("yesterday", "2026-03-01", "2026-02-28", "2026-03-01"),
        ("last_7_days", "2026-03-04", "2026-02-25", "2026-03-04"),
        ("last_week", "2026-03-04", "2026-02-23", "2026-03-02"),  # the 4th is a Wednesday
        ("last_week", "2026-03-02", "2026-02-23", "2026-03-02"),
        ("last_2_weeks", "2026-03-08", "2026-02-16", "2026-03-02"),
        ("last_month", "2026-03-31", "2026-02-01", "2026-03-01"),
        ("last_month", "2026-01-01", "2025-12-01", "2026-01-01"),
        ("last_12_months", "2026-03-04", "2025-03-01", "2026-03-01"),
        ("last_quarter", "2026-02-10", "2025-10-01", "2026-01-01"),
        ("last_year", "2026-12-31", "2025-01-01", "2026-01-01"),
        ("last_2_years", "2028-02-29", "2026-01-01", "2028-01-01"),
        ("this_week", "2026-03-04", "2026-03-02", "2026-03-04"),
        ("this_month", "2026-03-01", "2026-03-01", "2026-03-01"),
        ("this_quarter", "2026-12-31", "2026-10-01", "2026-12-31"),
        ("this_year", "2026-03-04", "2026-01-01", "2026-03-04"),
    ],
)
def test_a_relative_period(name: str, day: str, first: str, end: str) -> None:
    found = relative(name, date.fromisoformat(day))
    assert tuple(map(str, found)) == (first, end)


@pytest.mark.parametrize(
    "name", ["", "last_0_days", "last_days", "last_7_week", "today", "last_9999_years", "LAST_WEEK"]
)
def test_what_is_no_period(name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name}$"):
        relative(name, date(2026, 3, 4))


def due(unit: Unit, every: int, first: str, number: int, until: str | None = None) -> list[str]:
    last = None if until is None else date.fromisoformat(until)
    rhythm = Rhythm(every, unit, date.fromisoformat(first), last, SIX, PARIS)
    found: list[str] = []
    at = datetime(2020, 1, 1, tzinfo=UTC)
    while len(found) < number and (following := rhythm.after(at)) is not None:
        assert rhythm.last(following) == following
        found.append(following.astimezone(PARIS).isoformat()[:16])
        at = following
    return found


def test_due_times_are_local_and_months_have_their_last_day() -> None:
    assert due("days", 3, "2026-03-27", 3) == [
        *("2026-03-27T06:00", "2026-03-30T06:00", "2026-04-02T06:00")  # summer time began
    ]
    assert due("weeks", 2, "2026-12-21", 2) == ["2026-12-21T06:00", "2027-01-04T06:00"]
    assert due("months", 1, "2027-12-31", 4) == [
        *("2027-12-31T06:00", "2028-01-31T06:00", "2028-02-29T06:00", "2028-03-31T06:00")
    ]
    assert due("months", 12, "2028-02-29", 2) == ["2028-02-29T06:00", "2029-02-28T06:00"]


def test_it_ends_with_the_last_day() -> None:
    assert due("days", 1, "2026-03-01", 9, "2026-03-02") == ["2026-03-01T06:00", "2026-03-02T06:00"]
    assert due("days", 1, "2026-03-02", 9, "2026-03-01") == []


@given(
    some.sampled_from(UNITS),
    some.integers(1, 400),
    some.dates(date(2000, 1, 1), date(2060, 1, 1)),
    some.integers(0, 2_000_000_000),
    some.times(),
)
def test_nothing_is_due_between_the_last_and_the_next(
    unit: Unit, every: int, first: date, second: int, at: time
) -> None:
    instant = datetime(1999, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
    rhythm = Rhythm(every, unit, first, None, at.replace(second=0, microsecond=0), PARIS)
    before, after = rhythm.last(instant), rhythm.after(instant)
    assert after is not None
    assert after > instant
    assert before is None or before <= instant
    assert rhythm.last(after - timedelta(seconds=1)) == before
    assert before is None or rhythm.after(before) == after


def test_what_is_due_beyond_the_last_year_is_never_due() -> None:
    late = Rhythm(1, "days", date.max, None, time(23), ZoneInfo("America/New_York"))
    assert late.after(datetime(2026, 1, 1, tzinfo=UTC)) is None
