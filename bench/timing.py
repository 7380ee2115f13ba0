"""How long something takes, several times."""

import time
from collections.abc import Callable
from typing import Final

TIMES: Final = 7
"""How often each thing is measured."""


def timed(make: Callable[[], object]) -> list[float]:
    """Return the seconds of each of `TIMES` times, after one that is not measured."""
    make()
    seconds = []
    for _ in range(TIMES):
        began = time.perf_counter()
        make()
        seconds.append(time.perf_counter() - began)
    return seconds
