"""What shows that somebody has taken part: each place with its lines of the log and its courses.

Three reports are gone through side by side, each in the order of sessions and learners: the places,
the log, and the courses. So memory holds one place at a time.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby
from typing import Any, Final
from unicodedata import normalize

import polars as pl

from lrs_stats import Need, Report

from . import french, opca_log
from .midnight import end_of
from .opca_columns import BY_PLACE, LOG, PLACES

COURSES: Final = Need(
    "courses",
    "seats",
    metrics=("attested_time", "progress", "answers", "score", "course_result"),
    attributes=("course_minutes",),
    sort=f"{BY_PLACE},course",
)
NEEDS: Final = (PLACES, LOG, COURSES)
ROMAN: Final = re.compile(r"[^A-Za-z0-9]+")
_MINUTE: Final = 60
_LONGEST: Final = 80
_DIGEST: Final = 10

Place = tuple[str, str]
Row = dict[str, Any]


class _Groups:
    """Rows in the order of places, handed out place by place."""

    def __init__(self, frames: Iterable[pl.DataFrame]) -> None:
        rows = (row for frame in frames for row in frame.iter_rows(named=True))
        self._groups = groupby(rows, lambda row: (row["session"], row["learner"]))
        self._next = next(self._groups, None)

    def of(self, place: Place) -> list[Row]:
        """Return the rows of a place; places are asked for in their order."""
        if self._next is None or self._next[0] != place:
            return []
        rows = [*self._next[1]]
        self._next = next(self._groups, None)
        return rows

    def end(self) -> None:
        """Raise RuntimeError when there are rows of a place that was not asked for."""
        if self._next is not None:
            raise RuntimeError(f"There is no place for the rows of {self._next[0]}.")


@dataclass(frozen=True)
class Evidence:
    """A place in a session with what shows it: its lines of the log, and its courses."""

    place: Row
    log: list[Row]
    courses: list[Row]

    @property
    def has_begun(self) -> bool:
        """Return whether there is anything that a document could attest."""
        return bool(self.log) or (self.place["share"] or 0) > 0

    @property
    def name(self) -> str:
        """Return the name of the learner."""
        names = (self.place["first_name"], self.place["last_name"])
        return " ".join(filter(None, names)) or str(self.place["learner_title"])

    @property
    def stem(self) -> str:
        """Return how a file of it is called; no two are called the same."""
        place = f"{self.place['session']}\n{self.place['learner']}"
        parts = (self.place["last_name"], self.place["first_name"], self.place["session_title"])
        readable = "-".join(filter(None, map(_roman, parts)))[:_LONGEST]
        return "_".join(filter(None, (readable, sha256(place.encode()).hexdigest()[:_DIGEST])))


def evidence(places: Iterable[pl.DataFrame], log: Report, courses: Report) -> Iterator[Evidence]:
    """Yield each place with its lines of the log and its courses.

    `places` are those of `opca_attendance.places`, in the order of the two reports.
    """
    lines = _Groups(some.select(_OF_LINES) for some in opca_log.lines(log, open_access=False))
    seats = _Groups(
        some.filter(pl.col("session") != "").select(_OF_COURSES) for some in courses.batches
    )
    for some in places:
        for place in some.select(_of_places(log.timezone)).iter_rows(named=True):
            key = (place["session"], place["learner"])
            yield Evidence(place, lines.of(key), seats.of(key))
    lines.end()


_OF_LINES: Final = [
    pl.col("session", "learner"),
    french.date(pl.col("day")).alias("date"),
    french.clock(pl.col("from")).alias("start"),
    end_of(pl.col("until"), pl.col("day")).alias("end"),
    french.duration(pl.col("whole")).alias("duration"),
    pl.col("course_title"),
    pl.col("method").replace(opca_log.METHODS),
]
_OF_COURSES: Final = [
    pl.col("session", "learner", "course", "course_title", "answers"),
    french.hours(pl.col("course_minutes") * _MINUTE).alias("planned"),
    french.duration(pl.col("attested_time")).alias("time"),
    *(french.percent(pl.col(name)).alias(name) for name in ("progress", "score", "course_result")),
]


def _of_places(zone: str) -> list[pl.Expr]:
    """Return the texts of a place, and the numbers that decide something."""
    return [
        pl.col("session", "learner", "learner_title", "session_title", "program_title", "share"),
        pl.col("last_name", "first_name", "email", "employer", "employer_siret"),
        pl.col(
            "session_end",
            "nature",
            "objectives",
            "modality",
            "mode",
            "state",
            "connections",
            "answers",
        ),
        french.date(pl.col("session_start")).alias("opens"),
        french.date(pl.col("session_end")).alias("closes"),
        french.hours(pl.col("planned")).alias("planned"),
        french.hours(pl.col("delivered")).alias("delivered"),
        french.duration(pl.col("attested_time")).alias("total"),
        french.hours(pl.col("attested_time")).alias("total_hours"),
        french.percent(pl.col("rate")).alias("rate"),
        french.percent(pl.col("share")).alias("progress"),
        french.percent(pl.col("score")).alias("score"),
        *(
            french.date(french.local(pl.col(name), zone)).alias(name)
            for name in ("first_connection", "last_connection", "completed_at")
        ),
    ]


def _roman(text: str | None) -> str:
    """Return a text in letters and digits that every system takes in a file name."""
    plain = normalize("NFKD", text or "").encode("ascii", "ignore").decode()
    return ROMAN.sub("-", plain).strip("-")
