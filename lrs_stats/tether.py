"""Run a command that ends when the process that starts it does, even when that one is killed.

    python -IS tether.py PARENT COMMAND…

It is a small program that becomes the command, rather than code between fork and exec: such code
runs in a copy of a process whose other threads may hold any lock.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

_PR_SET_PDEATHSIG = 1


def tethered(command: Sequence[str]) -> list[str]:
    """Return the command to start from this process, so that it does not outlive it.

    The kernel watches the thread that starts the command: start it from one that lasts.
    """
    return [sys.executable, "-IS", __file__, str(os.getpid()), *command]


def die_with(parent: int, sign: signal.Signals) -> None:
    """Ask the kernel for a signal when the parent dies; exit when it is already gone."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, sign)
    if os.getppid() != parent:
        sys.exit(f"The parent process {parent} has ended.")


if __name__ == "__main__":
    die_with(int(sys.argv[1]), signal.SIGTERM)
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 - no shell is wanted
