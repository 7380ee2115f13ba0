"""Waiting for what other processes do."""

import time
from collections.abc import Callable
from pathlib import Path


def until(
    condition: Callable[[], object], seconds: float = 15, *, told: Callable[[], str] = str
) -> None:
    """Return once the condition holds; fail when it does not within the time, with what is told."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"still not so after {seconds:g} s. {told()}"
        time.sleep(0.02)


def ended(pid: int) -> bool:
    """Say whether a process is gone, or only waits for somebody to take note of its end."""
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True
