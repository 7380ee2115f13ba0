"""What one more statement costs, in small facts and in large ones."""

import time
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

import click

from bench import facts
from bench.facts import BEGAN, Numbered
from bench.simulated import sent_by
from bench.table import Line, Target, show
from lrs_stats.facts.enrolments import roster_facts
from lrs_stats.facts.history import Retention
from lrs_stats.facts.projector import Projector
from lrs_stats.facts.tables import FactsTables
from lrs_stats.registry import build
from lrs_stats.settings import Settings
from lrs_stats.xapi.record import Cursor

FEW: Final = 10_000
TIMES: Final = 7
OVERLAP: Final = timedelta(seconds=20)


class Record:
    """So many statements, of which the last ones come one by one."""

    def __init__(self, statements: int, more: Iterable[bytes]) -> None:
        self._statements = statements
        self._more = iter(more)
        self._new: list[Numbered] = []

    def send(self) -> None:
        """Let one more statement be stored."""
        self._new = [Numbered(self._statements, next(self._more))]
        self._statements += 1

    def now(self) -> datetime:
        """Return when the next statement would be stored."""
        return Numbered(self._statements, b"").stored

    def overlap(self) -> timedelta:
        """Return how far behind the newest statement another can become visible."""
        return OVERLAP

    def newer(self, than: Cursor | None, limit: int) -> Sequence[Numbered]:
        """Return what was sent and not read yet."""
        return [one for one in self._new if than is None or one.stored > than.stored][:limit]

    def count_between(self, after: datetime, through: datetime) -> int:
        """Return how many statements there are in a stretch."""
        millisecond = timedelta(milliseconds=1)
        first = max(-1, (after - BEGAN) // millisecond)
        return (through - BEGAN) // millisecond - first

    def ids_between(self, after: datetime, through: datetime) -> set[str]:
        """Say that nothing became visible late."""
        raise AssertionError(f"Between {after} and {through} something is missing.")

    def fetch(self, ids: Iterable[str]) -> Sequence[Numbered]:
        """Say that nothing became visible late."""
        raise AssertionError(f"Nothing is missing: {ids}.")


@click.command()
@click.option("--events", default=10_000_000, show_default=True, help="How many statements.")
@click.option("--learners", default=100_000, show_default=True, help="By how many learners.")
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the tables are made once, and found by later runs; they grow a little.",
)
def adding(events: int, learners: int, keep: Path | None) -> None:
    """Measure what one more statement costs: among ten thousand, and among ten million.

    The tables are those of `stats`. A pass of the projector reads one statement, derives the
    connections of its learner anew, and publishes.
    """
    with nullcontext(keep) if keep else TemporaryDirectory() as name:
        few = _measured(Path(name) / f"{FEW}-{FEW // 100}", FEW, FEW // 100)
        many = _measured(Path(name) / f"{events}-{learners}", events, learners)
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
    record = Record(tables.statements(), sent_by(made, TIMES + 1))
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


def _pass(projector: Projector, record: Record) -> float:
    record.send()
    began = time.perf_counter()
    projector.step()
    return time.perf_counter() - began
