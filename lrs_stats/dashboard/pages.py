"""Which pages there are, and what each shows: declarations alone.

A block is a report, shown in one way. It names the granularity that it asks for, and the figures
that come first or are left to the choice of columns; every other figure that means something there
is shown behind those, wherever its plugin comes from. A block is shown to those whose grants open
its granularity, a page to those who may see its first block.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from lrs_stats.reports.logs import LOGS

Kind = Literal["figures", "heads", "graphs", "bars", "table"]


def N_(text: str) -> str:  # noqa: N802 - the name by which catalogues know texts that wait
    """Mark a text that is translated when it is shown."""
    return text


@dataclass(frozen=True)
class Block:
    """A part of a page: a report, and how it is shown."""

    kind: Kind
    granularity: str
    title: str = ""
    first: tuple[str, ...] = ()
    """Figures in this order, before all others."""
    beside: tuple[str, ...] = ()
    """Of graphs: the figures that are told beside the first, as numbers."""
    hidden: frozenset[str] = frozenset()
    """Figures that are not shown unless they are chosen."""
    told: tuple[str, ...] = ()
    """Figures that are asked for here, and shown in another block."""
    only: bool = False
    """Show those of `first`, and no other."""
    rest: bool = False
    """Show those that `first` does not name, and leave those out."""
    sort: str = ""
    size: int = 50
    later: bool = False
    """Whether the page is shown before this block is asked for."""

    @property
    def name(self) -> str:
        """Return what the block is called in addresses: one name for each on a page."""
        if self.kind == "table":
            return self.granularity
        return f"{self.kind}-more" if self.rest else self.kind

    @property
    def is_explained(self) -> bool:
        """Return whether it is a table of figures, what is behind each of which can be shown."""
        return self.kind == "table" and self.granularity not in LOGS


@dataclass(frozen=True)
class Page:
    """A page of the menu, and the page for one of its rows."""

    name: str
    title: str
    blocks: tuple[Block, ...]
    filters: tuple[str, ...] = ()

    @property
    def granularity(self) -> str:
        """Return what must be open to somebody who is to see the page."""
        return self.blocks[0].granularity


SELDOM: Final = frozenset(
    {
        "connections_12_months",
        "session_participants",
        "respondents",
        "useful",
        "not_useful",
        "course_result",
    }
)
"""Figures that tables leave out unless they are chosen."""
COLUMNS: Final = (
    "participants",
    "learners",
    "connections",
    "time_spent",
    "progress",
    "participation",
    "completion",
    "score",
    "answers",
    "question_success",
    "last_activity",
)
"""The order of figures in tables."""
OF_MANY: Final = SELDOM | {"participants", "course_participants", "attendance"}
"""Figures that say nothing of one learner."""
EVERYWHERE: Final = ("learner", "group", "program", "session", "course")
FEATURED: Final = ("connections", "session_participants", "time_spent", "participation")
WORK: Final = ("progress", "time_spent", "connections", "score")


NAMES: Final = {
    "learners": N_("Learner"),
    "groups": N_("Group"),
    "programs": N_("Program"),
    "sessions": N_("Session"),
    "courses": N_("Course"),
    "questions": N_("Question"),
}
"""What one of each granularity is called."""
WITHOUT: Final = {
    "learners": ("learner", "group"),
    "groups": ("group",),
    "programs": ("program",),
    "sessions": ("session", "program"),
    "courses": ("course",),
    "questions": (),
}
"""The filters that the page of one has no use for."""


def _one(
    granularity: str, figures: tuple[str, ...], graphs: tuple[str, ...], *tables: Block
) -> Page:
    """Return the page of one entity: its figures, two graphs, its tables, and all other graphs."""
    return Page(
        granularity,
        NAMES[granularity],
        (
            Block("figures", granularity, N_("Figures"), first=figures, hidden=SELDOM),
            Block("graphs", granularity, first=graphs, only=True),
            *tables,
            Block("graphs", granularity, N_("More graphs"), first=graphs, rest=True, later=True),
        ),
        tuple(kind for kind in EVERYWHERE if kind not in WITHOUT[granularity]),
    )


def _table(
    granularity: str, title: str, sort: str = "", size: int = 50, hidden: frozenset[str] = SELDOM
) -> Block:
    return Block("table", granularity, title, first=COLUMNS, hidden=hidden, sort=sort, size=size)


GENERAL: Final = Page(
    "general",
    N_("General"),
    (
        Block(
            "graphs",
            "platform",
            first=FEATURED,
            beside=("connections_12_months",),
            only=True,
        ),
        Block("heads", "platform", N_("Head-counts"), first=("learners", "participants")),
        Block(
            "figures",
            "platform",
            N_("Figures"),
            first=("connections", "time_spent", "participation", "progress", "completion", "score"),
            hidden=frozenset({"learners", "participants", "connections_12_months"}),
            told=("learners", "participants", "connections_12_months"),
        ),
        Block("graphs", "platform", N_("More graphs"), first=FEATURED, rest=True, later=True),
    ),
    EVERYWHERE,
)
LEARNERS: Final = Page(
    "learners",
    N_("Learners"),
    (_table("learners", N_("Learners")),),
    EVERYWHERE,
)
GROUPS: Final = Page(
    "groups",
    N_("Groups"),
    (_table("groups", N_("Groups")), Block("bars", "groups", first=("participation",), only=True)),
    EVERYWHERE,
)
PROGRAMS: Final = Page(
    "programs",
    N_("Programs and sessions"),
    (
        _table("programs", N_("Programs")),
        _table("sessions", N_("Sessions")),
    ),
    EVERYWHERE,
)
COURSES: Final = Page(
    "courses",
    N_("Courses"),
    (
        Block("bars", "courses", first=("connections",), only=True, size=10),
        _table("courses", N_("Courses"), sort="-connections"),
    ),
    EVERYWHERE,
)
QUESTIONS: Final = Page(
    "questions",
    N_("Questions"),
    (
        _table("questions", N_("Questions"), sort="-answers"),
        Block("table", "answers", N_("Answers"), size=20),
    ),
    EVERYWHERE,
)
CONNECTIONS: Final = Page(
    "connections",
    N_("Connection log"),
    (Block("table", "connections", N_("Connections"), size=100),),
    EVERYWHERE,
)
MENU: Final = (GENERAL, LEARNERS, GROUPS, PROGRAMS, COURSES, QUESTIONS, CONNECTIONS)

ONE: Final = {
    page.name: page
    for page in (
        _one(
            "learners",
            WORK,
            ("time_spent", "connections"),
            _table("courses", N_("Courses"), sort="-last_activity", hidden=OF_MANY),
            _table("sessions", N_("Sessions"), size=20, hidden=OF_MANY),
            Block("table", "answers", N_("Answers"), size=10),
            Block("table", "connections", N_("Connections"), size=10),
        ),
        _one(
            "groups",
            ("learners", *WORK),
            ("connections", "time_spent"),
            _table("learners", N_("Learners")),
            _table("courses", N_("Courses"), size=20),
            _table("sessions", N_("Sessions"), size=20),
        ),
        _one(
            "programs",
            ("participants", "participation", *WORK),
            ("participation", "connections"),
            _table("sessions", N_("Sessions"), size=20),
            _table("courses", N_("Courses"), size=20),
            _table("learners", N_("Learners")),
        ),
        _one(
            "sessions",
            ("participants", "attendance", *WORK),
            ("participation", "connections"),
            _table("learners", N_("Learners")),
            _table("courses", N_("Courses"), size=20),
        ),
        _one(
            "courses",
            ("course_participants", *WORK),
            ("connections", "time_spent"),
            _table("questions", N_("Questions"), sort="-answers", size=20),
            _table("learners", N_("Learners")),
            _table("sessions", N_("Sessions"), size=20),
        ),
        _one(
            "questions",
            ("question_success", "score", "answers"),
            ("answers", "question_success"),
            Block("table", "answers", N_("Answers"), size=50),
        ),
    )
}
"""The page of one learner, one group and so on, by granularity."""

HEADS: Final = {
    "groups": N_("Groups"),
    "programs": N_("Programs"),
    "sessions": N_("Sessions"),
    "courses": N_("Courses"),
}
"""What a head-count counts: the rows that the page of each lists."""


def block_of(page: Page, name: str) -> Block | None:
    """Return the block of a page that has a name."""
    return next((block for block in page.blocks if block.name == name), None)


def opened(blocks: Sequence[Block], granularities: frozenset[str]) -> list[Block]:
    """Return the blocks that grants on some granularities open."""
    return [block for block in blocks if block.granularity in granularities]
