"""The right to be the worker: one process has it, and renews it for as long as it works."""

import os
import socket
import threading
from typing import Final, Protocol
from uuid import uuid4

import structlog

RENEW_EVERY: Final = 5.0
"""Seconds; a third of what a lease lasts."""

_log = structlog.get_logger()


class Leases(Protocol):
    """Where it is written down who has the lease."""

    def hold(self, owner: str) -> bool:
        """Take or renew the lease; False when another has it."""

    def release(self, owner: str) -> None:
        """Give the lease back."""


class Lease:
    """The lease of this process; a thread renews it, since one pass may outlast it."""

    def __init__(self, leases: Leases) -> None:
        self._leases = leases
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        self._over = threading.Event()
        self._renewing: threading.Thread | None = None
        self.is_held = False
        """Whether this process had the lease when it last asked."""

    def hold(self) -> bool:
        """Take the lease, or make sure of it; False when another process has it."""
        held = self.is_held = self._leases.hold(self._owner)
        if held and self._renewing is None:
            self._over.clear()
            self._renewing = threading.Thread(target=self._renew, name="lease", daemon=True)
            self._renewing.start()
        return held

    def release(self) -> None:
        """Give the lease back, so that the next worker need not wait for its end."""
        self._over.set()
        self.is_held = False
        if self._renewing is not None:
            self._renewing.join()
            self._renewing = None
        self._leases.release(self._owner)

    def _renew(self) -> None:
        while not self._over.wait(RENEW_EVERY):
            try:
                self.is_held = self._leases.hold(self._owner)
            except Exception as error:  # noqa: BLE001 - the database may be away; the worker says so
                _log.warning("the lease could not be renewed", why=str(error))
