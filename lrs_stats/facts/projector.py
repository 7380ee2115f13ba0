"""Reads the record in the order of storing, and keeps the facts up with it.

One pass reads what is new and, in a short overlap behind the mark, what became visible late. What
it already holds is dropped by its id. The rows and the new mark are one commit, so a pass that is
cut off anywhere is as if it had not been, and is done again.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Protocol

import polars as pl
import structlog

from lrs_stats.facts.ahead import Ahead, Begin
from lrs_stats.facts.connections import CONNECTIONS, derive
from lrs_stats.facts.open_learners import OpenLearners
from lrs_stats.facts.publication import Mark, Publication, idle_notice
from lrs_stats.facts.rekeying import differing, touched
from lrs_stats.facts.resolve import RosterFacts, resolve
from lrs_stats.facts.rows import KEY, RESOLVED, UNCOUNTED, VOIDED
from lrs_stats.facts.tables import Closing, FactsTables
from lrs_stats.xapi.held import Held
from lrs_stats.xapi.reading import Readable, Stored, late
from lrs_stats.xapi.record import Cursor

BATCH: Final = 20_000
"""Statements of a pass that nobody waits for, since nothing is published after it."""
PIECE: Final = 8_000
"""Statements of a pass after which readers see more, even if still others wait."""
_INSTANT: Final = timedelta(milliseconds=1)
FAIR_PART: Final = 20
"""Open connections are closed when they are more than one in so many."""
FEW: Final = 20_000
"""So many connections may always be open."""
TOO_MANY: Final = 4
"""So many times as many are closed by a pass itself, when nobody has done it beside the passes."""
MANY_PART: Final = 4
"""All events are written anew when those that a roster touches are more than one in so many."""


_log = structlog.get_logger()


class Record(Readable, Protocol):
    """What the projector reads of the record."""

    def now(self) -> datetime:
        """Return the time on the clock of the record."""


@dataclass(frozen=True)
class Pass:
    """What one pass did: statements read, and whether the record is read to its end.

    `version` is that of the newest publication, and None before the first; `as_of` is up to when
    it counts everything.
    """

    read: int
    caught_up: bool
    as_of: datetime
    version: int | None


class Projector:
    """Keeps the facts tables of one folder up with the record; only one may run.

    `interpret` returns the rows of statements, and `begin`, if there is one, has those that are
    read ahead interpreted beside everything else. `roster` returns the roster that holds, and
    `older` one of an earlier version, or None when it is not kept any more: then all events are
    looked at to find those that the new one touches.
    """

    def __init__(
        self,
        tables: FactsTables,
        record: Record,
        roster: Callable[[], RosterFacts],
        interpret: Callable[[Sequence[Stored]], pl.DataFrame],
        *,
        begin: Begin | None = None,
        older: Callable[[int], RosterFacts | None],
        idle: timedelta,
        ignore_case: bool = False,
    ) -> None:
        self._tables = tables
        self._record = record
        self._roster = roster
        self._interpret = interpret
        self._ahead = Ahead(record, begin or (lambda statements: partial(interpret, statements)))
        self._older = older
        self._idle = idle
        self._ignore_case = ignore_case
        self._mark = tables.mark
        self._held = Held(self._held_in_overlap())
        self._voided = self._voided_so_far()
        published = tables.published
        self._version = published.version if published else None
        self._as_of = published.as_of if published else record.now()
        self._all_touched = not self._is_current(published)
        if published and (notice := idle_notice(published, idle.total_seconds() / 60)):
            _log.warning("the idle limit was changed", meaning=notice)
        self._unpublished = False
        self._closing: Closing | None = None
        self._open = OpenLearners(tables.open_connections(), idle)

    @property
    def held(self) -> int:
        """Return how many statements have rows."""
        return self._tables.statements()

    def rebuild(self) -> None:
        """Forget all events, so that the next passes read the record from its beginning.

        Readers keep the last publication until the record has been read to its end again.
        """
        roster = self._roster()
        self._mark = Mark(roster=roster.version, manner=self._manner(roster))
        self._tables.replace(self._tables.events().head(0).collect(), self._mark)
        self._held, self._voided = Held(), set()
        self._all_touched = True

    def forget(self, gone: Collection[str], changed: Iterable[Sequence[Stored]]) -> None:
        """Take the rows of some statements out, and put in what those that stay read now.

        Doing it again does no harm. Readers see it with the next publication, and until `purge`
        what was stays on the disk.
        """
        self._ahead.drop()
        roster = self._roster()
        self._apply(roster)
        held = self._tables.events().filter(pl.col("statement").is_in(list(gone)))
        if (rows := held.select(KEY).collect()).height:
            self._tables.remove(rows, self._mark)
        for some in changed:
            self._put_back(some, roster)
        self._voided = self._voided_so_far()
        self._void(self._voided)  # by statements that were put back after those that they void
        # a last commit that names no file of before; and nothing in memory that is gone
        self._tables.append(self._resolved(self._interpret([]), roster), self._mark)
        self._held = Held(self._held_in_overlap())
        self._drop_closing()
        self._all_touched = True

    def purge(self) -> bool:
        """Remove from the disk all that is not published; False while something waits to be."""
        if self._all_touched or self._unpublished or self._closing is not None:
            return False
        self._version = self._tables.publish(self._open.connections, self._idle, self._as_of)
        self._tables.purge()
        return True

    def _put_back(self, statements: Sequence[Stored], roster: RosterFacts) -> None:
        """Write rows anew of what was read; what lies ahead of the mark is read later."""
        through = self._mark.through
        passed = [
            one
            for one in statements
            if through and (one.stored, one.id) <= (through.stored, through.id)
        ]
        rows = self._resolved(self._interpret(passed), roster)
        if passed:
            self._tables.append(self._counting(rows, self._voided), self._mark)

    def step(self, limit: int = 0) -> Pass:
        """Read up to `limit` new statements, and publish the facts.

        Those that are built anew are published once all statements are read.
        """
        limit = limit or (BATCH if self._all_touched else PIECE)
        self._tables.check()
        self._tables.mend()
        now = self._record.now()
        roster = self._roster()
        self._apply(roster)
        behind = self._late()
        batch = self._ahead.read(self._mark.through, limit, now, ahead=self._all_touched)
        new = batch.statements
        if behind or new:
            rows = pl.concat([self._interpret(behind), batch.rows])
            self._project([*behind, *new], self._resolved(rows, roster))
        if batch.is_last:
            self._as_of = batch.now
        elif not self._all_touched:
            # what was acknowledged before the last of these was stored can be found, so it is read
            self._as_of = max(self._as_of, min(now, new[-1].stored - _INSTANT))
        is_closed = self._closing is not None and self._closing.is_done
        if batch.is_last if self._all_touched else self._unpublished or is_closed:
            self._publish()
        return Pass(len(behind) + len(new), batch.is_last, self._as_of, self._version)

    def tidy(self) -> None:
        """Join small files; remove those that no reader can still be at.

        Not while events or closed connections are written that are not published yet: joining
        files publishes them.
        """
        if self._all_touched or self._unpublished or self._closing is not None:
            return
        if self._tables.compact():
            self._version = self._tables.publish(self._open.connections, self._idle, self._as_of)
        self._tables.vacuum(self._record.now())

    def arrange(self, go_on: Callable[[], bool]) -> None:
        """Do what takes long and no pass waits for; a thread beside the passes may do it.

        Connections that are many are written to the closed ones, and the events of each learner
        are arranged to be found fast.
        """
        if (closing := self._closing) is not None and not closing.is_done:
            self._tables.close_beside(closing)
        self._tables.arrange(go_on)

    def _late(self) -> list[Stored]:
        """Return the statements that became visible behind the mark."""
        through = self._mark.through
        if through is None:
            return []
        after = through.stored - self._record.overlap()
        self._held.forget_through(after)
        found = late(self._record, after, through, self._held)
        return sorted(found, key=lambda one: (one.stored, one.id))

    def _project(self, statements: Sequence[Stored], rows: pl.DataFrame) -> None:
        """Write the rows of statements, and move the mark behind the last of them."""
        voids = set(rows.filter(pl.col("kind") == "void")["object"].drop_nulls())
        self._void(voids - self._voided)
        voided = {one for one in rows["statement"] if one in voids or one in self._voided}
        rows = self._counting(rows, voided)
        last = max(statements, key=lambda one: (one.stored, one.id))
        through = self._mark.through
        if through is None or (last.stored, last.id) > (through.stored, through.id):
            through = Cursor(last.stored, last.id)
        mark = replace(self._mark, through=through)
        self._tables.append(rows, mark, held=not self._all_touched)
        self._mark = mark
        self._voided |= voids
        self._held.add((one.stored, one.id) for one in statements)
        self._unpublished = True
        if not self._all_touched:
            self._open.add(rows)

    def _counting(self, rows: pl.DataFrame, voided: set[str]) -> pl.DataFrame:
        """Return rows of which those of voided statements count nowhere."""
        counts = (pl.col("kind") == "void") | ~pl.col("statement").is_in(voided)
        return rows.with_columns(kind=pl.when(counts).then("kind").otherwise(pl.lit(VOIDED)))

    def _void(self, statements: set[str]) -> None:
        """Let the rows of newly voided statements count no more, and remember whose they were."""
        if not statements:
            return
        rows = pl.col("statement").is_in(statements) & ~pl.col("kind").is_in(UNCOUNTED)
        found = self._tables.events().filter(rows).select(*KEY, "learner").collect()
        if found.height:
            self._tables.amend(found.select(*KEY, kind=pl.lit(VOIDED)), self._mark)
            self._open.forget(found["learner"].drop_nulls())

    def _apply(self, roster: RosterFacts) -> None:
        """Resolve anew what a new roster touches, and write the rows that this changes."""
        mark = replace(self._mark, roster=roster.version, manner=self._manner(roster))
        if mark == self._mark:
            return
        events = self._tables.events()
        before = events.filter(self._touched_by(roster, mark)).collect()
        after = self._resolved(before, roster)
        changed = differing(before, after)
        if changed.is_empty():
            self._tables.append(changed, mark)
        elif changed.height * MANY_PART > events.select(pl.len()).collect().item():
            self._tables.replace(self._resolved(events.collect(), roster), mark)
            self._all_touched = True
        else:
            self._tables.amend(changed.select(*KEY, *RESOLVED), mark)
            theirs = before.join(changed, on=KEY, how="semi")["learner"]
            self._open.forget({*theirs.drop_nulls(), *changed["learner"].drop_nulls()})
        self._mark, self._unpublished = mark, True

    def _touched_by(self, roster: RosterFacts, mark: Mark) -> pl.Expr:
        """Return a filter for the events that a roster touches: all, unless its forerunner is kept.

        All are touched, too, when the settings by which a roster is read have changed.
        """
        older = self._older(self._mark.roster) if mark.manner == self._mark.manner else None
        if older is None:
            return pl.lit(value=True)
        return touched(self._tables.events(), older, roster, ignore_case=self._ignore_case)

    def _manner(self, roster: RosterFacts) -> str:
        return f"{roster.zone}, case {'ignored' if self._ignore_case else 'kept'}"

    def _resolved(self, rows: pl.DataFrame, roster: RosterFacts) -> pl.DataFrame:
        return resolve(rows, roster.places, roster.enrolments, ignore_case=self._ignore_case)

    def _publish(self) -> None:
        """Derive the connections of whoever was touched, and show readers the result."""
        if self._all_touched:
            self._close_all(derive(self._tables.events(), self._idle))
        else:
            read = self._open.to_read()
            self._open.derive(read, self._tables.signs_of(read))
            self._close()
        self._version = self._tables.publish(self._open.connections, self._idle, self._as_of)
        self._all_touched, self._unpublished = False, False

    def _close(self) -> None:
        """Close the open connections when they are many: beside the passes, if somebody does it."""
        if self._closing is not None and self._closing.is_done:
            self._tables.take_closed()
            self._open.end_closing()
            self._closing = None
        limit = max(FEW, self._tables.closed() // FAIR_PART)
        opened = self._open.connections.height
        if opened > TOO_MANY * limit:
            self._close_all(self._tables.closed_with(self._open.connections))
        elif opened > limit and self._closing is None:
            self._closing = self._tables.closing(self._open.begin_closing())

    def _drop_closing(self) -> None:
        """Close nothing beside the passes that was derived from what is not there any more."""
        if self._closing is not None and self._closing.is_done:
            self._tables.take_closed()
        self._closing = None

    def _close_all(self, connections: pl.DataFrame) -> None:
        self._tables.close(connections)
        self._open = OpenLearners(pl.DataFrame(schema=CONNECTIONS), self._idle)
        self._closing = None

    def _is_current(self, published: Publication | None) -> bool:
        return (
            published is not None
            and published.events == self._tables.version
            and published.idle == self._idle.total_seconds()
        )

    def _held_in_overlap(self) -> Iterable[tuple[datetime, str]]:
        through = self._mark.through
        if through is None:
            return ()
        since = through.stored - self._record.overlap()
        recent = self._tables.events().filter(pl.col("stored") > since)
        return recent.select("stored", "statement").unique().collect().iter_rows()

    def _voided_so_far(self) -> set[str]:
        voids = self._tables.events().filter(pl.col("kind") == "void")
        return set(voids.select("object").collect()["object"].drop_nulls())
