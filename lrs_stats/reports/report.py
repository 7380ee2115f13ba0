"""The only thing that leaves: rows, totals, and what they speak of."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Final, Literal

import polars as pl

ColumnType = Literal["string", "integer", "number", "boolean", "date", "instant"]

ROWS: Final = 1 << 14
"""Rows of a batch, about."""
DTYPES: Final[dict[ColumnType, pl.DataType]] = {
    "string": pl.String(),
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "boolean": pl.Boolean(),
    "date": pl.Date(),
    "instant": pl.Datetime("us", "UTC"),
}


@dataclass(frozen=True)
class Column:
    """One column: a key of the granularity, its title, the period, or a metric."""

    name: str
    title: str
    unit: str = ""
    """`count`, `seconds`, `percent`, `instant`, or empty for text."""
    type: ColumnType = "string"
    metric: bool = False
    version: str = ""
    """Of a metric, which is another one when its formula is."""


@dataclass(frozen=True)
class Report:
    """A statistic, whole: its question, its rows, and its totals over all rows.

    `batches` are the rows in their order, in one frame or more with the columns of the report;
    there may be a frame without rows. Those of a log are read as they are asked for. Whoever is
    handed a report goes through them once, or asks for `rows`, which are all of them in memory.

    `start` and `end` are the half-open period, None where it is open. `as_of` is the instant up
    to which every acknowledged statement is counted. `filters` are those that were asked for.
    The rows may be one page of `count` rows. `failed` names the metrics whose plugin failed, with
    one sentence each, `not_applicable` those that mean nothing here; their cells are None.
    """

    granularity: str
    columns: tuple[Column, ...]
    batches: Iterable[pl.DataFrame] = field(compare=False, repr=False)
    totals: dict[str, Any]
    count: int
    timezone: str
    as_of: datetime
    start: datetime | None = None
    end: datetime | None = None
    interval: str | None = None
    filters: dict[str, list[str]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    not_applicable: dict[str, str] = field(default_factory=dict)

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """Return all rows, each by the names of the columns; for reports that memory holds."""
        return [row for batch in self.batches for row in batch.iter_rows(named=True)]

    @property
    def metrics(self) -> tuple[Column, ...]:
        """Return the columns that are figures."""
        return tuple(column for column in self.columns if column.metric)

    @property
    def keys(self) -> tuple[Column, ...]:
        """Return the columns that say what a row is about."""
        return tuple(column for column in self.columns if not column.metric)

    @property
    def entities(self) -> tuple[tuple[Column, Column], ...]:
        """Return what a row is for: of each its identifier and its title; of pairs there are two.

        The program of a session is no further one.
        """
        of = {column.name: column for column in self.keys}
        if "title" in of:
            return ((of["id"], of["title"]),)
        named = [name for name in of if f"{name}_title" in of and name != "program"]
        return tuple((of[name], of[f"{name}_title"]) for name in named)


@dataclass(frozen=True)
class Need:
    """A further report that an exporter is given, by name, beside the one that is asked for.

    It has the filters, the period and the scope of that one, and is made of the same facts; its
    rows, figures and interval are its own. Without metrics it has all that mean something there;
    a log has none then. With metrics a log has beside each line the figures of its seat: of the
    line's learner in its course and session. `attributes` are columns of what the roster says of
    the ids in a row (`lrs_stats/reports/attributes.py`). `sort` names a column, or several with
    commas between them.
    """

    name: str
    granularity: str
    metrics: tuple[str, ...] = ()
    interval: Literal["day", "week", "month", "year"] | None = None
    sort: str = ""
    attributes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reports:
    """What an exporter is given: the report `asked` for, and by name those that it needs."""

    asked: Report
    others: Mapping[str, Report] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Report:
        return self.others[name]


def plain(frame: pl.DataFrame, columns: Iterable[Column]) -> pl.DataFrame:
    """Return the columns of a report out of a frame, with texts where it has categories."""
    chosen = frame.select(column.name for column in columns)
    coded = [n for n, t in chosen.schema.items() if isinstance(t, pl.Categorical | pl.Enum)]
    return chosen.cast(dict.fromkeys(coded, pl.String())) if coded else chosen


def sliced(frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Yield a frame in batches, of which there is at least one."""
    if not frame.height:
        yield frame
    yield from frame.iter_slices(ROWS)
