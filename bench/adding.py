"""What one more statement costs, in small facts and in large ones."""

import time
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Final

import click

from bench import facts
from bench.keeping import kept_in, of_facts
from bench.simulated import sent_by
from bench.table import Line, Target, show
from lrs_stats.facts.enrolments import roster_facts
from lrs_stats.facts.history import Retention
from lrs_stats.facts.projector import Projector
from lrs_stats.facts.tables import FactsTables
from lrs_stats.registry import build
from lrs_stats.settings import Settings

FEW: Final = 10_000
TIMES: Final = 7


@click.command()
@of_facts
def adding(events: int, learners: int, keep: Path | None) -> None:
    """Measure what one more statement costs: among ten thousand, and among ten million.

    The tables are those of `stats`. A pass of the projector reads one statement, derives the
    connections of its learner anew, and publishes.
    """
    with kept_in(keep) as kept:
        few = _measured(kept / f"{FEW}-{FEW // 100}", FEW, FEW // 100)
        many = _measured(kept / f"{events}-{learners}", events, learners)
    show(
        f"Added a statement {TIMES} times.",
        [
            Line(f"one statement among {FEW:,}", [1000 * one for one in few], "ms"),
            Line(f"one statement among {events:,}", [1000 * one for one in many], "ms"),
            Line("many : few", [median(many) / median(few)], "", Target("<=", 1)),
        ],
    )


def _measured(folder: Path, statements: int, learners: int) -> list[float]:
    """Return the seconds of each pass with one statement."""
    facts.make(folder, statements, learners)
    made, settings = facts.crowd(learners), Settings()
    roster = roster_facts(facts.roster_of(made), settings.zone)
    tables = FactsTables(folder, Retention())
    record = facts.Record(tables.statements(), sent_by(made, TIMES + 1))
    projector = Projector(
        tables,
        record,
        lambda: roster,
        build(settings).interpreters,
        older=lambda _: None,
        idle=timedelta(minutes=settings.idle_minutes),
    )
    record.send()
    projector.step()  # the first reads what the others find in memory
    return [_pass(projector, record) for _ in range(TIMES)]


def _pass(projector: Projector, record: facts.Record) -> float:
    record.send()
    began = time.perf_counter()
    projector.step()
    return time.perf_counter() - began
