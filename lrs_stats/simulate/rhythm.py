"""When people in France learn: weekdays, office hours, hardly in August or at Christmas."""

import calendar
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

ZONE: Final = ZoneInfo("Europe/Paris")

WEEK: Final = (1.0, 1.1, 1.1, 1.0, 0.8, 0.14, 0.1)
YEAR: Final = (1.0, 1.0, 1.05, 0.95, 0.9, 1.0, 0.7, 0.3, 1.05, 1.15, 1.1, 0.9)
HOLIDAYS: Final = {(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)}
HOURS: Final = (
    *(0.1, 0, 0, 0, 0, 0.1, 0.4, 1.5, 5, 9, 10, 8),
    *(3, 5, 9, 9, 8, 6, 3, 2, 3, 3, 1.5, 0.8),
)


def activity(day: date) -> float:
    """Return how much is learned on a day, where 1 is an ordinary Monday."""
    festive = (day.month, day.day) >= (12, 22) or (day.month, day.day) <= (1, 2)
    idle = 0.15 if festive or (day.month, day.day) in HOLIDAYS else 1.0
    return WEEK[day.weekday()] * YEAR[day.month - 1] * idle


def midnight(day: date) -> int:
    """Return the instant with which a day begins, in milliseconds since 1970."""
    return int(datetime.combine(day, time(), ZONE).timestamp()) * 1000


def moment(rng: Random) -> int:
    """Draw a time of day, in milliseconds since midnight."""
    hour = rng.choices(range(24), HOURS)[0]
    return hour * 3_600_000 + int(rng.random() * 3_600_000)


def months_before(day: date, months: int) -> date:
    """Return the same day some months earlier, or the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def days_between(first: date, end: date) -> list[date]:
    """Return the days from the first on; the end is out."""
    return [first + timedelta(days=n) for n in range((end - first).days)]
