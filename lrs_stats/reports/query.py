"""What is asked of the statistics."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

Interval = Literal["day", "week", "month", "year"]

INTERVALS: Final[dict[str, str]] = {"day": "1d", "week": "1w", "month": "1mo", "year": "1y"}
FILTERS: Final = ("learner", "group", "program", "session", "course", "question")


@dataclass(frozen=True)
class Query:
    """One question: a granularity, its metrics, a half-open period, filters, and an order.

    `filters` holds a set of ids for each of `FILTERS` that was given: the union within one, the
    intersection across them. `sort` names a column, with `-` before it for falling order, or
    several with commas between them.
    `as_of` asks for what was known at an earlier instant. `attributes` are what the roster says of
    the ids in a row. A log with metrics has beside each line the figures of its seat. `search`
    leaves the rows whose title has all of its words; of a log, the lines of the learners whose
    names have them.
    """

    granularity: str
    metrics: tuple[str, ...]
    start: datetime | None = None
    end: datetime | None = None
    interval: Interval | None = None
    filters: dict[str, frozenset[str]] = field(default_factory=dict)
    sort: str = ""
    page: int = 1
    page_size: int | None = None
    as_of: datetime | None = None
    attributes: tuple[str, ...] = ()
    search: str = ""

    @property
    def is_empty(self) -> bool:
        """Return whether the period ends where it begins."""
        return self.start is not None and self.end is not None and self.end <= self.start

    @property
    def of_questions(self) -> bool:
        """Return whether it is about answers alone: nothing else is about a question."""
        return self.granularity == "questions" or "question" in self.filters

    @property
    def of_sessions(self) -> bool:
        """Return whether it names sessions or programs, as rows or as filters."""
        of = {"session", "program"}
        rows = {"sessions", "programs", "enrolments", "seats"}
        return self.granularity in rows or not of.isdisjoint(self.filters)

    @property
    def elsewhere(self) -> bool:
        """Return whether it is filtered by anything but who the learners are."""
        return bool(self.filters.keys() - {"learner", "group"})
