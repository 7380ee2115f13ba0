"""The tables that are exported: of each column what it becomes, and no column but these.

What is not named here is left out: names, e-mails, titles and all other free texts, and what the
facts keep of statements only to look it up in a later roster.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

from lrs_stats.analysis.pseudonyms import Kind
from lrs_stats.facts.connections import CONNECTIONS
from lrs_stats.facts.rows import EVENTS
from lrs_stats.roster.tables import TABLES

Manner = Kind | Literal["kept", "content", "vocabulary"]
"""What becomes of a value: a pseudonym of some kind, or itself.

`content` is an id of a course, a session or a program, which stays when the roster has it;
`vocabulary` is a verb.
"""


@dataclass(frozen=True)
class Exported:
    """A table: what becomes of each column, the type that it has, and the order of the rows."""

    name: str
    columns: Mapping[str, Manner]
    types: Mapping[str, pl.DataType]
    order: tuple[str, ...]

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Return the columns with their types."""
        return {name: self.types[name] for name in self.columns}


def _of_roster(name: str, columns: Mapping[str, Manner]) -> Exported:
    types = {one.name: _TYPES.get(one.kind, pl.String()) for one in TABLES[name].columns}
    return Exported(name, columns, types, tuple(columns))


_TYPES: Final[Mapping[str, pl.DataType]] = {"date": pl.Date(), "number": pl.Int64()}


EVENT_COLUMNS: Final = Exported(
    "events",
    {
        "statement": "statement",
        "part": "kept",
        "stored": "kept",
        "instant": "kept",
        "kind": "kept",
        "verb": "vocabulary",
        "object": "content",
        "registration": "registration",
        "session_id": "visit",
        "value": "kept",
        "success": "kept",
        "seconds": "kept",
        "interpreter": "kept",
        "learner": "person",
        "course": "content",
        "session": "content",
    },
    EVENTS,
    ("stored", "statement", "part"),
)
CONNECTION_COLUMNS: Final = Exported(
    "connections",
    {
        "connection": "statement",
        "learner": "person",
        "course": "content",
        "session": "content",
        "start": "kept",
        "end": "kept",
        "seconds": "kept",
        "method": "kept",
        "statements": "kept",
        "after_completion": "kept",
    },
    CONNECTIONS,
    ("start", "connection"),
)
ROSTER: Final = (
    _of_roster(
        "people",
        {
            "id": "person",
            "role": "kept",
            "manager_id": "person",
            "employer": "employer",
            "status": "kept",
        },
    ),
    _of_roster("groups", {"id": "group", "parent_id": "group"}),
    _of_roster("memberships", {"group_id": "group", "person_id": "person", "role": "kept"}),
    _of_roster("courses", {"id": "content", "author_id": "person", "planned_minutes": "kept"}),
    _of_roster("course_staff", {"course_id": "content", "person_id": "person", "role": "kept"}),
    _of_roster("programs", {"id": "content"}),
    _of_roster(
        "program_courses", {"program_id": "content", "course_id": "content", "position": "kept"}
    ),
    _of_roster(
        "sessions", {"id": "content", "program_id": "content", "start": "kept", "end": "kept"}
    ),
    _of_roster(
        "enrolments",
        {
            "session_id": "content",
            "person_id": "person",
            "status": "kept",
            "registration": "registration",
        },
    ),
)
EXPORTED: Final = (EVENT_COLUMNS, CONNECTION_COLUMNS, *ROSTER)
