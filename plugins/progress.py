"""How far learners came: progress, completion, and participation in what programs ask of them."""

from collections.abc import Sequence

import polars as pl

from lrs_stats import UNASSIGNED, Metric, Ratio, Tables, beside, exact_sum, gathered, hookimpl

SEAT = ["learner", "course", "session"]


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
    source = "events"
    kinds = ("progress", "complete", "uncomplete")

    def parts(self, tables: Tables, by: Sequence[str]) -> pl.LazyFrame:
        """Return the progress of the pairs, and their number."""
        return _of_pairs(progress(tables.events, by), tables, by)


class Completion(Ratio):
    """The pairs of a learner and a course that are completed, counted as in participation."""

    name = "completion"
    title = "Completion"
    unit = "percent"
    formula = (
        "the pairs of a learner and a course that are completed, divided by those that programs"
        " ask for"
    )
    source = "events"
    kinds = ("complete", "uncomplete")
    times = 100

    def parts(self, tables: Tables, by: Sequence[str]) -> pl.LazyFrame:
        """Return the number of completed pairs, and of all."""
        done = completed(tables.events, by).with_columns(progress=pl.lit(1.0))
        return _of_pairs(done, tables, by)


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
    source = "events"
    kinds = ("progress", "complete", "uncomplete")

    def parts(self, tables: Tables, by: Sequence[str]) -> pl.LazyFrame:
        """Return the progress of the seats, and their number."""
        given, known = _asked(tables, by, SEAT)
        inside = pl.col("course").is_not_null() & (pl.col("course") != UNASSIGNED)
        came = tables.presence.filter(inside).select(_union(SEAT, by)).unique()
        seat = _union(SEAT, [key for key in by if key in given.collect_schema()])
        beyond = came.join(given, on=seat, how="anti", nulls_equal=True)
        reached = progress(tables.events, by)
        seated = pl.concat(
            [
                reached.join(given, on=seat, how="semi", nulls_equal=True),
                reached.join(beyond, on=_union(SEAT, by), how="semi", nulls_equal=True),
            ]
        )
        best = seated.group_by(_union(SEAT, by)).agg(pl.col("progress").max())
        return beside(
            gathered(best, by, exact_sum(pl.col("progress")).alias("sum")),
            [gathered(one, keys, _number()) for one, keys in ((given, known), (beyond, by))],
            by,
            tables.rows if by else None,
        )


def progress(events: pl.LazyFrame, by: Sequence[str]) -> pl.LazyFrame:
    """Return the progress of learners in the courses of sessions, where there is any.

    A seat and key of `by` may come several times: once for each progress reported, and once with
    the 100 of a completion that no later `uncomplete` took back.
    """
    keys = _union([*SEAT, "program"], by)
    reported = events.filter(
        pl.col("kind") == "progress", pl.col("value").is_not_null(), pl.col("course").is_not_null()
    )
    return pl.concat(
        [
            reported.select(*keys, progress=pl.col("value").clip(0, 100)),
            completed(events, by).with_columns(progress=pl.lit(100.0)),
        ]
    )


def completed(events: pl.LazyFrame, by: Sequence[str]) -> pl.LazyFrame:
    """Return the seats and keys of `by` whose last completion was not taken back."""
    keys = _union([*SEAT, "program"], by)
    return (
        events.filter(
            pl.col("kind").is_in(["complete", "uncomplete"]), pl.col("object") == pl.col("course")
        )
        .sort("instant", "stored", "statement")
        .group_by(keys)
        .agg(pl.col("kind").last())
        .filter(pl.col("kind") == "complete")
        .select(keys)
    )


def _of_pairs(reached: pl.LazyFrame, tables: Tables, by: Sequence[str]) -> pl.LazyFrame:
    """Return what was reached in the pairs, each counted once with the best, and their number."""
    pair = ["learner", "course", "session" if "session" in by else "program"]
    asked, known = _asked(tables, by, pair)
    best = (
        reached.join(tables.pairs, on=_union(SEAT, known), how="semi")
        .group_by(_union(pair, by))
        .agg(pl.col("progress").max())
    )
    return beside(
        gathered(best, by, exact_sum(pl.col("progress")).alias("sum")),
        [gathered(asked, known, _number())],
        by,
        tables.rows if by else None,
    )


def _asked(
    tables: Tables, by: Sequence[str], pair: Sequence[str]
) -> tuple[pl.LazyFrame, list[str]]:
    """Return the pairs that programs ask for, each once, and the keys that they know."""
    known = [key for key in by if key in tables.pairs.collect_schema()]
    return tables.pairs.select(_union(pair, known)).unique(), known


def _number() -> pl.Expr:
    return pl.len().cast(pl.Float64).alias("sum")


def _union(first: Sequence[str], second: Sequence[str]) -> list[str]:
    return list(dict.fromkeys([*first, *second]))


@hookimpl
def register_metrics() -> list[type[Metric]]:
    """Return the metrics of this file."""
    return [Participation, Completion, Progress]
