"""What figures are computed from, in memory: few columns, and texts that repeat as numbers.

Reading ten million rows of texts for each report would take seconds. So the newest publication
is kept as columns: file by file, since most files of a publication are those of the one before.
What only logs ask for stays on the disk, in `Snapshot.events`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, get_args

import polars as pl
from polars.io.plugins import register_io_source

from lrs_stats.facts.delta import scan
from lrs_stats.facts.interpreter import Kind
from lrs_stats.facts.rows import ABSENT, EVENTS, VOIDED

KINDS: Final = pl.Enum([*get_args(Kind), VOIDED])
TEXTS: Final = ("learner", "course", "session", "object")
"""The columns whose values repeat: they are kept as categories, which all frames share."""
TYPES: Final = {**dict.fromkeys(TEXTS, pl.Categorical()), "kind": KINDS}
MILESTONES: Final = frozenset({"progress", "complete", "uncomplete", "result", "reaction"})
"""Kinds of events that carry figures, and are few."""

_OF_ANSWERS: Final = (
    *("learner", "course", "session", "object", "kind"),
    *("instant", "value", "success"),
)
_OF_MILESTONES: Final = (*_OF_ANSWERS, "statement", "part", "stored", "verb", "seconds")


def typed(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Return events, connections or roster with categories instead of texts that repeat."""
    known = frame.collect_schema()
    return frame.with_columns(
        pl.col(name).cast(dtype) for name, dtype in TYPES.items() if name in known
    )


@dataclass(frozen=True)
class Columns:
    """The columns of some events.

    `signs` has learner, course, session, kind and instant of all that tells that somebody was
    there or did something, and whether it is a sign of presence.
    """

    answers: pl.DataFrame
    milestones: pl.DataFrame
    signs: pl.DataFrame

    @classmethod
    def read(cls, events: pl.LazyFrame) -> "Columns":
        """Read the columns of events with a learner."""
        known = typed(events.filter(pl.col("learner").is_not_null()))
        return cls(
            answers=_collected(known.filter(pl.col("kind") == "answer").select(_OF_ANSWERS)),
            milestones=_collected(
                known.filter(pl.col("kind").is_in(MILESTONES)).select(_OF_MILESTONES)
            ),
            signs=_collected(
                known.filter(~pl.col("kind").is_in(ABSENT)).select(
                    *("learner", "course", "session", "kind", "instant"),
                    present=pl.col("part") == 0,
                )
            ),
        )

    @classmethod
    def joined(cls, parts: Sequence["Columns"]) -> "Columns":
        """Return the columns of several files, of which there is one or more."""
        return cls(
            answers=pl.concat([part.answers for part in parts]),
            milestones=pl.concat([part.milestones for part in parts]),
            signs=pl.concat([part.signs for part in parts]),
        )

    def all_answers(self, events: pl.LazyFrame) -> pl.LazyFrame:
        """Return the answers with all columns of events; those not in memory are read when asked.

        `events` are the events that these columns were read from.
        """
        schema = {name: TYPES.get(name, dtype) for name, dtype in EVENTS.items()}

        def source(
            columns: list[str] | None,
            predicate: pl.Expr | None,
            rows: int | None,
            _: int | None,
        ) -> Iterator[pl.DataFrame]:
            wanted = columns or list(schema)
            if set(wanted) <= set(_OF_ANSWERS):
                found = self.answers.lazy()
            else:
                found = typed(events).filter(
                    pl.col("kind") == "answer", pl.col("learner").is_not_null()
                )
            if predicate is not None:
                found = found.filter(predicate)
            found = found.select(wanted)
            yield (found if rows is None else found.head(rows)).collect()

        return register_io_source(source, schema=schema)


class ColumnCache:
    """The columns of the files of the newest publication; files that stay are read once."""

    def __init__(self) -> None:
        self._kept: dict[str, Columns] = {}

    def of(self, files: Sequence[str]) -> Columns:
        """Return the columns of some files, and forget those of all others."""
        self._kept = {file: self._one(file) for file in files}
        return _whole(self._kept.values())

    def beside(self, files: Sequence[str]) -> Columns:
        """Return the columns of some files, and keep what is kept."""
        return _whole(map(self._one, files))

    def _one(self, file: str) -> Columns:
        return self._kept.get(file) or Columns.read(scan([file], EVENTS))


def _whole(parts: Iterable[Columns]) -> Columns:
    return Columns.joined([*parts, Columns.read(scan([], EVENTS))])


def _collected(frame: pl.LazyFrame) -> pl.DataFrame:
    return frame.collect(engine="streaming")
