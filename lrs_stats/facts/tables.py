"""The facts on disk: three Delta tables, and the one commit that publishes them together.

    events             a row for each event; only appended to, but for voiding and a new roster
    connections        derived from the events, whole as of some version of them
    open_connections   the learners whose connections have changed since, with all their
                       connections; it replaces theirs in `connections`

So keeping up costs what arrived: the many closed connections are rewritten only when the open
ones have become a fair part of them. Each commit of `open_connections` names the versions of the
other two that belong to it. It is what readers follow, and they see nothing half done.

Every commit of `events` carries the watermark up to which the record has been read, and is
refused when another process has committed in between: no row can be written twice.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import polars as pl
from deltalake import CommitProperties, DeltaTable, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError

from lrs_stats.errors import Unavailable
from lrs_stats.facts.connections import CONNECTIONS
from lrs_stats.facts.folder import (
    CONNECTION_TABLE,
    EVENT_TABLE,
    FILE_BYTES,
    OPEN_TABLE,
    begin_unless_whole,
    era,
    is_whole,
)
from lrs_stats.facts.rows import EVENTS, KEY
from lrs_stats.xapi.record import Cursor

SMALL_FILES: Final = 64
KEPT_HOURS: Final = 1
"""How long files that no version needs any more are kept for readers that are still at it."""
RECENT: Final = 10
"""Commits among which one that wrote rows is nearly always found."""
_UPKEEP: Final = {"OPTIMIZE", "VACUUM START", "VACUUM END"}
_OURS: Final = ("stored", "statement", "roster", "manner", "events", "connections", "idle")


class FactsGone(Exception):
    """The tables were deleted, or written by another, while in use: read them anew."""


@dataclass(frozen=True)
class Mark:
    """How far the record has been read into the events, and by which roster."""

    through: Cursor | None = None
    roster: int = 0
    manner: str = ""
    """How the roster was read: the settings on which its answers depend."""

    def metadata(self) -> dict[str, str]:
        """Return the mark as the custom metadata of a commit."""
        through = self.through
        return {
            "stored": through.stored.isoformat() if through else "",
            "statement": through.id if through else "",
            "roster": str(self.roster),
            "manner": self.manner,
        }

    @classmethod
    def read(cls, metadata: Mapping[str, Any]) -> "Mark":
        """Return the mark of a commit's metadata."""
        through = (
            Cursor(datetime.fromisoformat(metadata["stored"]), metadata["statement"])
            if metadata.get("stored")
            else None
        )
        return cls(through, int(metadata.get("roster", 0)), metadata.get("manner", ""))


@dataclass(frozen=True)
class Publication:
    """The versions of the tables that belong together, and what they hold."""

    version: int
    events: int
    connections: int
    mark: Mark
    idle: float


@dataclass(frozen=True)
class Snapshot:
    """The facts of one publication, for reading."""

    publication: Publication
    events: pl.LazyFrame
    connections: pl.DataFrame


