"""How many statements a second are turned into facts when all of them are built anew."""

import cProfile
import pstats
import time
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from bench.record import fill
from bench.table import Line, Target, show
from lrs_stats.jobs.wiring import create_worker
from lrs_stats.serving import opened
from lrs_stats.settings import Settings


@click.command()
@click.option("--statements", default=200_000, show_default=True, help="How many are stored.")
@click.option("--profile", is_flag=True, help="Also print where the time goes, by cProfile.")
def rebuild(statements: int, *, profile: bool) -> None:
    """Measure the rebuild of the facts from the record, as `lrs-stats rebuild` does it.

    The statements are stored first, which is not measured. Under --profile everything is slower,
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
    show(
        f"Built the facts of {statements:,} stored statements from nothing.",
        [
            Line("time", [seconds], "s"),
            Line("statements per second", [statements / seconds], "", Target(">=", 30_000)),
        ],
    )
    if profiler:
        pstats.Stats(profiler).sort_stats("tottime").print_stats(25)
