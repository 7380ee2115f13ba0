"""What the roster does not say of learners in sessions, told before a file for funders is made.

It is looked for in reports of what is asked for, in the scope of whoever asks: counts and names are
theirs, and speak of nobody else. docs/opco.md says what becomes of it in the files.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from lrs_stats import Need, Report, Reports

SEEN: Final = Need(
    "places_seen",
    "enrolments",
    metrics=("connections", "participation", "progress"),
    attributes=(
        *("last_name", "first_name", "email", "employer", "employer_siret"),
        *("nature", "objectives", "planned_minutes"),
        *("modality", "session_start", "session_end"),
    ),
)
FOLLOWED: Final = Need(
    "courses_seen", "seats", metrics=("connections",), attributes=("course_minutes",)
)
INSPECTS: Final = (SEEN, FOLLOWED)
NAMED: Final = 5
"""So many are named; of more there is the number."""
_LONGEST: Final = 60
"""Characters of a name that are told."""

EVERYBODY: Final = pl.lit(value=True)
CONNECTED: Final = pl.col("connections") > 0
"""Whose lines the log has."""
BEGUN: Final = CONNECTED | (pl.coalesce("participation", "progress").fill_null(0) > 0)
"""Of whom there is something to attest."""


@dataclass(frozen=True)
class Gap:
    """Something that the roster should say, where, and the columns with id and name of whom.

    `lacks` holds for the rows of those of whom it is not said.
    """

    what: str
    where: str
    key: str
    name: str
    lacks: pl.Expr

    def told(self, rows: pl.DataFrame) -> Iterator[str]:
        """Yield the one sentence that says of whom it is not said, if there is anybody."""
        found = rows.filter(~_empty(self.key) & self.lacks)
        names = found.select(self.key, title=pl.col(self.name)).unique(self.key)["title"].sort()
        if names.len():
            yield (
                f"{self.what}: {names.len()} ({_listed(names)}). "
                f"What is missing belongs into {self.where} of the roster."
            )


def _gap(what: str, where: str, key: str, lacks: pl.Expr) -> Gap:
    return Gap(what, where, key, f"{key}_title", lacks)


def _empty(*columns: str) -> pl.Expr:
    """Return whether one of some columns says nothing; in a roster that is often a text of none."""
    return pl.any_horizontal(pl.col(*columns).cast(pl.String).fill_null("") == "")


PLACES: Final = (
    _gap("Sessions without a first or a last day", "sessions.start and sessions.end", "session",
         _empty("session_start", "session_end")),
    _gap("Sessions without a modality", "sessions.modality", "session", _empty("modality")),
    _gap("Programs without a title", "programs.title", "program",
         pl.col("program_title") == pl.col("program")),
    _gap("Programs without a nature", "programs.nature", "program", _empty("nature")),
    _gap("Programs whose planned time is not known",
         "courses.planned_minutes, for each of their courses,", "program",
         _empty("planned_minutes")),
    _gap("Learners without a first or a last name", "people.first_name and people.last_name",
         "learner", _empty("first_name", "last_name")),
    _gap("Learners without an e-mail", "people.email", "learner", _empty("email")),
    _gap("Learners without an employer", "people.employer", "learner", _empty("employer")),
    Gap("Employers without a SIRET", "people.employer_siret", "employer", "employer",
        _empty("employer_siret")),
)  # fmt: skip
OF_DOCUMENTS: Final = (
    _gap("Programs without objectives", "programs.objectives", "program",
         _empty("objectives")),
)  # fmt: skip
COURSE: Final = _gap(
    "Courses without planned minutes", "courses.planned_minutes", "course",
    _empty("course_minutes") & (pl.col("session") != ""),
)  # fmt: skip


def lacking(reports: Reports, whose: pl.Expr, further: Sequence[Gap] = ()) -> list[str]:
    """Return a sentence for each gap in what the roster says of some places and their courses."""
    places = _rows(reports[SEEN.name]).filter(whose)
    courses = _rows(reports[FOLLOWED.name]).join(places, on=["learner", "session"], how="semi")
    gaps = [sentence for gap in (*PLACES, *further) for sentence in gap.told(places)]
    return [*gaps, *COURSE.told(courses)]


def _rows(report: Report) -> pl.DataFrame:
    return pl.concat(report.batches)


def _listed(names: pl.Series) -> str:
    first = [_short(name) for name in names.head(NAMED)]
    rest = [f"and {names.len() - NAMED} more"] if names.len() > NAMED else []
    return ", ".join([*first, *rest])


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
