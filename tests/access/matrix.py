"""Who may see what, from the table of roles alone: one pair of a learner and content at a time.

The oracle of the leak test. It shares no code with the product and uses only the standard library:
loops over the rows of a roster, and no sets that are multiplied.
"""

from dataclasses import dataclass, replace
from functools import cached_property

Roster = dict[str, list[dict[str, str]]]

LOGS = ("enrolments", "connections", "answers")
OF_COURSES = ("courses", "questions")
OF_SESSIONS = ("programs", "sessions")
ALL_PAGES = ("platform", "learners", "groups", *OF_SESSIONS, *OF_COURSES, *LOGS)
PAGES = {
    "owner": ALL_PAGES,
    "admin": ALL_PAGES,
    "author": ("learners", *OF_COURSES),
    "coach": ("learners", "groups", *OF_SESSIONS, *OF_COURSES, *LOGS),
    "advisor": ("learners", *OF_COURSES),
    "manager": ("learners", *OF_SESSIONS, *OF_COURSES, *LOGS),
    "learner": ("learners", *OF_SESSIONS, *OF_COURSES, *LOGS),
}
"""The cells of the table that are not empty, row by row."""


@dataclass(frozen=True)
class Chosen:
    """What the settings say of roles."""

    subgroups: bool = False
    whole: bool = False
    transitive: bool = False


@dataclass(frozen=True)
class Page:
    """What is asked for, as far as it decides what may be seen.

    `by_session` and `by_group` say that sessions or programs, or groups, are named, as rows or as
    filters; `one_by_one` that statements are listed rather than counted.
    """

    name: str
    by_session: bool = False
    by_group: bool = False
    one_by_one: bool = False


