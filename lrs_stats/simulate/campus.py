"""Who learns what on a day: the sessions that run, those who drop out, and open access."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Final
from urllib.parse import urlsplit

from lrs_stats.simulate.cmi5_course import Cmi5Course
from lrs_stats.simulate.course import Course, Journey, Learner, Line, Naming, Visit, encode
from lrs_stats.simulate.draws import chance, uuid
from lrs_stats.simulate.lms_course import LmsCourse
from lrs_stats.simulate.moodle_course import MoodleCourse
from lrs_stats.simulate.openedx_course import OpenEdxCourse
from lrs_stats.simulate.organisation import Organisation
from lrs_stats.simulate.rhythm import midnight, moment
from lrs_stats.simulate.tables import Row
from lrs_stats.simulate.visits import follow, void

TOOLS: Final = {
    "cmi5": Cmi5Course,
    "moodle": MoodleCourse,
    "openedx": OpenEdxCourse,
    "lms": LmsCourse,
}
BROWSING: Final = 0.12
"""How much somebody learns in open access, where 1 is a place in a running session."""
PAUSE: Final = 5 * 60_000
DAY: Final = 24 * 3_600_000


@dataclass(slots=True)
class Path:
    """A learner's way through the courses of a session, as far as the stamina goes."""

    learner: Learner
    courses: list[Course]
    registration: str
    session: str
    stamina: float
    journeys: list[Journey] = field(default_factory=list)

    def journey(self) -> Journey | None:
        """Return the course that comes next, or None after the last one or when given up."""
        if self.stamina <= 0:
            return None
        if self.journeys and not self.journeys[-1].done:
            return self.journeys[-1]
        if len(self.journeys) == len(self.courses):
            return None
        course = self.courses[len(self.journeys)]
        self.journeys.append(Journey(self.learner, course, self.registration, self.session))
        return self.journeys[-1]


@dataclass(slots=True)
class Cohort:
    """The learners of a session who took their place."""

    start: date
    end: date
    paths: list[Path] = field(default_factory=list)


