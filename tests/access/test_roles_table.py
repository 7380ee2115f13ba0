"""The table of docs/roles.md is the resolver's, and the resolver's is the one written here."""

import pytest

from lrs_stats import ALL, Person
from lrs_stats.access.grants import GRANULARITIES
from tests.access import matrix
from tests.access.roles_table import COLUMNS, IN_WORDS, PAGE, ROLES, Cell, cell, page_with, table
from tests.access.rules import rules

ALL_OF_IT = Cell("all", "all")
GROUPS, THEIRS = "their groups", "learners of their groups"
WRITTEN, ADVISED = "courses they created", "courses they supervise"
SESSIONS, COURSES = "sessions assigned to these", "courses assigned to these"
MANAGED, SELF = "people they manage", "themselves"
MATRIX: dict[str, list[Cell | None]] = {
    # platform, learners, groups, programs and sessions, courses and questions, enrolments and logs
    "owner": [ALL_OF_IT] * 6,
    "administrator": [ALL_OF_IT] * 6,
    "author": [None, Cell("all", WRITTEN), None, None, Cell("all", WRITTEN), None],
    "coach": [
        None,
        Cell(THEIRS, "all"),
        Cell(THEIRS, GROUPS),
        Cell(THEIRS, SESSIONS),
        Cell(THEIRS, COURSES),
        Cell(THEIRS, "all"),
    ],
    "advisor": [None, Cell("all", ADVISED), None, None, Cell("all", ADVISED), None],
    "manager": [None, Cell(MANAGED, "all"), None, *[Cell(MANAGED, "all")] * 3],
    "learner": [None, Cell(SELF, "all"), None, *[Cell(SELF, "all")] * 3],
}
WHOLE = {
    "programs, sessions": Cell("all", f"all sessions of these programs and {SESSIONS}"),
    "courses, questions": Cell("all", COURSES),
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("column", COLUMNS)
def test_each_cell_is_that_of_the_matrix(role: str, column: str) -> None:
    expected = MATRIX[role][list(COLUMNS).index(column)]
    assert cell(role, COLUMNS[column], rules()) == expected


@pytest.mark.parametrize("column", COLUMNS)
def test_a_setting_opens_the_whole_course_or_program_to_coaches(column: str) -> None:
    opened = cell("coach", COLUMNS[column], rules(coach_whole=True))
    assert opened == WHOLE.get(column, MATRIX["coach"][list(COLUMNS).index(column)])


def test_everybody_is_a_learner_beside_whatever_they_are() -> None:
    for person in ROLES.values():
        own = rules().grants(person, IN_WORDS)[-1]
        assert own.role == "learner"
        assert own.learners == frozenset({person.id})
        assert own.courses is ALL


def test_who_has_no_relation_has_no_other_grant() -> None:
    (own,) = rules().grants(Person("nobody"), IN_WORDS)
    assert own.role == "learner"


def test_the_page_has_the_table_of_the_resolver() -> None:
    text = PAGE.read_text("utf-8")
    made = page_with(text, table(rules()))
    assert text == made, "Run python -m tests.access.roles_table and commit docs/roles.md."


@pytest.mark.parametrize("granularity", GRANULARITIES)
def test_the_resolver_says_which_roles_open_a_page(granularity: str) -> None:
    opening = [role for role, pages in matrix.PAGES.items() if granularity in pages]
    assert rules().needed(granularity) == opening
