"""The parts of a server as processes: started, listened to, restarted when they die."""

import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping
from typing import IO, Final, Protocol

import structlog

from lrs_stats.errors import CommandError
from lrs_stats.tether import tethered

FIRST_PAUSE: Final = 0.2
LONGEST_PAUSE: Final = 5.0
STEADY_SECONDS: Final = 30.0
"""A part that lived this long was well: the next restart is quick again."""

_LOG = structlog.get_logger()


class Part(Protocol):
    """Something that runs until it dies or is stopped."""

    name: str

    @property
    def pid(self) -> int | None:
        """Return the process id, once started."""

    def start(self) -> object:
        """Start it; raise CommandError when it cannot be."""

    def exit_status(self) -> int | None:
        """Return the exit status once it has ended, negative for a signal."""

    def last_words(self) -> str:
        """Return the last lines that it said."""

    def stop(self, seconds: float) -> None:
        """Ask it to stop; kill it when that takes longer."""


class Program:
    """A command in a child process; what it says on stderr is passed on and kept for a while."""

    def __init__(self, name: str, command: list[str], environment: Mapping[str, str]) -> None:
        self.name = name
        self._command = command
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self._said: deque[bytes] = deque(maxlen=20)
        self._listener: threading.Thread | None = None

    @property
    def pid(self) -> int | None:
        """Return the process id, once started."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the command; it ends with this process at the latest."""
        self._said.clear()
        self._process = subprocess.Popen(
            tethered(self._command),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=dict(self._environment),
            # Ctrl-C in a terminal is for the server, which then stops its parts in order.
            start_new_session=True,
        )
        self._listener = threading.Thread(
            target=self._listen, args=(self._process.stderr,), name=self.name, daemon=True
        )
        self._listener.start()

    def exit_status(self) -> int | None:
        """Return the exit status once it has ended, negative for a signal."""
        return self._process.poll() if self._process else None

    def last_words(self) -> str:
        """Return the last lines that it wrote to stderr."""
        if self._listener:
            self._listener.join(1)
        return b"".join(self._said).decode("utf-8", "replace").strip()

    def stop(self, seconds: float) -> None:
        """Send SIGTERM, then after so many seconds SIGKILL to it and to its own children."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            _LOG.warning("part did not stop and is killed", part=self.name, seconds=seconds)
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _listen(self, stderr: IO[bytes]) -> None:
        with stderr:
            for line in stderr:
                self._said.append(line)
                sys.stderr.buffer.write(line)
                sys.stderr.buffer.flush()


class Kept:
    """A part that runs, and is started again whenever it dies, after a pause that grows.

    Every `now` is a reading of the monotonic clock.
    """

    def __init__(self, part: Part, now: float) -> None:
        self.part = part
        self.deaths = 0
        """How often in a row it died before it was steady."""
        self._started = now
        self._due: float | None = None

    def tend(self, now: float) -> None:
        """Notice that the part died, and start it again when its pause is over."""
        if self._due is None and (status := self.part.exit_status()) is not None:
            self._died(_how(status), now)
        if self._due is not None and now >= self._due:
            self._due, self._started = None, now
            try:
                self.part.start()
            except CommandError as error:
                self._died(str(error), now)

    def wait(self, now: float) -> float | None:
        """Return the seconds until the part is due to start, None while it runs."""
        return None if self._due is None else max(0.0, self._due - now)

    def _died(self, how: str, now: float) -> None:
        self.deaths = 1 if now - self._started >= STEADY_SECONDS else self.deaths + 1
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (self.deaths - 1))
        self._due = now + pause
        _LOG.error(
            "part died and is restarted",
            part=self.part.name,
            pid=self.part.pid,
            how=how,
            restart_in_seconds=pause,
        )


def _how(status: int) -> str:
    if status < 0:
        return f"killed by {signal.Signals(-status).name}"
    return f"exit status {status}"
