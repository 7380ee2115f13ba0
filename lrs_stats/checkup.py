"""What `lrs-stats doctor` looks for: lag, drift, what was not understood, missing indexes."""

from collections.abc import Iterator
from datetime import UTC, datetime

import polars as pl

from lrs_stats.errors import Unavailable
from lrs_stats.facts.tables import FactsReader
from lrs_stats.serving import Reachable
from lrs_stats.store.database import missing_indexes
from lrs_stats.store.statements import StatementStore
from lrs_stats.store.worker_state import WorkerState


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
    try:
        events = FactsReader(reachable.settings.facts).snapshot().events
    except Unavailable:
        yield "! There are no facts yet; run lrs-stats serve, or lrs-stats rebuild."
        return
    record = StatementStore(reachable.database)
    stored, held = record.count(), _held(events, record)
    mark = "!" if stored != held else " "
    yield f"{mark} The record holds {stored} statements, the facts account for {held}."
    unknown = events.filter(pl.col("kind") == "unknown").select(pl.len()).collect().item()
    yield f"  {unknown} statements were not understood; /api/v1/status lists their verbs."


def _held(events: pl.LazyFrame, record: StatementStore) -> int:
    """Return how many statements the facts account for; a voided one has no row any more."""
    rows = events.filter(pl.col("part") == 0).select(pl.len()).collect().item()
    voids = events.filter(pl.col("kind") == "void").select("object").collect()["object"]
    return int(rows) + record.count_voided(voids.drop_nulls().unique())
