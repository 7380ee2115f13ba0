"""Reading the Delta tables of the facts: their files, their rows, what their commits say."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import polars as pl
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from lrs_stats.facts.publication import Publication

RECENT: Final = 10
"""Commits among which one that wrote rows is nearly always found."""
_UPKEEP: Final = {"OPTIMIZE"}


def files_of(table: DeltaTable) -> list[str]:
    """Return the paths of the files of a table."""
    return [unquote(uri) for uri in table.file_uris()]


def scan(files: Iterable[str], schema: Mapping[str, pl.DataType]) -> pl.LazyFrame:
    """Return the rows of some files, of which there may be none."""
    paths = list(files)
    if not paths:
        return pl.LazyFrame(schema=schema)
    return pl.scan_parquet(paths, schema=schema, glob=False)


def metadata_of(table: DeltaTable) -> dict[str, Any]:
    """Return the metadata of the newest commit that wrote rows.

    Those that join files carry the mark on that they have read. But they are put on top of what
    another process has committed meanwhile, whose mark is the true one; so theirs counts only
    where the log has no other any more. Raises DeltaError when the newest commit is empty.
    """
    for limit in (RECENT, None):
        commits = table.history(limit)
        for commit in commits:
            if commit.get("operation") not in _UPKEEP:
                return commit
    if not commits:
        raise DeltaError(f"The newest commit of {table.table_uri} is empty.")
    return commits[0]


def cut_log(table: DeltaTable, folder: Path) -> None:
    """Remove all of a table's log before its newest version, whose commit stays."""
    table.create_checkpoint()
    newest = table.version()
    for entry in (folder / "_delta_log").iterdir():
        version = entry.name.partition(".")[0]
        if version.isdigit() and int(version) < newest:
            entry.unlink(missing_ok=True)


def publication_of(table: DeltaTable) -> Publication | None:
    """Return the publication that a version of the open connections is; the first is none."""
    metadata = metadata_of(table)
    if "events" not in metadata or "as_of" not in metadata:
        return None
    return Publication.read(table.version(), metadata)
