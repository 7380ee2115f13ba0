"""A folder with a roster of any size, the same for a seed: CSV files as an LMS writes them."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Final
from uuid import UUID

from lrs_stats.roster.tables import TABLES

LMS: Final = "https://lms.example"
FIRST_DAY: Final = date(2025, 1, 6)
PLACES: Final = 10
"""Enrolments of a person."""
GROUP: Final = 50
"""People in a group; the first of them is its coach, and the manager of the others."""
LEARNERS_OF_A_SESSION: Final = 1_000
COURSES_OF_A_PROGRAM: Final = 5


@dataclass(frozen=True)
class LargeRoster:
    """How many people and enrolments it has; everything else follows."""

    people: int
    enrolments: int
    seed: int = 1

    @property
    def sessions(self) -> int:
        """Return the number of sessions, each a run of a program of its own."""
        return max(PLACES, self.enrolments // LEARNERS_OF_A_SESSION)

    def write(self, folder: Path) -> None:
        """Write the files."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, rows in self._tables().items():
            with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                lines = csv.writer(file)
                lines.writerow(column.name for column in TABLES[name].columns)
                lines.writerows(rows)

    def _tables(self) -> dict[str, Iterable[tuple[object, ...]]]:
        groups = -(-self.people // GROUP)
        courses = self.sessions * COURSES_OF_A_PROGRAM
        return {
            "people": self._people(),
            "groups": ((f"g{n}", f"Group {n}", "", "") for n in range(groups)),
            "memberships": (
                (f"g{n // GROUP}", person(n), "learner" if n % GROUP else "coach")
                for n in range(self.people)
            ),
            "courses": ((f"{LMS}/course/{n}", f"Course {n}", "", 60) for n in range(courses)),
            "programs": ((f"program{n}", f"Program {n}", "", "") for n in range(self.sessions)),
            "program_courses": (
                (f"program{n // COURSES_OF_A_PROGRAM}", f"{LMS}/course/{n}", n)
                for n in range(courses)
            ),
            "sessions": self._sessions(),
            "enrolments": self._enrolments(),
        }

    def _people(self) -> Iterator[tuple[object, ...]]:
        for n in range(self.people):
            manager = "" if n % GROUP == 0 else person(n - n % GROUP)
            known = (f"Person.{n}@mail.example", LMS, f"person{n}", f"First{n}", f"Last{n}")
            yield (person(n), *known, "", manager, "Example SAS", "", "active", "", "")

    def _sessions(self) -> Iterator[tuple[object, ...]]:
        for n in range(self.sessions):
            start = FIRST_DAY + timedelta(days=7 * (n % 50))
            end = start + timedelta(days=30)
            yield session(n), f"program{n}", f"Session {n}", start, end, ""

    def _enrolments(self) -> Iterator[tuple[object, ...]]:
        chance = Random(self.seed)
        of_each, more = divmod(self.enrolments, self.people)
        for n in range(self.people):
            for which in chance.sample(range(self.sessions), of_each + (n < more)):
                registration = UUID(int=chance.getrandbits(128), version=4)
                yield session(which), person(n), "active", registration


def person(number: int) -> str:
    """Return the id of a person."""
    return f"p{number:06}"


def session(number: int) -> str:
    """Return the id of a session."""
    return f"{LMS}/session/{number}"
