"""The logs: a row for each connection, or for each answer, the newest first."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Final, get_args

import polars as pl

from lrs_stats.access.grants import Grant
from lrs_stats.errors import BadRequest
from lrs_stats.facts.interpreter import Kind
from lrs_stats.facts.reader import readable
from lrs_stats.facts.rows import ABSENT
from lrs_stats.facts.statement_ids import NUMBER, spelled
from lrs_stats.reports.granularities import WHO_AND_WHERE
from lrs_stats.reports.metric import Metric, exact_mean, exact_sum
from lrs_stats.reports.ordering import FAR, page_of, sorting
from lrs_stats.reports.query import Query
from lrs_stats.reports.report import ROWS, Column, Report, plain, sliced
from lrs_stats.reports.rows import titled
from lrs_stats.reports.selection import Selection

PRESENT: Final = tuple(kind for kind in get_args(Kind) if kind not in ABSENT)


@dataclass(frozen=True)
class Log:
    """A log: its columns, which of them says when, and the figure beside the number of rows."""

    name: str
    when: str
    columns: tuple[Column, ...]
    total: str = ""
    of: Callable[[pl.Expr], pl.Expr] = exact_sum


Period = tuple[datetime | None, datetime | None]
ALWAYS: Final[Period] = (None, None)
IDS: Final = frozenset({"learner", "course", "session", "program", "question"})
"""What is sorted as texts, whatever the order in which ids were met."""


@dataclass(frozen=True)
class Lines:
    """The lines of a log: those of a half-open period, and with few columns those that count."""

    between: Callable[[Period], pl.LazyFrame]
    counted: pl.LazyFrame

    def through(self, narrowing: Callable[[pl.LazyFrame], pl.LazyFrame]) -> "Lines":
        """Return the lines that something leaves of these."""
        return Lines(lambda period: narrowing(self.between(period)), narrowing(self.counted))


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
                *WHO_AND_WHERE,
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
                *WHO_AND_WHERE,
                Column("question", "Question"),
                Column("score", "Score", "percent", "number"),
                Column("success", "Success", type="boolean"),
            ),
            "score",
            exact_mean,
        ),
    )
}


EVIDENCE: Final = Log(
    "statements",
    "instant",
    (
        Column("id", "Statement"),
        Column("instant", "Instant", type="instant"),
        Column("kind", "Meaning"),
        Column("verb", "Verb"),
        Column("object", "Object"),
        *WHO_AND_WHERE,
        Column("value", "Value", type="number"),
    ),
)
"""The statements on which a figure rests."""


@dataclass(frozen=True)
class Beside:
    """Columns that a log has beside its own, what adds them to some of its lines, and failures."""

    columns: tuple[Column, ...] = ()
    add: Callable[[pl.DataFrame], pl.DataFrame] = lambda lines: lines
    failed: dict[str, str] = field(default_factory=dict)


NOTHING: Final = Beside()


def log(query: Query, selection: Selection, as_of: datetime, beside: Beside) -> Report:
    """Return a log, or one page of it; its totals are the number of rows and one figure."""
    if query.interval:
        raise BadRequest(f"interval: the log of {query.granularity} is no series.")
    made = _connections if query.granularity == "connections" else _answers
    lines = made(selection).through(selection.with_known_sessions)
    return _report(LOGS[query.granularity], lines, query, selection, as_of, beside=beside)


def evidence(
    metric: Metric, query: Query, selection: Selection, showing: Sequence[Grant], as_of: datetime
) -> Report:
    """Return the statements on which a figure rests, or one page of them.

    They are those that `showing` shows: who sees a figure need not see its statements. Of a
    connection it is the statement that opened it. What only the roster says has none.
    """
    kinds = metric.kinds or PRESENT

    def statements(period: Period) -> pl.LazyFrame:
        return selection.complete_events(kinds, *period).with_columns(id="statement")

    lines = Lines(statements, selection.events(kinds))
    if not metric.kinds and metric.source not in {"events", "presence"}:
        opening = selection.connections.select(
            *("learner", "course", "session", "program"),
            spelled("connection").alias("id"),
            instant="start",
            kind=pl.lit("connection"),
            value="seconds",
        )
        verbs = (
            selection.complete_events()
            .filter(pl.col("part") == 0)
            .select("verb", "object", id="statement")
        )
        opened = opening.join(verbs, on="id", how="left")
        if metric.source not in {"connections", "connected"}:
            opened = opened.clear()
        lines = Lines(lambda _: opened, opened)  # one page alone: all is cut to it
    shown = lines.through(lambda some: selection.shown_by(some, showing))
    return _report(EVIDENCE, shown, query, selection, as_of)


def _report(
    kept: Log,
    lines: Lines,
    query: Query,
    selection: Selection,
    as_of: datetime,
    *,
    beside: Beside = NOTHING,
) -> Report:
    figure = [kept.of(pl.col(kept.total)).alias(kept.total)] if kept.total else []
    totals = lines.counted.select(pl.len().alias("count"), *figure)
    made = _Whole(kept, lines, query, selection, beside)
    batches: Iterable[pl.DataFrame]
    if query.page_size is None:
        batches, counted = made, totals.collect(engine="streaming")
    else:
        since = _oldest(lines.counted, kept, query)
        wanted = page_of(_ordered(lines.between((since, None)), kept, query.sort), query)
        rows, counted = pl.collect_all([wanted, totals])
        batches = tuple(map(made.titled, sliced(rows)))
    total = counted.row(0, named=True)
    return Report(
        granularity=kept.name,
        columns=made.columns,
        batches=batches,
        totals=total,
        count=total["count"],
        timezone=str(selection.zone),
        as_of=as_of,
        start=query.start,
        end=query.end,
        filters={name: sorted(ids) for name, ids in query.filters.items()},
        failed=beside.failed,
    )


@dataclass(frozen=True)
class _Whole:
    """All lines of a log in their order, read as they are asked for.

    By time they are read a stretch after the other, so that memory holds one. Another order is
    that of all lines, which are then sorted without their titles.
    """

    kept: Log
    lines: Lines
    query: Query
    selection: Selection
    beside: Beside

    @property
    def columns(self) -> tuple[Column, ...]:
        """Return the columns of the lines, and those beside them."""
        return (*self.kept.columns, *self.beside.columns)

    def __iter__(self) -> Iterator[pl.DataFrame]:
        by_time = self.query.sort.removeprefix("-") in {"", self.kept.when}
        for period in self._stretches() if by_time else [ALWAYS]:
            with readable():
                lines = _ordered(self.lines.between(period), self.kept, self.query.sort).collect()
            yield from map(self.titled, sliced(lines))

    def titled(self, lines: pl.DataFrame) -> pl.DataFrame:
        """Return lines with their titles, as the report has them."""
        if lines.schema["id"] == NUMBER:
            lines = lines.with_columns(spelled("id"))
        return plain(self.beside.add(titled(lines, self.selection)), self.columns)

    def _stretches(self) -> list[Period]:
        """Return stretches of time that hold some ten thousand lines each, in their order."""
        hour = pl.col(self.kept.when).dt.truncate("1h").alias("hour")
        hours = self.lines.counted.group_by(hour).len().collect(engine="streaming").sort("hour")
        full = hours.group_by(pl.col("len").cum_sum() // ROWS, maintain_order=True).first()
        bounds = [None, *full["hour"].to_list()[1:], None]
        stretches = [*pairwise(bounds)]
        newest_first = self.query.sort != self.kept.when
        return stretches[::-1] if newest_first else stretches


def _connections(selection: Selection) -> Lines:
    def between(period: Period) -> pl.LazyFrame:
        return selection.connections_between(*period).rename({"connection": "id"})

    return Lines(between, selection.connections)


def _answers(selection: Selection) -> Lines:
    def between(period: Period) -> pl.LazyFrame:
        answers = selection.complete_events(("answer",), *period)
        return answers.with_columns(id="statement", question="object", score="value")

    return Lines(between, selection.events(("answer",)).with_columns(score="value"))


def _oldest(counted: pl.LazyFrame, kept: Log, query: Query) -> datetime | None:
    """Return the instant of the oldest line of the page, when the newest come first.

    What is older is out, which is seen without what else is in it; it need not be read.
    """
    if query.sort or query.page_size is None:
        return None
    last = min(query.page * query.page_size, FAR)
    newest = counted.select(pl.col(kept.when).top_k(last)).select(pl.col(kept.when).min())
    oldest: datetime | None = newest.collect().item()
    return oldest


def _ordered(lines: pl.LazyFrame, kept: Log, sort: str) -> pl.LazyFrame:
    """Sort by the column asked for, then the newest first; titles are added to a page alone."""
    names = [one.name for one in kept.columns if not one.name.endswith("_title")]
    wanted = sorting(sort, names)
    falling = wanted | {name: name != "id" for name in (kept.when, "id") if name not in wanted}
    keys = [pl.col(name).cast(pl.String) if name in IDS else pl.col(name) for name in falling]
    # What one statement says at once keeps the order in which it is said.
    return lines.sort(keys, descending=[*falling.values()], nulls_last=True, maintain_order=True)
