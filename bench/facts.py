"""A folder of facts of simulated statements, made by the product's own code, without a database."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Final
from uuid import UUID

import polars as pl

from bench.simulated import MONTHS, SEED, UNTIL, sent_by
from lrs_stats.batches import batches
from lrs_stats.demo import as_json
from lrs_stats.facts.connections import derive
from lrs_stats.facts.enrolments import enrolments
from lrs_stats.facts.history import Retention
from lrs_stats.facts.publication import Mark
from lrs_stats.facts.resolve import Enrolments, resolve
from lrs_stats.facts.rows import interpret
from lrs_stats.facts.tables import FactsTables
from lrs_stats.progress import bar
from lrs_stats.registry import build
from lrs_stats.roster.json_tables import check
from lrs_stats.roster.roster import Roster
from lrs_stats.settings import Settings
from lrs_stats.simulate.organisation import Organisation, organisation
from lrs_stats.xapi.record import Cursor

BATCH: Final = 50_000
PROCESSES: Final = 2
OVERLAP: Final = timedelta(seconds=20)
BEGAN: Final = datetime(UNTIL.year, UNTIL.month, UNTIL.day, tzinfo=UTC)
"""When the first of the statements was stored; each is a millisecond after the one before."""


@dataclass(frozen=True)
class Numbered:
    """A statement as if it had been stored: its id follows from its place."""

    place: int
    raw: bytes

    @property
    def id(self) -> str:
        """Return an id that is spread over all ids, as those of real statements are."""
        return str(UUID(int=self.place * 0x9E3779B97F4A7C15F39CC0605CEDC835 % (1 << 128)))

    @property
    def stored(self) -> datetime:
        """Return when it was stored."""
        return BEGAN + timedelta(milliseconds=self.place)


class Record:
    """The record of such facts: all is read, and further statements come one by one."""

    def __init__(self, statements: int, more: Iterable[bytes] = ()) -> None:
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


def crowd(learners: int) -> Organisation:
    """Return an organisation of so many learners."""
    return organisation(learners=learners, months=MONTHS, seed=SEED, until=UNTIL)


def roster_of(made: Organisation) -> Roster:
    """Return the roster of an organisation."""
    return Roster(check(as_json(made)), 1)


def make(folder: Path, statements: int, learners: int) -> None:
    """Make the tables of so many statements in a folder, unless they are there."""
    if FactsTables(folder, Retention()).published is not None:
        return
    settings, made = Settings(), crowd(learners)
    roster = roster_of(made)
    places, tables = enrolments(roster, settings.zone), FactsTables(folder, Retention())
    done = 0
    with bar("Making facts", statements) as progress:
        for rows in _interpreted(made, statements):
            done += rows["statement"].n_unique()
            _append(tables, rows, roster, places)
            progress(done, statements)
    idle = timedelta(minutes=settings.idle_minutes)
    tables.close(derive(tables.events(), idle))
    tables.publish(tables.open_connections(), idle, datetime.now(UTC))


def _append(tables: FactsTables, rows: pl.DataFrame, roster: Roster, places: Enrolments) -> None:
    last = rows.row(-1, named=True)
    through = Cursor(last["stored"], last["statement"])
    mark = Mark(through, roster.version, f"{Settings().zone}, case kept")
    tables.append(resolve(rows, roster, places, ignore_case=False), mark)


def _interpreted(made: Organisation, statements: int) -> Iterator[pl.DataFrame]:
    """Yield the rows of the statements, interpreted by several processes, in their order."""
    waiting: list[Future[pl.DataFrame]] = []
    with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool:
        for number, batch in enumerate(batches(sent_by(made, statements), BATCH)):
            waiting.append(pool.submit(_rows, number * BATCH, batch))
            if len(waiting) > 2 * PROCESSES:
                yield waiting.pop(0).result()
        for rows in waiting:
            yield rows.result()


def _rows(first: int, batch: list[bytes]) -> pl.DataFrame:
    stored = (Numbered(first + place, raw) for place, raw in enumerate(batch))
    return interpret(stored, build(Settings()).interpreters)
