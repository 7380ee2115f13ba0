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
from typing import Final, TypeVar

import click
import polars as pl
from pymongo import MongoClient

from bench import facts, peer
from bench.keeping import kept_in, of_facts
from bench.simulated import UNTIL
from bench.table import Line, Target, show
from bench.timing import TIMES, timed
from lrs_stats.access.callers import EVERYTHING
from lrs_stats.facts.history import Retention
from lrs_stats.facts.reader import FactsReader
from lrs_stats.facts.tables import FactsTables
from lrs_stats.registry import build
from lrs_stats.reports.engine import Engine, Facts
from lrs_stats.reports.granularities import GRANULARITIES
from lrs_stats.reports.logs import LOGS
from lrs_stats.reports.meaning import why_not
from lrs_stats.reports.query import Query
from lrs_stats.reports.report import Report
from lrs_stats.reports.roster_frames import roster_frames
from lrs_stats.serving import opened
from lrs_stats.settings import Settings
from lrs_stats.store.database import Document

MONTH: Final = datetime(UNTIL.year, UNTIL.month, UNTIL.day, tzinfo=UTC) - timedelta(days=30)
NOW: Final = datetime(UNTIL.year, UNTIL.month, UNTIL.day, tzinfo=UTC)
PAGE: Final = 100
TOTALS: Final = Query("learners", ("connections", "time_spent"))
MEMORY: Final = Target("<=", 1024)
REST: Final = 12
"""Seconds after which the allocator has given back what is free: Polars's waits for ten."""
LIMITS: Final = {"all time": Target("<=", 500), "30 days": Target("<=", 100)}

ANEW: Final = ("platform", "groups")
"""Of these the first page after a publication is measured, too."""
_Found = TypeVar("_Found")
Totals = dict[str, tuple[int, float]]
"""The connections and the seconds of each learner."""


@dataclass(frozen=True)
class Measured:
    """The seconds of each page, by granularity and period, and the memory, then and at its most.

    `anew` are those of the first page of a period after a publication.
    """

    seconds: dict[tuple[str, str], list[float]]
    anew: dict[tuple[str, str], list[float]]
    totals: list[float]
    resident_mib: float
    peak_mib: float


@click.command()
@of_facts
@click.option("--no-peer", is_flag=True, help="Leave out MongoDB, which takes the longest.")
def stats(events: int, learners: int, keep: Path | None, *, no_peer: bool) -> None:
    """Measure every page of the API: each granularity × all metrics, all time and 30 days.

    The tables are made by the server's own code from simulated statements, without a database.
    Pages of 100 rows are then made in one fresh process, by the engine, as an administrator; the
    peer gets connections and time per learner from the same statements by one MongoDB
    aggregation, and its figures must be equal to ours. Beside them stands how long Polars takes for
    nothing but a sum per learner, which tells one machine from another. Ten million statements take
    about ten minutes to make, and 3 GB of disk; with MongoDB an hour and 10 GB.
    """
    with kept_in(keep) as kept:
        folder = kept / f"{events}-{learners}"
        facts.make(folder, events, learners)
        plain = _in_fresh_process(_yardstick, events, learners)
        ours = _in_fresh_process(_measure, folder, learners)
        theirs = None if no_peer else _by_peer(folder, learners)
    lines = [
        Line(f"{name}, {period}", [1000 * one for one in seconds], "ms", LIMITS[period])
        for (name, period), seconds in ours.seconds.items()
    ]
    lines += [
        Line(f"{name}, {period}, the first after a publication", [1000 * one for one in some], "ms")
        for (name, period), some in ours.anew.items()
    ]
    ratio = [] if theirs is None else [
        Line("connections, time per learner: MongoDB", [1000 * theirs], "ms"),
        Line("MongoDB : ours", [theirs / median(ours.totals)], "", Target(">=", 50)),
    ]  # fmt: skip
    show(
        f"Made a page of {PAGE} rows {TIMES} times from the facts of {events:,} statements by "
        f"{learners:,} learners, with every metric that means something there.",
        [
            *lines,
            Line("connections, time per learner: ours", [1000 * o for o in ours.totals], "ms"),
            *ratio,
            Line("nothing but a sum per learner, by Polars", [1000 * one for one in plain], "ms"),
            Line("memory of the process at rest", [ours.resident_mib], "MiB", MEMORY),
            Line("the same, at its peak", [ours.peak_mib], "MiB", MEMORY),
        ],
    )


