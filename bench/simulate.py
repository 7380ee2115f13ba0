"""How long simulated statements take to make."""

import time

import click

from bench.simulated import company, sent_by
from bench.table import Line, Target, show


@click.command()
@click.option("--statements", default=1_000_000, show_default=True, help="How many.")
def simulate(statements: int) -> None:
    """Time the making of simulated statements: a million in under a minute.

    One process makes them and throws them away. It bounds how fast the other benches can begin.
    """
    began = time.perf_counter()
    made = sum(1 for _ in sent_by(company(statements), statements))
    seconds = time.perf_counter() - began
    show(
        f"Made {made:,} statements in one process.",
        [
            Line("time", [seconds], "s"),
            Line("statements per second", [made / seconds], "", Target(">=", 1_000_000 / 60)),
        ],
    )
