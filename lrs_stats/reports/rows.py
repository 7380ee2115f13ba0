"""Which rows a report lists, and their titles: docs/metrics.md, "Granularities"."""

from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from lrs_stats.errors import BadRequest
from lrs_stats.reports.granularities import Granularity
from lrs_stats.reports.query import INTERVALS, Query
from lrs_stats.reports.selection import Selection

MOST_PERIODS: Final = 10_000
RESOLUTION: Final = timedelta(microseconds=1)


def listed(
    granularity: Granularity, query: Query, selection: Selection, *, whole: bool
) -> pl.DataFrame:
    """Return the keys of the rows, with their titles; `whole` lists all of the roster."""
    if not granularity.key:
        return (
            _periods(query, granularity, selection)
            if query.interval
            else pl.DataFrame({"all": [True]})
        )
    by = [granularity.key, *(["period"] if query.interval else [])]
    happened = _happened(selection, granularity, by)
    if query.interval:
        return _titled(happened, granularity, selection)
    sources = [happened, *_tied(granularity, query, selection)]
    if whole and not _narrowed(granularity, query):
        sources.append(_asked(granularity, query, granularity.entities(selection.roster)))
    keys = pl.concat([source.select(granularity.key) for source in sources]).unique()
    return _titled(keys, granularity, selection)


def _happened(selection: Selection, granularity: Granularity, by: list[str]) -> pl.DataFrame:
    """Return the keys for which the record says something."""
    return selection.happened(granularity).select(by).unique().drop_nulls().collect()


def _tied(granularity: Granularity, query: Query, selection: Selection) -> list[pl.DataFrame]:
    """Return the keys that the roster ties to what was asked for."""
    key = granularity.key
    if query.of_questions:
        return []
    if key == "course":
        tied = [selection.pairs]
    elif key == "group":
        tied = [selection.enrolled.join(selection.members, on="learner")]
    elif key == "learner" and not query.elsewhere:
        tied = [selection.enrolled, selection.learners_of_groups]
    else:
        tied = [selection.enrolled]
    return [frame.select(key).unique().collect() for frame in tied]


def _narrowed(granularity: Granularity, query: Query) -> bool:
    """Return whether the query is filtered by anything but the rows themselves."""
    return bool(query.filters.keys() - {granularity.key})


def _asked(granularity: Granularity, query: Query, entities: pl.DataFrame) -> pl.DataFrame:
    """Return the entities of the roster that the query names, or all; of people, the learners."""
    if granularity.key in {"learner", "question"}:
        return entities.clear()
    wanted = query.filters.get(granularity.key)
    return (
        entities
        if wanted is None
        else entities.filter(pl.col(granularity.key).is_in(sorted(wanted)))
    )


def _titled(keys: pl.DataFrame, granularity: Granularity, selection: Selection) -> pl.DataFrame:
    titled = keys.join(granularity.entities(selection.roster), on=granularity.key, how="left")
    if granularity.key == "learner":
        titled = named(titled, "title", selection)
    return titled.with_columns(title=pl.coalesce("title", pl.col(granularity.key).cast(pl.String)))


def named(rows: pl.DataFrame, title: str, selection: Selection) -> pl.DataFrame:
    """Fill the titles of learners whom the roster does not know with what they call themselves."""
    filled = rows.join(selection.names, on="learner", how="left", maintain_order="left")
    return filled.with_columns(pl.coalesce(title, "name").alias(title)).drop("name")


def _periods(query: Query, granularity: Granularity, selection: Selection) -> pl.DataFrame:
    """Return every period of the query, or of the record where the query is open."""
    step, zone = INTERVALS[query.interval or "month"], selection.zone
    happened = _happened(selection, granularity, ["period"])["period"]
    first = _local(query.start, zone) if query.start else happened.min()
    last = _local(query.end - RESOLUTION, zone) if query.end else happened.max()
    if first is None or last is None or query.is_empty:
        return pl.DataFrame(schema={"period": pl.Date})
    ends = pl.Series([first, last], dtype=pl.Date).dt.truncate(step)
    periods = pl.date_range(ends[0], ends[1], step, eager=True)
    if periods.len() > MOST_PERIODS:
        raise BadRequest(
            f"interval: from {ends[0]} to {ends[1]} there are {periods.len()} of them, more than "
            f"{MOST_PERIODS}. Narrow the period with from and to, or choose a longer interval."
        )
    return pl.DataFrame({"period": periods})


def _local(instant: datetime, zone: ZoneInfo) -> date:
    return instant.astimezone(zone).date()
