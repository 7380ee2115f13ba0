"""The statements that a training company's tools send over some months, in the order of time."""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import accumulate
from operator import attrgetter
from typing import Final

from lrs_stats.simulate.campus import Campus
from lrs_stats.simulate.course import Line
from lrs_stats.simulate.draws import seeded
from lrs_stats.simulate.organisation import Organisation
from lrs_stats.simulate.rhythm import activity, days_between, midnight, months_before

MONTHLY: Final = 14
"""Statements of a learner in a month, over the whole organisation."""
PATIENCE: Final = 200
"""Visits in a row that find everybody busy, after which a day is over."""

_at = attrgetter("at")


def volume(organisation: Organisation, months: int) -> int:
    """Return how many statements an organisation sends in some months, unless told otherwise."""
    learners = {
        r["person_id"] for r in organisation.tables["memberships"] if r["role"] == "learner"
    }
    return MONTHLY * months * len(learners)


def statements(
    organisation: Organisation, *, months: int, seed: int, until: date, total: int | None = None
) -> Iterator[bytes]:
    """Return the statements of the months before a day, each as JSON; that day is out.

    They rise by timestamp, and the same arguments give the same bytes. There are exactly `total`,
    by default `volume(organisation, months)`; fewer only when the days are too short for so many,
    and none when nobody could learn.
    """
    total = volume(organisation, months) if total is None else total
    campus = Campus(organisation, seeded("statements", seed))
    days = days_between(months_before(until, months), until) if campus.browsers else []
    shares = list(accumulate(activity(day) * campus.demand(day) for day in days))
    end, written = midnight(until), 0
    tomorrow: list[Line] = []
    for day, share in zip(days, shares, strict=True):
        campus.begin(day)
        room = total - written
        lines = _visits(campus, round(total * share / shares[-1]) - written, room, end)
        written += len(lines)
        lines = sorted(tomorrow + lines, key=_at)
        night = bisect_left(lines, midnight(day + timedelta(days=1)), key=_at)
        yield from (line.statement for line in lines[:night])
        tomorrow = lines[night:]


def _visits(campus: Campus, quota: int, room: int, end: int) -> list[Line]:
    """Return the statements of whole visits until a day's quota is reached, in the room left."""
    lines: list[Line] = []
    patience = PATIENCE
    while len(lines) < quota and patience:
        visit = [line for line in campus.visit() if line.at < end]
        lines += visit[: room - len(lines)]
        patience = PATIENCE if visit else patience - 1
    return lines
