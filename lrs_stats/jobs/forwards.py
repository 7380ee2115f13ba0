"""Forwards statements beside the worker: a thread for each target, so that none waits for another.

A target that is slow or dead holds up its own thread only; ingest and facts never wait for one.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final, Self

import structlog

from lrs_stats.store.forwards import ForwardStore
from lrs_stats.transfer.forwarding import Forward, Forwarding
from lrs_stats.transfer.peer import SECONDS, Peer
from lrs_stats.xapi.reading import Readable

_log = structlog.get_logger()

STOP_SECONDS: Final = 2.0


@dataclass(frozen=True)
class Pace:
    """Seconds: between two looks for work, after a first and a later failure, for an answer."""

    glance: float = 2.0
    first_pause: float = 1.0
    longest_pause: float = 300.0
    answer: float = SECONDS


class Forwards:
    """Runs a thread for each forward that is not paused, while this process is the worker."""

    def __init__(
        self,
        store: ForwardStore,
        record: Readable,
        is_worker: Callable[[], bool],
        pace: Pace = Pace(),
    ) -> None:
        self._store = store
        self._record = record
        self._is_worker = is_worker
        self._pace = pace
        self._running: dict[Forward, _Running] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="forwards", daemon=True)

    def __enter__(self) -> Self:
        """Begin, in threads that end with the process at the latest."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Begin no further request; what is under way is sent again after the next start."""
        self._stopping.set()
        self._thread.join(STOP_SECONDS)

    def _watch(self) -> None:
        while not self._stopping.is_set():
            try:
                self._tend(self._store.all() if self._is_worker() else [])
            except Exception as error:  # noqa: BLE001 - the database may be away; look again
                _log.warning("the forwards cannot be read", why=str(error))
            self._stopping.wait(self._pace.glance)
        self._tend([])

    def _tend(self, there: list[Forward]) -> None:
        """Start what is missing, stop what is no longer there as it was."""
        wanted = {_setup(one): one for one in there if not one.paused}
        for setup in self._running.keys() - wanted.keys():
            self._running.pop(setup).over.set()
        for setup in wanted.keys() - self._running.keys():
            running = _Running(wanted[setup], self._store, self._record, self._pace)
            self._running[setup] = running
            threading.Thread(target=running.run, name=f"forward {setup.name}", daemon=True).start()


def _setup(forward: Forward) -> Forward:
    """Return what makes a forward the one it is, without how far it is."""
    return replace(forward, mark=None, behind=None, sent=0, refused=0, trouble="", troubled=None)


@dataclass
class _Running:
    """The thread of one forward: sends until it is over, and waits longer after each failure."""

    forward: Forward
    store: ForwardStore
    record: Readable
    pace: Pace
    over: threading.Event = field(default_factory=threading.Event)
    failures: int = 0

    def run(self) -> None:
        one = self.forward
        peer = Peer(one.address, one.user, one.password, seconds=self.pace.answer)
        forwarding = Forwarding(one, self.record, self.store, peer, lambda: not self.over.is_set())
        pause = 0.0
        while not self.over.wait(pause):
            pause = self._step(forwarding)
        peer.close()

    def _step(self, forwarding: Forwarding) -> float:
        """Send a batch, and return the seconds until the next."""
        try:
            more = forwarding.step()
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing is lost: try again
            return 0.0 if self.over.is_set() else self._stumble(error)
        self.failures = 0
        return 0.0 if more else self.pace.glance

    def _stumble(self, error: Exception) -> float:
        pause = min(self.pace.first_pause * 2.0**self.failures, self.pace.longest_pause)
        self.failures = min(self.failures + 1, 20)
        _log.warning("not forwarded", to=self.forward.name, why=str(error), next_try_in=pause)
        try:
            self.store.trouble(self.forward, str(error)[:500])
        except Exception as unreachable:  # noqa: BLE001 - the database may be what failed
            _log.warning("the trouble could not be written down", why=str(unreachable))
        return pause
