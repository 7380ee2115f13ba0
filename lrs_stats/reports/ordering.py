"""The order of a report's rows, and the page of them that is asked for."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, TypeVar

import polars as pl

from lrs_stats.errors import BadRequest
from lrs_stats.reports.query import Query
from lrs_stats.reports.report import Column

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)
FAR: Final = 1 << 62
FEW_OF: Final = 4
"""The first rows are picked out of all when they are fewer than one in so many."""
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
    by = _falling(columns, query.sort)
    if not by:
        return page_of(frame, query)
    frame, last = near(frame, columns, query), _last(query, frame)
    keys, falling = [*map(_key, by)], [*by.values()]
    if last * FEW_OF < frame.height:
        frame = frame.top_k(last, by=keys, reverse=[not one for one in falling])
    return page_of(frame.sort(keys, descending=falling, nulls_last=True), query)


def near(
    frame: pl.DataFrame,
    columns: Sequence[Column],
    query: Query,
    ranks: Mapping[str, pl.Expr] = MappingProxyType({}),
) -> pl.DataFrame:
    """Return the rows of an early page and of those before it, and what is like the last of them.

    The column that comes first in the order tells them, or its rank, which `ranks` has of columns
    that the rows may lack; whatever else orders rows is not looked at. Rows without a rank
    are among them. Where it is not there, or an id whose text nobody knows yet, they are all rows.
    """
    name, falls = next(iter(_falling(columns, query.sort).items()))
    key, last = ranks.get(name, _key(name)), _last(query, frame)
    told = set(frame.columns).issuperset(key.meta.root_names())
    if not told or last * FEW_OF >= frame.height:
        return frame
    first = frame.select(key).to_series()
    if first.dtype == pl.Categorical() or first.count() < last:
        return frame
    known = first.drop_nulls()
    inside = first >= known.top_k(last).min() if falls else first <= known.bottom_k(last).max()
    return frame.filter(inside.fill_null(value=name in ranks))


def _last(query: Query, frame: pl.DataFrame) -> int:
    """Return the number of the last row of the page."""
    return query.page * query.page_size if query.page_size else frame.height


def _falling(columns: Sequence[Column], sort: str) -> dict[str, bool]:
    """Return the columns that rows are sorted by, and whether they fall."""
    names = [column.name for column in columns]
    wanted = sorting(sort, names)
    return wanted | {name: False for name in LAST if name in names and name not in wanted}


def _key(name: str) -> pl.Expr:
    """Return what rows are sorted by in the order of a column."""
    return small(pl.col(name)) if name.endswith("title") else pl.col(name)


def small(title: pl.Expr) -> pl.Expr:
    """Return what orders titles: whether letters are capitals makes no difference."""
    return title.str.to_lowercase()


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