def _measure(folder: Path, learners: int) -> Measured:
    """Make every page several times, in the process that runs this."""
    served = _Served(folder, learners)
    metrics = build(Settings()).metrics
    queries = {
        (name, period): Query(
            name,
            tuple(m for m, one in metrics.items() if not why_not(one, Query(name, ()))),
            start=start,
            page_size=PAGE,
        )
        for name in GRANULARITIES
        for period, start in {"all time": None, "30 days": MONTH}.items()
    }
    queries |= {
        (name, period): Query(name, (), start=start, page_size=PAGE)
        for name in LOGS
        for period, start in {"all time": None, "30 days": MONTH}.items()
    }
    seconds = {of: timed(partial(served.report, query)) for of, query in queries.items()}
    first = {of: served.timed_anew(query) for of, query in queries.items() if of[0] in ANEW}
    totals = timed(partial(served.report, TOTALS))
    time.sleep(REST)
    return Measured(seconds, first, totals, _mib("VmRSS"), _mib("VmHWM"))


def _yardstick(rows: int, learners: int) -> list[float]:
    """Return the seconds of a sum per learner over so many rows of numbers."""
    number = pl.int_range(rows, eager=True)
    frame = pl.LazyFrame({"learner": number.hash(1) % learners, "value": number.hash(2) % 1000})
    typed = frame.cast({"learner": pl.UInt32, "value": pl.Float64}).collect().lazy()
    return timed(typed.group_by("learner").agg(pl.col("value").sum()).collect)


class _Served:
    """What makes reports from the published facts, whoever asks allowed to see all."""

    def __init__(self, folder: Path, learners: int) -> None:
        settings = Settings()
        self._folder = folder
        self._reader = FactsReader(folder)
        self._engine = Engine(build(settings).metrics, settings.zone)
        self._roster = roster_frames(facts.roster_of(facts.crowd(learners)))
        self._read()

    def report(self, query: Query) -> Report:
        """Return a report."""
        return self._engine.report(query, [EVERYTHING], self._published)

    def timed_anew(self, query: Query) -> list[float]:
        """Return the seconds of a report, each time the first after a publication.

        That includes reading what was published. Nothing has changed in it, so its files are known.
        """
        seconds = []
        with ProcessPoolExecutor(1, get_context("spawn")) as worker:
            for _ in range(TIMES):
                worker.submit(_publish, self._folder).result()
                began = time.perf_counter()
                self._read()
                self.report(query)
                seconds.append(time.perf_counter() - began)
        return seconds

    def _read(self) -> None:
        self._published = Facts(self._reader.snapshot(), self._roster, NOW)


def _publish(folder: Path) -> None:
    """Publish the facts as they are, as the worker does, which is a process of its own."""
    tables = FactsTables(folder, Retention())
    if (before := tables.published) is None:
        raise RuntimeError(f"Nothing is published in {folder}.")
    tables.publish(tables.open_connections(), timedelta(seconds=before.idle), before.as_of)


def _by_peer(folder: Path, learners: int) -> float:
    """Return the seconds that MongoDB takes, once it is sure that its figures are ours."""
    with TemporaryDirectory() as name, opened(Settings(data=Path(name))) as reachable:
        settings = reachable.settings
        with MongoClient[Document](settings.mongo) as client:  # without the server's time limits
            collection = client[settings.database]["bench_peer"]
            peer.fill(collection, FactsReader(folder).snapshot().events)
            began = time.perf_counter()
            theirs = peer.totals(collection, timedelta(minutes=settings.idle_minutes))
            seconds = time.perf_counter() - began
    ours = {
        row["id"]: (row["connections"], row["time_spent"])
        for row in _Served(folder, learners).report(TOTALS).rows
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


def _in_fresh_process(measure: Callable[..., _Found], *args: object) -> _Found:
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(measure, *args).result()


def _mib(name: str) -> float:
    """Return a figure of this process in MiB, as Linux counts it."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition(f"{name}:")[2].split()[0]) / 1024
