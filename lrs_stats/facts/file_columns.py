"""The columns of the events of one file, in memory: the least that figures are computed from."""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final

import polars as pl

from lrs_stats.facts.delta import scan
from lrs_stats.facts.digest import Digest
from lrs_stats.facts.offerings import Offerings
from lrs_stats.facts.rows import EVENTS, KINDS, UNCOUNTED
from lrs_stats.facts.signs import signs
from lrs_stats.facts.standing import OF_COURSES, SCORED, SEAT
from lrs_stats.facts.statement_ids import numbered
from lrs_stats.facts.timeline import Stretch

TEXTS: Final = ("learner", "course", "session", "object", "method")
"""The columns whose values repeat: they are kept as categories, which all frames share."""
TYPES: Final = {**dict.fromkeys(TEXTS, pl.Categorical()), "kind": KINDS}
COMPLETIONS: Final = frozenset({"complete", "uncomplete"})
MILESTONES: Final = COMPLETIONS | {"result", "reaction"}
"""Kinds of events that carry figures, and are neither answers nor progress."""

_KEPT: Final = (*SEAT, "object", "kind", "instant", "value", "success")
"""The columns in memory of answers and milestones."""
OF_PROGRESS: Final = (*SEAT, "kind", "instant", "value")
"""Those of progress."""
_OF_COMPLETIONS: Final = (*SEAT, "object", "kind", "instant")
"""Those of completions that have neither value nor success, which are nearly all milestones."""
_BARE: Final = (
    pl.col("kind").is_in(COMPLETIONS) & pl.col("value").is_null() & pl.col("success").is_null()
)
TIMED: Final = ("answers", "progress", "milestones", "completions", "outcomes", "signs")
"""The columns of a file whose rows have an instant."""


def typed(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Return events, connections or roster with categories instead of texts that repeat."""
    known = frame.collect_schema()
    return frame.with_columns(
        pl.col(name).cast(dtype) for name, dtype in TYPES.items() if name in known
    )


@dataclass(frozen=True, eq=False)
class FileColumns:
    """The columns of the events of one file.

    All but `outcomes` and `named` know the offering, of `offerings`, for course and session.
    `completions` are those milestones that have neither value nor success.
    `outcomes` are the results that carry a score and the completions of courses, with what says
    which came last. `signs` are those of `signs.signs`. `named` has learner, course, name, instant
    and stored of those who are known by their identifier alone: the last of each course, and of
    none.
    """

    answers: pl.DataFrame
    progress: pl.DataFrame
    milestones: pl.DataFrame
    completions: pl.DataFrame
    outcomes: pl.DataFrame
    signs: pl.DataFrame
    named: pl.DataFrame
    offerings: Offerings

    @cached_property
    def digest(self) -> Digest:
        """Return what signs, answers and progress come to."""
        return Digest.of(self.signs, self.answers, self.progress, self.offerings)

    @cached_property
    def mark(self) -> object:
        """Return what tells the file from all others, and holds nothing of it."""
        return object()

    @cached_property
    def learners(self) -> pl.Series:
        """Return the learners of whom something is said that a standing or a result may rest on."""
        said = self.signs, self.progress, self.outcomes
        return pl.concat([one["learner"] for one in said]).unique()

    @cached_property
    def stretches(self) -> tuple[Stretch, ...]:
        """Return the parts of timelines: each of the `TIMED`."""
        return tuple(Stretch.of(getattr(self, one), "instant") for one in TIMED)

    @classmethod
    def read(cls, events: pl.LazyFrame, offerings: Offerings) -> "FileColumns":
        """Read the columns of events with a learner, in one pass over them."""
        known = typed(events.filter(pl.col("learner").is_not_null()))
        spelled_alike = pl.col("learner").str.to_lowercase() == pl.col("actor").str.to_lowercase()
        called = typed(
            events.filter(
                spelled_alike, pl.col("name").is_not_null(), ~pl.col("kind").is_in(UNCOUNTED)
            )
        )
        answers, progress, milestones, completions, outcomes, signed, named = pl.collect_all(
            [
                known.filter(pl.col("kind") == "answer").select(_KEPT),
                known.filter(pl.col("kind") == "progress").select(OF_PROGRESS),
                known.filter(pl.col("kind").is_in(MILESTONES), ~_BARE).select(_KEPT),
                known.filter(_BARE).select(_OF_COMPLETIONS),
                known.filter(SCORED | OF_COURSES).select(
                    *(*SEAT, "kind", "object", "value", "instant", "stored", "part"),
                    numbered("statement"),
                ),
                signs(known),
                called.select("learner", "course", "name", "instant", "stored"),
            ],
            engine="streaming",
        )
        return cls(
            _tight(offerings.numbered(answers)),
            _tight(offerings.numbered(progress)),
            _tight(offerings.numbered(milestones)),
            _tight(offerings.numbered(completions)),
            _tight(outcomes),
            _tight(offerings.numbered(signed)),
            last_names(named, "learner", "course"),
            offerings,
        )


@cache
def nothing() -> FileColumns:
    """Return the columns of no file."""
    return FileColumns.read(scan([], EVENTS), Offerings())


def _tight(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame in one piece, without the room that it had to grow."""
    return frame.rechunk().shrink_to_fit(in_place=True)


def last_names(named: pl.DataFrame, *of: str) -> pl.DataFrame:
    """Return the rows with the name that was given last, of each learner, perhaps by course."""
    ordered = named.sort("instant", "stored", "name")
    return ordered.group_by(of).agg(pl.all().last()).select(named.columns)
