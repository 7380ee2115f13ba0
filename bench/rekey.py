"""How long a new roster takes that merges two identifiers, beside resolving all events anew."""

import time
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final
from unittest.mock import patch

import click
import polars as pl

from bench import facts
from bench.simulated import learners_for
from bench.table import Line, show
from bench.timing import TIMES
from lrs_stats.demo import as_json
from lrs_stats.facts import projector
from lrs_stats.facts.enrolments import roster_facts
from lrs_stats.facts.history import Retention
from lrs_stats.facts.projector import Projector
from lrs_stats.facts.reader import FactsReader
from lrs_stats.facts.resolve import RosterFacts
from lrs_stats.facts.rows import interpret
from lrs_stats.facts.tables import FactsTables
from lrs_stats.registry import build
from lrs_stats.roster.json_tables import check
from lrs_stats.roster.roster import Roster
from lrs_stats.settings import Settings
from lrs_stats.simulate.organisation import Organisation

WHOLE_TIMES: Final = 3
"""How often all is resolved anew: it takes long, and always the same."""


class Rosters:
    """The roster of an organisation, in versions that differ in the mailbox of one person."""

    def __init__(self, made: Organisation) -> None:
        self._tables: dict[str, Any] = as_json(made)
        self._kept: dict[int, RosterFacts] = {}
        self.newest: RosterFacts
        self.replace(parted="")

    def replace(self, parted: str) -> None:
        """Put in place a version in which one person is not known by their mailbox."""
        people = [
            row | {"email": ""} if row["id"] == parted else row for row in self._tables["people"]
        ]
        roster = Roster(check(self._tables | {"people": people}), len(self._kept) + 1)
        self.newest = self._kept[roster.version] = roster_facts(roster, Settings().zone)

    def older(self, version: int) -> RosterFacts | None:
        """Return a version."""
        return self._kept.get(version)


@click.command()
@click.option("--events", default=200_000, show_default=True, help="How many statements are read.")
def rekey(events: int) -> None:
    """Measure a new roster that merges two identifiers of one person, up to its publication.

    Simulated statements are turned into facts by the server's own code, without a database; that is
    not measured. Then rosters alternate: in one the mailbox of a person is nobody's, in
    the next it is theirs, as their account always was. The person is the one in the middle of
    those who have used both, by their number of events. The second roster is measured, seven
    times with what it touches resolved anew, and three times with all of it.
    """
    learners = learners_for(events)
    with TemporaryDirectory() as name:
        facts.make(Path(name), events, learners)
        rosters, tables = Rosters(facts.crowd(learners)), FactsTables(Path(name), Retention())
        running = Projector(
            tables,
            facts.Record(tables.statements()),
            lambda: rosters.newest,
            partial(interpret, interpreters=build(Settings()).interpreters),
            older=rosters.older,
            idle=timedelta(minutes=Settings().idle_minutes),
        )
        rows = FactsReader(Path(name)).snapshot().events
        person, moved = _typical(rows)
        total = rows.select(pl.len()).collect().item()
        few = [_merged(running, rosters, person) for _ in range(TIMES)]
        with patch.object(projector, "MANY_PART", total):
            whole = [_merged(running, rosters, person) for _ in range(WHOLE_TIMES)]
    show(
        f"Merged two identifiers of one person, with {moved:,} of {total:,} events under the one "
        "that was unknown.",
        [
            Line("what the roster touches", few, "s"),
            Line("all events", whole, "s"),
            Line("all events : what the roster touches", [median(whole) / median(few)]),
        ],
    )


def _typical(events: pl.LazyFrame) -> tuple[str, int]:
    """Return the person in the middle of those with two identifiers, and the events by mailbox."""
    both = (
        events.group_by("learner")
        .agg(
            rows=pl.len(),
            mailed=pl.col("actor").str.starts_with("mailto:").sum(),
            accounts=pl.col("actor").str.contains("|", literal=True).sum(),
        )
        .filter(pl.col("mailed") > 0, pl.col("accounts") > 0)
        .sort("rows", "learner")
        .collect()
    )
    person: Mapping[str, Any] = both.row(both.height // 2, named=True)
    return person["learner"], person["mailed"]


def _merged(running: Projector, rosters: Rosters, person: str) -> float:
    """Return the seconds of the roster that merges, after one that parts."""
    rosters.replace(parted=person)
    running.step()
    rosters.replace(parted="")
    began = time.perf_counter()
    running.step()
    return time.perf_counter() - began
