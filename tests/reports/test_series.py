"""The stretches of a series are its periods: what lies in one is of that period."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from lrs_stats.reports.periods import period_of
from lrs_stats.reports.query import Interval
from lrs_stats.reports.series import MOST, parts

ZONES = st.sampled_from(
    [
        *("UTC", "Europe/Paris", "America/St_Johns", "America/Sao_Paulo", "America/Havana"),
        *("Asia/Beirut", "Asia/Kathmandu", "Pacific/Apia", "Australia/Lord_Howe"),
    ]
).map(ZoneInfo)
FEW = 10
BEGINNING = datetime(1979, 12, 1, tzinfo=UTC)
INSTANTS = st.integers(0, 47 * 366 * 24 * 3600).map(lambda n: BEGINNING + timedelta(seconds=n))
LENGTHS = st.integers(1, 400 * 24 * 3600).map(lambda seconds: timedelta(seconds=seconds))
INTERVALS: st.SearchStrategy[Interval] = st.sampled_from(["day", "week", "month", "year"])


@settings(deadline=None)
@given(start=INSTANTS, length=LENGTHS, interval=INTERVALS, zone=ZONES, data=st.data())
def test_what_lies_in_a_part_is_of_its_period(
    start: datetime, length: timedelta, interval: Interval, zone: ZoneInfo, data: st.DataObject
) -> None:
    end = start + length
    found = parts(start, end, interval, zone)
    if found is None:  # then rows are looked at one by one
        return
    assert found[0].start == start
    assert found[-1].end == end
    for one, later in pairwise(found):
        assert one.end == later.start
        assert one.period < later.period
    for part in found:
        last = (part.end - part.start) // timedelta(microseconds=1) - 1
        inside = data.draw(st.integers(0, last)) if len(found) < FEW else last
        instants = [part.start, part.start + timedelta(microseconds=inside)]
        series = pl.DataFrame({"instant": instants}, schema={"instant": pl.Datetime("us", "UTC")})
        of = series.select(period_of(pl.col("instant"), zone, interval)).to_series()
        assert of.to_list() == [part.period, part.period], part


def test_a_year_of_days_is_had_by_stretches() -> None:
    found = parts(
        datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC), "day", ZoneInfo("UTC")
    )
    assert found is not None
    assert [one.period for one in found] == [date(2026, 1, 1) + timedelta(n) for n in range(365)]


def test_too_many_days_are_not() -> None:
    start = datetime(2020, 1, 1, tzinfo=UTC)
    assert parts(start, start + timedelta(days=MOST + 2), "day", ZoneInfo("UTC")) is None
