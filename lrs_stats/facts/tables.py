"""The facts on disk: three Delta tables, and the one commit that publishes them together.

    events             a row for each event; only appended to, but for voiding and a new roster
    connections        derived from the events, whole as of some version of them
    open_connections   the learners whose connections have changed since, with all their
                       connections; it replaces theirs in `connections`

So keeping up costs what arrived: the many closed connections are rewritten only when the open
ones have become a fair part of them. Each commit of `open_connections` names the versions of the
other two that belong to it: whoever follows it sees nothing half done.

The files of each publication are written down after it beside the tables, in `history`. That is
what the server's own pages follow: they read no log, figures can be asked for as they stood, and
it is known which files nobody needs any more.

Every commit of `events` carries the watermark up to which the record has been read, and is
refused when another process has committed in between: no row can be written twice.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import polars as pl
from deltalake import CommitProperties, DeltaTable, write_deltalake
from deltalake.exceptions import CommitFailedError
from deltalake.table import TableMerger

from lrs_stats.errors import NoFacts
from lrs_stats.facts.by_learner import ByLearner
from lrs_stats.facts.connections import CONNECTIONS
from lrs_stats.facts.delta import cut_log, files_of, metadata_of, publication_of, scan
from lrs_stats.facts.folder import (
    CONNECTION_TABLE,
    EVENT_TABLE,
    FILE_BYTES,
    OPEN_TABLE,
    begin_unless_whole,
    era,
    is_whole,
)
from lrs_stats.facts.history import History, Retention
from lrs_stats.facts.publication import Mark, Publication
from lrs_stats.facts.published import published
from lrs_stats.facts.rows import EVENTS, KEY
from lrs_stats.facts.understanding import accounted

SMALL_FILES: Final = 64
OFTEN: Final = 50
"""So many appends make one opened table slow: it keeps a list for each, and looks through all."""
_NAMES: Final = (EVENT_TABLE, CONNECTION_TABLE, OPEN_TABLE)
_OURS: Final = ("stored", "statement", "roster", "manner", "events", "connections", "idle", "as_of")


class FactsGone(Exception):
    """The tables were deleted, or written by another, while in use: read them anew."""


@dataclass
class Closing:
    """Open connections that are being written to a version of the closed ones."""

    opened: pl.DataFrame
    version: int
    is_done: bool = False


class FactsTables:
    """The tables of one folder, for the one process that writes them."""

    def __init__(self, folder: Path, retention: Retention) -> None:
        """Open the tables of a folder, or begin them; earlier publications stay so long."""
        self._folder = folder
        self._retention = retention
        self._era = begin_unless_whole(folder)
        self._events = DeltaTable(folder / EVENT_TABLE)
        self._connections = DeltaTable(folder / CONNECTION_TABLE)
        self._open = DeltaTable(folder / OPEN_TABLE)
        self._by_learner = ByLearner(folder)
        self._event_files = tuple(files_of(self._events))
        self._appended = 0
        self._history = History(folder)
        self._history.open(_newest(folder))

    @property
    def mark(self) -> Mark:
        """Return how far the record has been read."""
        return Mark.read(metadata_of(self._events))

    @property
    def version(self) -> int:
        """Return the version of the events."""
        return self._events.version()

    @property
    def published(self) -> Publication | None:
        """Return what readers see, or None before the first publication."""
        return publication_of(self._open)

    def events(self) -> pl.LazyFrame:
        """Return all events."""
        return scan(files_of(self._events), EVENTS)

    def signs_of(self, learners: Collection[str]) -> pl.DataFrame:
        """Return what connections are derived from, of some learners."""
        return self._by_learner.of(learners, self._event_files)

    def arrange(self, go_on: Callable[[], bool]) -> None:
        """Arrange whole files by learner, as long as one may go on; any thread may do it."""
        self._by_learner.arrange(self._event_files, go_on)

    def statements(self) -> int:
        """Return how many statements have events."""
        return accounted(self.events())

    def connections(self) -> pl.LazyFrame:
        """Return the closed connections."""
        return scan(files_of(self._connections), CONNECTIONS)

    def closed(self) -> int:
        """Return how many connections are closed."""
        return int(pl.DataFrame(self._connections.get_add_actions())["num_records"].sum())

    def open_connections(self) -> pl.DataFrame:
        """Return the connections of the open learners; a learner without any has an empty row."""
        return scan(files_of(self._open), CONNECTIONS).collect()

    def check(self) -> None:
        """Raise FactsGone when the tables are not those that were opened; it costs little."""
        if era(self._folder) != self._era:
            raise FactsGone(f"The facts in {self._folder} were deleted, or begun anew.")

    def mend(self) -> None:
        """Write down again what is published when somebody else has changed the list of that.

        This is for whoever publishes alone, and not for a thread beside the passes.
        """
        if self._history.is_as_left:
            return
        newest = _newest(self._folder)
        if newest is not None or self.published is None:  # else the disk may do better next time
            self._history.open(newest)

    def append(self, rows: pl.DataFrame, mark: Mark, *, held: bool = False) -> None:
        """Add rows to the events and move the mark, in one commit.

        They are `held` in memory when their learners' events will be asked for.
        """
        before = set(self._event_files)
        self._write(self._events, rows, "append", mark.metadata())
        written = set(self._event_files) - before
        if held and len(written) == 1:
            self._by_learner.add(written.pop(), rows)
        self._appended += 1
        if self._appended == OFTEN:
            self._events = DeltaTable(self._folder / EVENT_TABLE, version=self.version)
            self._appended = 0

    def replace(self, rows: pl.DataFrame, mark: Mark) -> None:
        """Put rows in the place of all events, and set the mark, in one commit."""
        self._write(self._events, rows, "overwrite", mark.metadata())

    def amend(self, rows: pl.DataFrame, mark: Mark) -> None:
        """Give the events that rows name by their KEY the rows' other columns, and set the mark.

        It is one commit. Only the files that hold one of the events are written anew; others are
        not even read when all that they hold was stored before the first of them, or after the
        last.
        """
        new = {name: f"given.{name}" for name in rows.columns if name not in KEY}
        with self._changing(self._events):
            self._matching(rows, mark).when_matched_update(new).execute()

    def remove(self, rows: pl.DataFrame, mark: Mark) -> None:
        """Take the events out that rows name by their KEY, in one commit with the mark."""
        with self._changing(self._events):
            self._matching(rows.select(KEY), mark).when_matched_delete().execute()

    def _matching(self, rows: pl.DataFrame, mark: Mark) -> TableMerger:
        self.check()
        stored = pl.col("stored").dt.to_string("iso:strict")
        first, last = rows.select(stored.min(), last=stored.max()).row(0)
        return self._events.merge(
            rows,
            " and ".join(f"held.{name} = given.{name}" for name in KEY)
            + f" and held.stored >= timestamp '{first}' and held.stored <= timestamp '{last}'",
            source_alias="given",
            target_alias="held",
            commit_properties=_properties(mark.metadata()),
        )

    def close(self, connections: pl.DataFrame) -> None:
        """Write all connections as closed ones; readers see them with the next publication."""
        self._write(self._connections, connections, "overwrite", {})

    def closed_with(self, opened: pl.DataFrame) -> pl.DataFrame:
        """Return all connections, closed and open; an open learner's are the open ones."""
        return _together(self.connections(), opened)

    def closing(self, opened: pl.DataFrame) -> "Closing":
        """Begin to close connections; the closed ones are to stay as they are until it is done."""
        return Closing(opened, self._connections.version())

    def close_beside(self, closing: "Closing") -> None:
        """Write open connections to the closed ones, in any thread.

        It is refused when the closed ones have changed meanwhile. Until `take_closed` nobody reads
        what is written. Whoever opens the tables before that finds it, and the open connections
        still say the same of their learners.
        """
        table = DeltaTable(self._folder / CONNECTION_TABLE, version=closing.version)
        closed = _together(scan(files_of(table), CONNECTIONS), closing.opened)
        self.check()
        with _fresh():
            write_deltalake(table, closed, mode="overwrite", commit_properties=_properties({}))
        closing.is_done = True

    def take_closed(self) -> None:
        """Let the next publication show what `close_beside` has written."""
        self._connections.update_incremental()

    def publish(self, connections: pl.DataFrame, idle: timedelta, as_of: datetime) -> int:
        """Show readers the events and the closed connections as they are, and these open ones.

        `as_of` is the instant before which every acknowledged statement is counted. Returns the
        version of the publication.
        """
        publication = Publication(
            version=self._open.version() + 1,
            events=self._events.version(),
            connections=self._connections.version(),
            mark=self.mark,
            idle=idle.total_seconds(),
            as_of=as_of,
        )
        self._write(self._open, connections, "overwrite", publication.metadata())
        self._history.add(publication, self._files())
        return publication.version

    def compact(self) -> bool:
        """Join small files; return whether there were enough, and a publication is due.

        Raises FactsGone when a file is missing.
        """
        self.check()
        if not is_whole(self._folder):
            raise FactsGone(f"A file of the facts in {self._folder} is missing or cut short.")
        due = [table for table in self._all if _small_files(table) >= SMALL_FILES]
        for table in due:
            with self._changing(table):
                table.optimize.compact(commit_properties=_properties(_ours(table)))
        return bool(due)

    def vacuum(self, now: datetime) -> None:
        """Keep what the retention says of earlier publications, and remove all other files.

        The tables must be as they are published. `now` is by the clock of `as_of`.
        """
        self.check()
        self.mend()
        self._history.thin(self._retention, now)
        self._history.remove_others(self._files())
        for table in self._all:
            table.cleanup_metadata()

    def purge(self) -> None:
        """Keep nothing on the disk but the newest publication: no earlier one, no log before it.

        The tables must be as they are published. Readers that are still at an earlier state are
        told to ask again.
        """
        self.check()
        published = self.published
        if published is None:
            return
        if not self._history.is_as_left:
            raise FactsGone("Another process has published the facts.")
        self._history.begin_anew(published, self._files())
        self._history.remove_others(self._files(), recent_too=True)
        self._by_learner.clear(self._event_files)
        for name, table in zip(_NAMES, self._all, strict=True):
            cut_log(table, self._folder / name)

    def _files(self) -> frozenset[str]:
        """Return the files of the tables as they are, as paths within the folder."""
        return _within(dict(zip(_NAMES, map(files_of, self._all), strict=True)))

    @property
    def _all(self) -> tuple[DeltaTable, DeltaTable, DeltaTable]:
        return self._events, self._connections, self._open

    def _write(
        self, table: DeltaTable, rows: pl.DataFrame, mode: Any, metadata: dict[str, str]
    ) -> None:
        self.check()
        with self._changing(table):
            write_deltalake(table, rows, mode=mode, commit_properties=_properties(metadata))

    @contextmanager
    def _changing(self, table: DeltaTable) -> Iterator[None]:
        """Let a table be written, and know its files afterwards."""
        with _fresh():
            yield
        if table is self._events:
            self._event_files = tuple(files_of(table))
            self._by_learner.keep(self._event_files)


