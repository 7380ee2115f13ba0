"""Which rows a report lists, and their titles: docs/metrics.md, "Granularities"."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from lrs_stats.access.grants import Grant
from lrs_stats.access.scope import OF
from lrs_stats.access.scope import named as named_by
from lrs_stats.errors import BadRequest
from lrs_stats.facts.packed import among, besides
from lrs_stats.reports.granularities import Granularity
from lrs_stats.reports.query import INTERVALS, Query
from lrs_stats.reports.selection import Selection
from lrs_stats.reports.series import RESOLUTION

MOST_PERIODS: Final = 10_000
_CONTENT: Final = {"course": "course", "session": "session", "program": "session", "group": "group"}
"""The keys of rows that grants can hold by name, and by the name of what."""


def listed(
    granularity: Granularity, query: Query, selection: Selection, grants: Sequence[Grant]
) -> pl.DataFrame:
    """Return the keys of the rows, each once.

    Without a filter they are all of the roster that the grants hold, whatever happened there.
    """
    if not granularity.keys:
        return (
            _periods(query, granularity, selection)
            if query.interval
            else pl.DataFrame({"all": [True]})
        )
    if query.interval:
        return _happened(selection, granularity, [*granularity.keys, "period"])
    return selection.kept_rows(
        granularity.name, lambda: _of_period(granularity, query, selection, grants)
    )


def _of_period(
    granularity: Granularity, query: Query, selection: Selection, grants: Sequence[Grant]
) -> pl.DataFrame:
    """Return the keys of the roster, and those of which the record says something."""
    happened = _happened(selection, granularity, [*granularity.keys])
    known = selection.kept(
        ("listed", granularity.name), lambda: _of_roster(granularity, query, selection, grants)
    )
    others = besides(happened.lazy(), known.lazy(), granularity.keys)
    return pl.concat([known, others.collect(engine="in-memory")])


def _of_roster(
    granularity: Granularity, query: Query, selection: Selection, grants: Sequence[Grant]
) -> pl.DataFrame:
    """Return the keys that the roster ties to what was asked for, or that the grants hold."""
    sources = _tied(granularity, query, selection)
    if granularity.key and not _narrowed(granularity, query):
        sources.append(_held(granularity, query, selection, grants))
    keys = {key: pl.Categorical() for key in granularity.keys}
    listed = [source.select(granularity.keys) for source in sources]
    return pl.concat([pl.DataFrame(schema=keys), *listed]).unique()


def _happened(selection: Selection, granularity: Granularity, by: list[str]) -> pl.DataFrame:
    """Return the keys for which the record says something."""
    return selection.of(granularity).happened().select(by).unique().drop_nulls().collect()


def _tied(granularity: Granularity, query: Query, selection: Selection) -> list[pl.DataFrame]:
    """Return the keys that the roster ties to what was asked for."""
    key = granularity.key
    if query.of_questions:
        return []
    if "course" in granularity.keys:
        tied = [selection.of_roster.pairs]
    elif key == "group":
        tied = [selection.of_roster.enrolled.join(selection.of_roster.members, on="learner")]
    elif key == "learner" and not query.elsewhere:
        tied = [selection.of_roster.enrolled, selection.of_roster.learners_of_groups]
    else:
        tied = [selection.of_roster.enrolled]
    return [frame.select(granularity.keys).collect() for frame in tied]


def _held(
    granularity: Granularity, query: Query, selection: Selection, grants: Sequence[Grant]
) -> pl.DataFrame:
    """Return the entities of the roster that the grants hold, by name or by what ever happened."""
    entities = _asked(granularity, query, granularity.entities(selection.roster))
    by_name = _named(granularity.key, selection, grants)
    if by_name is None or entities.is_empty():
        return entities
    known = [by_name]
    if query.start is not None or query.end is not None:
        known.append(_happened(selection.of_all_time(), granularity, [granularity.key]))
    return entities.join(pl.concat(known), on=granularity.key, how="semi")


def _named(key: str, selection: Selection, grants: Sequence[Grant]) -> pl.DataFrame | None:
    """Return the keys that grants hold by name; None is all of them."""
    if key not in _CONTENT:
        return None
    some = named_by(grants, OF[_CONTENT[key]])
    if not isinstance(some, frozenset):
        return None
    held = pl.DataFrame({_CONTENT[key]: sorted(some)}, schema={_CONTENT[key]: pl.Categorical()})
    if key != "program":
        return held
    return selection.roster.sessions.join(held, on="session", how="semi").select(key)


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


def entitled(keys: pl.DataFrame, granularity: Granularity, selection: Selection) -> pl.DataFrame:
    """Add to the keys of rows what they are called."""
    if not granularity.keys:
        return keys
    if granularity.pair:
        return _paired(keys, selection)
    if granularity.key == "learner":  # of whom there are too many to be joined
        titles = selection.roster.titles["learner"]
        titled = named(keys.with_columns(title=titles("learner")), "title", selection)
    else:
        titled = keys.join(granularity.entities(selection.roster), on=granularity.key, how="left")
    return titled.with_columns(title=pl.coalesce("title", pl.col(granularity.key).cast(pl.String)))


def _paired(keys: pl.DataFrame, selection: Selection) -> pl.DataFrame:
    """Add to pairs of a learner and a session the program, the status of the place, and titles."""
    place = ["learner", "session"]
    statuses = selection.of_roster.seen(selection.roster.statuses.lazy()).select(*place, "status")
    placed = keys.with_columns(program=selection.roster.program_of("session")).join(
        among(statuses, keys.lazy(), place).collect(), on=place, how="left"
    )
    return titled(placed, selection)


def titled(rows: pl.DataFrame, selection: Selection) -> pl.DataFrame:
    """Add the titles that the roster has, the names that other learners give themselves, or ids."""
    titles = {key: one for key, one in selection.roster.titles.items() if key in rows.columns}
    rows = rows.with_columns(one(key).alias(f"{key}_title") for key, one in titles.items())
    rows = named(rows, "learner_title", selection)
    ids = {f"{key}_title": pl.col(key).cast(pl.String) for key in titles}
    return rows.with_columns(pl.coalesce(title, text).alias(title) for title, text in ids.items())


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
