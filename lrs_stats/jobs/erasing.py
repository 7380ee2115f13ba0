"""Erasures, planned and carried out: place after place, and gone on with after a kill.

The record and what lies beside it are rid of a person in a thread of its own, so that counting goes
on. The facts are the worker's: between two passes it takes the rows out (`FactsRid`), publishes,
and removes from the disk what was.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Protocol, Self

import polars as pl
import structlog

from lrs_stats.erasure.identifiers import identifiers_of
from lrs_stats.errors import CommandError
from lrs_stats.facts.projector import Projector
from lrs_stats.facts.reader import newest_events, readable
from lrs_stats.settings import Settings
from lrs_stats.store.database import Database, Document
from lrs_stats.store.erasing import PLACES
from lrs_stats.store.erasing_exports import ExportFiles
from lrs_stats.store.erasing_log import DatabaseLog
from lrs_stats.store.erasures import Erasure, ErasureStore, Report
from lrs_stats.store.rosters import RosterStore
from lrs_stats.store.statement_documents import Stored, text
from lrs_stats.store.statements import StatementStore
from lrs_stats.store.tombstones import LOOK_EVERY, Tombstones

GLANCE: Final = 1.0
FACTS: Final = "facts"
"""The name of the place that the worker's passes are rid of."""

_log = structlog.get_logger()


class Interrupted(Exception):
    """This process is no longer the worker, or is to stop; what is left is done later."""


class Rid(Protocol):
    """A place that can say how much of a person it holds, and be rid of it."""

    @property
    def name(self) -> str:
        """Return what the place is called in a plan."""

    def count(self, erasure: Erasure, report: Report) -> int:
        """Return how much would be erased, and erase nothing."""

    def erase(self, erasure: Erasure, report: Report) -> None:
        """Erase it; doing so again does no harm."""


class Facts:
    """The tables of the facts, in which the worker does the work."""

    name = FACTS

    def __init__(self, folder: Path, journal: ErasureStore, go_on: Callable[[], None]) -> None:
        self._folder = folder
        self._journal = journal
        self._go_on = go_on

    def count(self, erasure: Erasure, report: Report) -> int:  # noqa: ARG002 - of every place
        """Return how many events name the person."""
        if not (self._folder / "era").exists():
            return 0
        with readable():
            _, events = newest_events(self._folder)
            actors = events.select("actor").unique().collect()["actor"].drop_nulls()
            theirs = [actor for actor in actors if erasure.who.own(actor)]
            rows = events.filter(pl.col("actor").is_in(theirs)).select(pl.len())
            return int(rows.collect().item())

    def erase(self, erasure: Erasure, report: Report) -> None:  # noqa: ARG002 - of every place
        """Wait until the worker has published facts without the person, and kept nothing else."""
        self._journal.report(erasure.id, facts="asked")
        while FACTS not in (self._journal.one(erasure.id) or erasure).finished:
            self._go_on()


class FactsRid:
    """What the worker does for an erasure, before a pass and after the publication."""

    def __init__(self, journal: ErasureStore, record: StatementStore) -> None:
        self._journal = journal
        self._record = record
        self._pending: tuple[str, Projector] | None = None

    @property
    def is_under_way(self) -> bool:
        """Tell whether something was taken out that is not removed yet."""
        return self._pending is not None

    def before(self, projector: Projector) -> None:
        """Take out of the facts what the erasure under way has taken out of the record."""
        asked = self._journal.asked_of_facts()
        if asked is None or self._pending == (asked, projector):
            return
        gone = [text(one.id) for some in self._journal.noted(asked) for one in some]
        projector.forget(gone, self._changed(asked))
        self._pending = asked, projector

    def after(self, projector: Projector) -> None:
        """Once it is published, keep nothing of before, and say so."""
        if self._pending is not None and projector.purge():
            self._journal.finish(self._pending[0], FACTS)
            self._pending = None

    def _changed(self, erasure: str) -> Iterator[Sequence[Stored]]:
        for some in self._journal.noted(erasure):
            yield self._record.fetch(text(one.id) for one in some if not one.goes)


