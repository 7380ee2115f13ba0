"""The contract of a metric: one figure, at every granularity and for every time series."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, Literal

if TYPE_CHECKING:
    import polars as pl

Unit = Literal["count", "seconds", "percent"]

MILLIONTHS: Final = 1_000_000


@dataclass(frozen=True)
class Tables:
    """What a metric may read: already scoped and filtered, keyed for the granularity.

    `events` and `connections` are the facts, with the columns `course`, `learner`, `session`,
    `program` and, where asked for, `group` and `period`. `pairs` has one row for each learner ×
    course that a program asks for, with the columns `learner`, `course`, `session`, `program`
    and, where asked for, `group`; it knows no period. `rows` holds the keys of the rows that the
    report lists, when they are known.
    """

    events: "pl.LazyFrame"
    connections: "pl.LazyFrame"
    pairs: "pl.LazyFrame"
    rows: "pl.LazyFrame | None" = None


class Metric:
    """A figure. Either give `expression`, or override `compute`."""

    name: ClassVar[str]
    title: ClassVar[str]
    unit: ClassVar[Unit]
    formula: ClassVar[str]
    version: ClassVar[str] = "1"
    source: ClassVar[Literal["connections", "events"]] = "connections"
    expression: ClassVar["pl.Expr | None"] = None
    empty: ClassVar[float | None] = None
    """The figure where nothing happened: 0 for a count, None for a mean."""

    def compute(self, tables: Tables, by: Sequence[str]) -> "pl.LazyFrame":
        """Return a frame with the columns `by` and one named after the metric.

        `by` is empty for a total, and the frame then has one row.
        """
        if self.expression is None:
            raise NotImplementedError
        source = tables.connections if self.source == "connections" else tables.events
        figure = self.expression.alias(self.name)
        return source.group_by(by).agg(figure) if by else source.select(figure)


def exact_sum(figure: "pl.Expr") -> "pl.Expr":
    """Return the sum of a figure, to the sixth decimal of each, the same in whatever order.

    Floats that are added up in another order differ in their last digits, and so would two
    reports of the same facts.
    """
    import polars as pl  # noqa: PLC0415 - the vocabulary is imported without Polars

    return (figure * MILLIONTHS).round().cast(pl.Int64).sum() / MILLIONTHS


def exact_mean(figure: "pl.Expr") -> "pl.Expr":
    """Return the mean of a figure where there is any, added up as `exact_sum` does."""
    import polars as pl  # noqa: PLC0415 - the vocabulary is imported without Polars

    return pl.when(figure.count() > 0).then(exact_sum(figure) / figure.count())


def ratio(
    numerator: "pl.LazyFrame",
    denominator: "pl.LazyFrame",
    by: Sequence[str],
    name: str,
    rows: "pl.LazyFrame | None" = None,
) -> "pl.LazyFrame":
    """Divide two sums, each a frame with its keys of `by` and the column `sum`, in percent.

    The denominator may know fewer keys than the numerator (a roster knows no period): it then
    holds for each of them. `rows` are the keys for which there is to be a figure, by default
    those of the denominator when it knows all keys, else those of the numerator. A denominator
    of 0, or none, gives null.
    """
    import polars as pl  # noqa: PLC0415 - the vocabulary is imported without Polars

    below = denominator.rename({"sum": "below"})
    known = [key for key in by if key in denominator.collect_schema().names()]
    if rows is None:
        rows = (denominator if known == list(by) else numerator).select(by)
    if not by:
        joined = below.join(numerator, how="cross")
    else:
        beside = rows.join(below, on=known, how="left") if known else rows.join(below, how="cross")
        joined = beside.join(numerator, on=list(by), how="left")
    figure = 100 * pl.col("sum").fill_null(0) / pl.col("below")
    return joined.select(*by, pl.when(pl.col("below") > 0).then(figure).alias(name))
