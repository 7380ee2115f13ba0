"""The only thing that leaves: rows, totals, and what they speak of."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

ColumnType = Literal["string", "integer", "number", "boolean", "date", "instant"]


@dataclass(frozen=True)
class Column:
    """One column: a key of the granularity, its title, the period, or a metric."""

    name: str
    title: str
    unit: str = ""
    """`count`, `seconds`, `percent`, `instant`, or empty for text."""
    type: ColumnType = "string"
    metric: bool = False


@dataclass(frozen=True)
class Report:
    """A statistic, whole: its question, its rows, and its totals over all rows.

    `start` and `end` are the half-open period, None where it is open. `as_of` is the instant up
    to which every acknowledged statement is counted. `filters` are those that were asked for.
    `rows` may be one page of `count` rows. `failed` names the metrics whose plugin failed, with
    one sentence each, `not_applicable` those that mean nothing here; their cells are None.
    """

    granularity: str
    columns: tuple[Column, ...]
    rows: list[dict[str, Any]]
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

    @property
    def metrics(self) -> tuple[Column, ...]:
        """Return the columns that are figures."""
        return tuple(column for column in self.columns if column.metric)

    @property
    def keys(self) -> tuple[Column, ...]:
        """Return the columns that say what a row is about."""
        return tuple(column for column in self.columns if not column.metric)