class Erasing:
    """Plans and carries out erasures, one at a time."""

    def __init__(
        self,
        database: Database[Document],
        settings: Settings,
        go_on: Callable[[], None],
    ) -> None:
        """Take a way to let time pass while the facts are waited for; it may raise Interrupted."""
        self._journal = ErasureStore(database)
        self._settings = settings
        self._tombstones = Tombstones(database)
        self._record = StatementStore(database)
        self._rosters = RosterStore(database)
        self._go_on = go_on
        self.places: tuple[Rid, ...] = (
            *(place(database) for place in PLACES),
            DatabaseLog(database, settings.data),
            Facts(settings.facts, self._journal, go_on),
            ExportFiles(database, settings.exports),
        )

    def run(self) -> bool:
        """Do what is to be done for the oldest erasure; return whether there was anything."""
        self._journal.forget_plans(datetime.now(UTC))
        erasure = self._journal.next()
        if erasure is None:
            return False
        try:
            if erasure.state == "planning":
                self._plan(erasure)
            else:
                self._carry_out(erasure)
        except CommandError as error:
            self._journal.report(erasure.id, state="failed", trouble=str(error))
        return True

    def _plan(self, erasure: Erasure) -> None:
        known = self._identified(erasure)
        counts = {place.name: place.count(known, self._reporting(known)) for place in self.places}
        self._journal.report(erasure.id, counts=counts, state="planned")

    def _identified(self, erasure: Erasure) -> Erasure:
        """Write down by what the person is named now, beside what they were named by before."""
        ignore_case = self._settings.ignore_case
        try:
            who = identifiers_of(erasure.learner, self._rosters.load(), ignore_case=ignore_case)
        except CommandError:
            if not erasure.keys:
                raise
            return erasure  # they have left the roster since
        keys = list(dict.fromkeys((*erasure.keys, *who.keys)))
        found = {name: said for name, said in asdict(who).items() if said}
        self._journal.report(erasure.id, **found | {"keys": keys})
        return self._journal.one(erasure.id) or erasure

    def _carry_out(self, erasure: Erasure) -> None:
        if "tombstone" not in erasure.finished:
            self._bury(self._identified(erasure))
        for place in self.places:
            known = self._journal.one(erasure.id) or erasure
            if place.name not in known.finished:
                _log.info("erasing", erasure=erasure.id, place=place.name)
                place.erase(known, self._reporting(known))
                self._journal.finish(erasure.id, place.name)
        self._journal.drop(erasure.keys)
        self._journal.close(erasure.id, "done", datetime.now(UTC))
        _log.info("erased", erasure=erasure.id)

    def _bury(self, erasure: Erasure) -> None:
        """Take none of the identifiers any more, and wait until all that was let in is there."""
        self._tombstones.put(erasure.id, erasure.who)
        buried = self._record.now() + timedelta(seconds=LOOK_EVERY)
        while self._record.consistent_through() <= buried:
            self._go_on()
        self._journal.finish(erasure.id, "tombstone")

    def _reporting(self, erasure: Erasure) -> Report:
        def report(done: int, total: int) -> None:
            self._journal.report(erasure.id, done=done, total=total)

        return report


class ErasingThread:
    """Carries out erasures beside the worker, while this process is it."""

    def __init__(
        self, make: Callable[[Callable[[], None]], Erasing], is_worker: Callable[[], bool]
    ) -> None:
        """Take what makes the erasing, given a way to let time pass."""
        self._is_worker = is_worker
        self._stopping = threading.Event()
        self._erasing = make(self._pause)
        self._thread = threading.Thread(target=self._watch, name="erasures", daemon=True)

    def __enter__(self) -> Self:
        """Begin, in a thread that ends with the process at the latest."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Begin nothing further; an erasure that is under way goes on after the next start."""
        self._stopping.set()
        self._thread.join(2.0)

    def _watch(self) -> None:
        while not self._stopping.wait(GLANCE):
            try:
                while self._is_worker() and self._erasing.run():
                    pass
            except Interrupted:
                continue
            except Exception as error:  # noqa: BLE001 - whatever it is, the journal says where: go on
                _log.warning("an erasure is tried again", why=str(error))

    def _pause(self) -> None:
        if self._stopping.wait(0.1) or not self._is_worker():
            raise Interrupted
