"""The four figures, for every row of a report and for all rows together."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from .asked import Asked, Cell, Key, Seat, covered, filtered, instant_at, part, seats
from .listing import listed
from .people import Json, Roster, program_of
from .presence import connections
from .reading import Event, events

Values = dict[str, float | None]


@dataclass(frozen=True)
class Answer:
    """The figures of each row, and those of all rows together."""

    rows: dict[Key, Values]
    totals: Values


def report(
    statements: Iterable[Json],
    roster: Roster,
    granularity: str,
    *,
    metrics: Collection[str],
    start: date | datetime | None = None,
    end: date | datetime | None = None,
    learners: Collection[str] | None = None,
    groups: Collection[str] | None = None,
    programs: Collection[str] | None = None,
    sessions: Collection[str] | None = None,
    courses: Collection[str] | None = None,
    interval: str | None = None,
    zone: ZoneInfo,
    idle: timedelta,
    ignore_case: bool = False,
) -> Answer:
    """Return the figures of every row that is listed, and the totals."""
    filters = {
        "learners": learners,
        "groups": groups,
        "programs": programs,
        "sessions": sessions,
        "courses": courses,
    }
    asked = Asked(
        roster=roster,
        zone=zone,
        granularity=granularity,
        interval=interval,
        start=instant_at(start, zone),
        end=instant_at(end, zone),
        filters=filters,
    )
    facts = everything(list(statements), roster, zone=zone, idle=idle, ignore_case=ignore_case)
    cell = filtered(facts, asked)
    rows = {key: figures(metrics, part(cell, key, asked), roster) for key in listed(cell, asked)}
    return Answer(rows, figures(metrics, covered(cell, asked), roster))


def everything(
    statements: list[Json], roster: Roster, *, zone: ZoneInfo, idle: timedelta, ignore_case: bool
) -> Cell:
    """Return all facts: a filter comes after them and never changes how a gap is cut."""
    happened = events(statements, roster, zone=zone, ignore_case=ignore_case)
    return Cell(
        connections(statements, roster, zone=zone, idle=idle, ignore_case=ignore_case),
        [event for event in happened if event.learner is not None],
        seats(roster),
    )


def figures(metrics: Iterable[str], cell: Cell, roster: Roster) -> Values:
    """Return the figures of one row."""
    every: Values = {
        "connections": len(cell.connections),
        "time_spent": sum(connection.seconds for connection in cell.connections),
        "score": score(cell),
        "participation": participation(cell, roster),
    }
    return {metric: every[metric] for metric in metrics}


def score(cell: Cell) -> float | None:
    """Return the mean over all answers that have a score, repeats included."""
    answers = [event for event in cell.events if event.kind == "answer"]
    scores = [answer.value for answer in answers if answer.value is not None]
    return sum(scores) / len(scores) if scores else None


def participation(cell: Cell, roster: Roster) -> float | None:
    """Return the sum of progress over the pairs, divided by their number.

    A pair is a learner and a course, once per program; its progress is the best over the sessions.
    """
    best: dict[tuple[str, str, str], float] = {}
    for seat in cell.seats:
        program = program_of(seat.session, roster)
        if program and seat.course:
            pair = (seat.learner, program, seat.course)
            best[pair] = max(best.get(pair, 0), progress(seat, cell.events))
    return sum(best.values()) / len(best) if best else None


def progress(seat: Seat, happened: list[Event]) -> float:
    """Return the progress of a learner in a course within a session, in percent."""
    completed = False
    highest = 0.0
    for event in happened:
        if (event.learner, event.course, event.session) != (
            seat.learner,
            seat.course,
            seat.session,
        ):
            continue
        if event.kind == "progress" and event.value is not None:
            highest = max(highest, event.value)
        elif event.kind == "complete" and event.on_course:
            completed = True
        elif event.kind == "uncomplete" and event.on_course:
            completed = False
    return 100.0 if completed else highest
