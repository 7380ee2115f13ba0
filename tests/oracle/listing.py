"""Which rows a report has."""

from datetime import date, timedelta

from .asked import Asked, Cell, Key, first_day
from .people import groups_of, is_enrolled
from .reading import Event
from .vocabulary import NO_SIGN_OF_PRESENCE


def listed(cell: Cell, asked: Asked) -> list[Key]:
    """Return the keys of the rows, for what the filters and the period left of the facts."""
    happened = [event for event in cell.events if event.kind not in NO_SIGN_OF_PRESENCE]
    if asked.granularity == "platform":
        return [(day,) for day in every_period(happened, asked)] if asked.interval else [()]
    seen = {
        (each, asked.period_of(event.instant))
        for event in happened
        for each in asked.rows_of(event)
    }
    if asked.interval:
        return sorted(seen)
    ids = {each for each, _ in seen}
    if filters_something_else(asked) or asked.granularity == "enrolments":
        ids |= {each for seat in cell.seats for each in asked.rows_of(seat)}
    else:
        ids |= set(of_the_roster(asked))
    return [(each,) for each in sorted(ids)]


def filters_something_else(asked: Asked) -> bool:
    """Tell whether there is a filter on anything but what the rows are.

    A filter on groups is one on learners: on those who are learners of the groups.
    """
    own = ("learners", "groups") if asked.granularity == "learners" else (asked.granularity,)
    return any(wanted is not None for name, wanted in asked.filters.items() if name not in own)


def of_the_roster(asked: Asked) -> list[str]:
    """Return the rows that are listed also when nothing happened in them; never a question."""
    roster = asked.roster
    if asked.granularity == "learners":
        members = [row for row in roster["memberships"] if row["role"] == "learner"]
        enrolled = [row for row in roster["enrolments"] if is_enrolled(row)]
        known = [row["person_id"] for row in members + enrolled]
        in_groups = asked.filters["groups"]
        if in_groups is not None:
            known = [each for each in known if set(groups_of(each, roster)) & set(in_groups)]
    else:
        known = [row["id"] for row in roster.get(asked.granularity, [])]
    wanted = asked.filters[asked.granularity]
    return [each for each in known if wanted is None or each in wanted]


def every_period(happened: list[Event], asked: Asked) -> list[date]:
    """Return each period from the start asked for to the end asked for.

    Without a start it is the first in which something happened, without an end the last.
    """
    known = sorted(asked.period_of(event.instant) for event in happened)
    first = asked.period_of(asked.start) if asked.start else next(iter(known), None)
    if asked.end:
        last = asked.period_of(asked.end - timedelta(microseconds=1))
    elif known:
        last = known[-1]
    else:
        return []
    if first is None or (asked.start and asked.end and asked.end <= asked.start):
        return []
    days = [first + timedelta(days=count) for count in range((last - first).days + 1)]
    return [day for day in days if day == first_day(day, asked.interval)]
