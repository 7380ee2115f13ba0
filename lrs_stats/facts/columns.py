"""What figures are computed from, in memory: few columns, and texts that repeat as numbers.

Reading ten million rows of texts for each report would take seconds. So the newest publication
is kept as columns: file by file, since most files of a publication are those of the one before.
What only logs ask for stays on the disk, in `Snapshot.events`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, get_args

import polars as pl
from polars.io.plugins import register_io_source

from lrs_stats.facts.delta import scan
from lrs_stats.facts.interpreter import Kind
from lrs_stats.facts.rows import ABSENT, EVENTS, UNCOUNTED, VOIDED

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
    there or did something, and whether it is a sign of presence. `seats` has the same columns, and
    of the signs of a file that are alike but for their instant the last: for all time they say the
    same in a fraction of the rows. `named` has learner, course, name, instant and stored of those
    who are known by their identifier alone: the last of each course, and of none.
    """

    answers: pl.DataFrame
    milestones: pl.DataFrame
    signs: pl.DataFrame
    seats: pl.DataFrame
    named: pl.DataFrame

    @classmethod
    def read(cls, events: pl.LazyFrame) -> "Columns":
        """Read the columns of events with a learner, in one pass over them."""
        known = typed(events.filter(pl.col("learner").is_not_null()))
        spelled_alike = pl.col("learner").str.to_lowercase() == pl.col("actor").str.to_lowercase()
        called = typed(
            events.filter(
                spelled_alike, pl.col("name").is_not_null(), ~pl.col("kind").is_in(UNCOUNTED)
            )
        )
        answers, milestones, signs, named = pl.collect_all(
            [
                known.filter(pl.col("kind") == "answer").select(_OF_ANSWERS),
                known.filter(pl.col("kind").is_in(MILESTONES)).select(_OF_MILESTONES),
                known.filter(~pl.col("kind").is_in(ABSENT)).select(
                    *("learner", "course", "session", "kind", "instant"),
                    present=pl.col("part") == 0,
                ),
                called.select("learner", "course", "name", "instant", "stored"),
            ],
            engine="streaming",
        )
        called_last = _last_names(named, "learner", "course")
        return cls(answers, milestones, signs, _seats(signs), called_last)

    @classmethod
    def joined(cls, parts: Sequence["Columns"]) -> "Columns":
        """Return the columns of several files, of which there is one or more."""
        return cls(
            answers=pl.concat([part.answers for part in parts]),
            milestones=pl.concat([part.milestones for part in parts]),
            signs=pl.concat([part.signs for part in parts]),
            seats=pl.concat([part.seats for part in parts]),
            named=pl.concat([part.named for part in parts]),
        )

    @cached_property
    def names(self) -> pl.DataFrame:
        """Return learner and name: what those call themselves whom no roster names."""
        return self.names_of(pl.lit(value=True))

    def names_of(self, seen: pl.Expr) -> pl.DataFrame:
        """Return the same, of what is said in the rows of `named` that are seen."""
        return _last_names(self.named.filter(seen), "learner").select("learner", "name")

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


def _seats(signs: pl.DataFrame) -> pl.DataFrame:
    """Return one row for all signs of a learner, course and session; answers have one of theirs."""
    answered = (
        pl.when(pl.col("kind") == "answer").then(pl.lit("answer")).otherwise(pl.lit("access"))
    )
    alike = signs.with_columns(answered.cast(KINDS).alias("kind"))
    keys = ("learner", "course", "session", "kind", "present")
    return alike.group_by(keys).agg(pl.col("instant").max()).select(signs.columns)


def _last_names(named: pl.DataFrame, *of: str) -> pl.DataFrame:
    """Return the rows with the name that was given last, of each learner, perhaps by course."""
    ordered = named.sort("instant", "stored", "name")
    return ordered.group_by(of).agg(pl.all().last()).select(named.columns)
