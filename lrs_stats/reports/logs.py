"""The logs: a row for each connection, or for each answer, the newest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from lrs_stats.errors import BadRequest
from lrs_stats.reports.metric import exact_mean, exact_sum
from lrs_stats.reports.ordering import page_of, sorting
from lrs_stats.reports.query import Query
from lrs_stats.reports.report import Column, Report
from lrs_stats.reports.rows import named
from lrs_stats.reports.selection import Selection

TITLED: Final = {"learner": "learners", "course": "courses", "session": "sessions",
                 "program": "programs"}  # fmt: skip
"""The columns that have a title beside them, and the table of the roster that has it."""


@dataclass(frozen=True)
class Log:
    """A log: its columns, which of them says when, and what its totals are of."""

    name: str
    when: str
    columns: tuple[Column, ...]
    total: str
    """The column that the totals have beside the number of rows."""


_WHO_AND_WHERE: Final = (
    Column("learner", "Learner"),
    Column("learner_title", "Name"),
    Column("course", "Course"),
    Column("course_title", "Title of the course"),
    Column("session", "Session"),
    Column("session_title", "Title of the session"),
    Column("program", "Program"),
    Column("program_title", "Title of the program"),
)
LOGS: Final = {
    one.name: one
    for one in (
        Log(
            "connections",
            "start",
            (
                Column("id", "Statement"),
                Column("start", "Start", type="instant"),
                Column("end", "End", type="instant"),
                *_WHO_AND_WHERE,
                Column("seconds", "Time", "seconds", "number"),
                Column("method", "Rule of the time"),
                Column("statements", "Statements", "count", "integer"),
            ),
            "seconds",
        ),
        Log(
            "answers",
            "instant",
            (
                Column("id", "Statement"),
                Column("instant", "Instant", type="instant"),
                *_WHO_AND_WHERE,
                Column("question", "Question"),
                Column("score", "Score", "percent", "number"),
                Column("success", "Success", type="boolean"),
            ),
            "score",
        ),
    )
}


def log(query: Query, selection: Selection, as_of: datetime, zone: str) -> Report:
    """Return a log, or one page of it; its totals are the number of rows and one figure."""
    if query.interval:
        raise BadRequest(f"interval: the log of {query.granularity} is no series.")
    kept = LOGS[query.granularity]
    lines = _connections(selection) if kept.name == "connections" else _answers(selection)
    rows, totals = pl.collect_all(
        [page_of(_ordered(lines, kept, query.sort), query), lines.select(pl.len(), _total(kept))]
    )
    count, figure = totals.row(0)
    return Report(
        granularity=kept.name,
        columns=kept.columns,
        rows=_titled(rows, selection).select(one.name for one in kept.columns).to_dicts(),
        totals={"count": count, kept.total: figure},
        count=count,
        timezone=zone,
        as_of=as_of,
        start=query.start,
        end=query.end,
        filters={name: sorted(ids) for name, ids in query.filters.items()},
    )


def _connections(selection: Selection) -> pl.LazyFrame:
    return selection.connections.rename({"connection": "id"})


def _answers(selection: Selection) -> pl.LazyFrame:
    return selection.events.filter(pl.col("kind") == "answer").select(
        "instant",
        "learner",
        "course",
        "session",
        "program",
        "success",
        id="statement",
        question="object",
        score="value",
    )


def _total(kept: Log) -> pl.Expr:
    figure = pl.col(kept.total)
    return (exact_sum(figure) if kept.name == "connections" else exact_mean(figure)).alias("total")


def _ordered(lines: pl.LazyFrame, kept: Log, sort: str) -> pl.LazyFrame:
    """Sort by the column asked for, then the newest first; titles are added to a page alone."""
    names = [one.name for one in kept.columns if not one.name.endswith("_title")]
    wanted = sorting(sort, names)
    if not wanted or wanted == kept.when:
        newest_first = not wanted or sort.startswith("-")
        return lines.sort(kept.when, "id", descending=[newest_first, False])
    falling = [sort.startswith("-"), True, False]
    return lines.sort(wanted, kept.when, "id", descending=falling, nulls_last=True)


def _titled(rows: pl.DataFrame, selection: Selection) -> pl.DataFrame:
    """Add the titles that the roster has, and the names that other learners give themselves."""
    for key, table in TITLED.items():
        entities: pl.DataFrame = getattr(selection.roster, table)
        titles = entities.select(key, pl.col("title").alias(f"{key}_title"))
        rows = rows.join(titles, on=key, how="left", maintain_order="left")
    return named(rows, "learner_title", selection)
