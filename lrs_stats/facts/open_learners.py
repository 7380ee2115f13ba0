"""The open learners: their connections, and what of their events can still change one of these.

A connection ends at the latest when its learner was silent for longer than the idle limit, unless
it is one of a keyed session that goes on later. What lies before such a silence is *settled*: no
event that comes after it changes it. So of each open learner only the events since the last such
silence are kept in memory, and with them whatever arrives in order is derived. Who has an event
that comes before, or in a session that was settled, is derived anew from all events.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Final

import polars as pl

from lrs_stats.facts.connections import ORDER, SIGNS, derive, signs
from lrs_stats.facts.rows import INSTANT, IS_PRESENCE

MOST: Final = 200_000
"""So many events are held until they are published; those of a longer backlog are read again."""
SETTLED: Final = -1
"""The part of the completion that is kept of settled events: it is no sign of presence."""

_SESSION: Final = ("learner", "course", "session_id")
_KEYED: Final = pl.col("session_id").is_not_null() & pl.col("course").is_not_null()


class OpenLearners:
    """The learners who were touched since the connections were last closed."""

    def __init__(self, connections: pl.DataFrame, idle: timedelta) -> None:
        """Begin with the open connections; a learner without any has an empty row."""
        self.connections = connections
        self._idle = idle
        self._arrived: list[pl.DataFrame] = []
        self._unknown: set[str] = set()
        self._unsettled = pl.DataFrame(schema=SIGNS)
        self._since = pl.DataFrame(schema={"learner": pl.String, "since": INSTANT})
        self._settled = pl.DataFrame(schema={name: SIGNS[name] for name in _SESSION})
        self._touched: set[str] = set()

    def add(self, events: pl.DataFrame) -> None:
        """Take events that have arrived."""
        self._arrived.append(signs(events.lazy()).collect())
        if sum(rows.height for rows in self._arrived) > MOST:
            self.forget(_learners(*self._arrived))
            self._arrived = []

    def forget(self, learners: Collection[str]) -> None:
        """Take note that events of some learners, which were there before, are others now."""
        self._unknown |= set(learners)

    def to_read(self) -> set[str]:
        """Return the learners of whom all events are needed, since what is in memory is too little.

        They are known, as are those of whom nothing has arrived, when nothing has to be read.
        """
        arrived = pl.concat([self._unsettled.head(0), *self._arrived])
        known = arrived.join(self._since, on="learner", how="left")
        late = known.filter(pl.col("since").is_null() | (pl.col("instant") < pl.col("since")))
        again = arrived.filter(_KEYED).join(self._settled, on=_SESSION, how="semi")
        return self._unknown | _learners(late, again)

    def begin_closing(self) -> pl.DataFrame:
        """Return the connections that are to be closed; their learners stay open meanwhile."""
        self._touched = set()
        return self.connections

    def end_closing(self) -> None:
        """Keep open only those who were touched since `begin_closing`."""
        self.connections = _of(self._touched, self.connections)
        self._unsettled = _of(self._touched, self._unsettled)
        self._since = _of(self._touched, self._since)
        self._settled = _of(self._touched, self._settled)

    def derive(self, read: Collection[str], theirs: pl.DataFrame) -> None:
        """Derive the connections of whoever was touched.

        `theirs` are the signs of those who were `to_read`, all of them.
        """
        touched = _learners(*self._arrived) | set(read)
        going_on = touched - set(read)
        rows = pl.concat(
            [
                *(_of(going_on, some) for some in (self._unsettled, *self._arrived)),
                theirs,
            ]
        )
        self._put(derive(rows.lazy(), self._idle), touched, going_on)
        self._settle(rows, touched, read)
        self._touched |= touched
        self._arrived, self._unknown = [], set()

    def _put(self, fresh: pl.DataFrame, touched: set[str], going_on: set[str]) -> None:
        """Put fresh connections in the place of those that may have changed."""
        settled = (
            _of(going_on, self.connections)
            .join(self._since, on="learner")
            .filter(pl.col("start") < pl.col("since"))
            .drop("since")
        )
        without = touched - _learners(settled, fresh)
        empty = pl.DataFrame({"learner": sorted(without)}, schema={"learner": pl.String})
        others = self.connections.filter(~pl.col("learner").is_in(touched))
        self.connections = pl.concat([others, settled, fresh, empty], how="diagonal")

    def _settle(self, rows: pl.DataFrame, touched: set[str], read: Collection[str]) -> None:
        """Keep what is not settled of the rows of those who were touched."""
        since = _since(rows, self._idle)
        dated = rows.join(since, on="learner")
        over = dated.filter(pl.col("instant") < pl.col("since")).drop("since")
        kept = (
            _others(touched, self._unsettled),
            dated.filter(pl.col("instant") >= pl.col("since")).drop("since"),
            _completions(over),
        )
        self._unsettled = pl.concat(kept)
        self._since = pl.concat([_others(touched, self._since), since])
        ended = over.filter(_KEYED).select(_SESSION).unique()
        self._settled = pl.concat([_others(read, self._settled), ended])


def _since(rows: pl.DataFrame, idle: timedelta) -> pl.DataFrame:
    """Return since when the events of each learner are not settled.

    An event reaches as far as the idle limit, and to the last event of its keyed session. Where
    none of those before reaches to the next one there is a silence that settles them.
    """
    last = pl.when(_KEYED).then(pl.col("instant").max().over(_SESSION))
    reach = pl.max_horizontal(pl.col("instant") + idle, last)
    return (
        rows.lazy()
        .filter(IS_PRESENCE)
        .sort("learner", *ORDER)
        .with_columns(reach=reach)
        .with_columns(reach=pl.col("reach").cum_max().shift(1).over("learner"))
        .filter(pl.col("reach").is_null() | (pl.col("instant") > pl.col("reach")))
        .group_by("learner")
        .agg(since=pl.col("instant").last())
        .collect()
    )


def _completions(settled: pl.DataFrame) -> pl.DataFrame:
    """Return the first completion of each learner and course: it counts for all that comes."""
    completed = settled.filter(pl.col("kind") == "complete", pl.col("object") == pl.col("course"))
    first = completed.sort("instant").unique(["learner", "course"], keep="first")
    return first.with_columns(part=pl.lit(SETTLED, pl.Int32))


def _learners(*frames: pl.DataFrame) -> set[str]:
    return set().union(*(frame["learner"].unique().to_list() for frame in frames))


def _of(learners: Collection[str], rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col("learner").is_in(learners))


def _others(learners: Collection[str], rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(~pl.col("learner").is_in(learners))