@dataclass(frozen=True)
class Reader:
    """Somebody who asks, in an organisation."""

    person: str
    roster: Roster
    chosen: Chosen

    def opens(self, page: str) -> bool:
        """Tell whether a page exists for the reader."""
        return any(page in PAGES[role] for role in self.roles)

    @cached_property
    def roles(self) -> list[str]:
        """Return what the reader is."""
        people = self.roster["people"]
        held = [row["role"] for row in people if row["id"] == self.person and row["role"]]
        held += ["author"] if any(self.wrote(row["id"]) for row in self.roster["courses"]) else []
        held += ["coach"] if self.coached else []
        held += (
            ["advisor"] if any(self.advises(row["id"]) for row in self.roster["courses"]) else []
        )
        held += ["manager"] if any(self.manages(row["id"]) for row in people) else []
        return [*held, "learner"]

    def may_see(
        self, page: Page, learner: str | None, course: str | None, session: str | None
    ) -> bool:
        """Tell whether what a learner did in a course and a session may be seen on a page.

        One by one it is seen by those who see it there, and in the log of connections.
        """
        on_page = any(
            self.as_one(role, page, learner, course, session)
            for role in self.roles
            if page.name in PAGES[role]
        )
        if not page.one_by_one:
            return on_page
        log = replace(page, name="connections", one_by_one=False)
        return on_page and self.may_see(log, learner, course, session)

    def as_one(
        self,
        role: str,
        page: Page,
        learner: str | None,
        course: str | None,
        session: str | None,
    ) -> bool:
        """Tell the same of one role alone."""
        if role in ("owner", "admin"):
            return True
        if role == "author":
            return not page.by_session and self.wrote(course)
        if role == "advisor":
            return not page.by_session and self.advises(course)
        if role == "manager":
            return self.manages(learner)
        if role == "learner":
            return learner == self.person
        return any(
            self.as_coach_of(group, page, learner, course, session) for group in self.coached
        )

    def as_coach_of(
        self,
        group: str,
        page: Page,
        learner: str | None,
        course: str | None,
        session: str | None,
    ) -> bool:
        """Tell the same of the coach of one group."""
        own = learner in self.learners_of(group)
        if page.name in OF_COURSES:
            beside = not page.by_session or session in self.whole_sessions(group)
            everybodys = self.chosen.whole and beside
            return (own or everybodys) and course in self.courses_assigned(group)
        if page.name in OF_SESSIONS:
            everybodys = self.chosen.whole and session in self.whole_sessions(group)
            return everybodys or (own and session in self.sessions_assigned(group))
        return own

    def may_see_place(self, page: Page, learner: str, session: str) -> bool:
        """Tell whether a learner's place in a session may be seen: by itself, or by a course."""
        courses = [None, *self.courses_of(session)]
        return any(self.may_see(page, learner, course, session) for course in courses)

    def may_see_membership(self, page: Page, learner: str, group: str) -> bool:
        """Tell whether it may be seen that a learner is in a group.

        Where groups are not named, it is seen of whom all is seen that they do that they are in
        some group: those are listed who have done nothing.
        """
        if "owner" in self.roles or "admin" in self.roles:
            return True
        if page.by_group:
            return page.name in PAGES["coach"] and group in self.coached
        return self.may_see(page, learner, None, None)

    # What a role gives by name, whether anything happened there or not

    def may_see_group(self, group: str) -> bool:
        """Tell whether a group is listed."""
        return "owner" in self.roles or "admin" in self.roles or group in self.coached

    def has_course(self, page: Page, course: str) -> bool:
        """Tell whether a course is listed though nothing ties it to a learner."""
        if page.name not in OF_COURSES:
            return False
        written = self.wrote(course) or self.advises(course)
        return written or any(course in self.courses_assigned(group) for group in self.coached)

    def has_session(self, page: Page, session: str) -> bool:
        """Tell whether a session is listed though nothing ties it to a learner."""
        if page.name not in OF_SESSIONS:
            return False
        known = self.whole_sessions if self.chosen.whole else self.sessions_assigned
        return any(session in known(group) for group in self.coached)

    # The relations of the roster

    def wrote(self, course: str | None) -> bool:
        """Tell whether the reader created a course, or wrote it with its author."""
        rows = self.roster["courses"]
        created = any(row["id"] == course and row["author_id"] == self.person for row in rows)
        return created or self.is_staff(course, "coauthor")

    def advises(self, course: str | None) -> bool:
        """Tell whether the reader is an advisor of a course."""
        return self.is_staff(course, "advisor")

    def is_staff(self, course: str | None, role: str) -> bool:
        """Tell whether the reader is there for a course."""
        return any(
            (row["course_id"], row["person_id"], row["role"]) == (course, self.person, role)
            for row in self.roster["course_staff"]
        )

    def manages(self, learner: str | None) -> bool:
        """Tell whether the reader manages somebody, directly or over others if that counts."""
        above = {row["id"]: row["manager_id"] for row in self.roster["people"]}
        passed: list[str] = []
        one = above.get(learner or "", "")
        while one and one not in passed:
            if one == self.person:
                return True
            if not self.chosen.transitive:
                return False
            passed.append(one)
            one = above.get(one, "")
        return False

    @cached_property
    def coached(self) -> list[str]:
        """Return the groups of which the reader is coach, perhaps with those within them."""
        direct = [
            row["group_id"]
            for row in self.roster["memberships"]
            if row["person_id"] == self.person and row["role"] == "coach"
        ]
        if not self.chosen.subgroups:
            return direct
        return [row["id"] for row in self.roster["groups"] if self.is_within(row["id"], direct)]

    def is_within(self, group: str, others: list[str]) -> bool:
        """Tell whether a group is one of some, or lies within one."""
        above = {row["id"]: row["parent_id"] for row in self.roster["groups"]}
        while group:
            if group in others:
                return True
            group = above[group]
        return False

    def learners_of(self, group: str) -> list[str]:
        """Return the learners of a group."""
        return [
            row["person_id"]
            for row in self.roster["memberships"]
            if row["group_id"] == group and row["role"] == "learner"
        ]

    def sessions_assigned(self, group: str) -> list[str]:
        """Return the sessions in which a learner of a group has a place."""
        learners = self.learners_of(group)
        return [
            row["session_id"]
            for row in self.roster["enrolments"]
            if row["person_id"] in learners and row["status"] in ("pending", "active")
        ]

    def courses_assigned(self, group: str) -> list[str]:
        """Return the courses that these sessions ask for."""
        return [
            course
            for session in self.sessions_assigned(group)
            for course in self.courses_of(session)
        ]

    def whole_sessions(self, group: str) -> list[str]:
        """Return every session of the programs of the sessions assigned to a group."""
        programs = [self.program_of(session) for session in self.sessions_assigned(group)]
        return [row["id"] for row in self.roster["sessions"] if row["program_id"] in programs]

    def courses_of(self, session: str) -> list[str]:
        """Return the courses of the program of a session."""
        program = self.program_of(session)
        rows = self.roster["program_courses"]
        return [row["course_id"] for row in rows if row["program_id"] == program]

    def program_of(self, session: str) -> str:
        """Return the program of a session."""
        return next(row["program_id"] for row in self.roster["sessions"] if row["id"] == session)
