"""Signs to the quarter of an hour say of every period what the events say."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from lrs_stats.facts.signs import QUARTER, REGULAR, edges, whole_quarters

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
INSTANTS = st.integers(0, 120).map(lambda minutes: NOON + timedelta(minutes=minutes))


def test_every_midnight_since_1980_is_at_a_full_quarter_in_every_zone() -> None:
    for name in available_timezones():
        zone = ZoneInfo(name)
        for month in range(0, 12 * 60, 6):
            day = REGULAR.replace(year=REGULAR.year + month // 12, month=month % 12 + 1)
            offset = day.astimezone(zone).utcoffset()
            assert offset is not None
            assert offset % QUARTER == timedelta(), (name, day)


@settings(deadline=None)
@given(start=st.none() | INSTANTS, end=st.none() | INSTANTS)
def test_whole_quarters_and_edges_are_the_period(
    start: datetime | None, end: datetime | None
) -> None:
    whole = whole_quarters(start, end)
    parts = [*([whole] if whole else []), *edges(start, end)]
    for minute in range(-30, 150):
        instant = NOON + timedelta(minutes=minute)
        inside = (start is None or start <= instant) and (end is None or instant < end)
        held = [first <= instant < last for first, last in map(bounded, parts)]
        assert sum(held) == inside


@settings(deadline=None)
@given(start=st.none() | INSTANTS, end=st.none() | INSTANTS)
def test_whole_quarters_begin_and_end_with_one(
    start: datetime | None, end: datetime | None
) -> None:
    bounds = pl.Series(
        whole_quarters(start, end) or [], dtype=pl.Datetime("us", "UTC")
    ).drop_nulls()
    assert bounds.equals(bounds.dt.truncate("15m"))


def bounded(period: tuple[datetime | None, datetime | None]) -> tuple[datetime, datetime]:
    start, end = period
    return start or NOON - timedelta(days=1), end or NOON + timedelta(days=1)
