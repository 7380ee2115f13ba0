"""How far learners came: progress, completion, and participation in what programs ask of them."""

from collections.abc import Sequence

import polars as pl

from lrs_stats import Metric, OfRoster, Ratio, Tables, beside, exact_sum, gathered, hookimpl


class Participation(Ratio):
    """Progress over all pairs of a learner and a course, in percent.

    A pair counts once per program, with the best progress over the sessions in which the learner
    is enrolled; where the rows are sessions it counts once per session, with the progress within
    that session.
    """

    name = "participation"
    title = "Participation"
    unit = "percent"
    formula = (
        "the sum of progress over learners and courses, divided by the number of pairs of"
        " a learner and a course that programs ask for"
    )
    source = "standing"
    kinds = ("progress", "complete", "uncomplete")

    def parts(self, tables: Tables, by: Sequence[str]) -> pl.LazyFrame:
        """Return the progress of the pairs, and their number."""
        return _of_pairs(pl.col("progress"), tables, by)


class Completion(Ratio):
    """The pairs of a learner and a course that are completed, counted as in participation."""

    name = "completion"
    title = "Completion"
    unit = "percent"
    formula = (
        "the pairs of a learner and a course that are completed, divided by those that programs"
        " ask for"
    )
    source = "standing"
    kinds = ("complete", "uncomplete")
    times = 100

    def parts(self, tables: Tables, by: Sequence[str]) -> pl.LazyFrame:
        """Return the number of completed pairs, and of all."""
        return _of_pairs(pl.col("completed").cast(pl.Float64), tables, by)


class Progress(Ratio):
    """The mean progress of the seats: a learner, a course and a session, or open access.

    There is a seat for each pair that a session asks for, and one where somebody came.
    """

    name = "progress"
    title = "Progress"
    unit = "percent"
    formula = (
        "the mean progress over learners, courses and sessions, of those enrolled and of those"
        " who came"
    )
    source = "standing"
    kinds = ("progress", "complete", "uncomplete")

    def parts(self, tables: Tables, by: Sequence[str]) -> pl.LazyFrame:
        """Return the progress of the seats, and their number."""
        beyond = pl.col("came") & ~pl.col("asked")
        seats = tables.standing.filter(pl.col("asked") | beyond)
        return beside(
            gathered(seats, by, exact_sum(pl.col("progress")).alias("sum")),
            [
                tables.of_roster(_asked, _known(tables.pairs, by)),
                gathered(tables.standing.filter(beyond), by, _number()),
            ],
            by,
            tables.rows if by else None,
        )


def _of_pairs(reached: pl.Expr, tables: Tables, by: Sequence[str]) -> pl.LazyFrame:
    """Return what was reached in the pairs, each counted once with the best, and their number."""
    pair = ["learner", "course", "session" if "session" in by else "program"]
    seats = tables.standing.filter("asked").with_columns(sum=reached)
    return beside(
        gathered(_once(seats, _union(pair, by)), by, exact_sum(pl.col("sum")).alias("sum")),
        [tables.of_roster(_asked, _known(tables.pairs, by), tuple(pair))],
        by,
        tables.rows if by else None,
    )


def _asked(tables: OfRoster, by: Sequence[str], pair: Sequence[str] = ()) -> pl.LazyFrame:
    """Return the number of pairs, or of those that differ in some columns."""
    pairs = _once(tables.pairs, _union(pair, by)) if pair else tables.pairs
    return gathered(pairs, by, _number())


def _once(seats: pl.LazyFrame, keys: Sequence[str]) -> pl.LazyFrame:
    """Return the seats, of those that have the same keys the one with the highest sum.

    Only what a program asks for again, in another session, can have the same keys.
    """
    several = seats.filter("again")
    if "sum" in seats.collect_schema():
        best = several.group_by(keys).agg(pl.col("sum").max())
        return pl.concat([seats.filter(~pl.col("again")).select(*keys, "sum"), best])
    return pl.concat([seats.filter(~pl.col("again")).select(keys), several.select(keys).unique()])


def _known(table: pl.LazyFrame, by: Sequence[str]) -> tuple[str, ...]:
    return tuple(key for key in by if key in table.collect_schema())


def _number() -> pl.Expr:
    return pl.len().cast(pl.Float64).alias("sum")


def _union(first: Sequence[str], second: Sequence[str]) -> list[str]:
    return list(dict.fromkeys([*first, *second]))


@hookimpl
def register_metrics() -> list[type[Metric]]:
    """Return the metrics of this file."""
    return [Participation, Completion, Progress]
