"""The order of a report's rows, and the page of them that is asked for."""

from collections.abc import Sequence
from typing import Final, TypeVar

import polars as pl

from lrs_stats.errors import BadRequest
from lrs_stats.reports.query import Query
from lrs_stats.reports.report import Column

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)
FAR: Final = 1 << 62
FEW_OF: Final = 4
"""The first rows are picked out, and not all sorted, when they are fewer than one in so many."""
LAST: Final = (
    *("period", "title", "id"),
    *("session_title", "learner_title", "course_title", "session", "learner", "course"),
)
"""What orders rows at last, as far as they have it."""


def ordered(frame: pl.DataFrame, columns: Sequence[Column], query: Query) -> pl.DataFrame:
    """Return the page of a query, or all rows.

    They are sorted by the column asked for, then by period, titles and ids, so that pages are
    stable. For an early page the rows behind it are not sorted.
    """
    keys, falling = _keys(columns, query.sort)
    if not keys:
        return page_of(frame, query)
    last = query.page * query.page_size if query.page_size else frame.height
    if last * FEW_OF < frame.height:
        frame = frame.top_k(last, by=keys, reverse=[not one for one in falling])
    return page_of(frame.sort(keys, descending=falling, nulls_last=True), query)


def _keys(columns: Sequence[Column], sort: str) -> tuple[list[pl.Expr], list[bool]]:
    """Return what rows are sorted by, and which of it falls."""
    names = [column.name for column in columns]
    wanted = sorting(sort, names)
    falling = wanted | {name: False for name in LAST if name in names and name not in wanted}
    keys = [
        pl.col(name).str.to_lowercase() if name.endswith("title") else pl.col(name)
        for name in falling
    ]
    return keys, [*falling.values()]


def sorting(sort: str, names: Sequence[str]) -> dict[str, bool]:
    """Return the columns to sort by, and whether they fall; raise BadRequest for no such column."""
    wanted: dict[str, bool] = {}
    for part in sort.split(",") if sort else []:
        name = part.removeprefix("-")
        if name not in names:
            raise BadRequest(
                f"sort: there is no column {name!r}. The columns are: {', '.join(names)}."
            )
        wanted.setdefault(name, part.startswith("-"))
    return wanted


def page_of(frame: Frame, query: Query) -> Frame:
    """Return the page that is asked for, or all rows."""
    if query.page_size is None:
        return frame
    # A page may be any number; Polars takes 64 bits.
    return frame.slice(min((query.page - 1) * query.page_size, FAR), query.page_size)
