"""The table of docs/roles.md, made of the grants that the resolver gives to each role.

The sets of a directory are named in words, and a cell says the words that the grants hold.
`python -m tests.access.roles_table` puts the table into the page.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lrs_stats import ALL, Grant, Person, Resolver
from lrs_stats.access.grants import Some
from lrs_stats.testing import Relations
from tests.access.rules import rules

PAGE: Final = Path(__file__).parents[2] / "docs" / "roles.md"
BEGIN, END = "<!-- the table -->\n", "<!-- the end of the table -->"
COLUMNS: Final = {
    "platform": ["platform"],
    "learners": ["learners"],
    "groups": ["groups"],
    "programs, sessions": ["programs", "sessions"],
    "courses, questions": ["courses", "questions"],
    "enrolments, logs of connections and answers": ["enrolments", "connections", "answers"],
}


def _one(text: str) -> frozenset[str]:
    return frozenset({text})


IN_WORDS: Final = Relations(
    authored={"author": _one("courses they created")},
    supervised={"advisor": _one("courses they supervise")},
    coached={"coach": _one("their groups")},
    managed={"manager": _one("people they manage")},
    members={"their groups": _one("learners of their groups")},
    assigned={"learners of their groups": _one("sessions assigned to these")},
    asked={"sessions assigned to these": _one("courses assigned to these")},
    runs={"sessions assigned to these": _one("all sessions of these programs")},
)
"""A directory in which each relation is held by a person of the name of the role."""
ROLES: Final = {
    "owner": Person("owner", "owner"),
    "administrator": Person("administrator", "admin"),
    "author": Person("author"),
    "coach": Person("coach"),
    "advisor": Person("advisor"),
    "manager": Person("manager"),
    "learner": Person("learner"),
}


@dataclass(frozen=True)
class Cell:
    """What a role sees on a page: of whom, and of what."""

    learners: str
    content: str

    def __str__(self) -> str:
        """Return the cell in words."""
        if self.learners == self.content == "all":
            return "all"
        learners = {"all": "all learners"}.get(self.learners, self.learners)
        return learners if self.content == "all" else f"{learners}, on {self.content}"


def cell(role: str, pages: list[str], resolver: Resolver) -> Cell | None:
    """Return what a role sees on pages that it opens alike, or None; being a learner aside."""
    name = "admin" if role == "administrator" else role
    given = [
        grant
        for grant in resolver.grants(ROLES[role], IN_WORDS)
        if grant.role == name and grant.granularities & set(pages)
    ]
    if not given:
        return None
    widest = given[-1]  # with an option that opens more, the grant that does comes last
    assert widest.granularities >= set(pages), "the pages of a column are opened apart"
    return Cell(_words(widest.learners, role), _content(widest, pages))


def _content(grant: Grant, pages: list[str]) -> str:
    if "groups" in pages:
        return _words(grant.groups)
    sessions = pages == COLUMNS["programs, sessions"]
    return _words(grant.sessions if sessions else grant.courses)


def _words(some: Some, role: str = "") -> str:
    if some is ALL or not isinstance(some, frozenset):
        return "all"
    text = " and ".join(sorted(some))
    return "themselves" if text == role else text


def table(resolver: Resolver) -> str:
    """Return the table of all roles, in Markdown."""
    lines = ["| role | " + " | ".join(COLUMNS) + " |", "|---" * (len(COLUMNS) + 1) + "|"]
    for role in ROLES:
        cells = [cell(role, pages, resolver) for pages in COLUMNS.values()]
        shown = ["–" if one is None else str(one) for one in cells]
        lines.append(f"| {role} | " + " | ".join(shown) + " |")
    return "\n".join(lines) + "\n"


def page_with(text: str, made: str) -> str:
    """Return the page with a table between its marks."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + made + END + after


if __name__ == "__main__":
    PAGE.write_text(page_with(PAGE.read_text("utf-8"), table(rules())), "utf-8")
