"""A French training company from a seed: its people, courses, programs and sessions.

The tables are those of the roster, every cell as text, just as a file of the roster reads.
"""

import csv
import math
from collections import Counter
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path

from lrs_stats.access.grants import Role
from lrs_stats.simulate.draws import seeded
from lrs_stats.simulate.founding import Founding
from lrs_stats.simulate.rhythm import months_before
from lrs_stats.simulate.tables import COLUMNS, Row


@dataclass(frozen=True)
class Organisation:
    """A training company: the tables of its roster, and the months that it has been at work."""

    tables: dict[str, list[Row]]
    months: int
    seed: int

    def write(self, folder: Path) -> None:
        """Write the roster as a folder of comma-separated files."""
        folder.mkdir(parents=True, exist_ok=True)
        for table, rows in self.tables.items():
            with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, COLUMNS[table], lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)

    def roles(self) -> dict[Role, list[str]]:
        """Return who has each role."""
        people, memberships = self.tables["people"], self.tables["memberships"]
        return {
            "owner": [row["id"] for row in people if row["role"] == "owner"],
            "admin": [row["id"] for row in people if row["role"] == "admin"],
            "author": [row["author_id"] for row in self.tables["courses"]],
            "coach": [row["person_id"] for row in memberships if row["role"] == "coach"],
            "advisor": [
                row["person_id"] for row in self.tables["course_staff"] if row["role"] == "advisor"
            ],
            "manager": [row["manager_id"] for row in people if row["manager_id"]],
            "learner": self._studious(),
        }

    def one_of_each_role(self) -> dict[Role, str]:
        """Return a person for each role that is filled, one without other roles if there is one."""
        roles = self.roles()
        held = Counter(chain.from_iterable(set(people) for people in roles.values()))
        return {role: min(people, key=held.__getitem__) for role, people in roles.items() if people}

    def _studious(self) -> list[str]:
        """Return the active people with a place in a session, those of running ones first."""
        active = {row["id"] for row in self.tables["people"] if row["status"] == "active"}
        start = {row["id"]: row["start"] for row in self.tables["sessions"]}
        places = [row for row in self.tables["enrolments"] if row["status"] == "active"]
        places.sort(key=lambda row: start[row["session_id"]])
        halfway = places[len(places) // 2 :] + places[: len(places) // 2]
        return [row["person_id"] for row in halfway if row["person_id"] in active]


def organisation(
    *, learners: int = 300, months: int = 12, seed: int = 1, until: date
) -> Organisation:
    """Found a training company that has been at work for some months before a day.

    Groups and sessions grow with the learners, courses and programs with their square root.
    """
    founding = Founding(seeded("organisation", seed))
    programs = max(1, round(6 * math.sqrt(learners / 300)))
    groups = max(1, round(learners / 25))
    students = founding.learners(learners)
    coaches = founding.groups(groups, students)
    founding.teams(students)
    founding.courses(5 * programs, coaches)
    founding.programs(programs)
    founding.sessions(max(3, round(learners / 20)), months_before(until, months), until)
    founding.enrolments(students)
    founding.statuses(until)
    return Organisation(founding.tables, months, seed)
