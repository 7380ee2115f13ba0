"""What a report asks for, and what of the facts that is: filters, periods, rows' own parts."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from .people import Roster, courses_of, groups_of, is_enrolled, program_of
from .presence import Connection
from .reading import Event

Key = tuple[str | date, ...]


@dataclass(frozen=True)
class Seat:
    """A learner's place in a course of a session; `course` is None when its program has none."""

    learner: str
    course: str | None
    session: str


Thing = Connection | Event | Seat


@dataclass(frozen=True)
class Cell:
    """What figures are computed from. Seats have no date: they are the denominator."""

    connections: list[Connection]
    events: list[Event]
    seats: list[Seat]


@dataclass(frozen=True)
class Asked:
    """Rows, filters and period of a report.

    A filter is a union within itself and filters intersect; None is no filter.
    """

    roster: Roster
    zone: ZoneInfo
    granularity: str
    interval: str | None
    start: datetime | None
    end: datetime | None
    filters: dict[str, Collection[str] | None]

    def holds(self, thing: Thing) -> bool:
        """Tell whether something passes every filter, the period aside."""
        return all(
            wanted is None or any(each in wanted for each in self.ids_of(thing, name))
            for name, wanted in self.filters.items()
        )

    def is_in_time(self, instant: datetime) -> bool:
        """Tell whether an instant lies in the period: `start` is in, `end` is out."""
        begun = self.start is None or self.start <= instant
        over = self.end is not None and self.end <= instant
        return begun and not over

    def ids_of(self, thing: Thing, granularity: str) -> list[str]:
        """Return the courses, learners, sessions, programs or groups of something."""
        ids: dict[str, list[str | None]] = {
            "courses": [thing.course],
            "learners": [thing.learner],
            "sessions": [thing.session],
            "programs": [program_of(thing.session, self.roster)],
            "groups": [*groups_of(str(thing.learner), self.roster)],
        }
        return [each for each in ids[granularity] if each is not None]

    def rows_of(self, thing: Thing) -> list[str]:
        """Return the ids of the rows to which something belongs."""
        wanted = self.filters[self.granularity]
        ids = self.ids_of(thing, self.granularity)
        return [each for each in ids if wanted is None or each in wanted]

    def period_of(self, instant: datetime) -> date:
        """Return the local date on which the instant's day, week, month or year starts."""
        return first_day(instant.astimezone(self.zone).date(), self.interval)


def first_day(day: date, interval: str | None) -> date:
    """Return the first day of the day, week (from Monday), month or year that a day is in."""
    return {
        "day": day,
        "week": day - timedelta(days=day.weekday()),
        "month": day.replace(day=1),
        "year": day.replace(month=1, day=1),
    }[interval or "day"]


def instant_at(bound: date | datetime | None, zone: ZoneInfo) -> datetime | None:
    """Return the instant of a bound: a date means the midnight with which it begins."""
    if bound is None or isinstance(bound, datetime):
        return bound
    return datetime(bound.year, bound.month, bound.day, tzinfo=zone).astimezone(UTC)


def seats(roster: Roster) -> list[Seat]:
    """Return the places that enrolments, pending or active, give to learners."""
    found = []
    for enrolment in filter(is_enrolled, roster["enrolments"]):
        learner, session = enrolment["person_id"], enrolment["session_id"]
        courses = courses_of(program_of(session, roster), roster)
        found += [Seat(learner, course, session) for course in courses]
        if not courses:
            found.append(Seat(learner, None, session))
    return found


def filtered(cell: Cell, asked: Asked) -> Cell:
    """Keep what the filters and the period ask for."""
    return Cell(
        [each for each in cell.connections if asked.holds(each) and asked.is_in_time(each.start)],
        [each for each in cell.events if asked.holds(each) and asked.is_in_time(each.instant)],
        [each for each in cell.seats if asked.holds(each)],
    )


def part(cell: Cell, key: Key, asked: Asked) -> Cell:
    """Keep what belongs to one row."""

    def belongs(thing: Thing) -> bool:
        return asked.granularity == "platform" or key[0] in asked.rows_of(thing)

    def in_its_period(instant: datetime) -> bool:
        return asked.interval is None or key[-1] == asked.period_of(instant)

    return Cell(
        [each for each in cell.connections if belongs(each) and in_its_period(each.start)],
        [each for each in cell.events if belongs(each) and in_its_period(each.instant)],
        [each for each in cell.seats if belongs(each)],
    )


def covered(cell: Cell, asked: Asked) -> Cell:
    """Keep what belongs to any row at all, each thing once."""
    if asked.granularity == "platform":
        return cell
    return Cell(
        [each for each in cell.connections if asked.rows_of(each)],
        [each for each in cell.events if asked.rows_of(each)],
        [each for each in cell.seats if asked.rows_of(each)],
    )
