"""How long the import of a large roster takes, and a change of one row in it."""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final

import click

from bench.large_roster import GROUP, LargeRoster, person
from bench.table import Line, Target, show
from bench.timing import TIMES
from lrs_stats.access.callers import EVERYTHING
from lrs_stats.facts.enrolments import roster_facts
from lrs_stats.jobs.wiring import worker_on
from lrs_stats.parts import parts
from lrs_stats.reports.query import Query
from lrs_stats.reports.roster_frames import roster_frames
from lrs_stats.roster.changes import Change
from lrs_stats.roster.roster import Roster
from lrs_stats.settings import PREFIX, Settings
from lrs_stats.store.database import Database, Document, connect, prepare
from lrs_stats.store.mongod import PrivateMongod
from lrs_stats.store.rosters import RosterStore

WITHIN: Final = 120
"""Seconds for the import of 100 000 people and a million enrolments."""
BASE: Final = 200
"""Upserts that are measured one after another, as an identity provider sends them."""


@click.command()
@click.option("--people", default=100_000, show_default=True, help="How many people.")
@click.option("--enrolments", default=1_000_000, show_default=True, help="How many enrolments.")
@click.option("--seed", default=1, show_default=True, help="Another seed, other enrolments.")
def roster(people: int, enrolments: int, seed: int) -> None:
    """Measure the import of a large roster, and what a change of one row costs in it.

    A folder is written, and imported by the command as a user runs it, into a private MongoDB.
    Then one person after another is changed, and another process follows. In the end a report has
    to count everybody.
    """
    made = LargeRoster(people, enrolments, seed)
    with TemporaryDirectory() as name:
        folder, data = Path(name) / "roster", Path(name) / "data"
        made.write(folder)
        with PrivateMongod(data) as uri:
            seconds, again, processor, megabytes = _imported(folder, uri, data)
            database = connect(uri, "lrs_stats")
            prepare(database)
            with database.client:
                lines = _followed(database)
                _check_report(database, Settings(data=data, mongo=uri), made)
    show(
        f"Imported {people:,} people and {enrolments:,} enrolments, and changed people one by one.",
        [
            Line("import of the folder", [seconds], "s", Target("<=", WITHIN)),
            Line("processor time of the import", [processor], "s"),
            Line("import of the same folder again", [again], "s"),
            Line("peak memory of the import", [megabytes], "MiB"),
            *lines,
        ],
    )


def _imported(folder: Path, uri: str, data: Path) -> tuple[float, float, float, float]:
    """Import a folder by the command, twice.

    Return the seconds of each, the processor time of the first, and the peak of its memory.
    """
    others = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    command = [sys.executable, "-m", "lrs_stats", "--data", str(data), "--mongo", uri]

    def run() -> float:
        began = time.perf_counter()
        subprocess.run([*command, "roster", "import", str(folder)], env=others, check=True,
                       stdout=subprocess.DEVNULL)  # fmt: skip
        return time.perf_counter() - began

    first = run()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return first, run(), used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def _followed(database: Database[Document]) -> list[Line]:
    """Return what it costs to read the roster, to change one row, and to follow the change."""
    writer, reader = RosterStore(database), RosterStore(database)
    cold = _seconds(writer.load)
    reader.load()
    zone = Settings().zone
    frames = _seconds(lambda: roster_frames(reader.load()))
    facts = _seconds(lambda: roster_facts(reader.load(), zone))
    first = _seconds(lambda: _rename(writer, 0))
    changed = [_seconds(partial(_rename, writer, n)) for n in range(1, BASE)]
    follow, new_frames, new_facts = [], [], []
    for n in range(TIMES):
        _rename(writer, n)
        follow.append(_seconds(reader.load))
        new_frames.append(_seconds(lambda: roster_frames(reader.load())))
        new_facts.append(_seconds(lambda: roster_facts(reader.load(), zone)))
    return [
        Line("read whole by a new process", [cold], "s"),
        Line("as columns for reports", [frames], "s"),
        Line("as columns for the facts", [facts], "s"),
        Line("first change of a process", [first], "s"),
        Line("change of one person", changed, "s"),
        Line("another process follows", follow, "s"),
        Line("columns for reports after it", new_frames, "s"),
        Line("columns for the facts after it", new_facts, "s"),
        Line("read whole : followed", [cold / median(follow)]),
    ]


def _rename(store: RosterStore, number: int) -> None:
    """Give somebody another first name."""

    def make(roster: Roster) -> Change:
        found: Any = roster.person(person(number))
        return Change.of({"people": [found._replace(first_name=f"{found.first_name}a")]})

    store.change(make)


def _check_report(database: Database[Document], settings: Settings, made: LargeRoster) -> None:
    """Fail unless the reports count everybody, and the learners of a group."""
    worker = worker_on(database, settings)
    worker.keep_up()
    worker.release()
    services = parts(settings, database)
    platform = services.report(Query("platform", ("learners",)), [EVERYTHING])
    one = frozenset({"g0"})
    group = services.report(Query("groups", ("learners",), filters={"group": one}), [EVERYTHING])
    found = (platform.rows[0]["learners"], group.rows[0]["learners"])
    wanted = (made.people, min(GROUP, made.people) - 1)
    if found != wanted:
        raise RuntimeError(f"The reports count {found} learners, and there are {wanted}.")


def _seconds(make: Callable[[], object]) -> float:
    began = time.perf_counter()
    make()
    return time.perf_counter() - began
