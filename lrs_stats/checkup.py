"""What `lrs-stats doctor` looks for: lag, drift, what was not understood, missing indexes."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import polars as pl

from lrs_stats.errors import Unavailable
from lrs_stats.facts.tables import FactsReader
from lrs_stats.serving import Reachable
from lrs_stats.store.database import missing_indexes
from lrs_stats.store.statements import StatementStore
from lrs_stats.store.worker_state import WorkerState

LOOKS: Final = 5


def findings(reachable: Reachable) -> Iterator[str]:
    """Yield a sentence for each finding; what should be mended begins with `!`."""
    yield from _indexes(reachable)
    yield from _worker(reachable)
    yield from _facts(reachable)


def _indexes(reachable: Reachable) -> Iterator[str]:
    for index in missing_indexes(reachable.database):
        yield f"! The index {index} is missing; the next start of the server creates it."


def _worker(reachable: Reachable) -> Iterator[str]:
    progress = WorkerState(reachable.database).progress()
    if progress.trouble:
        yield f"! The worker is in trouble: {progress.trouble}."
    if not progress.alive:
        yield "  No worker is running; facts are kept up while lrs-stats serve runs."
    elif progress.as_of is not None:
        lag = (datetime.now(UTC) - progress.as_of).total_seconds()
        mark = "!" if lag > 60 else " "  # noqa: PLR2004 - a minute is long for an idle worker
        yield f"{mark} The facts count everything up to {lag:.0f} s ago."


def _facts(reachable: Reachable) -> Iterator[str]:
    reader, record = FactsReader(reachable.settings.facts), StatementStore(reachable.database)
    try:
        stored, held = _settled(reader, record)
        events = reader.snapshot().events
    except Unavailable:
        yield "! There are no facts yet; run lrs-stats serve, or lrs-stats rebuild."
        return
    mark = "!" if stored != held else " "
    yield f"{mark} The record holds {stored} statements, the facts account for {held}."
    unknown = events.filter(pl.col("kind") == "unknown").select(pl.len()).collect().item()
    yield f"  {unknown} statements were not understood; /api/v1/status lists their verbs."


def _settled(reader: FactsReader, record: StatementStore) -> tuple[int, int]:
    """Return how many statements the record holds and the facts account for, up to their mark.

    What became visible behind the mark a moment ago is counted by the next pass, so that a
    difference is only told when it stays.
    """
    for _ in range(LOOKS):
        publication, events = (snapshot := reader.snapshot()).publication, snapshot.events
        stored = record.count_through(publication.mark.through)
        held = events.filter(pl.col("part") == 0).select(pl.len()).collect().item()
        if stored == held:
            break
        time.sleep(1)
    return stored, held
