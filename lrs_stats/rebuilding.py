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


def count(reachable: Reachable) -> int:
    """Return the number of statements in the record."""
    return StatementStore(reachable.database).count()


def rebuild(reachable: Reachable, total: int, progress: Progress) -> None:
    """Rebuild the facts of so many statements, and return when readers see them.

    A worker that runs is asked to do it. Without one this process does it, and a rebuild that
    was cut off goes on where it stood. Raises CommandError when the facts cannot be written.
    """
    state = WorkerState(reachable.database)
    by_other = state.progress().alive
    state.ask_rebuild()
    worker = None if by_other else create_worker(reachable.settings)
    while (reached := state.progress()).rebuilding:
        if reached.trouble:
            raise CommandError(f"The facts cannot be rebuilt: {reached.trouble}.")
        progress(reached.read, total)
        if worker is None:
            time.sleep(GLANCE)
        else:
            worker.keep_up()
    progress(total, total)
    if worker is not None:
        worker.release()
