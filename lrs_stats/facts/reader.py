"""Reading the facts: the newest publication, or an earlier one that is still kept.

Which files a publication is made of is read from `history`, so that a page costs no look at the
logs of three tables.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Final

import polars as pl

from lrs_stats.errors import BadRequest, NoFacts, NotFound, Unavailable
from lrs_stats.facts.columns import ColumnCache, Columns
from lrs_stats.facts.connected import MOST_PERIODS, Closed, by_seat
from lrs_stats.facts.connections import CONNECTIONS
from lrs_stats.facts.delta import scan
from lrs_stats.facts.file_columns import typed
from lrs_stats.facts.folder import CONNECTION_TABLE, EVENT_TABLE, OPEN_TABLE, era
from lrs_stats.facts.history import Files, History
from lrs_stats.facts.kept import Kept
from lrs_stats.facts.lookup import Lookup
from lrs_stats.facts.publication import Publication
from lrs_stats.facts.published import FAILURES, NOT_YET, published
from lrs_stats.facts.rows import EVENTS
from lrs_stats.facts.statement_ids import numbered
from lrs_stats.facts.timeline import Timeline

_JUST_REMOVED: Final = "The figures of that time were just removed. Ask again."


@dataclass(frozen=True)
class Snapshot:
    """The facts of one publication, for reading.

    `events` are on the disk, with all columns; `columns` are what most figures need of them, in
    memory. Of the connections, those of the learners in `opened` replace theirs in `closed`. In
    connections and `columns` texts that repeat are categories, and ids of statements are numbers.
    """

    publication: Publication
    events: pl.LazyFrame
    columns: Columns
    closed: Closed
    opened: pl.DataFrame

    @property
    def connections(self) -> pl.DataFrame:
        """Return all connections."""
        return self.connections_between(None, None).collect()

    def connections_between(self, start: datetime | None, end: datetime | None) -> pl.LazyFrame:
        """Return the connections that start in a half-open period."""
        closed = self.closed.between(start, end).lazy()
        if not self.opened.height:
            return closed
        opened = self._open.between(start, end).lazy()
        return pl.concat([closed.filter(~self._reopened.holds("learner")), opened])

    def connected_between(self, start: datetime | None, end: datetime | None) -> pl.LazyFrame:
        """Return the TOTALS of the same by seat, of which there may be far fewer."""
        return self._connected.of((start, end), lambda: self._by_seat(start, end)).lazy()

    def _by_seat(self, start: datetime | None, end: datetime | None) -> pl.DataFrame:
        closed = self.closed.by_seat(start, end)
        if not self.opened.height:
            return closed
        opened = by_seat(self._open.between(start, end))
        return pl.concat([closed.filter(~self._reopened.holds("learner")), opened])

    @cached_property
    def _open(self) -> Timeline:
        return Timeline.cut(self.opened.filter(pl.col("connection").is_not_null()), "start")

    @cached_property
    def _connected(self) -> Kept[pl.DataFrame]:
        return Kept(MOST_PERIODS)

    @cached_property
    def _reopened(self) -> Lookup:
        return Lookup.among(self.opened["learner"])


class FactsReader:
    """The published facts of a folder, for any number of processes that read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._history = History(folder)
        self._lock = threading.Lock()
        self._era = ""
        self._snapshot: Snapshot | None = None
        self._made_of: Files = frozenset()
        self._columns = ColumnCache()
        self._closed = Kept[Closed](1)
        self._earlier: tuple[tuple[str, Files], Snapshot] | None = None

    def snapshot(self) -> Snapshot:
        """Return the newest publication; the same object as long as nothing is published.

        Raises NoFacts while there is none.
        """
        with self._lock:
            try:
                return self._newest()
            except FAILURES as error:
                self._snapshot = None
                raise NoFacts(NOT_YET) from error

    def at(self, instant: datetime) -> Snapshot:
        """Return the newest publication that is not later than an instant.

        Raises BadRequest for an instant that is still to come, NotFound for one that is earlier
        than what is kept, and NoFacts while there are none.
        """
        if instant > datetime.now(UTC):
            raise BadRequest(f"as_of: {instant.isoformat()} is still to come.")
        present = era(self._folder)
        if not present:
            raise NoFacts(NOT_YET)
        try:
            found = self._history.find(instant)
            if found is None:
                raise NotFound(self._too_early(instant))
            publication, files = found
            kept, key = self._earlier, (present, files)
            if kept and (kept[0], kept[1].publication) == (key, publication):
                return kept[1]
            snapshot = self._of_files(publication, files, self._columns.beside, _closed)
        except FAILURES as error:
            raise Unavailable(_JUST_REMOVED) from error
        self._earlier = key, snapshot
        return snapshot

    def _newest(self) -> Snapshot:
        present = era(self._folder)
        if present != self._era:
            self._era, self._snapshot, self._closed = present, None, Kept[Closed](1)
        found = self._history.newest() if present else None
        if found is None:
            raise NoFacts(NOT_YET)
        publication, files = found
        if self._snapshot and (self._snapshot.publication, self._made_of) == (publication, files):
            return self._snapshot
        snapshot = self._of_files(publication, files, self._columns.of, self._kept_closed)
        if era(self._folder) != present:
            raise NoFacts(NOT_YET)
        self._snapshot, self._made_of = snapshot, files
        return snapshot

    def _of_files(
        self,
        publication: Publication,
        files: Files,
        columns: Callable[[list[str]], Columns],
        closed: Callable[[list[str]], Closed],
    ) -> Snapshot:
        of: Mapping[str, list[str]] = {EVENT_TABLE: [], CONNECTION_TABLE: [], OPEN_TABLE: []}
        for path in sorted(files):
            of[path.partition("/")[0]].append(str(self._folder / path))
        return Snapshot(
            publication,
            scan(of[EVENT_TABLE], EVENTS),
            columns(of[EVENT_TABLE]),
            closed(of[CONNECTION_TABLE]),
            _connections(of[OPEN_TABLE]),
        )

    def _kept_closed(self, files: list[str]) -> Closed:
        return self._closed.of(tuple(files), lambda: _closed(files))

    def _too_early(self, instant: datetime) -> str:
        _, first = self._history.span()
        since = f"from {first.isoformat()} on" if first else "once there are some"
        return (
            f"as_of: the figures of {instant.isoformat()} are not kept. They can be asked for "
            f"{since}; the setting history_days says for how long."
        )


def newest_events(folder: Path) -> tuple[Publication, pl.LazyFrame]:
    """Return the newest publication and its events, and keep nothing in memory for the next time.

    Raises NoFacts while there is none.
    """
    found = published(folder)
    return found.publication, found.events()


@contextmanager
def readable() -> Iterator[None]:
    """Turn files that are gone from under a snapshot into NOT_YET."""
    try:
        yield
    except FileNotFoundError as error:
        raise NoFacts(NOT_YET) from error


def _connections(files: list[str]) -> pl.DataFrame:
    return typed(scan(files, CONNECTIONS)).with_columns(numbered("connection")).collect()


def _closed(files: list[str]) -> Closed:
    return Closed.cut(_connections(files), "start")
