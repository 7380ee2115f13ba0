"""Where the processor time of a server goes: MongoDB, web processes, worker, clients."""

import os
import resource
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

PARTS: Final = {"MongoDB": "mongod", "web": "gunicorn", "worker": "--worker"}
"""What the command line of each part has in it."""
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_T = TypeVar("_T")


@dataclass(frozen=True)
class Spent:
    """Seconds of processor time, by part; those who ask are `clients`."""

    seconds: Mapping[str, float]

    def each(self, part: str, number: float) -> float:
        """Return the microseconds that a part took for each of a number."""
        return 1e6 * self.seconds[part] / number


def measured(server: int, do: Callable[[], _T]) -> tuple[_T, Spent]:
    """Do something, and return what the parts below a process of the server spent meanwhile.

    Clients are the processes that were started and ended in between.
    """
    before = _spent(server)
    done = do()
    after = _spent(server)
    return done, Spent({part: after[part] - before[part] for part in after})


def _spent(server: int) -> dict[str, float]:
    spent = dict.fromkeys(PARTS, 0.0)
    for pid in _below(server):
        with suppress(OSError):  # it has ended
            command = Path(f"/proc/{pid}/cmdline").read_text("utf-8")
            part = next((part for part, word in PARTS.items() if word in command), "")
            if part:
                spent[part] += _of(pid)
    ours = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent | {"clients": ours.ru_utime + ours.ru_stime}


def _of(pid: int) -> float:
    """Return the seconds of a process and of its children that have ended (proc(5), stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / _TICKS


def _below(pid: int) -> Iterator[int]:
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, tasks.read_text("ascii").split()):
            yield child
            yield from _below(child)
