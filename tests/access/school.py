"""A small school in which somebody has each role, and what its learners did."""

from functools import cache
from typing import Any
from urllib.parse import quote

from werkzeug.test import TestResponse

from lrs_stats.testing import statements
from tests.access.organisations import Organisation, counted
from tests.access.reduced import whole
from tests.access.rules import rules
from tests.access.test_leaks import Stage, ask, server
from tests.databases import numbered
from tests.statement_strategies import World

SITE = "https://example.org/"
ONE, TWO, THREE = (f"{SITE}course-{number}" for number in (1, 2, 3))
SPRING, AUTUMN = f"{SITE}spring", f"{SITE}autumn"
PEOPLE = {
    "root": ("", "active"),
    "ada": ("", "active"),  # author of course 1, and manager of Zoé
    "cora": ("", "active"),  # co-author of course 2
    "abe": ("", "active"),  # advisor of course 2
    "cem": ("", "active"),  # coach of north, and of nothing within it unless that is set
    "eve": ("", "active"),  # coach of oslo, which lies within north
    "max": ("", "active"),  # manages Mia, who manages Lea
    "mia": ("max", "active"),
    "zoe": ("ada", "active"),
    "lea": ("mia", "active"),  # in north and in oslo
    "tom": ("", "active"),  # in oslo
    "dora": ("", "deleted"),  # who was in north
    "nora": ("", "active"),
}
"""Who there is: their managers, and where they stand."""
TABLES: dict[str, list[dict[str, Any]]] = {
    "people": [
        {
            "id": name,
            "email": f"{name}@example.org",
            "first_name": name.capitalize(),
            "role": "owner" if name == "root" else "",
            "manager_id": manager,
            "status": status,
        }
        for name, (manager, status) in PEOPLE.items()
    ],
    "groups": [
        {"id": "north", "name": "North", "parent_id": ""},
        {"id": "oslo", "name": "Oslo", "parent_id": "north"},
        {"id": "south", "name": "South", "parent_id": ""},
    ],
    "memberships": [
        {"group_id": group, "person_id": person, "role": role}
        for group, person, role in (
            ("north", "cem", "coach"),
            ("north", "lea", "learner"),
            ("north", "dora", "learner"),
            ("oslo", "eve", "coach"),
            ("oslo", "lea", "learner"),
            ("oslo", "tom", "learner"),
            ("south", "zoe", "learner"),
        )
    ],
    "courses": [
        {"id": ONE, "title": "One", "author_id": "ada"},
        {"id": TWO, "title": "Two", "author_id": "root"},
        {"id": THREE, "title": "Three", "author_id": "root"},
    ],
    "course_staff": [
        {"course_id": TWO, "person_id": "cora", "role": "coauthor"},
        {"course_id": TWO, "person_id": "abe", "role": "advisor"},
    ],
    "programs": [{"id": "safety", "title": "Safety"}, {"id": "sales", "title": "Sales"}],
    "program_courses": [
        {"program_id": "safety", "course_id": ONE, "position": "1"},
        {"program_id": "sales", "course_id": TWO, "position": "1"},
    ],
    "sessions": [
        {"id": SPRING, "program_id": "safety", "start": "2026-03-01", "end": "2026-03-31"},
        {"id": AUTUMN, "program_id": "sales", "start": "2026-09-01", "end": "2026-09-30"},
    ],
    "enrolments": [
        {"session_id": SPRING, "person_id": "lea", "status": "active"},
        {"session_id": SPRING, "person_id": "zoe", "status": "pending"},
        {"session_id": AUTUMN, "person_id": "tom", "status": "active"},
    ],
}
SAID = """
    09:00 lea launched course-1
    09:10 lea answered question-1 in=course-1 raw=8 max=10
    10:00 zoe launched course-1
    11:00 zoe launched course-3
    12:00 tom launched course-2
    13:00 lea launched course-3
    14:00 dora launched course-1
    15:00 nora launched course-1
    16:00 stranger launched course-2
    17:00 stranger launched course-3
"""


@cache
def school() -> Organisation:
    """Return the school, with the facts of what was said."""
    said = [one | {"stored": one["timestamp"]} for one in numbered(statements(SAID))]
    for one, name in zip(said[-2:], ("Bea", "Zoë"), strict=True):  # the stranger has two names
        one["actor"] = one["actor"] | {"name": name}
    return counted(World(TABLES, said))


class Asking:
    """A server of the school, with some options of the roles."""

    def __init__(self, **options: bool) -> None:
        self.stage = Stage(school(), whole(school()))
        self.stage.resolver = rules(**options)
        self.client = server(self.stage)

    def get(self, who: str, path: str) -> TestResponse:
        """Return the answer to somebody."""
        return ask(self.client, f"/api/v1/stats/{path}", who)

    def rows(self, who: str, path: str, figure: str = "connections") -> dict[str, Any]:
        """Return a figure of each row, by its id without the address of the site."""
        answer: Any = self.get(who, f"{path}{'&' if '?' in path else '?'}metrics={figure}")
        assert answer.status_code == 200, answer.text
        return {row["id"].removeprefix(SITE): row[figure] for row in answer.json["rows"]}

    def total(self, who: str, page: str, figure: str = "connections") -> Any:
        """Return a figure of all rows together."""
        answer: Any = self.get(who, f"{page}?metrics={figure}").json
        return answer["totals"][figure]


def encoded(identifier: str) -> str:
    """Return an id as a part of a path."""
    return quote(identifier, safe="")
