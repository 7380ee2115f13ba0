"""An erasure from the command line: planned and carried out by the running worker, or here."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

from lrs_stats.erasure.identifiers import identifiers_of
from lrs_stats.errors import CommandError
from lrs_stats.jobs.erasing import Erasing
from lrs_stats.jobs.wiring import worker_on
from lrs_stats.progress import Progress
from lrs_stats.serving import Reachable
from lrs_stats.store.erasures import Erasure, ErasureStore
from lrs_stats.store.rosters import RosterStore
from lrs_stats.store.tombstones import Tombstones
from lrs_stats.store.worker_state import WorkerState

GLANCE: Final = 0.2
ABSENT: Final = 60.0
"""Seconds after which a worker that was asked is taken to have gone for good."""
_GONE: Final = (
    "The worker has stopped. The erasure goes on where it stood when a server runs, or when this "
    "command is run again."
)


def planned(
    reachable: Reachable, learner: str, by: str, progress: Progress, *, pseudonymises: bool
) -> Erasure:
    """Return an erasure with its plan: how much each place holds. Nothing is erased."""
    settings, journal = reachable.settings, ErasureStore(reachable.database)
    roster = RosterStore(reachable.database).load()
    identifiers_of(learner, roster, ignore_case=settings.ignore_case)  # or it is refused here
    erasure = new(learner, by, pseudonymises=pseudonymises)
    journal.add(erasure)
    return _waited(reachable, erasure.id, progress, lambda one: one.state != "planning")


def carried_out(reachable: Reachable, erasure: str, by: str, progress: Progress) -> Erasure:
    """Order what was planned, and return when nobody sees the person any more."""
    if not ErasureStore(reachable.database).order(erasure, by, datetime.now(UTC)):
        raise CommandError("The plan is not there any more. Run the command again.")
    return _waited(reachable, erasure, progress, lambda one: one.state != "ordered")


def lifted(reachable: Reachable, learner: str) -> Erasure:
    """Take the identifiers of an erased person again, and return the erasure that it was."""
    roster = RosterStore(reachable.database).load()
    tombstones, journal = Tombstones(reachable.database), ErasureStore(reachable.database)
    try:
        who = identifiers_of(learner, roster, ignore_case=reachable.settings.ignore_case)
        found = tombstones.erasure_of(who.keys, learner)
    except CommandError:
        found = tombstones.erasure_of((), learner)
    erasure = journal.one(found) if found else None
    if erasure is None:
        raise CommandError("Nobody of that id or identifier was erased here.")
    tombstones.lift(erasure.id)
    journal.report(erasure.id, state="lifted")
    return erasure


def new(learner: str, by: str, *, pseudonymises: bool) -> Erasure:
    """Return an erasure that is to be planned."""
    return Erasure(
        id=uuid4().hex,
        state="planning",
        at=datetime.now(UTC),
        by=by,
        learner=learner,
        pseudonymises=pseudonymises,
        pseudonym=uuid4().hex,
    )


def _waited(
    reachable: Reachable, erasure: str, progress: Progress, is_over: Callable[[Erasure], bool]
) -> Erasure:
    """Wait for the worker, or do its work when none runs."""
    journal, state = ErasureStore(reachable.database), WorkerState(reachable.database)
    worker = None
    if not state.progress().alive:
        worker = worker_on(reachable.database, reachable.settings)
    seen = time.monotonic()

    def go_on() -> None:
        if worker is not None:
            worker.keep_up()
        time.sleep(GLANCE)

    own = Erasing(reachable.database, reachable.settings, go_on)
    try:
        while not is_over(found := _there(journal, erasure)):
            progress(found.done, found.total)
            if worker is not None:
                own.run()
                continue
            seen = time.monotonic() if state.progress().alive else seen
            if time.monotonic() - seen > ABSENT:
                raise CommandError(_GONE)
            time.sleep(GLANCE)
    finally:
        if worker is not None:
            worker.release()
    if found.state == "failed":
        raise CommandError(found.trouble)
    return found


def _there(journal: ErasureStore, erasure: str) -> Erasure:
    found = journal.one(erasure)
    if found is None:
        raise CommandError("The plan is not there any more. Run the command again.")
    return found
