"""Whether the facts account for each statement of the record once: id by id, day by day.

Record and facts are read side by side in the order of storing, some ten thousands at a time, up to
the mark of one publication. What became visible behind the mark a moment ago is counted by the
next pass; so what is missing there is looked for again in the publications that follow.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from time import sleep
from typing import Final, Protocol

import polars as pl

from lrs_stats.facts.reader import newest_events
from lrs_stats.facts.rows import INSTANT
from lrs_stats.xapi.record import Cursor

AT_ONCE: Final = 100_000
LOOKS: Final = 10
"""How often a statement that may just have become visible is looked for, a second apart."""
Place = tuple[datetime, str]
"""When a statement was stored, and its id."""


class Listed(Protocol):
    """A record of which the statements can be listed."""

    def overlap(self) -> timedelta:
        """Return how far behind the newest statement another can still become visible."""

    def places(self, since: Cursor | None, through: Cursor, limit: int) -> Sequence[Place]:
        """Return up to `limit` places after one and up to another, in the order of storing."""


@dataclass(frozen=True)
class Day:
    """A day (UTC) of `stored` on which record and facts differ.

    `missing` statements are in the record alone, `strange` ones in the facts alone, and `doubled`
    ones are counted more than once.
    """

    day: date
    record: int
    missing: int
    strange: int
    doubled: int


@dataclass(frozen=True)
class Comparison:
    """How many statements were compared, up to when, and the days on which there is drift."""

    statements: int
    through: datetime | None
    days: tuple[Day, ...]


def compare(
    record: Listed, folder: Path, progress: Callable[[int], object] = lambda _: None
) -> Comparison:
    """Hold the facts of a folder against the record, and tell how many statements were compared.

    Raises NoFacts while there are none.
    """
    publication, events = newest_events(folder)
    through = publication.mark.through
    if through is None:
        return Comparison(0, None, ())
    statements = 0
    faults, days = list[pl.DataFrame](), list[pl.DataFrame]()
    for here in _stretches(record, through):
        statements += here.listed.height
        days.append(here.listed.group_by(day=pl.col("stored").dt.date()).agg(record=pl.len()))
        faults.append(_faults(here.listed, _held(events, here)))
        progress(statements)
    found = _that_stay(pl.concat(faults), folder, through.stored - record.overlap())
    return Comparison(statements, through.stored, _days(found, pl.concat(days)))


_FAULTS: Final = ("missing", "strange", "doubled")
_SCHEMA: Final = {"stored": INSTANT, "statement": pl.String()}


@dataclass(frozen=True)
class _Stretch:
    """What the record lists between two places; the first of all has no beginning."""

    after: Cursor | None
    through: Cursor
    listed: pl.DataFrame


def _stretches(record: Listed, through: Cursor) -> Iterator[_Stretch]:
    """Yield the record piece by piece; the pieces cover all places up to the last."""
    after: Cursor | None = None
    while after != through:
        listed = record.places(after, through, AT_ONCE)
        to = Cursor(*listed[-1]) if len(listed) == AT_ONCE else through
        yield _Stretch(after, to, pl.DataFrame(listed, schema=_SCHEMA, orient="row"))
        after = to


def _held(events: pl.LazyFrame, stretch: _Stretch) -> pl.DataFrame:
    """Return what the facts account for in a stretch: a row for each statement."""
    held = events.filter(pl.col("part") == 0, ~_is_after(stretch.through))
    if stretch.after is not None:
        held = held.filter(pl.col("stored") >= stretch.after.stored, _is_after(stretch.after))
    return held.select(_SCHEMA.keys()).collect()


def _is_after(place: Cursor) -> pl.Expr:
    same = (pl.col("stored") == place.stored) & (pl.col("statement") > place.id)
    return (pl.col("stored") > place.stored) | same


def _faults(record: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """Return the statements that are not once in both, and what is wrong with each."""
    counted = facts.group_by("statement").agg(pl.col("stored").first(), held=pl.len())
    found = (
        record.join(counted, on="statement", how="anti"),
        counted.join(record, on="statement", how="anti"),
        counted.filter(pl.col("held") > 1).join(record, on="statement", how="semi"),
    )
    return pl.concat(
        frame.select(*_SCHEMA, fault=pl.lit(fault, pl.String))
        for fault, frame in zip(_FAULTS, found, strict=True)
    )


def _that_stay(faults: pl.DataFrame, folder: Path, settled: datetime) -> pl.DataFrame:
    """Leave out what is not missing any more in a later publication, if it became visible late."""
    is_fresh = (pl.col("fault") == "missing") & (pl.col("stored") > settled)
    fresh, rest = faults.filter(is_fresh), faults.filter(~is_fresh)
    for _ in range(LOOKS):
        if fresh.is_empty():
            break
        sleep(1)
        _, events = newest_events(folder)
        held = events.filter(pl.col("stored") > settled).select("statement").collect()
        fresh = fresh.join(held, on="statement", how="anti")
    return pl.concat([rest, fresh])


def _days(faults: pl.DataFrame, counts: pl.DataFrame) -> tuple[Day, ...]:
    """Return the days with faults; `counts` has how many statements were stored on each day."""
    record = counts.group_by("day").agg(pl.col("record").sum())
    found = faults.group_by(day=pl.col("stored").dt.date()).agg(
        ((pl.col("fault") == fault).sum()).alias(fault) for fault in _FAULTS
    )
    rows = found.join(record, on="day", how="left").fill_null(0).sort("day")
    return tuple(Day(**row) for row in rows.iter_rows(named=True))
