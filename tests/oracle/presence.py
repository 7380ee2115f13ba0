"""When learners were there: connections, and the time of each."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from .people import Json, Roster
from .reading import Event, events
from .vocabulary import ADL, UNASSIGNED, same


@dataclass(frozen=True)
class Connection:
    """One opening of a course by a learner; `method` says which rule gave its time."""

    learner: str
    course: str
    session: str | None
    start: datetime
    end: datetime
    seconds: float
    method: str
    opened_by: str


@dataclass
class Run:
    """The statements of one connection, and the time measured for it so far."""

    statements: list[Event] = field(default_factory=list)
    measured: timedelta = timedelta()


def connections(
    statements: Iterable[Json],
    roster: Roster,
    *,
    zone: ZoneInfo,
    idle: timedelta,
    ignore_case: bool = False,
) -> list[Connection]:
    """Return the connections of all learners, one learner after the other."""
    happened = present(events(statements, roster, zone=zone, ignore_case=ignore_case))
    found = []
    for learner in sorted({event.learner for event in happened if event.learner}):
        own = [event for event in happened if event.learner == learner]
        runs = runs_of(own, idle)
        share_out_gaps(own, runs, idle)
        found += [connection_of(run, idle) for run in runs]
    return found


def present(happened: list[Event]) -> list[Event]:
    """Return the own event of each statement that is a sign of presence, in order."""
    own: dict[str, Event] = {}
    for event in happened:
        own.setdefault(event.statement, event)
    return [event for event in own.values() if event.present]


def runs_of(own: list[Event], idle: timedelta) -> list[Run]:
    """Cut the statements of one learner into connections."""
    runs: list[Run] = []
    open_runs: dict[tuple[str, tuple[str, str]], Run] = {}
    for event in own:
        if event.course == UNASSIGNED:
            continue
        thread = (event.course, event.thread)
        run = open_runs.get(thread)
        if run is not None and ends_before(run, event, idle):
            run = None
            del open_runs[thread]
        if run is None and event.kind in ("start", "access"):
            run = open_runs[thread] = Run()
            runs.append(run)
        if run is not None:
            run.statements.append(event)
    return runs


def ends_before(run: Run, event: Event, idle: timedelta) -> bool:
    """Tell whether the thread's next statement finds its open connection over."""
    previous = run.statements[-1]
    if event.thread[0] == "session id":
        return False
    if previous.kind in ("end", "pause"):
        return True
    if event.instant - previous.instant > idle:
        return True
    one_launch = same(previous.verb, ADL + "launched") and same(event.verb, ADL + "initialized")
    return event.kind == "start" and event.on_course and not one_launch


def share_out_gaps(own: list[Event], runs: list[Run], idle: timedelta) -> None:
    """Give each gap of the learner to the connection of the earlier statement."""
    for earlier, later in pairwise(own):
        if earlier.kind in ("end", "pause"):
            continue
        for run in runs:
            if earlier in run.statements:
                run.measured += min(later.instant - earlier.instant, idle)


def connection_of(run: Run, idle: timedelta) -> Connection:
    """Return the connection, with the declared time when there is one."""
    first, last = run.statements[0], run.statements[-1]
    spent, method = run.measured, "measured"
    declared = declared_by(run)
    if declared is not None:
        most = last.instant - first.instant + idle
        spent, method = (declared, "declared") if declared <= most else (most, "capped")
    return Connection(
        learner=str(first.learner),
        course=first.course,
        session=first.session,
        start=first.instant,
        end=last.instant,
        seconds=spent.total_seconds(),
        method=method,
        opened_by=first.statement,
    )


def declared_by(run: Run) -> timedelta | None:
    """Return the last duration that an end under a session id carries."""
    declared = None
    for event in run.statements:
        ends_session = event.thread[0] == "session id" and event.kind == "end"
        if ends_session and event.duration is not None:
            declared = event.duration
    return declared
