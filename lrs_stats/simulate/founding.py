"""How a training company comes about: hiring, groups, courses, programs, sessions, enrolments."""

import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Final

from lrs_stats.simulate import vocabulary
from lrs_stats.simulate.draws import chance, uuid
from lrs_stats.simulate.tables import COLUMNS, COURSE_IDS, LMS, TOOLS, Row
from lrs_stats.simulate.vocabulary import nth


@dataclass
class Founding:
    """Fills the tables; each step builds on those before it."""

    rng: Random
    tables: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in COLUMNS})
    namesakes: Counter[str] = field(default_factory=Counter)

    def add(self, table: str, **cells: str) -> Row:
        """Add a row to a table; cells that are not named are empty."""
        row = dict.fromkeys(COLUMNS[table], "") | cells
        self.tables[table].append(row)
        return row

    def person(self, **cells: str) -> str:
        """Hire or take in somebody, and return the id."""
        first = self.rng.choice(vocabulary.FIRST_NAMES)
        last = self.rng.choice(vocabulary.LAST_NAMES)
        account = self._unused(_plain(f"{first}.{last}"))
        person = f"p{len(self.tables['people']) + 1:04}"
        self.add(
            "people",
            id=person,
            email=f"{account}@example.org",
            account_homepage=LMS,
            account_name=account,
            first_name=first,
            last_name=last,
            **{"status": "active"} | cells,
        )
        return person

    def _unused(self, account: str) -> str:
        self.namesakes[account] += 1
        again = self.namesakes[account]
        return f"{account}{again}" if again > 1 else account

    def staff(self, number: int) -> list[str]:
        """Hire some people, at least one, and return their ids."""
        return [self.person() for _ in range(max(1, number))]

    def learners(self, number: int) -> list[str]:
        """Take in the learners, after the owner and the administrators."""
        self.person(role="owner")
        for _ in range(1 + number // 500):
            self.person(role="admin")
        employers = list(enumerate(vocabulary.EMPLOYERS))
        return [
            self.person(employer=employer, employer_siret=_siret(place) if employer else "")
            for place, employer in (self.rng.choice(employers) for _ in range(number))
        ]

    def groups(self, number: int, learners: list[str]) -> list[str]:
        """Put every learner in a group, some in two, each with a coach; return the coaches."""
        coaches = self.staff(number * 2 // 3)
        regions = number // 4
        for n in range(number):
            name = nth(vocabulary.REGIONS, n) if n < regions else nth(_AGENCIES, n - regions)
            parent = f"g{n % regions + 1}" if regions and n >= regions and n % 4 else ""
            self.add("groups", id=f"g{n + 1}", name=name, parent_id=parent)
            for coach in {n % len(coaches), (n + n % 3 // 2) % len(coaches)}:
                self._join(n, coaches[coach], "coach")
        for place, learner in enumerate(learners):
            home = place * number // len(learners)
            for group in {home, (home + 1) % number} if place % 25 == 0 else {home}:
                self._join(group, learner, "learner")
        return coaches

    def _join(self, group: int, person: str, role: str) -> None:
        self.add("memberships", group_id=f"g{group + 1}", person_id=person, role=role)

    def teams(self, learners: list[str]) -> None:
        """Give learners a manager; one of the managers learns too."""
        managers = [*self.staff(len(learners) // 30), learners[0]]
        people = {row["id"]: row for row in self.tables["people"]}
        for place, learner in enumerate(learners[1:]):
            if place % 20:
                people[learner]["manager_id"] = managers[place * len(managers) // len(learners)]

    def courses(self, number: int, coaches: list[str]) -> None:
        """Have courses written, some by two, some under an advisor; one coach is an author."""
        authors = [*self.staff(number // 4), coaches[0]]
        advisors = self.staff(number // 8)
        for n in range(number):
            course = COURSE_IDS[TOOLS[n % len(TOOLS)]].format(n + 1)
            author, other = authors[n % len(authors)], authors[(n + 1) % len(authors)]
            minutes = str(self.rng.randrange(30, 125, 5))
            title = nth(vocabulary.COURSES, n)
            self.add("courses", id=course, title=title, author_id=author, planned_minutes=minutes)
            if n % 3 == 0:
                self.add("course_staff", course_id=course, person_id=other, role="coauthor")
            if n % 2 == 0:
                advisor = advisors[n // 2 % len(advisors)]
                self.add("course_staff", course_id=course, person_id=advisor, role="advisor")

    def programs(self, number: int) -> None:
        """Put four of every five courses in programs; every second borrows one from the next."""
        courses = [row["id"] for row in self.tables["courses"]]
        for n in range(number):
            title, nature = vocabulary.PROGRAMS[n % len(vocabulary.PROGRAMS)]
            again = n // len(vocabulary.PROGRAMS)
            self.add(
                "programs",
                id=f"prog{n + 1}",
                title=f"{title} {again + 1}" if again else title,
                nature=nature,
                objectives=f"Être capable de : {title[0].lower()}{title[1:]}.",
            )
            borrowed = [courses[5 * (n + 1)]] if n % 2 == 0 and n + 1 < number else []
            for position, course in enumerate(courses[5 * n : 5 * n + 4] + borrowed, 1):
                cells = {"program_id": f"prog{n + 1}", "course_id": course}
                self.add("program_courses", position=str(position), **cells)

    def sessions(self, number: int, begin: date, until: date) -> None:
        """Hold sessions of two to four months one after the other; the last is yet to come."""
        earliest = begin - timedelta(days=15)
        span = (until - timedelta(days=14) - earliest).days
        for n in range(number):
            start = earliest + timedelta(days=span * n // (number - 1))
            if n == number - 1:
                start = until + timedelta(days=14)
            end = start + timedelta(days=self.rng.randrange(65, 115) if n else 75)
            program = self.tables["programs"][n % len(self.tables["programs"])]
            self.add(
                "sessions",
                id=f"{LMS}/session/{n + 1}",
                program_id=program["id"],
                title=f"{program['title']}, {vocabulary.MONTHS[start.month - 1]} {start.year}",
                start=start.isoformat(),
                end=end.isoformat(),
                modality=vocabulary.MODALITIES[n % len(vocabulary.MODALITIES)],
            )

    def enrolments(self, learners: list[str]) -> None:
        """Enrol most learners in one session, some in two, a few in none."""
        sessions = self.tables["sessions"]
        for place, learner in enumerate(self.rng.sample(learners, len(learners))):
            if (place + 1) % 25 == 0:
                continue
            self._enrol(learner, place % len(sessions), len(sessions))
            if place % 10 == 0:
                later = 1 + place // 10 % (len(sessions) - 1)
                self._enrol(learner, (place + later) % len(sessions), len(sessions))

    def _enrol(self, learner: str, session: int, sessions: int) -> None:
        to_come = session == sessions - 1
        chances = (4, 6, 0) if to_come else (92, 3, 5)
        status = self.rng.choices(("active", "pending", "cancelled"), chances)[0]
        self.add(
            "enrolments",
            session_id=self.tables["sessions"][session]["id"],
            person_id=learner,
            status=status,
            registration=uuid(self.rng),
        )

    def statuses(self, until: date) -> None:
        """Mark who has not answered the invitation yet, and who has left since."""
        end = {row["id"]: row["end"] for row in self.tables["sessions"]}
        places: dict[str, list[Row]] = {}
        for row in self.tables["enrolments"]:
            places.setdefault(row["person_id"], []).append(row)
        people = {row["id"]: row for row in self.tables["people"]}
        for person, rows in places.items():
            if all(row["status"] == "pending" for row in rows) and chance(self.rng, 0.6):
                people[person]["status"] = "invited"
            elif _over(rows, end, until) and chance(self.rng, 0.03):
                people[person]["status"] = "deleted"


def _over(rows: list[Row], end: dict[str, str], until: date) -> bool:
    return all(end[row["session_id"]] < until.isoformat() for row in rows)


_AGENCIES: Final = tuple(f"Agence de {city}" for city in vocabulary.CITIES)


def _plain(name: str) -> str:
    """Return a name as it stands in an address: lower case, no accents, no blanks."""
    letters = unicodedata.normalize("NFKD", name.lower())
    return "".join(letter for letter in letters if letter.isascii() and letter not in " '")


def _siret(place: int) -> str:
    """Return an establishment number that nobody holds, with a valid check digit (Luhn)."""
    body = f"000000{place + 1:03}0001"
    doubled: Iterator[int] = (
        sum(divmod(2 * int(digit), 10)) if n % 2 == 0 else int(digit)
        for n, digit in enumerate(reversed(body))
    )
    return f"{body}{-sum(doubled) % 10}"
