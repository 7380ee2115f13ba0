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
    frame, last = near(frame, columns, query), _last(query, frame)
    if last * FEW_OF < frame.height:
        frame = frame.top_k(last, by=keys, reverse=[not one for one in falling])
    return page_of(frame.sort(keys, descending=falling, nulls_last=True), query)


def near(frame: pl.DataFrame, columns: Sequence[Column], query: Query) -> pl.DataFrame:
    """Return the rows of an early page and of those before it, and what is like the last of them.

    The column that comes first in the order tells them; whatever else orders rows is not looked
    at. Where it does not tell, or is an id whose text nobody knows yet, all rows are returned.
    """
    keys, (falls, *_) = _keys(columns, query.sort)
    last = _last(query, frame)
    known = set(frame.columns).issuperset(keys[0].meta.root_names())
    if not known or last * FEW_OF >= frame.height:
        return frame
    first = frame.select(keys[0]).to_series()
    if first.dtype == pl.Categorical():
        return frame
    nearest = first.top_k(last) if falls else first.bottom_k(last)
    if nearest.null_count():
        return frame
    return frame.filter(first >= nearest.min() if falls else first <= nearest.max())


def _last(query: Query, frame: pl.DataFrame) -> int:
    """Return the number of the last row of the page."""
    return query.page * query.page_size if query.page_size else frame.height


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
