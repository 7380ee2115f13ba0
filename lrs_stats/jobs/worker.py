"""The worker: one process at a time that keeps the facts up and tidy, on a schedule."""

import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from lrs_stats.collecting import uncollected
from lrs_stats.errors import CommandError
from lrs_stats.facts.projector import Projector
from lrs_stats.facts.tables import FactsGone
from lrs_stats.jobs.checking import Daily
from lrs_stats.jobs.erasing import FactsRid
from lrs_stats.jobs.lease import Lease
from lrs_stats.signals import Signals, Stopped
from lrs_stats.store.worker_state import WorkerState

TIDY_EVERY: Final = timedelta(minutes=5)
ARRANGE_EVERY: Final = timedelta(seconds=10)
TICK_EVERY: Final = timedelta(seconds=2)
LONGEST_PAUSE: Final = 30.0
MOST_DOUBLED: Final = 6
"""How often the pause after a failure is doubled; that is longer than the longest."""
LOOK_EVERY: Final = 5.0
"""Seconds between two looks whether the passes go on."""
ENDS_WITHIN: Final = 8.0
"""Seconds that a pass has to end once the worker is to stop."""

_log = structlog.get_logger()


class Worker:
    """Runs the projector while it holds the lease, and starts it anew whenever it fails."""

    def __init__(
        self,
        state: WorkerState,
        open_projector: Callable[[], Projector],
        upkeep: Callable[[], object] = lambda: None,
        rid: FactsRid | None = None,
    ) -> None:
        """Take the state, the projector, and what else is to be done now and then.

        `rid` takes out of the facts what an erasure has taken out of the record.
        """
        self._rid = rid
        self._state = state
        self._open = open_projector
        self._upkeep = upkeep
        self._lease = Lease(state)
        self._projector: Projector | None = None
        self._read = 0
        self._failures = 0
        self._resume = datetime.min.replace(tzinfo=UTC)
        self._stopping = threading.Event()
        self._arranging = threading.Lock()

    def keep_up(self, after_each: Callable[[], object] = lambda: None) -> None:
        """Read the record to its end, pass by pass.

        A failure is told, and tried again after a pause.
        """
        if datetime.now(UTC) < self._resume:
            return
        try:
            while not self._stopping.is_set() and self._is_mine() and self._pass():
                after_each()
        except Exception as error:  # noqa: BLE001 - whatever fails, the record is safe: try again
            self._stumble(error)

    def follow(self, every: float) -> None:
        """Keep up and tidy until it is stopped.

        The record is looked at every so many seconds. What arrives during a pass that took longer
        has waited for it already, so the next one begins at once.
        """
        tidied = time.monotonic()
        while not self._stopping.is_set():
            began = time.monotonic()
            self.keep_up()
            if began - tidied >= TIDY_EVERY.total_seconds():
                self.tidy()
                tidied = began
            self._stopping.wait(max(0.0, began + every - time.monotonic()))

    def tidy(self) -> None:
        """Join small files, remove old ones and do the upkeep, when this process is the worker."""
        if self._stopping.is_set():
            return
        try:
            if self._projector is not None and self._is_mine():
                self._projector.tidy()
                self._upkeep()
        except Exception as error:  # noqa: BLE001 - upkeep can wait for the next time
            self._stumble(error)

    def arrange(self) -> None:
        """Do what may be done beside the passes, in a thread of its own."""
        with self._arranging:
            projector = self._projector
            if projector is None or not self.is_at_work():
                return
            try:
                projector.arrange(self._may_arrange)
            except Exception as error:  # noqa: BLE001 - it makes passes faster, and they go on without
                _log.warning("the events could not be arranged by learner", why=str(error))

    def stop(self) -> None:
        """Begin no further pass."""
        self._stopping.set()

    def is_at_work(self) -> bool:
        """Tell whether this process is the worker, and is not to stop."""
        return self._lease.is_held and not self._stopping.is_set()

    def _may_arrange(self) -> bool:
        return self.is_at_work() and not (self._rid is not None and self._rid.is_under_way)

    def release(self) -> None:
        """Give the lease back."""
        self._lease.release()

    def _is_mine(self) -> bool:
        """Return whether this process is the worker; one that no longer is forgets all."""
        held = self._lease.hold()
        if not held:
            self._projector = None
        return held

    def _pass(self) -> bool:
        """Do one pass; return whether another should follow at once."""
        if self._projector is None:
            self._projector = self._open()
            self._read = self._projector.held
        if self._state.is_rebuild_asked():
            self._read = 0
            self._projector.rebuild()
            self._state.report(asked=False, rebuilding=True)
        if self._rid is not None:
            self._rid.before(self._projector)
        with uncollected():
            done = self._projector.step()
        self._read += done.read
        reached: dict[str, object] = {"read": self._read, "trouble": ""}
        if done.version is not None:
            reached |= {"as_of": done.as_of, "version": done.version}
        if done.caught_up:
            reached["rebuilding"] = False
        self._state.report(**reached)
        if done.caught_up:
            self._purge(self._projector)
        self._failures = 0
        return not done.caught_up

    def _purge(self, projector: Projector) -> None:
        """Remove what an erasure has taken out, unless files are being written beside the passes.

        Then it is done after a later pass: of what is written now some may be the person's.
        """
        if (
            self._rid is not None
            and self._rid.is_under_way
            and self._arranging.acquire(blocking=False)
        ):
            try:
                self._rid.after(projector)
            finally:
                self._arranging.release()

    def _stumble(self, error: Exception) -> None:
        """Say what failed, forget what was in memory, and wait a little longer each time."""
        self._projector = None
        if isinstance(error, FactsGone):
            _log.warning("the facts are read anew", why=str(error))
            return
        self._failures += 1
        pause = min(0.5 * 2 ** min(self._failures, MOST_DOUBLED), LONGEST_PAUSE)
        self._resume = datetime.now(UTC) + timedelta(seconds=pause)
        trouble = f"{type(error).__name__}: {error}"
        _log.error("the facts cannot be kept up", why=trouble, next_try_in_seconds=pause)
        try:
            self._state.report(trouble=trouble[:500])
        except Exception as unreachable:  # noqa: BLE001 - the database may be what failed
            _log.warning("the trouble could not be written down", why=str(unreachable))