class FactsTables:
    """The tables of one folder, for the one process that writes them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._era = begin_unless_whole(folder)
        self._events = DeltaTable(folder / EVENT_TABLE)
        self._connections = DeltaTable(folder / CONNECTION_TABLE)
        self._open = DeltaTable(folder / OPEN_TABLE)

    @property
    def mark(self) -> Mark:
        """Return how far the record has been read."""
        return Mark.read(_metadata(self._events))

    @property
    def version(self) -> int:
        """Return the version of the events."""
        return self._events.version()

    @property
    def published(self) -> Publication | None:
        """Return what readers see, or None before the first publication."""
        return _publication(self._open)

    def events(self) -> pl.LazyFrame:
        """Return all events."""
        return _scan(self._events, EVENTS)

    def connections(self) -> pl.LazyFrame:
        """Return the closed connections."""
        return _scan(self._connections, CONNECTIONS)

    def open_connections(self) -> pl.DataFrame:
        """Return the connections of the open learners; a learner without any has an empty row."""
        return _scan(self._open, CONNECTIONS).collect()

    def check(self) -> None:
        """Raise FactsGone when the tables are not those that were opened; it costs little."""
        if era(self._folder) != self._era:
            raise FactsGone(f"The facts in {self._folder} were deleted, or begun anew.")

    def append(self, rows: pl.DataFrame, mark: Mark) -> None:
        """Add rows to the events and move the mark, in one commit."""
        self._write(self._events, rows, "append", mark.metadata())

    def replace(self, rows: pl.DataFrame, mark: Mark) -> None:
        """Put rows in the place of all events, and set the mark, in one commit."""
        self._write(self._events, rows, "overwrite", mark.metadata())

    def amend(self, rows: pl.DataFrame, mark: Mark) -> None:
        """Give the events that rows name by their KEY the rows' other columns, and set the mark.

        It is one commit. Only the files that hold one of the events are written anew; others are
        not even read when all that they hold was stored before the first of them, or after the
        last.
        """
        self.check()
        stored = pl.col("stored").dt.to_string("iso:strict")
        first, last = rows.select(stored.min(), last=stored.max()).row(0)
        with _fresh(self._events):
            self._events.merge(
                rows,
                " and ".join(f"held.{name} = given.{name}" for name in KEY)
                + f" and held.stored >= timestamp '{first}' and held.stored <= timestamp '{last}'",
                source_alias="given",
                target_alias="held",
                commit_properties=_properties(mark.metadata()),
            ).when_matched_update(
                {name: f"given.{name}" for name in rows.columns if name not in KEY}
            ).execute()

    def close(self, connections: pl.DataFrame) -> None:
        """Write all connections as closed ones; readers see them with the next publication."""
        self._write(self._connections, connections, "overwrite", {})

    def publish(self, connections: pl.DataFrame, idle: timedelta) -> int:
        """Show readers the events and the closed connections as they are, and these open ones.

        Returns the version of the publication.
        """
        metadata = self.mark.metadata() | {
            "events": str(self._events.version()),
            "connections": str(self._connections.version()),
            "idle": str(idle.total_seconds()),
        }
        self._write(self._open, connections, "overwrite", metadata)
        return self._open.version()

    def compact(self) -> bool:
        """Join small files; return whether there were enough, and a publication is due.

        Raises FactsGone when a file is missing.
        """
        self.check()
        if not is_whole(self._folder):
            raise FactsGone(f"A file of the facts in {self._folder} is missing or cut short.")
        due = [table for table in self._all if _small_files(table) >= SMALL_FILES]
        for table in due:
            with _fresh(table):
                table.optimize.compact(commit_properties=_properties(_ours(table)))
        return bool(due)

    def vacuum(self) -> None:
        """Remove the files that only versions older than `KEPT_HOURS` need."""
        for table in self._all:
            with _fresh(table):
                table.vacuum(
                    retention_hours=KEPT_HOURS,
                    dry_run=False,
                    enforce_retention_duration=False,
                    commit_properties=_properties(_ours(table)),
                )

    @property
    def _all(self) -> tuple[DeltaTable, DeltaTable, DeltaTable]:
        return self._events, self._connections, self._open

    def _write(
        self, table: DeltaTable, rows: pl.DataFrame, mode: Any, metadata: dict[str, str]
    ) -> None:
        self.check()
        with _fresh(table):
            write_deltalake(table, rows, mode=mode, commit_properties=_properties(metadata))


class FactsReader:
    """The published facts of a folder, for any number of processes that read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._era = ""
        self._table: DeltaTable | None = None
        self._snapshot: Snapshot | None = None

    def snapshot(self) -> Snapshot:
        """Return the newest publication; the same object as long as nothing is published."""
        with self._lock:
            try:
                return self._newest()
            except (DeltaError, OSError, pl.exceptions.PolarsError) as error:
                self._table = self._snapshot = None
                raise Unavailable(NOT_YET) from error

    def _newest(self) -> Snapshot:
        present = era(self._folder)
        if present != self._era:
            self._era, self._table, self._snapshot = present, None, None
        if not present:
            raise Unavailable(NOT_YET)
        if self._table is None:
            self._table = DeltaTable(self._folder / OPEN_TABLE)
        else:
            self._table.update_incremental()
        if self._snapshot and self._snapshot.publication.version == self._table.version():
            return self._snapshot
        publication = _newest_publication(self._table)
        if publication is None:
            raise Unavailable(NOT_YET)
        snapshot = self._read(publication, self._table)
        if era(self._folder) != present:
            raise Unavailable(NOT_YET)
        self._snapshot = snapshot
        return snapshot

    def _read(self, publication: Publication, table: DeltaTable) -> Snapshot:
        events = DeltaTable(self._folder / EVENT_TABLE, version=publication.events)
        closed = DeltaTable(self._folder / CONNECTION_TABLE, version=publication.connections)
        opened = _scan(table, CONNECTIONS).collect()
        connections = pl.concat(
            [
                _scan(closed, CONNECTIONS).join(
                    opened.lazy().select("learner").unique(), on="learner", how="anti"
                ),
                opened.lazy().filter(pl.col("connection").is_not_null()),
            ]
        ).collect()
        return Snapshot(publication, _scan(events, EVENTS), connections)


