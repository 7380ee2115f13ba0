"""How many statements a second are turned into facts when all of them are built anew."""

import cProfile
import pstats
import time
from collections.abc import Sequence
from contextlib import nullcontext
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import click

from bench.clients import Sent, in_processes
from bench.record import fill
from bench.table import Line, Target, show
from lrs_stats.collecting import uncollected
from lrs_stats.facts.rows import interpret
from lrs_stats.jobs.wiring import create_worker
from lrs_stats.registry import build
from lrs_stats.serving import opened
from lrs_stats.settings import Settings
from lrs_stats.store.statement_documents import Stored
from lrs_stats.store.statements import StatementStore

SOME: Final = 40_000
"""Statements that are interpreted alone."""


@click.command()
@click.option("--statements", default=200_000, show_default=True, help="How many are stored.")
@click.option("--profile", is_flag=True, help="Also print where the time goes, by cProfile.")
def rebuild(statements: int, *, profile: bool) -> None:
    """Measure the rebuild of the facts from the record, as `lrs-stats rebuild` does it.

    The statements are stored first, which is not measured. Beside the rebuild stands what the
    machine can reach: two processes that interpret some of the statements at once, from memory, and
    do nothing else. It tells one machine from another, too. Under --profile everything is slower,
    and calls weigh more than they do: look at the order, not at the figures.
    """
    profiler = cProfile.Profile() if profile else None
    with TemporaryDirectory() as folder, opened(Settings(data=Path(folder))) as reachable:
        fill(reachable, statements)
        worker = create_worker(reachable.settings)
        began = time.perf_counter()
        with profiler or nullcontext():
            worker.keep_up()
        seconds = time.perf_counter() - began
        worker.release()
        some = list(islice(StatementStore(reachable.database).newer(None, SOME), SOME))
    half = -(-len(some) // 2)
    alone = in_processes(_interpreted, [part for part in (some[:half], some[half:]) if part])
    limit = alone.answered / (alone.ended - alone.began)
    show(
        f"Built the facts of {statements:,} stored statements from nothing.",
        [
            Line("time", [seconds], "s"),
            Line("statements per second", [statements / seconds], "", Target(">=", 30_000)),
            Line("interpreted alone, by two processes, per second", [limit]),
            Line("rebuilt : interpreted alone", [statements / seconds / limit]),
        ],
    )
    if profiler:
        pstats.Stats(profiler).sort_stats("tottime").print_stats(25)


def _interpreted(statements: Sequence[Stored]) -> Sent:
    """Interpret statements, and say from when to when."""
    interpreters = build(Settings()).interpreters
    with uncollected():
        began = time.monotonic()
        interpret(statements, interpreters)
        return Sent(len(statements), began, time.monotonic())