def _newest(folder: Path) -> tuple[Publication, frozenset[str]] | None:
    """Return the newest publication and its files, though other commits have followed it."""
    try:
        found = published(folder)
    except NoFacts:
        return None
    return found.publication, _within(found.files)


def _within(files: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """Return the files of tables as paths within the folder."""
    return frozenset(
        f"{name}/{path.rpartition('/')[2]}" for name, some in files.items() for path in some
    )


@contextmanager
def _fresh() -> Iterator[None]:
    """Turn a commit that another process made impossible into FactsGone."""
    try:
        yield
    except CommitFailedError as error:
        raise FactsGone("Another process has written the facts.") from error


def _together(closed: pl.LazyFrame, opened: pl.DataFrame) -> pl.DataFrame:
    others = closed.join(opened.lazy().select("learner").unique(), on="learner", how="anti")
    return pl.concat([others.collect(), opened.filter(pl.col("connection").is_not_null())])


def _small_files(table: DeltaTable) -> int:
    sizes = pl.DataFrame(table.get_add_actions())["size_bytes"]
    return int((sizes < FILE_BYTES // 2).sum())


def _ours(table: DeltaTable) -> dict[str, str]:
    """Return the part of a commit's metadata that is ours, to be carried on."""
    return {key: value for key, value in metadata_of(table).items() if key in _OURS}


def _properties(metadata: dict[str, str]) -> CommitProperties:
    return CommitProperties(custom_metadata=metadata, max_commit_retries=0)
