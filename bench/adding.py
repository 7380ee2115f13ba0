"""What one more statement costs, in small facts and in large ones."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
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
from lrs_stats.facts.rows import interpret
from lrs_stats.facts.tables import FactsTables
from lrs_stats.registry import build
from lrs_stats.settings import Settings
from lrs_stats.simulate.organisation import Organisation

FEW: Final = 10_000
TIMES: Final = 7


@click.command()
@of_facts
def adding(events: int, learners: int, keep: Path | None) -> None:
    """Measure what one more statement costs: among ten thousand, and among ten million.

    The tables are those of `stats`, as the upkeep leaves them. A pass of the projector reads one
    statement, derives the connections of its learner anew, and publishes. It does so with
    statements that come late, so that all events of the learner have to be found, and with those
    of somebody who goes on.
    """
    with kept_in(keep) as kept:
        few = _measured(kept / f"{FEW}-{FEW // 100}", FEW, FEW // 100)
        many = _measured(kept / f"{events}-{learners}", events, learners)
    lines = []
    for which, one, other in zip(("late", "in order"), few, many, strict=True):
        ratio = [median(other) / median(one)]
        lines += [
            Line(f"{which}, among {FEW:,}", [1000 * seconds for seconds in one], "ms"),
            Line(f"{which}, among {events:,}", [1000 * seconds for seconds in other], "ms"),
            Line(f"{which}, many : few", ratio, "", Target("<=", 1)),
        ]
    show(f"Added a statement {TIMES} times.", lines)


def _measured(folder: Path, statements: int, learners: int) -> tuple[list[float], list[float]]:
    """Return the seconds of each pass with a late statement, and with one in order."""
    facts.make(folder, statements, learners)
    made, settings = facts.crowd(learners), Settings()
    roster = roster_facts(facts.roster_of(made), settings.zone)
    tables = FactsTables(folder, Retention())
    record = facts.Record(tables.statements(), _sent(made))
    projector = Projector(
        tables,
        record,
        lambda: roster,
        partial(interpret, interpreters=build(settings).interpreters),
        older=lambda _: None,
        idle=timedelta(minutes=settings.idle_minutes),
    )
    projector.tidy()
    projector.arrange(lambda: True)
    return _passes(projector, record), _passes(projector, record)


def _sent(made: Organisation) -> Iterator[bytes]:
    """Yield statements that come late by a year, then those of one learner from now on."""
    late = list(sent_by(made, TIMES + 1))
    yield from late
    for minute in range(TIMES + 1):
        now = facts.BEGAN + timedelta(days=1, minutes=minute)
        yield json.dumps(json.loads(late[0]) | {"timestamp": now.isoformat()}).encode()


def _passes(projector: Projector, record: facts.Record) -> list[float]:
    record.send()
    projector.step()  # the first reads what the others find in memory
    return [_pass(projector, record) for _ in range(TIMES)]


def _pass(projector: Projector, record: facts.Record) -> float:
    record.send()
    began = time.perf_counter()
    projector.step()
    return time.perf_counter() - began
