"""A period of a timeline is what a filter over all of its rows leaves."""

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from lrs_stats.facts.lookup import Lookup
from lrs_stats.facts.rows import INSTANT
from lrs_stats.facts.timeline import Stretch, Timeline

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
INSTANTS = st.integers(0, 9).map(lambda hours: NOON + timedelta(hours=hours))
FILES = st.lists(st.lists(INSTANTS, max_size=4), min_size=1, max_size=4)


@settings(deadline=None)
@given(files=FILES, start=st.none() | INSTANTS, end=st.none() | INSTANTS)
def test_a_period_holds_the_rows_within_it(
    files: list[list[datetime]], start: datetime | None, end: datetime | None
) -> None:
    frames = [pl.DataFrame({"instant": file}, schema={"instant": INSTANT}) for file in files]
    timeline = Timeline(Stretch.of(frame, "instant") for frame in frames)
    expected = [
        instant
        for file in files
        for instant in file
        if (start is None or start <= instant) and (end is None or instant < end)
    ]
    assert timeline.between(start, end)["instant"].to_list() == expected
    cut = Timeline.cut(pl.concat(frames), "instant")
    assert cut.between(start, end)["instant"].to_list() == sorted(expected)


def test_a_lookup_knows_its_keys_alone() -> None:
    keys = pl.Series(["a", "c", None], dtype=pl.Categorical())
    later = pl.Series(["a", "b", "c", "only seen later", None], dtype=pl.Categorical())
    frame = pl.DataFrame({"id": later})
    found = frame.select(value=Lookup.of(keys, pl.Series([1, 3, 9]))("id"))
    assert found["value"].to_list() == [1, None, 3, None, None]
    among = frame.select(held=Lookup.among(keys.clear()).holds("id"))
    assert among["held"].to_list() == [False] * 5
