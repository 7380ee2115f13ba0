"""How far learners came in the courses that their programs ask of them."""

from collections.abc import Sequence

import polars as pl

from lrs_stats import Metric, Tables, exact_sum, hookimpl, ratio


class Participation(Metric):
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

    def compute(self, tables: Tables, by: Sequence[str]) -> pl.LazyFrame:
        """Return the progress of the pairs, as a share of what 100 for each would be."""
        pair = ["learner", "course", "session" if "session" in by else "program"]
        known = [key for key in by if key in tables.pairs.collect_schema()]
        asked = tables.pairs.unique(_union(pair, known))
        seat = ["learner", "course", "session"]
        best = (
            progress(tables.events, by)
            .join(tables.pairs, on=_union(seat, known), how="semi")
            .group_by(_union(pair, by))
            .agg(pl.col("progress").max())
        )
        reached = _grouped(best, by, exact_sum(pl.col("progress")).alias("sum"))
        full = _grouped(asked, known, (100.0 * pl.len()).alias("sum"))
        return ratio(reached, full, by, self.name, rows=tables.rows if by else None)


def progress(events: pl.LazyFrame, by: Sequence[str]) -> pl.LazyFrame:
    """Return the progress of learners in the courses of sessions, where there is any.

    A learner, course, session and key of `by` may come several times: once for each progress
    reported, and once with the 100 of a completion that no later `uncomplete` took back.
    """
    keys = _union(["learner", "course", "session", "program"], by)
    held = events.filter(pl.col("session").is_not_null())
    reported = held.filter(pl.col("kind") == "progress", pl.col("value").is_not_null())
    completed = (
        held.filter(
            pl.col("kind").is_in(["complete", "uncomplete"]), pl.col("object") == pl.col("course")
        )
        .sort("instant", "stored", "statement")
        .group_by(keys)
        .agg(pl.col("kind").last())
        .filter(pl.col("kind") == "complete")
    )
    return pl.concat(
        [
            reported.select(*keys, progress=pl.col("value").clip(0, 100)),
            completed.select(*keys, progress=pl.lit(100.0)),
        ]
    )


def _union(first: Sequence[str], second: Sequence[str]) -> list[str]:
    return list(dict.fromkeys([*first, *second]))


def _grouped(frame: pl.LazyFrame, by: Sequence[str], figure: pl.Expr) -> pl.LazyFrame:
    return frame.group_by(by).agg(figure) if by else frame.select(figure)


@hookimpl
def register_metrics() -> list[type[Metric]]:
    """Return the metric of this file."""
    return [Participation]
