"""Reports and logs: from the statements to what is asked of them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Required, TypedDict, Unpack
from zoneinfo import ZoneInfo

from .asked import Asked, Cell, Key, covered, filtered, instant_at, members, part, seats
from .figures import Values, answers_in, figures
from .listing import listed
from .people import Json, Roster, program_of
from .presence import connections
from .reading import events
from .vocabulary import UNASSIGNED

Ids = Collection[str] | None


class Limits(TypedDict, total=False):
    """The period, the filters, and the settings by which statements are read."""

    start: date | datetime | None
    end: date | datetime | None
    learners: Ids
    groups: Ids
    programs: Ids
    sessions: Ids
    courses: Ids
    questions: Ids
    zone: Required[ZoneInfo]
    idle: Required[timedelta]
    ignore_case: bool


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
    interval: str | None = None,
    as_of: datetime | None = None,
    **limits: Unpack[Limits],
) -> Answer:
    """Return the figures of every row that is listed, and the totals.

    The twelve months are those that end with the month of `as_of`.
    """
    if as_of is None and "connections_12_months" in metrics:
        raise ValueError("The twelve months end with an instant that is not given.")
    asked = asked_for(roster, limits, granularity=granularity, interval=interval, as_of=as_of)
    cell = filtered(everything(statements, roster, limits), asked)
    rows = {key: figures(metrics, part(cell, key, asked), asked) for key in listed(cell, asked)}
    return Answer(rows, figures(metrics, covered(cell, asked), asked))


def asked_for(
    roster: Roster,
    limits: Limits,
    *,
    granularity: str = "platform",
    interval: str | None = None,
    as_of: datetime | None = None,
) -> Asked:
    """Return what is asked for, with instants in the place of dates."""
    return Asked(
        roster=roster,
        zone=limits["zone"],
        granularity=granularity,
        interval=interval,
        start=instant_at(limits.get("start"), limits["zone"]),
        end=instant_at(limits.get("end"), limits["zone"]),
        as_of=as_of,
        filters={
            "learners": limits.get("learners"),
            "groups": limits.get("groups"),
            "programs": limits.get("programs"),
            "sessions": limits.get("sessions"),
            "courses": limits.get("courses"),
            "questions": limits.get("questions"),
        },
    )


def everything(statements: Iterable[Json], roster: Roster, limits: Limits) -> Cell:
    """Return all facts: a filter comes after them and never changes how a gap is cut."""
    zone, ignore_case = limits["zone"], limits.get("ignore_case", False)
    known = list(statements)
    happened = events(known, roster, zone=zone, ignore_case=ignore_case)
    opened = connections(known, roster, zone=zone, idle=limits["idle"], ignore_case=ignore_case)
    return Cell(
        connections=opened,
        of_twelve_months=opened,
        events=[event for event in happened if event.learner is not None],
        seats=seats(roster),
        members=members(roster),
    )


# Logs


def connection_log(
    statements: Iterable[Json], roster: Roster, **limits: Unpack[Limits]
) -> list[Json]:
    """Return a row for each connection, the newest first."""
    cell = filtered(everything(statements, roster, limits), asked_for(roster, limits))
    rows = [
        {
            "id": each.opened_by,
            "learner": each.learner,
            "course": each.course,
            "session": each.session,
            "program": program_of(each.session, roster),
            "start": each.start,
            "end": each.end,
            "seconds": each.seconds,
            "method": each.method,
        }
        for each in cell.connections
    ]
    return newest_first(rows, "start")


def answer_log(statements: Iterable[Json], roster: Roster, **limits: Unpack[Limits]) -> list[Json]:
    """Return a row for each answer, the newest first; `course` is None where it has none."""
    cell = filtered(everything(statements, roster, limits), asked_for(roster, limits))
    rows = [
        {
            "id": each.statement,
            "instant": each.instant,
            "learner": each.learner,
            "course": each.course if each.course != UNASSIGNED else None,
            "session": each.session,
            "program": each.program,
            "question": each.question,
            "score": each.value,
            "success": each.success,
        }
        for each in answers_in(cell)
    ]
    return newest_first(rows, "instant")


def newest_first(rows: list[Json], instant: str) -> list[Json]:
    """Put the newest row first, and those of one instant in the order of their ids."""
    by_id = sorted(rows, key=lambda row: row["id"])
    return sorted(by_id, key=lambda row: row[instant], reverse=True)
