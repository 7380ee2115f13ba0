"""What one more statement costs, in small facts and in large ones."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from itertools import islice
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
TIMES: Final = 15
AMONG: Final = 1_000
"""Statements among which so many answers are found."""
LATER: Final = 300
"""Passes after which some are measured again."""
ANSWERED: Final = b"http://adlnet.gov/expapi/verbs/answered"

Pass = Callable[[], float]


@click.command()
@of_facts
def adding(events: int, learners: int, keep: Path | None) -> None:
    """Measure what one more statement costs: among ten thousand, and among ten million.

    The tables are those of `stats`, as the upkeep leaves them, and take turns. A pass of the
    projector reads one statement, derives the connections of its learner anew, and publishes. It
    does so with answers that come late, so that all events of the learner have to be found, and
    with those of somebody who goes on. Some of these are measured again after many more, among
    which nothing is joined.
    """
    with kept_in(keep) as kept:
        few = _ready(kept / f"{FEW}-{FEW // 100}", FEW, FEW // 100)
        many = _ready(kept / f"{events}-{learners}", events, learners)
        late, in_order = (_by_turns(few, many) for _ in range(2))
        for _ in range(LATER):
            few()
        later = [few() for _ in range(TIMES)]
    lines = []
    for which, (one, other) in {"late": late, "in order": in_order}.items():
        ratio = [median(other) / median(one)]
        lines += [
            Line(f"{which}, among {FEW:,}", [1000 * seconds for seconds in one], "ms"),
            Line(f"{which}, among {events:,}", [1000 * seconds for seconds in other], "ms"),
            Line(f"{which}, many : few", ratio, "", Target("<=", 1.1)),
        ]
    after = [median(later) / median(in_order[0])]
    lines.append(Line(f"in order, among {FEW:,}: after {LATER} more : before", after))
    show(f"Added a statement {TIMES} times to each, by turns.", lines)


def _ready(folder: Path, statements: int, learners: int) -> Pass:
    """Return what does one pass with another statement each time, and gives its seconds."""
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
    return partial(_pass, projector, record)


def _by_turns(few: Pass, many: Pass) -> tuple[list[float], list[float]]:
    """Return the seconds of passes of both; the first of each reads what others find in memory."""
    turns = [(few(), many()) for _ in range(TIMES + 1)]
    ones, others = zip(*turns[1:], strict=True)
    return list(ones), list(others)


def _sent(made: Organisation) -> Iterator[bytes]:
    """Yield answers that come late by a year, then those of one learner from now on.

    Answers alone, since what is no sign of presence, such as a login, costs less.
    """
    answers = (one for one in sent_by(made, AMONG) if ANSWERED in one)
    late = list(islice(answers, TIMES + 1))
    yield from late
    for minute in range(LATER + 2 * TIMES + 1):
        now = facts.BEGAN + timedelta(days=1, minutes=minute)
        yield json.dumps(json.loads(late[0]) | {"timestamp": now.isoformat()}).encode()


def _pass(projector: Projector, record: facts.Record) -> float:
    record.send()
    began = time.perf_counter()
    projector.step()
    return time.perf_counter() - began
