"""Has files made beside the worker, each by a process of its own, and removes what is over.

The worker takes an order, and starts a process for it; that one keeps the order for as long as it
lives. So whatever an exporter does with memory and processor, ingest, facts and pages have theirs.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Self

import structlog

from lrs_stats.processes import Program
from lrs_stats.store.export_files import sweep
from lrs_stats.store.exports import WAITS, Export, ExportStore

GLANCE: Final = 0.5
SWEEP_EVERY: Final = 60.0
STOP_SECONDS: Final = 2.0
_TOO_LONG: Final = (
    "It took longer than {:g} minutes, which is the most (export_minutes). "
    "Ask for a shorter period, or for fewer rows."
)

_log = structlog.get_logger()


@dataclass(frozen=True)
class Limits:
    """How many files are made at once, how many of one owner, and how long one may take."""

    at_once: int
    per_owner: int
    minutes: float = 120.0


class Exports:
    """Starts a process for each order whose turn it is, while this process is the worker."""

    def __init__(
        self,
        store: ExportStore,
        folder: Path,
        limits: Limits,
        is_worker: Callable[[], bool],
        program: Callable[[Export], Program],
        *,
        has_facts: Callable[[], bool],
    ) -> None:
        """Take what gives the program that makes the file of a run, and what says if it could."""
        self._store = store
        self._folder = folder
        self._limits = limits
        self._is_worker = is_worker
        self._program = program
        self._has_facts = has_facts
        self._running: list[tuple[Export, Program]] = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="exports", daemon=True)

    def __enter__(self) -> Self:
        """Begin, in a thread that ends with the process at the latest."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes; what they were at is begun again after the next start."""
        self._stopping.set()
        self._thread.join(2 * STOP_SECONDS)

    def _watch(self) -> None:
        until_sweep = 0.0
        while not self._stopping.wait(GLANCE):
            try:
                self._take_note()
                self._begin()
                until_sweep -= GLANCE
                if until_sweep <= 0:
                    self._store.expire()
                    sweep(self._folder, self._store)
                    until_sweep = SWEEP_EVERY
            except Exception as error:  # noqa: BLE001 - the database may be away; look again
                _log.warning("exports wait", why=str(error))
        self._stop()

    def _take_note(self) -> None:
        """Take back what a process was at that has ended before it was done; keep the others."""
        for one in list(self._running):
            export, program = one
            if program.exit_status() is None and not self._is_overdue(export):
                self._store.keep(export)
                continue
            if program.exit_status() is None:
                program.stop(STOP_SECONDS)
                self._store.fail(export, _TOO_LONG.format(self._limits.minutes))
            self._store.abandon(export, stopped=False)
            self._running.remove(one)
            sweep(self._folder, self._store)

    def _is_overdue(self, export: Export) -> bool:
        begun = export.started or datetime.now(UTC)
        return datetime.now(UTC) - begun > timedelta(minutes=self._limits.minutes)

    def _begin(self) -> None:
        limits = self._limits
        if self._is_worker() and self._store.count(None, ["queued"]) and not self._has_facts():
            self._store.hold(WAITS)  # rather than have a process of each find out
            return
        while self._is_worker() and len(self._running) < limits.at_once:
            export = self._store.claim(at_once=limits.at_once, per_owner=limits.per_owner)
            if export is None:
                return
            program = self._program(export)
            program.start()
            self._running.append((export, program))

    def _stop(self) -> None:
        for _, program in self._running:
            program.stop(STOP_SECONDS)
        try:
            for export, _ in self._running:
                self._store.abandon(export, stopped=True)
            sweep(self._folder, self._store)
        except Exception as error:  # noqa: BLE001 - leases run out, and the next start sweeps
            _log.warning("exports could not be given back", why=str(error))
