"""How long a report takes somebody who may see a part, beside somebody who may see all."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Final

import click

from bench import facts
from bench.keeping import kept_in, of_facts
from bench.stats import MONTH, NOW, PAGE
from bench.table import Line, Target, show
from lrs_stats.access.callers import EVERYTHING
from lrs_stats.access.grants import Person
from lrs_stats.facts.reader import FactsReader
from lrs_stats.registry import build
from lrs_stats.reports.engine import Engine, Facts
from lrs_stats.reports.meaning import why_not
from lrs_stats.reports.query import Query
from lrs_stats.reports.roster_frames import roster_frames
from lrs_stats.roster.roster import Roster
from lrs_stats.roster.tables import CourseStaff, Group, Membership
from lrs_stats.roster.tables import Person as Row
from lrs_stats.settings import Settings

COACHED: Final = 3000
AUTHORED: Final = 5
MANAGED: Final = 200
PAGES: Final = ("learners", "courses", "connections")
TURNS: Final = 3
"""How often each page is made for each of two; a page for an owner can take seconds."""
SLACK: Final = 1.1
"""How much slower it may look: what two measurements of the same thing differ by."""

Make = Callable[[], object]
Seconds = dict[tuple[str, str, str], tuple[list[float], list[float]]]
"""By reader, page and period: those of the reader, and those of an owner, turn by turn."""


@click.command()
@of_facts
def roles(events: int, learners: int, keep: Path | None) -> None:
    """Measure the pages of a coach, an author, a manager and a learner beside an owner's.

    The coach has 3,000 learners, the author 5 courses, the manager 200 people. Each report is
    made in turn with the same one for an owner, in one fresh process, with every metric that
    means something there; the target is that seeing less takes no longer. The tables are those
    of `bench stats`, and are made when they are not there.
    """
    with kept_in(keep) as kept:
        folder = kept / f"{events}-{learners}"
        facts.make(folder, events, learners)
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            measured = pool.submit(_measure, folder, learners).result()
    lines = []
    for (reader, page, period), (own, whole) in measured.items():
        name = f"{reader}, {page}, {period}"
        lines += [
            Line(f"{name}: owner", [1000 * one for one in whole], "ms"),
            Line(f"{name}: {reader} : owner", [median(own) / median(whole)], "",
                 Target("<=", SLACK)),
        ]  # fmt: skip
    show(
        f"Made pages of {PAGE} rows from the facts of {events:,} statements by {learners:,} "
        "learners, for readers of a part and for an owner in turn.",
        lines,
    )


def _measure(folder: Path, learners: int) -> Seconds:
    """Make every page for each reader and for an owner, in the process that runs this."""
    settings = Settings()
    registry = build(settings)
    engine = Engine(registry.metrics, settings.zone)
    roster = _with_roles(facts.roster_of(facts.crowd(learners)))
    published = Facts(FactsReader(folder).snapshot(), roster_frames(roster), NOW)
    measured: Seconds = {}
    for reader in ("coach", "author", "manager", "learner"):
        person = roster.tables.enrolments[0].person_id if reader == "learner" else reader
        granted = registry.resolver.grants(Person(person), roster)
        for page in PAGES:
            if not any(page in grant.granularities for grant in granted):
                continue
            metrics = tuple(
                name for name, one in registry.metrics.items() if not why_not(one, Query(page, ()))
            )
            for period, start in {"all time": None, "30 days": MONTH}.items():
                query = Query(page, metrics, start=start, page_size=PAGE)
                make = partial(engine.report, query, facts=published)
                measured[reader, page, period] = _in_turn(
                    partial(make, grants=granted), partial(make, grants=[EVERYTHING])
                )
    return measured


def _in_turn(own: Make, whole: Make) -> tuple[list[float], list[float]]:
    """Return the seconds of both, made by turns, so that both have the same noise.

    Each is made once before, without being measured.
    """
    seconds: dict[Make, list[float]] = {own: [], whole: []}
    for turn in range(TURNS + 1):
        for make, found in seconds.items():
            began = time.perf_counter()
            make()
            if turn:
                found.append(time.perf_counter() - began)
    return seconds[own], seconds[whole]


def _with_roles(roster: Roster) -> Roster:
    """Return a roster with a coach, an author and a manager of many."""
    tables = roster.tables
    enrolled = list(dict.fromkeys(one.person_id for one in tables.enrolments))
    managed = set(enrolled[:MANAGED])
    staff = [Row._make([name, *[""] * 9, "active"]) for name in ("coach", "author", "manager")]
    people = [
        one._replace(manager_id="manager") if one.id in managed else one for one in tables.people
    ]
    return Roster(
        replace(
            tables,
            people=(*people, *staff),
            groups=(*tables.groups, Group("bench", "", "")),
            memberships=(
                *tables.memberships,
                Membership("bench", "coach", "coach"),
                *(Membership("bench", one, "learner") for one in enrolled[:COACHED]),
            ),
            course_staff=(
                *tables.course_staff,
                *_coauthored([one.id for one in tables.courses[:AUTHORED]]),
            ),
        ),
        roster.version,
    )


def _coauthored(courses: Sequence[str]) -> list[CourseStaff]:
    return [CourseStaff(one, "author", "coauthor") for one in courses]
