"""The tables of one publication as Parquet, with pseudonyms: whole or not at all.

A folder has a folder for each table, in it files of some hundred thousand rows, and `export.json`,
which says what was exported. It has its name only once all of it is there. What is in memory at a
time does not grow with the tables.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec
import polars as pl

from lrs_stats.analysis.pseudonyms import Pseudonyms
from lrs_stats.analysis.tables import (
    CONNECTION_COLUMNS,
    EVENT_COLUMNS,
    EXPORTED,
    ROSTER,
    Exported,
    Manner,
)
from lrs_stats.analysis.writing import Files, InOrder, Scattered
from lrs_stats.errors import CommandError
from lrs_stats.facts.connections import CONNECTIONS
from lrs_stats.facts.delta import scan
from lrs_stats.facts.folder import CONNECTION_TABLE, EVENT_TABLE, OPEN_TABLE
from lrs_stats.facts.published import Published
from lrs_stats.facts.rows import UNCOUNTED
from lrs_stats.progress import Progress
from lrs_stats.roster.roster import Roster

PART: Final = 200_000
"""Rows of a file."""
UNFINISHED: Final = ".unfinished"
RISK: Final = (
    "Pseudonyms are no anonymity: rare roles, small groups and exact instants may tell who "
    "somebody is. Keep these files as you keep the record."
)
_MEASURED: Final = {EVENT_TABLE: "instant", CONNECTION_TABLE: "start"}
"""By which column a table is cut to a period."""


@dataclass(frozen=True)
class Wanted:
    """What is to be exported: a half-open period, None where it is open, and who stands for whom.

    `about` is what `export.json` says beside that.
    """

    start: datetime | None
    end: datetime | None
    key: bytes
    about: dict[str, Any]


def export(
    found: Published,
    roster: Roster,
    wanted: Wanted,
    folder: Path,
    *,
    progress: Progress = lambda _done, _of: None,
    still_fine: Callable[[], None] = lambda: None,
) -> dict[str, int]:
    """Write the tables into a folder that is empty or not there; return the rows of each.

    `still_fine` is called when all is written, and may raise: then nothing is left. Raises
    CommandError when the folder cannot be taken, and when files of the publication went away.
    """
    content = frozenset(roster.courses | roster.sessions | roster.programs)
    pseudonyms = Pseudonyms(wanted.key, content)
    with _begun(folder) as part:
        steps = [*_facts(found, wanted), *_roster(roster)]
        total, done = sum(weight for _, weight, _ in steps), 0
        writers = _writers(part, steps)
        for table, weight, frame in steps:
            for rows in _read(frame).iter_slices(PART):
                writers[table.name].add(_disguised(rows, table, pseudonyms))
            done += weight
            progress(done, total)
        counts = {name: writer.finish() for name, writer in writers.items()}
        about = {
            **wanted.about,
            "from": wanted.start and wanted.start.isoformat(),
            "to": wanted.end and wanted.end.isoformat(),
            "as_of": found.as_of.isoformat(),
            "idle_minutes": found.publication.idle / 60,
            "rows": counts,
            "risk": RISK,
        }
        (part / "export.json").write_bytes(
            msgspec.json.format(msgspec.json.encode(about), indent=2) + b"\n"
        )
        still_fine()
    return counts


_Step = tuple[Exported, int, Callable[[], pl.DataFrame]]


def _facts(found: Published, wanted: Wanted) -> Iterator[_Step]:
    """Yield the rows of the facts, a file at a time, with how many rows each has."""
    opened = found.files[OPEN_TABLE]
    learners = scan(opened, CONNECTIONS).select("learner").unique()
    reopened = pl.col("learner").is_in(_read(learners.collect)["learner"].implode())
    for name, table, kept in (
        (EVENT_TABLE, EVENT_COLUMNS, ~pl.col("kind").is_in(UNCOUNTED)),
        (CONNECTION_TABLE, CONNECTION_COLUMNS, ~reopened),
        (OPEN_TABLE, CONNECTION_COLUMNS, pl.col("connection").is_not_null()),
    ):
        for path in found.files[name]:
            rows = scan([path], table.types)
            yield (
                table,
                _read(rows.select(pl.len()).collect).item(),
                _part(rows, table, wanted, kept),
            )


def _part(
    rows: pl.LazyFrame, table: Exported, wanted: Wanted, kept: pl.Expr
) -> Callable[[], pl.DataFrame]:
    """Return what reads the rows of a file that are exported."""
    measured = pl.col(_MEASURED[table.name])
    period = []
    if wanted.start is not None:
        period.append(measured >= wanted.start.astimezone(UTC))
    if wanted.end is not None:
        period.append(measured < wanted.end.astimezone(UTC))
    return rows.filter(kept, *period).select(*table.columns).collect


def _read(frame: Callable[[], pl.DataFrame]) -> pl.DataFrame:
    try:
        return frame()
    except (OSError, pl.exceptions.PolarsError) as error:
        raise CommandError(
            f"The facts cannot be read ({_first_line(error)}). Files of them go when somebody is "
            "erased; export again."
        ) from error


def _roster(roster: Roster) -> Iterator[_Step]:
    for table in ROSTER:
        rows = tuple(roster.rows(table.name).values)
        yield table, len(rows), partial(_frame, table, rows)


def _frame(table: Exported, rows: Sequence[Any]) -> pl.DataFrame:
    """Return rows of the roster as columns; an empty text is no value."""
    return pl.DataFrame(
        {name: [_cell(getattr(row, name)) for row in rows] for name in table.columns},
        table.schema,
    )


def _cell(value: Any) -> Any:
    return None if value == "" else value


def _writers(folder: Path, steps: Iterable[_Step]) -> dict[str, InOrder | Scattered]:
    """Return what writes each table; only events come in an order that they show anyway."""
    made: dict[str, InOrder | Scattered] = {}
    for table in EXPORTED:
        files = Files(folder, table, PART)
        expected = sum(weight for one, weight, _ in steps if one is table)
        beside = folder.parent / "pieces"
        in_order = table is EVENT_COLUMNS
        made[table.name] = InOrder(files) if in_order else Scattered(files, beside, expected)
    return made


def _disguised(rows: pl.DataFrame, table: Exported, pseudonyms: Pseudonyms) -> pl.DataFrame:
    """Return rows with what becomes of their values."""
    return rows.with_columns(
        _mapped(rows[name], _instead(manner, pseudonyms))
        for name, manner in table.columns.items()
        if manner != "kept"
    )


def _instead(manner: Manner, pseudonyms: Pseudonyms) -> Callable[[str], str]:
    if manner == "content":
        return pseudonyms.of_content
    if manner == "vocabulary":
        return pseudonyms.of_vocabulary
    assert manner != "kept"  # noqa: S101 - what is kept is not asked for
    return lambda name: pseudonyms.of(manner, name)


def _mapped(values: pl.Series, instead: Callable[[str], str]) -> pl.Series:
    """Return a column with something in the place of each of its values, asked for once."""
    there = values.drop_nulls().unique()
    new = pl.Series([instead(one) for one in there], dtype=pl.String)
    return values.replace_strict(there, new, default=None, return_dtype=pl.String)


def check(folder: Path) -> None:
    """Raise CommandError for a folder that is there and has something in it."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CommandError(f"{folder} is there already, and not empty. Name another folder.")


@contextmanager
def _begun(folder: Path) -> Iterator[Path]:
    """Give a folder beside the one that is wanted, which takes its place once it is whole."""
    whole = folder.resolve()
    try:
        check(folder)
        whole.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            dir=whole.parent, prefix=f"{whole.name}.", suffix=UNFINISHED
        ) as beside:
            part = Path(beside) / whole.name
            part.mkdir(mode=0o700)
            yield part
            part.replace(whole)
    except (OSError, pl.exceptions.PolarsError) as error:
        reason = getattr(error, "strerror", None) or _first_line(error)
        raise CommandError(f"{folder} cannot be written ({reason}).") from error


def _first_line(error: Exception) -> str:
    """Return what went wrong, without what the Parquet writer says around it."""
    said = str(error).partition("\n")[0]
    return said.rpartition(" (os error")[0].rpartition(": ")[2] or said
