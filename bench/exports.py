"""How fast a log becomes a file, and what memory it takes: CSV of a million rows, and Excel."""

import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

import click
import polars as pl

from bench import facts
from bench.keeping import keeping, kept_in
from bench.stats import NOW
from bench.table import Line, Target, show
from lrs_stats import Reports
from lrs_stats.access.callers import EVERYTHING
from lrs_stats.facts.history import Retention
from lrs_stats.facts.reader import FactsReader
from lrs_stats.facts.statement_ids import spelled
from lrs_stats.facts.tables import FactsTables
from lrs_stats.registry import build
from lrs_stats.reports.engine import Engine, Facts
from lrs_stats.reports.query import Query
from lrs_stats.reports.report import Report
from lrs_stats.reports.roster_frames import roster_frames
from lrs_stats.settings import Settings

FEW: Final = 10_000
SHEET: Final = 200_000
SECONDS: Final = 3
"""What a CSV of a million rows may take (DESIGN, 7)."""
FLAT: Final = 64
"""MiB by which a million rows may take more than ten thousand."""


@dataclass(frozen=True)
class Made:
    """A file: its rows, its size, how long it took, and how long processors worked.

    `mib` is the memory at its most, beyond what there was before.
    """

    rows: int
    size: int
    seconds: float
    work: float
    mib: float


@dataclass(frozen=True)
class Log:
    """A folder of facts with many connections, by so many learners."""

    folder: Path
    learners: int


@click.command()
@keeping
@click.option("--statements", default=200_000, show_default=True, help="From which they come.")
@click.option("--learners", default=20_000, show_default=True, help="Whose they are.")
@click.option("--times", default=3, show_default=True, help="How often each file is made.")
@click.option("--rows", default=1_000_000, show_default=True, help="Connections in the log.")
def exports(rows: int, times: int, statements: int, learners: int, keep: Path | None) -> None:
    """Measure files of the log of connections, and the memory that each takes.

    The connections are those of simulated statements, repeated at other times. Each file
    is made several times, each time in a fresh process that has loaded the facts before; memory is
    what the process takes at its most beyond that. Making the tables takes a minute.
    """
    with kept_in(keep) as kept:
        log = Log(kept / f"{rows}-connections", learners)
        _make(log, rows, statements)
        made = {
            what: [_in_fresh_process(log, *asked) for _ in range(times)]
            for what, asked in _asked(rows).items()
        }
    few, many = (made[what] for what in list(made)[:2])
    limits = {list(made)[1]: Target("<=", SECONDS * rows / 1_000_000)}
    more = [large.mib - small.mib for large, small in zip(many, few, strict=True)]
    show(
        f"Wrote the log of {rows:,} connections {times} times; the CSV has "
        f"{many[0].size / (1 << 20):,.0f} MiB.",
        [
            *(
                Line(what, [one.seconds for one in each], "s", limits.get(what))
                for what, each in made.items()
            ),
            *(
                Line(f"processor time: {what}", [one.work for one in each], "s")
                for what, each in made.items()
            ),
            *(
                Line(f"memory: {what}", [one.mib for one in each], "MiB")
                for what, each in made.items()
            ),
            Line("memory: CSV, many rows − few", more, "MiB", Target("<=", FLAT)),
        ],
    )


def _asked(rows: int) -> dict[str, tuple[str, int, dict[str, str]]]:
    """Return the files to make: the format, its rows, its options; first CSV of few and of all."""
    few, sheet = min(FEW, rows), min(SHEET, rows)
    return {
        f"CSV, the {few:,} newest rows": ("csv", few, {}),
        f"CSV, {rows:,} rows": ("csv", rows, {}),
        f"CSV, the {rows // 10:,} newest rows": ("csv", rows // 10, {}),
        f"French CSV, {rows:,} rows": ("csv", rows, {"dialect": "french"}),
        f"JSON lines, {rows:,} rows": ("jsonl", rows, {}),
        f"Parquet, {rows:,} rows": ("parquet", rows, {}),
        f"Excel, {sheet:,} rows": ("xlsx", sheet, {}),
    }


def _make(log: Log, rows: int, statements: int) -> None:
    """Make facts with so many connections, unless they are there."""
    facts.make(log.folder, statements, log.learners)
    known = FactsReader(log.folder).snapshot().connections
    missing = rows - known.height
    if missing <= 0:
        return
    texts = pl.col(pl.Categorical).cast(pl.String)
    copies = -(-missing // known.height)
    known = known.with_columns(texts, spelled("connection"))
    repeated = pl.concat([known, *(_later(known, copy + 1) for copy in range(copies))])
    tables = FactsTables(log.folder, Retention())
    tables.close(repeated.head(rows))
    idle = timedelta(minutes=Settings().idle_minutes)
    tables.publish(tables.open_connections(), idle, datetime.now(UTC))


def _later(connections: pl.DataFrame, copy: int) -> pl.DataFrame:
    """Return connections with other ids, some minutes earlier each time."""
    earlier = timedelta(minutes=11 * copy)
    return connections.with_columns(
        pl.col("connection").str.head(28) + f"{copy:08x}",
        pl.col("start", "end") - earlier,
    )


def _in_fresh_process(log: Log, name: str, rows: int, options: dict[str, str]) -> Made:
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_measured, log, name, rows, options).result()


def _measured(log: Log, name: str, rows: int, options: dict[str, str]) -> Made:
    """Write one file, in the process that runs this."""
    exporter = build(Settings()).exporters[name]
    made = _report(log, rows)
    before = _resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", "ascii")  # forget the most that there was
    began, worked = time.perf_counter(), time.process_time()
    with TemporaryFile() as file:
        report = made()
        exporter.write(Reports(report), file, options)
        file.flush()
        seconds, work = time.perf_counter() - began, time.process_time() - worked
        return Made(report.count, file.tell(), seconds, work, _resident("VmHWM") - before)


def _report(log: Log, rows: int) -> Callable[[], Report]:
    """Return what makes the log of the newest connections, with everything in memory before."""
    settings = Settings()
    engine = Engine(build(settings).metrics, settings.zone)
    snapshot = FactsReader(log.folder).snapshot()
    starts = snapshot.closed.whole["start"].sort(descending=True)
    published = Facts(snapshot, roster_frames(facts.roster_of(facts.crowd(log.learners))), NOW)
    since = None if rows >= starts.len() else starts[rows - 1]
    engine.report(Query("connections", (), page_size=10), [EVERYTHING], published)
    return lambda: engine.report(Query("connections", (), start=since), [EVERYTHING], published)


def _resident(name: str) -> float:
    """Return memory of this process in MiB, as Linux counts it."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition(f"{name}:")[2].split()[0]) / 1024