NOT_YET: Final = "The facts are being built from the record. Try again in a moment."


@contextmanager
def readable() -> Iterator[None]:
    """Turn files that are gone from under a snapshot into NOT_YET."""
    try:
        yield
    except FileNotFoundError as error:
        raise Unavailable(NOT_YET) from error


class _fresh:  # noqa: N801 - read as a word: with _fresh(table)
    """Turn a commit that another process made impossible into FactsGone."""

    def __init__(self, table: DeltaTable) -> None:
        self._table = table

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, CommitFailedError):
            raise FactsGone("Another process has written the facts.") from error


def _small_files(table: DeltaTable) -> int:
    sizes = pl.DataFrame(table.get_add_actions())["size_bytes"]
    return int((sizes < FILE_BYTES // 2).sum())


def _scan(table: DeltaTable, schema: Mapping[str, pl.DataType]) -> pl.LazyFrame:
    files = [unquote(uri) for uri in table.file_uris()]
    if not files:
        return pl.LazyFrame(schema=schema)
    return pl.scan_parquet(files, schema=schema, glob=False)


def _metadata(table: DeltaTable) -> dict[str, Any]:
    """Return the metadata of the newest commit that wrote rows.

    Those that join or remove files carry the mark on that they have read. But they are put on
    top of what another process has committed meanwhile, whose mark is the true one; so theirs
    counts only where the log has no other any more.
    """
    for limit in (RECENT, None):
        commits = table.history(limit)
        for commit in commits:
            if commit.get("operation") not in _UPKEEP:
                return commit
    if not commits:
        raise DeltaError(f"The newest commit of {table.table_uri} is empty.")
    return commits[0]


def _ours(table: DeltaTable) -> dict[str, str]:
    """Return the part of a commit's metadata that is ours, to be carried on."""
    return {key: value for key, value in _metadata(table).items() if key in _OURS}


def _publication(table: DeltaTable) -> Publication | None:
    metadata = _metadata(table)
    if "events" not in metadata:
        return None
    return Publication(
        version=table.version(),
        events=int(metadata["events"]),
        connections=int(metadata["connections"]),
        mark=Mark.read(metadata),
        idle=float(metadata["idle"]),
    )


def _newest_publication(table: DeltaTable) -> Publication | None:
    """Return the publication of the version that is loaded, loading newer ones meanwhile.

    The log is read from the disk, where it may have gone on since the version was loaded.
    """
    while True:
        publication = _publication(table)
        loaded = table.version()
        table.update_incremental()
        if table.version() == loaded:
            return publication


def _properties(metadata: dict[str, str]) -> CommitProperties:
    return CommitProperties(custom_metadata=metadata, max_commit_retries=0)
