"""The newest publication as the files that it is made of, for whoever reads the tables as such."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from lrs_stats.errors import NoFacts
from lrs_stats.facts.connections import CONNECTIONS
from lrs_stats.facts.delta import files_of, publication_of, scan
from lrs_stats.facts.folder import CONNECTION_TABLE, EVENT_TABLE, OPEN_TABLE, SCHEMAS, era
from lrs_stats.facts.publication import Publication
from lrs_stats.facts.rows import EVENTS, INSTANT

NOT_YET: Final = "The facts are being built from the record. Try again in a moment."
FAILURES: Final = (DeltaError, OSError, pl.exceptions.PolarsError)


_DUCKDB: Final[Mapping[pl.DataType, str]] = {
    pl.String(): "varchar",
    INSTANT: "timestamptz",
    pl.Boolean(): "boolean",
    pl.Float64(): "double",
    pl.Int32(): "integer",
    pl.Int64(): "bigint",
}


@dataclass(frozen=True)
class Published:
    """The tables of one publication, by name: their `files`, and their `versions` as Delta tables.

    The files are Parquet. They stay for an hour after a newer publication, and go at once when a
    person is erased.
    """

    publication: Publication
    versions: Mapping[str, int]
    files: Mapping[str, tuple[str, ...]]

    @property
    def as_of(self) -> datetime:
        """Return the instant before which every acknowledged statement is counted."""
        return self.publication.as_of

    def events(self) -> pl.LazyFrame:
        """Return all events, voided ones among them."""
        return scan(self.files[EVENT_TABLE], EVENTS)

    def connections(self) -> pl.LazyFrame:
        """Return all connections: an open learner's are the open ones, and no others."""
        closed = scan(self.files[CONNECTION_TABLE], CONNECTIONS)
        opened = scan(self.files[OPEN_TABLE], CONNECTIONS)
        return pl.concat(
            [
                closed.join(opened.select("learner").unique(), on="learner", how="anti"),
                opened.filter(pl.col("connection").is_not_null()),
            ]
        )

    def sql(self) -> dict[str, str]:
        """Return the same two as queries of DuckDB, to make views of."""
        closed, opened, events = (
            _query(self.files[name], SCHEMAS[name])
            for name in (CONNECTION_TABLE, OPEN_TABLE, EVENT_TABLE)
        )
        others = f"select * from ({closed}) anti join ({opened}) using (learner)"  # noqa: S608 - of ours
        own = f"select * from ({opened}) where connection is not null"  # noqa: S608 - too
        return {EVENT_TABLE: events, CONNECTION_TABLE: f"{others} union all {own}"}


def published(folder: str | Path) -> Published:
    """Return the newest publication of the folder `facts` in a server's data folder.

    Raises NoFacts while there is none.
    """
    folder = Path(folder)
    try:
        table = DeltaTable(folder / OPEN_TABLE) if era(folder) else None
        publication = newest_publication(table) if table else None
        if table is None or publication is None:
            raise NoFacts(NOT_YET)
        closed = DeltaTable(folder / CONNECTION_TABLE, version=publication.connections)
        events = DeltaTable(folder / EVENT_TABLE, version=publication.events)
        tables = {EVENT_TABLE: events, CONNECTION_TABLE: closed, OPEN_TABLE: table}
        return Published(
            publication,
            {name: one.version() for name, one in tables.items()},
            {name: tuple(files_of(one)) for name, one in tables.items()},
        )
    except FAILURES as error:
        raise NoFacts(NOT_YET) from error


def is_published(folder: Path) -> bool:
    """Return whether a folder has facts that can be read by now."""
    try:
        published(folder)
    except NoFacts:
        return False
    return True


def newest_publication(table: DeltaTable) -> Publication | None:
    """Return the publication of the version that is loaded, loading newer ones meanwhile.

    The log is read from the disk, where it may have gone on since the version was loaded.
    """
    while True:
        publication = publication_of(table)
        loaded = table.version()
        table.update_incremental()
        if table.version() == loaded:
            return publication


def _query(files: Iterable[str], schema: Mapping[str, pl.DataType]) -> str:
    """Return a query of DuckDB for the rows of some files, of which there may be none."""
    paths = ", ".join("'" + path.replace("'", "''") + "'" for path in files)
    if paths:
        return f"select * from read_parquet([{paths}])"  # noqa: S608 - the paths are quoted
    columns = ", ".join(f'null::{_DUCKDB[dtype]} as "{name}"' for name, dtype in schema.items())
    return f"select {columns} where false"
