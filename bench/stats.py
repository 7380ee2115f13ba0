"""How long a report takes, beside the same figures by an aggregation in MongoDB."""

import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from math import isclose
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

import click
from pymongo import MongoClient

from bench import peer
from bench.record import fill
from bench.server import served
from bench.simulated import UNTIL
from bench.table import Line, Target, show
from bench.timing import TIMES, timed
from lrs_stats.access.callers import EVERYTHING
from lrs_stats.facts.reader import FactsReader
from lrs_stats.jobs.wiring import create_worker
from lrs_stats.registry import build
from lrs_stats.reports.engine import Engine, Facts
from lrs_stats.reports.granularities import GRANULARITIES
from lrs_stats.reports.query import Query
from lrs_stats.reports.report import Report
from lrs_stats.reports.roster_frames import roster_frames
from lrs_stats.serving import Reachable, opened
from lrs_stats.settings import Settings
from lrs_stats.store.database import Document, connect
from lrs_stats.store.rosters import RosterStore

MONTH: Final = datetime(UNTIL.year, UNTIL.month, UNTIL.day, tzinfo=UTC) - timedelta(days=30)
TOTALS: Final = Query("learners", ("connections", "time_spent"))
PAGE: Final = "/api/v1/stats/learners?page_size=100"
LIMITS: Final = {"all time": Target("<=", 500), "30 days": Target("<=", 100)}

Totals = dict[str, tuple[int, float]]
"""The connections and the seconds of each learner."""


@dataclass(frozen=True)
class Measured:
    """The seconds of each report, by granularity and period, and the memory that it all took."""

    seconds: dict[tuple[str, str], list[float]]
    totals: list[float]
    peak_mib: float


@click.command()
@click.option("--statements", default=1_000_000, show_default=True, help="How many are stored.")
def stats(statements: int) -> None:
    """Measure reports: every granularity × all metrics, for all time and for 30 days.

    Statements are stored and turned into facts by the server's own code, without HTTP. Reports
    are then made in one fresh process, by the engine, as an administrator; the peer gets
    connections and time per learner from the same statements by one MongoDB aggregation, and
    its figures must be equal to ours. Last, one page of a running server is asked for. A million
    statements take about five minutes and 4 GB of disk.
    """
    with TemporaryDirectory() as name:
        settings = Settings(data=Path(name))
        with opened(settings) as reachable:
            fill(reachable, statements)
            worker = create_worker(reachable.settings)
            worker.keep_up()
            worker.release()
            ours = _in_fresh_process(_measure, reachable.settings)
            theirs = _by_peer(reachable)
        with served(settings.data) as server:
            pages = timed(lambda: server.ask("GET", PAGE))
    lines = [
        Line(f"{name}, {period}", [1000 * one for one in seconds], "ms", LIMITS[period])
        for (name, period), seconds in ours.seconds.items()
    ]
    show(
        f"Made every report {TIMES} times from the facts of {statements:,} statements, all metrics "
        "each; and the connections and time of every learner once more in MongoDB.",
        [
            *lines,
            Line("a page of 100 learners over HTTP", [1000 * one for one in pages], "ms"),
            Line("connections, time per learner: ours", [1000 * o for o in ours.totals], "ms"),
            Line("connections, time per learner: MongoDB", [1000 * theirs], "ms"),
            Line("MongoDB : ours", [theirs / median(ours.totals)], "", Target(">=", 50)),
            Line("peak memory of the process", [ours.peak_mib], "MiB", Target("<=", 1024)),
        ],
    )


def _measure(settings: Settings) -> Measured:
    """Make every report several times, in the process that runs this."""
    report = _reporter(settings)
    metrics = tuple(build(settings).metrics)
    queries = {
        (name, period): Query(name, metrics, start=start)
        for name in GRANULARITIES
        for period, start in {"all time": None, "30 days": MONTH}.items()
    }
    seconds = {of: timed(partial(report, query)) for of, query in queries.items()}
    return Measured(seconds, timed(partial(report, TOTALS)), _peak_mib())


def _reporter(settings: Settings) -> Callable[[Query], Report]:
    """Return what makes a report from the published facts, whoever asks allowed to see all."""
    engine = Engine(build(settings).metrics, settings.zone)
    database = connect(settings.mongo, settings.database)
    roster = roster_frames(RosterStore(database).load())
    facts = Facts(FactsReader(settings.facts).snapshot(), roster, datetime.now(UTC))
    return lambda query: engine.report(query, [EVERYTHING], facts)


def _by_peer(reachable: Reachable) -> float:
    """Return the seconds that MongoDB takes, once it is sure that its figures are ours."""
    settings = reachable.settings
    with MongoClient[Document](settings.mongo) as client:  # without the server's time limits
        collection = client[settings.database]["bench_peer"]
        peer.fill(collection, FactsReader(settings.facts).snapshot().events)
        began = time.perf_counter()
        theirs = peer.totals(collection, timedelta(minutes=settings.idle_minutes))
        seconds = time.perf_counter() - began
    ours = {
        row["id"]: (row["connections"], row["time_spent"])
        for row in _reporter(settings)(TOTALS).rows
        if row["connections"]
    }
    _check_equal(ours, theirs)
    return seconds


def _check_equal(ours: Totals, theirs: Totals) -> None:
    """Fail unless the figures are equal; MongoDB keeps instants to the millisecond."""
    if ours.keys() != theirs.keys():
        raise AssertionError(f"Only one of both knows {sorted(ours.keys() ^ theirs.keys())[:5]}.")
    for learner, (connections, seconds) in ours.items():
        others, time_spent = theirs[learner]
        if connections != others or not isclose(seconds, time_spent, abs_tol=0.1):
            raise AssertionError(f"{learner}: {ours[learner]} here, {theirs[learner]} in MongoDB.")


def _in_fresh_process(measure: Callable[[Settings], Measured], settings: Settings) -> Measured:
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(measure, settings).result()


def _peak_mib() -> float:
    """Return the most memory that this process ever had, as Linux counts it."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
