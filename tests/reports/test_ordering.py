"""The pages of a report, laid one after the other, are all rows in the order of Python's sort."""

from functools import partial
from typing import Any, Final

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from lrs_stats.reports.ordering import near, ordered, small
from lrs_stats.reports.query import Query
from lrs_stats.reports.report import Column

COLUMNS: Final = (Column("id", "Id"), Column("title", "Title"), Column("score", "Score"))
SCHEMA: Final = {"id": pl.String(), "title": pl.String(), "score": pl.Float64()}
TITLES: Final = st.sampled_from(["Zoé", "zoé", "Ada", "ada", "Éva", "", None])
SCORES: Final = st.sampled_from([0.0, 1.5, 2.0, None])


@st.composite
def rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    drawn = draw(st.lists(st.tuples(TITLES, SCORES), max_size=60))
    return [
        {"id": f"{number:02}", "title": title, "score": score}
        for number, (title, score) in enumerate(drawn)
    ]


def in_order(some: list[dict[str, Any]], sort: str) -> list[dict[str, Any]]:
    """Sort by one key after the other, from the last to the first; nothing comes last."""
    names = [*filter(None, sort.split(",")), "title", "id"]
    for name in reversed(names):
        column = name.removeprefix("-")
        known = [row for row in some if row[column] is not None]
        known.sort(key=partial(place, column), reverse=name.startswith("-"))
        some = known + [row for row in some if row[column] is None]
    return some


def place(column: str, row: dict[str, Any]) -> Any:
    return row[column].lower() if column == "title" else row[column]


@settings(deadline=None)
@given(
    some=rows(),
    sort=st.sampled_from(["", "score", "-score", "-title", "-score,-id"]),
    size=st.integers(1, 7),
)
def test_pages_are_all_rows_in_order(some: list[dict[str, Any]], sort: str, size: int) -> None:
    frame = pl.DataFrame(some, SCHEMA).sample(fraction=1, shuffle=True, seed=3)
    pages = [
        ordered(frame, COLUMNS, Query("learners", (), sort=sort, page=page, page_size=size))
        for page in range(1, len(some) // size + 3)
    ]
    assert pl.concat(pages).rows(named=True) == in_order(some, sort)
    assert ordered(frame, COLUMNS, Query("learners", (), sort=sort)).rows(named=True) == in_order(
        some, sort
    )


@settings(deadline=None)
@given(
    some=rows(),
    sort=st.sampled_from(["", "-title", "title,-id"]),
    page=st.integers(1, 3),
    known=st.sets(st.integers(0, 59)),
)
def test_ranks_cut_rows_before_they_have_titles(
    some: list[dict[str, Any]], sort: str, page: int, known: set[int]
) -> None:
    titled = pl.DataFrame([row | {"title": row["title"] or ""} for row in some], SCHEMA)
    query = Query("learners", (), sort=sort, page=page, page_size=2)
    ranks = titled.select(small(pl.col("title")).rank("dense")).to_series()
    keys = titled.select(
        "id",
        rank=pl.Series(
            [ranks[n] if n in known else None for n in range(len(some))], dtype=pl.UInt32
        ),
    ).sample(fraction=1, shuffle=True, seed=3)
    cut = near(keys, COLUMNS, query, {"title": pl.col("rank")})
    left = titled.filter(pl.col("id").is_in(cut["id"].implode()))
    assert ordered(left, COLUMNS, query).equals(ordered(titled, COLUMNS, query))
    if len(known & {*range(len(some))}) == len(some) > 8 * page and ranks.is_unique().all():
        assert cut.height == 2 * page
