"""What a report asks for, and what of the facts that is: filters, periods, rows' own parts."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from .people import Roster, courses_of, groups_of, is_enrolled, midnight, program_of
from .presence import Connection
from .reading import Event
from .vocabulary import UNASSIGNED

Id = str | tuple[str, ...]
"""What a row is about: an entity, or the learner and the session of an enrolment."""
Key = tuple[Id | date, ...]


@dataclass(frozen=True)
class Seat:
    """A learner's place in a course of a session; `course` is None when its program has none.

    Without a session it is one in open access.
    """

    learner: str
    course: str | None
    session: str | None


@dataclass(frozen=True)
class Member:
    """A learner of a group, as such in no course and no session."""

    learner: str
    course: None = None
    session: None = None


Thing = Connection | Event | Seat | Member


@dataclass(frozen=True)
class Cell:
    """What figures are computed from, and the time that they are about.

    Seats are those that enrolments give: they and members have no date. `of_twelve_months` are the
    connections of the twelve months, whatever the period.
    """

    connections: list[Connection]
    of_twelve_months: list[Connection]
    events: list[Event]
    seats: list[Seat]
    members: list[Member]
    start: datetime | None = None
    end: datetime | None = None


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
    as_of: datetime | None
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

    def is_in_twelve_months(self, instant: datetime) -> bool:
        """Tell whether an instant lies in the calendar months that end with the current one."""
        if self.as_of is None:
            return False
        this_month = first_day(self.as_of.astimezone(self.zone).date(), "month")
        next_month = day_after(this_month, "month")
        a_year_before = next_month.replace(year=next_month.year - 1)
        return midnight(a_year_before, self.zone) <= instant < midnight(next_month, self.zone)

    def ids_of(self, thing: Thing, granularity: str) -> list[str]:
        """Return the courses, learners, sessions, programs, groups or questions of something."""
        ids: dict[str, list[str | None]] = {
            "courses": [thing.course],
            "learners": [thing.learner],
            "sessions": [thing.session],
            "programs": [program_of(thing.session, self.roster)],
            "groups": [*groups_of(str(thing.learner), self.roster)],
            "questions": [thing.question if isinstance(thing, Event) else None],
        }
        return [each for each in ids[granularity] if each is not None]

    def rows_of(self, thing: Thing) -> list[Id]:
        """Return the ids of the rows to which something belongs."""
        if self.granularity == "enrolments":
            return [(thing.learner, thing.session)] if thing.learner and thing.session else []
        return [*self._entities_of(thing)]

    def _entities_of(self, thing: Thing) -> list[str]:
        wanted = self.filters[self.granularity]
        ids = self.ids_of(thing, self.granularity)
        if self.granularity == "courses" and ids == [UNASSIGNED]:
            # What lies outside any course has a row for its answers alone.
            ids = ids if isinstance(thing, Event) and thing.kind == "answer" else []
        return [each for each in ids if wanted is None or each in wanted]

    def period_of(self, instant: datetime) -> date:
        """Return the local date on which the instant's day, week, month or year starts."""
        return first_day(instant.astimezone(self.zone).date(), self.interval)


# Days and instants


def first_day(day: date, interval: str | None) -> date:
    """Return the first day of the day, week (from Monday), month or year that a day is in."""
    return {
        "day": day,
        "week": day - timedelta(days=day.weekday()),
        "month": day.replace(day=1),
        "year": day.replace(month=1, day=1),
    }[interval or "day"]


def day_after(first: date, interval: str) -> date:
    """Return the day after the last of the period that begins with a day."""
    day = first
    while first_day(day, interval) == first:
        day += timedelta(days=1)
    return day


def instant_at(bound: date | datetime | None, zone: ZoneInfo) -> datetime | None:
    """Return the instant of a bound: a date means the midnight with which it begins."""
    if bound is None or isinstance(bound, datetime):
        return bound
    return midnight(bound, zone)


# From all facts to those of one row


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


def members(roster: Roster) -> list[Member]:
    """Return the learners of groups."""
    learners = {row["person_id"] for row in roster["memberships"] if row["role"] == "learner"}
    return [Member(learner) for learner in sorted(learners)]


def only(cell: Cell, belongs: Callable[[Thing], bool]) -> Cell:
    """Keep what passes a test."""
    return replace(
        cell,
        connections=[each for each in cell.connections if belongs(each)],
        of_twelve_months=[each for each in cell.of_twelve_months if belongs(each)],
        events=[each for each in cell.events if belongs(each)],
        seats=[each for each in cell.seats if belongs(each)],
        members=[each for each in cell.members if belongs(each)],
    )


def filtered(cell: Cell, asked: Asked) -> Cell:
    """Keep what the filters and the period ask for."""
    held = only(cell, asked.holds)
    recent = [each for each in held.connections if asked.is_in_twelve_months(each.start)]
    return replace(
        held,
        connections=[each for each in held.connections if asked.is_in_time(each.start)],
        of_twelve_months=recent,
        events=[each for each in held.events if asked.is_in_time(each.instant)],
        start=asked.start,
        end=asked.end,
    )


def part(cell: Cell, key: Key, asked: Asked) -> Cell:
    """Keep what belongs to one row."""
    mine = cell
    if asked.granularity != "platform":
        mine = only(cell, lambda thing: key[0] in asked.rows_of(thing))
    period = key[-1] if key else None
    if asked.interval is None or not isinstance(period, date):
        return mine
    begins = midnight(period, asked.zone)
    ends = midnight(day_after(period, asked.interval), asked.zone)
    return replace(
        mine,
        connections=[each for each in mine.connections if begins <= each.start < ends],
        events=[each for each in mine.events if begins <= each.instant < ends],
        start=max(begins, cell.start or begins),
        end=min(ends, cell.end or ends),
    )


def covered(cell: Cell, asked: Asked) -> Cell:
    """Keep what belongs to any row at all, each thing once."""
    if asked.granularity == "platform":
        return cell
    return only(cell, lambda thing: bool(asked.rows_of(thing)))
