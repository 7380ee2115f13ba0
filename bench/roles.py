"""How long a report takes somebody who may see a part, beside somebody who may see all."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import click

from bench import facts
from bench.keeping import kept_in, of_facts
from bench.stats import LIMITS, MONTH, NOW, PAGE
from bench.table import Line, show
from lrs_stats.access.callers import EVERYTHING
from lrs_stats.access.grants import Person
from lrs_stats.facts.reader import FactsReader
from lrs_stats.registry import build
from lrs_stats.reports.engine import Engine, Facts
from lrs_stats.reports.logs import LOGS
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
TURNS: Final = 7
"""How often each page is made for each reader."""

Make = Callable[[], object]
Seconds = dict[tuple[str, str], dict[str, list[float]]]
"""By page and period, those of each reader, the owner being the first."""


@click.command()
@of_facts
def roles(events: int, learners: int, keep: Path | None) -> None:
    """Measure the pages of a coach, an author, a manager and a learner beside an owner's.

    The coach has 3,000 learners, the author 5 courses, the manager 200 people. Each report is
    made in turn with the same one for an owner, in one fresh process, with every metric that
    means something there; the limits are those of an owner's pages. The tables are those of
    `bench stats`, and are made when they are not there.
    """
    with kept_in(keep) as kept:
        folder = kept / f"{events}-{learners}"
        facts.make(folder, events, learners)
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            measured = pool.submit(_measure, folder, learners).result()
    lines = [
        Line(f"{page}, {period}: {reader}", [1000 * one for one in own], "ms", LIMITS[period])
        for (page, period), readers in measured.items()
        for reader, own in readers.items()
    ]
    show(
        f"Made pages of {PAGE} rows from the facts of {events:,} statements by {learners:,} "
        "learners, for an owner and for readers of a part in turn.",
        lines,
    )


def _measure(folder: Path, learners: int) -> Seconds:
    """Make every page for each reader and for an owner, in the process that runs this."""
    settings = Settings()
    registry = build(settings)
    engine = Engine(registry.metrics, settings.zone)
    roster = _with_roles(facts.roster_of(facts.crowd(learners)))
    published = Facts(FactsReader(folder).snapshot(), roster_frames(roster), NOW)
    people = {name: name for name in ("coach", "author", "manager")}
    people["learner"] = roster.tables.enrolments[0].person_id
    granted = {
        name: registry.resolver.grants(Person(person), roster) for name, person in people.items()
    }
    measured: Seconds = {}
    for page in PAGES:
        metrics = tuple(
            name for name, one in registry.metrics.items() if not why_not(one, Query(page, ()))
        )
        opening = {"owner": [EVERYTHING]} | {
            name: grants
            for name, grants in granted.items()
            if any(page in grant.granularities for grant in grants)
        }
        for period, start in {"all time": None, "30 days": MONTH}.items():
            query = Query(page, metrics if page not in LOGS else (), start=start, page_size=PAGE)
            measured[page, period] = _in_turn(
                {
                    name: partial(engine.report, query, grants, published)
                    for name, grants in opening.items()
                }
            )
    return measured


def _in_turn(makes: Mapping[str, Make]) -> dict[str, list[float]]:
    """Return the seconds of each, made by turns, so that all have the same noise.

    Each is made once before, without being measured.
    """
    seconds: dict[str, list[float]] = {name: [] for name in makes}
    for turn in range(TURNS + 1):
        for name, make in makes.items():
            began = time.perf_counter()
            make()
            if turn:
                seconds[name].append(time.perf_counter() - began)
    return seconds


def _with_roles(roster: Roster) -> Roster:
    """Return a roster with a coach, an author and a manager of many."""
    tables = roster.tables
    enrolled = list(dict.fromkeys(one.person_id for one in tables.enrolments))
    managed = set(enrolled[:MANAGED])
    nobody = Row._make("" for _ in Row._fields)
    staff = [nobody._replace(id=name, status="active") for name in ("coach", "author", "manager")]
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