def run(
    worker: Worker,
    poll_seconds: float,
    daily: Daily | None = None,
    tick: Callable[[], None] = lambda: None,
) -> None:
    """Keep up and tidy until a signal comes; finish the pass that is under way.

    `tick` is called again and again, to begin what is due. A pass that does not end is cut off in
    the end: what it has not committed is done again. Raises CommandError when the passes end by
    themselves, as after a fault in a library: another process then begins with nothing in memory.
    """
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    scheduler = BackgroundScheduler(
        executors={name: ThreadPoolExecutor(1) for name in ("beside", "daily", "due")},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        timezone=UTC,
    )
    scheduler.add_job(
        worker.arrange, "interval", seconds=ARRANGE_EVERY.total_seconds(), executor="beside"
    )
    scheduler.add_job(tick, "interval", seconds=TICK_EVERY.total_seconds(), executor="due")
    if daily is not None:
        scheduler.add_job(daily.do, daily.when, executor="daily")
    following = threading.Thread(target=worker.follow, args=(poll_seconds,), name="passes")
    # Signals are waited for: a handler that stops threads may find their locks held by the very
    # thread that it interrupts.
    has_failed = False
    with Signals() as signals, suppress(Stopped):
        scheduler.start()
        following.start()
        while following.is_alive():
            signals.pause(LOOK_EVERY)
        has_failed = True
    worker.stop()
    end = threading.Timer(ENDS_WITHIN, os._exit, [1])
    end.daemon = True
    end.start()
    scheduler.shutdown(wait=True)
    following.join()
    worker.release()
    end.cancel()
    if has_failed:
        raise CommandError("Counting has ended by itself, and the worker with it; see above why.")
