"""The folder of the facts: three tables that were begun together, or none of them.

The file `era` names the beginning, and the form of the tables. A folder of which a part was
deleted or cut short, or that an older version wrote in another form, is begun anew, since all of it
can be read from the record again; whoever still holds tables of the era before sees by the name
that they are gone.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from uuid import uuid4

import polars as pl
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import DeltaError

from lrs_stats.facts.connections import CONNECTIONS
from lrs_stats.facts.rows import EVENTS

FORM: Final = "2"
"""The form of the tables; another one whenever what was written before says too little."""
FILE_BYTES: Final = 1 << 24
"""The size of a file once it is whole: some 250 000 events. A smaller part of the table has to be
written anew when a few rows change; more files would cost whoever reads all of them."""
EVENT_TABLE: Final = "events"
CONNECTION_TABLE: Final = "connections"
OPEN_TABLE: Final = "open_connections"
SCHEMAS: Final[Mapping[str, Mapping[str, pl.DataType]]] = {
    OPEN_TABLE: CONNECTIONS,  # first, since it is what readers of the tables follow
    CONNECTION_TABLE: CONNECTIONS,
    EVENT_TABLE: EVENTS,
}
_CONFIGURATION: Final[Mapping[str, str | None]] = {
    # Each commit looks through the whole log, so it is kept as short as readers allow. It is cut
    # off by the upkeep alone, when the newest version of each table is the published one.
    "delta.logRetentionDuration": "interval 1 minutes",
    "delta.enableExpiredLogCleanup": "false",
    "delta.deletedFileRetentionDuration": "interval 1 hours",
    "delta.checkpointInterval": "50",
    "delta.targetFileSize": str(FILE_BYTES),
}


def begin_unless_whole(folder: Path) -> str:
    """Make sure that a folder holds all tables, empty ones if need be; return its era."""
    if not is_whole(folder):
        (folder / "era").unlink(missing_ok=True)  # first, so that nobody takes the rest for it
        (folder / "history").unlink(missing_ok=True)
        for table in SCHEMAS:
            shutil.rmtree(folder / table, ignore_errors=True)
        for table, schema in SCHEMAS.items():
            (folder / table).mkdir(parents=True)
            write_deltalake(
                folder / table, pl.DataFrame(schema=schema), configuration=_CONFIGURATION
            )
        (folder / "era").write_text(f"{FORM}-{uuid4().hex}", "ascii")
    return era(folder)


def era(folder: Path) -> str:
    """Return the name of the beginning of a folder's tables.

    It is empty when a table is gone, or when they have another form than this version writes.
    """
    if not all((folder / table / "_delta_log").is_dir() for table in SCHEMAS):
        return ""
    try:
        name = (folder / "era").read_text("ascii")
    except (FileNotFoundError, UnicodeDecodeError):
        return ""
    return name if name.startswith(f"{FORM}-") else ""


def is_whole(folder: Path) -> bool:
    """Say whether every table can be opened, and every file of it has its size."""
    if not era(folder):
        return False
    try:
        return all(_has_its_files(folder / table) for table in SCHEMAS)
    except DeltaError:
        return False


def _has_its_files(table: Path) -> bool:
    # a commit that was cut to nothing says nothing, and delta-rs passes over it
    if any(not commit.stat().st_size for commit in (table / "_delta_log").glob("*.json")):
        return False
    opened = DeltaTable(table)
    files = pl.DataFrame(opened.get_add_actions()).select("path", "size_bytes")
    for path, size in files.iter_rows():
        try:
            if (table / path).stat().st_size != size:
                return False
        except FileNotFoundError:
            return False
    return True