class Campus:
    """The organisation at work: asked for visits one after the other, day by day."""

    def __init__(self, organisation: Organisation, rng: Random) -> None:
        tables = organisation.tables
        self.rng = rng
        self.courses = {row["id"]: _course(row) for row in tables["courses"]}
        self.administrator = _account(next(r for r in tables["people"] if r["role"] == "admin"))
        self.learners = {
            row["id"]: _learner(row, rng) for row in tables["people"] if row["status"] != "invited"
        }
        self.cohorts = self._cohorts(tables)
        self.browsers = self._browsers(tables)
        self.free = self._free(tables)
        self.running: list[Path] = []
        self.midnight = 0

    def demand(self, day: date) -> float:
        """Return how many people could learn on a day."""
        return BROWSING * len(self.browsers) + sum(len(c.paths) for c in self._running(day))

    def begin(self, day: date) -> None:
        """Begin a day: from now on visits are those of its sessions."""
        self.midnight = midnight(day)
        self.running = [path for cohort in self._running(day) for path in cohort.paths]

    def visit(self) -> list[Line]:
        """Return the statements of one visit of the day; sometimes of two courses side by side."""
        journey, chapters = self._choose()
        at = max(self.midnight + moment(self.rng), journey.learner.busy_until + PAUSE)
        if at >= self.midnight + DAY:
            return []
        lines = self._follow(journey, chapters, at)
        if chance(self.rng, 0.03):
            other = self._browse(journey.learner)
            if other.course is not journey.course:
                lines = lines + self._follow(other, 1, at + PAUSE)
        return lines

    def _follow(self, journey: Journey, chapters: int, at: int) -> list[Line]:
        visit = Visit(self.rng, journey, at, uuid(self.rng))
        follow(visit, chapters)
        journey.learner.busy_until = max(visit.now, journey.learner.busy_until)
        if chance(self.rng, 0.006):
            void(visit, self.administrator)
        return visit.lines

    def _choose(self) -> tuple[Journey, int]:
        """Choose who learns what next, and how many chapters of it."""
        among = len(self.running) + BROWSING * len(self.browsers)
        chapters = self.rng.randrange(1, 4)
        for _ in range(20):
            place = int(among * self.rng.random())
            if place >= len(self.running):
                break
            path = self.running[place]
            if not chance(self.rng, path.learner.diligence):
                continue
            journey = path.journey()
            if journey:
                path.stamina -= chapters
                return journey, chapters
            if path.journeys and chance(self.rng, 0.04):
                return self.rng.choice(path.journeys), chapters
        return self._browse(self.rng.choice(self.browsers)), chapters

    def _browse(self, learner: Learner) -> Journey:
        """Return a course that is open to all: the one begun, else a new one, else an old one."""
        if learner.browsing and not learner.browsing[-1].done:
            return learner.browsing[-1]
        course = self.rng.choice(self.free)
        for journey in learner.browsing:
            if journey.course is course:
                return journey
        learner.browsing.append(Journey(learner, course, uuid(self.rng)))
        return learner.browsing[-1]

    def _running(self, day: date) -> Iterator[Cohort]:
        return (cohort for cohort in self.cohorts if cohort.start <= day <= cohort.end)

    def _cohorts(self, tables: dict[str, list[Row]]) -> list[Cohort]:
        """Return the sessions with those who took their place; some of them never start."""
        courses = defaultdict(list)
        for row in tables["program_courses"]:
            courses[row["program_id"]].append(self.courses[row["course_id"]])
        programs = {row["id"]: row["program_id"] for row in tables["sessions"]}
        cohorts = {
            row["id"]: Cohort(date.fromisoformat(row["start"]), date.fromisoformat(row["end"]))
            for row in tables["sessions"]
        }
        for row in tables["enrolments"]:
            learner = self.learners.get(row["person_id"])
            if learner and row["status"] == "active" and not chance(self.rng, 0.07):
                session = row["session_id"]
                content = courses[programs[session]]
                stamina = self._stamina(content)
                cohorts[session].paths.append(
                    Path(learner, content, row["registration"], session, stamina)
                )
        return list(cohorts.values())

    def _stamina(self, courses: list[Course]) -> float:
        """Return after how many chapters somebody gives up: most never do."""
        chapters = sum(course.chapters for course in courses)
        return chapters * self.rng.uniform(0.05, 1) if chance(self.rng, 0.35) else float("inf")

    def _browsers(self, tables: dict[str, list[Row]]) -> list[Learner]:
        """Return who learns outside sessions: active learners who are no mere invitation."""
        places = defaultdict(set)
        for row in tables["enrolments"]:
            places[row["person_id"]].add(row["status"])
        members = {r["person_id"] for r in tables["memberships"] if r["role"] == "learner"}
        return [
            self.learners[row["id"]]
            for row in tables["people"]
            if row["status"] == "active"
            and row["id"] in members
            and (row["id"] not in places or "active" in places[row["id"]])
        ]

    def _free(self, tables: dict[str, list[Row]]) -> list[Course]:
        """Return the courses that are in no program."""
        bound = {row["course_id"] for row in tables["program_courses"]}
        return [course for iri, course in self.courses.items() if iri not in bound]


def _course(row: Row) -> Course:
    return TOOLS[urlsplit(row["id"]).path.split("/")[1]](row)


def _learner(row: Row, rng: Random) -> Learner:
    name = f"{row['first_name']} {row['last_name']}"
    mbox = encode({"objectType": "Agent", "name": name, "mbox": f"mailto:{row['email']}"})
    agents: dict[Naming, str] = {"account": _account(row), "mbox": mbox}
    return Learner(agents, ability=rng.uniform(0.4, 0.95), diligence=rng.uniform(0.25, 1))


def _account(row: Row) -> str:
    account = {"homePage": row["account_homepage"], "name": row["account_name"]}
    return encode({"objectType": "Agent", "account": account})
