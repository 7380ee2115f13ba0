"""Rows are grouped by one number as they are by the ids that it stands for."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Literal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from lrs_stats.facts.packed import among, besides, distinct, grouped

Find = Callable[[pl.LazyFrame, pl.LazyFrame, Sequence[str]], pl.LazyFrame]
IDS = st.sampled_from(["a", "b", "c", None])
KINDS = st.sampled_from(["start", "end", None])
DAYS = st.sampled_from([date(1960, 1, 1), date(2026, 3, 2), None])
ROWS = st.lists(
    st.tuples(IDS, IDS, IDS, st.none() | st.booleans(), KINDS, DAYS, st.integers(0, 9)),
    max_size=30,
)
SCHEMA = {
    **dict.fromkeys(("learner", "course", "session"), pl.Categorical()),
    "present": pl.Boolean(),
    "kind": pl.Enum(["start", "end"]),
    "period": pl.Date(),
    "value": pl.Int64(),
}


@pytest.mark.parametrize(
    "keys",
    [
        ["learner"],
        ["learner", "session"],
        ["learner", "course", "session"],
        ["present", "course", "learner"],
        ["present"],
        ["learner", "course", "session", "kind", "present"],
        ["learner", "course", "session", "period"],
        ["learner", "course", "session", "period", "kind"],
        ["learner", "value"],
    ],
)
@settings(deadline=None)
@given(rows=ROWS)
def test_rows_are_grouped_as_by_their_ids(keys: list[str], rows: list[tuple[object, ...]]) -> None:
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    figures = [pl.col("value").sum().alias("sum"), pl.len().alias("rows")]
    expected = frame.group_by(keys).agg(figures)
    found = grouped(frame.lazy(), keys, *figures).collect()
    assert_frame_equal(found, expected, check_row_order=False, categorical_as_str=True)


IDS_OF_ROWS = pytest.mark.parametrize(
    "ids", [["learner"], ["learner", "session"], [*SCHEMA][:3], ["value"]]
)


@pytest.mark.parametrize(("how", "find"), [("semi", among), ("anti", besides)])
@IDS_OF_ROWS
@settings(deadline=None)
@given(rows=ROWS, others=ROWS)
def test_rows_are_found_as_by_their_ids(
    how: Literal["semi", "anti"],
    find: Find,
    ids: list[str],
    rows: list[tuple[object, ...]],
    others: list[tuple[object, ...]],
) -> None:
    frame, known = (pl.DataFrame(one, schema=SCHEMA, orient="row") for one in (rows, others))
    expected = frame.join(known, on=ids, how=how)
    found = find(frame.lazy(), known.lazy(), ids).collect()
    assert_frame_equal(found, expected, check_row_order=False, categorical_as_str=True)


@IDS_OF_ROWS
@settings(deadline=None)
@given(rows=ROWS)
def test_a_row_is_told_from_others_by_its_ids(
    ids: list[str], rows: list[tuple[object, ...]]
) -> None:
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    alone = frame.select(distinct(frame.schema, ids)).to_series()
    keys = frame.select(pl.col(ids).cast(pl.String)).rows()
    assert alone.to_list() == [keys.count(one) == 1 for one in keys]
