"""The contract of a metric: one figure, at every granularity and for every time series."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Final, Literal

from lrs_stats.facts.millionths import MILLIONTHS
from lrs_stats.reports.tables import Source, Tables

if TYPE_CHECKING:
    import polars as pl

Unit = Literal["count", "seconds", "percent", "instant"]
UNASSIGNED: Final = "unassigned"
"""What stands for the course of answers outside any, where the rows are courses."""


class Metric:
    """A figure. Either give `expression`, or override `compute`."""

    name: ClassVar[str]
    title: ClassVar[str]
    unit: ClassVar[Unit]
    formula: ClassVar[str]
    version: ClassVar[str] = "1"
    source: ClassVar[Source] = "connections"
    expression: ClassVar["pl.Expr | None"] = None
    empty: ClassVar[float | None] = None
    """The figure where nothing happened: 0 for a count, None for a mean."""

    granularities: ClassVar[frozenset[str] | None] = None
    """Where it means something; None is everywhere, and `questions` is not among them."""
    questions: ClassVar[bool] = False
    """Whether it means something of answers alone: at `questions`, and filtered by question."""
    series: ClassVar[bool] = True
    """Whether it means something for each day, week, month or year."""
    kinds: ClassVar[tuple[str, ...]] = ()
    """The kinds of events on which it rests, which are those that it is given; without, all."""
    months: ClassVar[int | None] = None
    """A period of its own: the calendar months that end with the current one."""

    def compute(self, tables: Tables, by: Sequence[str]) -> "pl.LazyFrame":
        """Return a frame with the columns `by` and one named after the metric.

        `by` is empty for a total, and the frame then has one row.
        """
        if self.expression is None:
            raise NotImplementedError
        table: pl.LazyFrame = getattr(tables, self.source)
        return gathered(table, by, self.expression.alias(self.name))


class Ratio(Metric):
    """A figure that is one sum divided by another; where that is 0, or none, there is no figure.

    Either give `numerator` and `denominator`, or override `parts`.
    """

    numerator: ClassVar["pl.Expr | None"] = None
    denominator: ClassVar["pl.Expr | None"] = None
    times: ClassVar[int] = 1
    """What the quotient is multiplied with: 100 for a share in percent."""

    @property
    def quotient(self) -> "pl.Expr | None":
        """Return the quotient as one expression, if the parts are expressions."""
        if self.numerator is None or self.denominator is None:
            return None
        return self._divided(self.numerator, self.denominator)

    def parts(self, tables: Tables, by: Sequence[str]) -> "pl.LazyFrame":
        """Return a frame with the columns `by`, `numerator` and `denominator`."""
        if self.numerator is None or self.denominator is None:
            raise NotImplementedError
        table: pl.LazyFrame = getattr(tables, self.source)
        numerator = self.numerator.alias("numerator")
        return gathered(table, by, numerator, self.denominator.alias("denominator"))

    def compute(self, tables: Tables, by: Sequence[str]) -> "pl.LazyFrame":
        """Return the quotient of the parts."""
        import polars as pl  # noqa: PLC0415 - the vocabulary is imported without Polars

        figure = self._divided(pl.col("numerator"), pl.col("denominator"))
        return self.parts(tables, by).select(*by, figure.alias(self.name))

    def _divided(self, numerator: "pl.Expr", denominator: "pl.Expr") -> "pl.Expr":
        import polars as pl  # noqa: PLC0415 - the vocabulary is imported without Polars

        return pl.when(denominator > 0).then(self.times * numerator / denominator)


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


def gathered(table: "pl.LazyFrame", by: Sequence[str], *figures: "pl.Expr") -> "pl.LazyFrame":
    """Return the figures of each key, or one row of everything when there is none."""
    from lrs_stats.facts.packed import grouped  # noqa: PLC0415 - imports Polars

    return grouped(table, by, *figures) if by else table.select(figures)


def among(table: "pl.LazyFrame", others: "pl.LazyFrame", ids: Sequence[str]) -> "pl.LazyFrame":
    """Return the rows of a table whose ids, none of them null, are those of a row of another."""
    from lrs_stats.facts.packed import among as rows_among  # noqa: PLC0415 - imports Polars

    return rows_among(table, others, ids)


def beside(
    numerator: "pl.LazyFrame",
    denominators: Sequence["pl.LazyFrame"],
    by: Sequence[str],
    rows: "pl.LazyFrame | None" = None,
) -> "pl.LazyFrame":
    """Put sums beside each other, for `Ratio.parts`: `by`, `numerator` and `denominator`.

    Each is a frame with its keys of `by` and the column `sum`; several denominators are added.
    One that knows fewer keys (a roster knows no period) holds for each of the others. `rows` are
    the keys for which there is to be a figure, by default all that are known.
    """
    import polars as pl  # noqa: PLC0415 - the vocabulary is imported without Polars

    sums = [numerator, *denominators]
    known = [[key for key in by if key in one.collect_schema()] for one in sums]
    if by and rows is None:
        whole = [one.select(by) for one, keys in zip(sums, known, strict=True) if keys == list(by)]
        rows = pl.concat(whole).unique()
    beside = asked = pl.LazyFrame({"": [0]}) if rows is None else rows
    for place, (one, keys) in enumerate(zip(sums, known, strict=True)):
        wanted = among(one, asked, keys) if len(keys) > 1 else one  # a page has few
        named = wanted.rename({"sum": f"sum {place}"})
        beside = (
            beside.join(named, on=keys, how="left") if keys else beside.join(named, how="cross")
        )
    first, *others = (pl.col(f"sum {place}").fill_null(0) for place in range(len(sums)))
    return beside.select(*by, numerator=first, denominator=pl.sum_horizontal(others))
