"""The order of a report's rows, and the page of them that is asked for."""

from collections.abc import Sequence
from typing import Final, TypeVar

import polars as pl

from lrs_stats.errors import BadRequest
from lrs_stats.reports.query import Query
from lrs_stats.reports.report import Column

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)
FAR: Final = 1 << 62
LAST: Final = (
    *("period", "title", "id"),
    *("session_title", "learner_title", "course_title", "session", "learner", "course"),
)
"""What orders rows at last, as far as they have it."""


def ordered(frame: pl.DataFrame, columns: Sequence[Column], sort: str) -> pl.DataFrame:
    """Sort by the column asked for, then by period, titles and ids, so that pages are stable."""
    names = [column.name for column in columns]
    wanted = sorting(sort, names)
    rest = [name for name in LAST if name in names and name != wanted]
    keys = [
        pl.col(name).str.to_lowercase() if name.endswith("title") else pl.col(name)
        for name in ([wanted] if wanted else []) + rest
    ]
    falling = [sort.startswith("-")] * bool(wanted) + [False] * len(rest)
    return frame.sort(keys, descending=falling, nulls_last=True) if keys else frame


def sorting(sort: str, names: Sequence[str]) -> str:
    """Return the column to sort by, empty for none; raise BadRequest when there is none such."""
    wanted = sort.removeprefix("-")
    if wanted and wanted not in names:
        raise BadRequest(
            f"sort: there is no column {wanted!r}. The columns are: {', '.join(names)}."
        )
    return wanted


def page_of(frame: Frame, query: Query) -> Frame:
    """Return the page that is asked for, or all rows."""
    if query.page_size is None:
        return frame
    # A page may be any number; Polars takes 64 bits.
    return frame.slice(min((query.page - 1) * query.page_size, FAR), query.page_size)
