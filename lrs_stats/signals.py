"""Signals as something to wait for, so that nothing is ever interrupted in the middle."""

import select
import signal
import socket
from types import FrameType
from typing import Final, Self

_STOPPING: Final = frozenset({signal.SIGTERM, signal.SIGINT})


class Stopped(Exception):
    """Somebody asked the server to stop."""


class Signals:
    """Collects signals of the process; they count during a pause only."""

    def __enter__(self) -> Self:
        self._inbox, self._outbox = socket.socketpair()
        self._inbox.settimeout(0)
        self._outbox.settimeout(0)
        self._before_fd = signal.set_wakeup_fd(self._outbox.fileno(), warn_on_full_buffer=False)
        # A handler that does nothing lets Python write the signal's number to the socket.
        self._before = {sign: signal.signal(sign, _ignore) for sign in (*_STOPPING, signal.SIGCHLD)}
        return self

    def __exit__(self, *_: object) -> None:
        for sign, handler in self._before.items():
            signal.signal(sign, handler)
        signal.set_wakeup_fd(self._before_fd)
        self._inbox.close()
        self._outbox.close()

    def pause(self, seconds: float) -> None:
        """Wait, less when a child ends; raise Stopped when SIGTERM or SIGINT came."""
        readable, _, _ = select.select([self._inbox], [], [], max(0.0, seconds))
        if readable and _STOPPING & set(self._inbox.recv(4096)):
            raise Stopped


def _ignore(_sign: int, _frame: FrameType | None) -> None:
    """Do nothing, unlike SIG_IGN, which children would inherit."""
