"""The rebuild of the facts from the record, by the running worker or by this process."""

import time
from typing import Final

from lrs_stats.errors import CommandError
from lrs_stats.jobs.wiring import create_worker
from lrs_stats.progress import Progress
from lrs_stats.serving import Reachable
from lrs_stats.store.statements import StatementStore
from lrs_stats.store.worker_state import WorkerState

GLANCE: Final = 0.2
ABSENT: Final = 60.0
"""Seconds after which a worker that was asked is taken to have gone for good."""
_GONE: Final = (
    "The worker that was rebuilding has stopped. The rebuild goes on where it stood when a server "
    "runs, or when this command is run again."
)


def count(reachable: Reachable) -> int:
    """Return the number of statements in the record."""
    return StatementStore(reachable.database).count()


def rebuild(reachable: Reachable, total: int, progress: Progress, *, anew: bool = False) -> None:
    """Rebuild the facts of so many statements, and return when readers see them.

    A worker that runs is asked to do it; without one this process does it. A rebuild that is under
    way, or was cut off, goes on where it stood, unless it is to begin anew. Raises CommandError
    when the facts cannot be written, or when the worker that was asked has gone.
    """
    state = WorkerState(reachable.database)
    before = state.progress()
    if anew or not before.rebuilding:
        state.ask_rebuild()
    else:
        state.report(trouble="")  # of the one that was cut off
    worker = None if before.alive else create_worker(reachable.settings)
    seen = time.monotonic()

    def show() -> None:
        progress(state.progress().read, total)

    while (reached := state.progress()).rebuilding:
        if reached.trouble:
            raise CommandError(f"The facts cannot be rebuilt: {reached.trouble}.")
        show()
        if worker is not None:
            worker.keep_up(show)
            continue
        seen = time.monotonic() if reached.alive else seen
        if time.monotonic() - seen > ABSENT:
            raise CommandError(_GONE)
        time.sleep(GLANCE)
    progress(total, total)
    if worker is not None:
        worker.release()
