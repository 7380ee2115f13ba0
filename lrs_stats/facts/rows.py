"""Statements become rows of the events table: interpreted, and not yet resolved by the roster.

A row keeps what the roster needs to say who, which course and which session it was: the actor's
key, the activities that may be the course, all activities of the context. So a later roster can
be applied to the table itself, without reading the record again.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any, Final, get_args

import polars as pl
import structlog

from lrs_stats.facts.interpreter import Event, Interpreter, Kind
from lrs_stats.xapi.decoding import decoded
from lrs_stats.xapi.formats import parse_timestamp
from lrs_stats.xapi.model import Statement
from lrs_stats.xapi.reading import Stored

INSTANT: Final = pl.Datetime("us", "UTC")
EVENTS: Final[dict[str, pl.DataType]] = {
    "statement": pl.String(),
    "part": pl.Int32(),
    "stored": INSTANT,
    "instant": INSTANT,
    "kind": pl.String(),
    "verb": pl.String(),
    "actor": pl.String(),
    "name": pl.String(),
    "object": pl.String(),
    "candidates": pl.String(),
    "hint": pl.String(),
    "context": pl.String(),
    "registration": pl.String(),
    "session_id": pl.String(),
    "value": pl.Float64(),
    "success": pl.Boolean(),
    "seconds": pl.Float64(),
    "interpreter": pl.String(),
    "learner": pl.String(),
    "course": pl.String(),
    "session": pl.String(),
}
KEY: Final = ("statement", "part", "stored")
"""What names a row; `stored` follows from the statement, and says in which files to look."""
RESOLVED: Final = ("learner", "course", "session")
RAW: Final = tuple(name for name in EVENTS if name not in RESOLVED)

EARLIEST: Final = datetime(1, 1, 8, tzinfo=UTC)
LATEST: Final = datetime(9999, 12, 24, tzinfo=UTC)
"""Instants are kept a week within what a date can hold: their local week must be a date too."""

VOIDED: Final = "voided"
"""The kind of all rows of a statement that is voided, whatever it had said."""
UNCOUNTED: Final = ("void", VOIDED)
"""Kinds of rows that are in no figure."""
KINDS: Final = pl.Enum([*get_args(Kind), VOIDED])
"""Kinds of rows as they are in memory."""
ABSENT: Final = ("enrol", "unenrol", "invite", "login", "nothing", "unknown", *UNCOUNTED)
"""Kinds that are no sign of presence."""
IS_PRESENCE: Final = (pl.col("part") == 0) & ~pl.col("kind").is_in(ABSENT)
"""Whether a row is its statement's own, and a sign of presence."""

VOID: Final = (Event(kind="void"),)
UNKNOWN: Final = (Event(kind="unknown"),)
NOTHING: Final = (Event(kind="nothing"),)

_KINDS: Final = frozenset(get_args(Kind))
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_log = structlog.get_logger()


def interpret(statements: Iterable[Stored], interpreters: Sequence[Interpreter]) -> pl.DataFrame:
    """Return the rows of the statements, at least one for each."""
    rows = [row for stored in statements for row in _rows(stored, interpreters)]
    columns = zip(*rows, strict=True) if rows else ((),) * len(RAW)
    return pl.DataFrame([_column(name, values) for name, values in zip(RAW, columns, strict=True)])


def _column(name: str, values: Sequence[Any]) -> pl.Series:
    """Return a column; instants by way of numbers, since Polars takes long to read datetimes."""
    if EVENTS[name] != INSTANT:
        return pl.Series(name, values, EVENTS[name])
    since = [(instant - _EPOCH) // _MICROSECOND for instant in values]
    return pl.Series(name, since, pl.Int64()).cast(INSTANT)


def _rows(stored: Stored, interpreters: Sequence[Interpreter]) -> Iterator[tuple[Any, ...]]:
    statement = decoded(stored.raw)
    name, events = _meaning(statement, interpreters)
    instant = parse_timestamp(statement.timestamp) if statement.timestamp else stored.stored
    instant = min(max(instant, EARLIEST), LATEST)
    candidates, hint = _course(statement, events[0])
    shared = (
        statement.verb.id,
        statement.agent_key,
        statement.actor_name,
        statement.voids or statement.object_id,
        " ".join(candidates),
        hint,
        " ".join(statement.context_ids),
        statement.registration,
    )
    for part, event in enumerate(events):
        yield (
            stored.id,
            part,
            stored.stored,
            instant,
            event.kind,
            *shared,
            event.session_id,
            event.value,
            event.success,
            event.seconds,
            name,
        )


def _meaning(
    statement: Statement, interpreters: Sequence[Interpreter]
) -> tuple[str | None, Sequence[Event]]:
    """Ask the interpreters in turn; a broken one leaves the statement not understood."""
    if statement.voids is not None:
        return None, VOID
    if statement.agent_key is None:
        return None, UNKNOWN
    for interpreter in interpreters:
        try:
            events = interpreter.interpret(statement)
            if events is not None:
                _check(events)
        except Exception:  # noqa: BLE001 - whatever a plugin raises is its own failure alone
            _log.exception("interpreter failed", interpreter=interpreter.name)
            return interpreter.name, UNKNOWN
        if events is not None:
            return interpreter.name, events or NOTHING
    return None, UNKNOWN


def _check(events: Sequence[Event]) -> None:
    """Raise TypeError or ValueError unless a plugin's events can be rows."""
    if not isinstance(events, list | tuple):
        raise TypeError(f"no list of events: {events!r}")
    for event in events:
        if not isinstance(event, Event) or event.kind not in _KINDS:
            raise TypeError(f"no event: {event!r}")
        if not (_is_number(event.value) and _is_number(event.seconds)):
            raise ValueError(f"value and seconds are finite numbers or None: {event!r}")
        if event.success is not None and not isinstance(event.success, bool):
            raise TypeError(f"success is true, false or None: {event!r}")
        for text in (event.session_id, event.course):
            if text is not None:
                str.encode(text)  # a lone surrogate is no text


def _is_number(figure: object) -> bool:
    return figure is None or (isinstance(figure, int | float) and isfinite(figure))


def _course(statement: Statement, event: Event) -> tuple[list[str], str | None]:
    """Return the activities that are the course if the roster says so, and the one if not.

    In order object, parent, grouping, up to the first that is typed as a course: it is one
    whatever the roster says.
    """
    activities = [
        *statement.object_activity,
        *statement.activities("parent"),
        *statement.activities("grouping"),
    ]
    if event.course is not None:
        return [activity.id for activity in activities], event.course or None
    candidates = []
    for activity in activities:
        candidates.append(activity.id)
        if activity.is_course:
            return candidates, activity.id
    parents = statement.activities("parent")
    if parents:
        return candidates, parents[0].id
    return candidates, statement.object_id if event.kind == "start" else None
