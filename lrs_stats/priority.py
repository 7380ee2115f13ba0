"""Which process waits when there is not enough processor for all: never one that acknowledges."""

import os
from contextlib import suppress
from pathlib import Path

AUTOGROUP = Path("/proc/self/autogroup")
"""Linux shares the processor among sessions first, and each part of a server is one: what is
nice within its session alone gives way to nobody (sched(7), "The autogroup feature")."""


def give_way(niceness: int) -> None:
    """Let other processes go before this one, the more the higher, from 0 to 19."""
    os.nice(niceness)
    with suppress(OSError):  # another system, or a kernel without sessions of this kind
        AUTOGROUP.write_text(str(niceness), "ascii")
