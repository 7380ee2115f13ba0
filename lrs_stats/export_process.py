"""The process in which one file is made: `python -m lrs_stats.export_process EXPORT RUN`.

It is started by the worker, ends with it, and gives way to everything else on the machine.
"""

import os
import sys
import threading
from typing import Final

from lrs_stats.jobs.making import make
from lrs_stats.logs import configure
from lrs_stats.parts import parts
from lrs_stats.priority import give_way
from lrs_stats.settings import Settings, load
from lrs_stats.store.database import connect

NICE: Final = 19
"""As far as a system allows, and so beyond the worker, from which it is started."""
LEAVES_WITHIN: Final = 2.0
"""Seconds after which a process whose run is lost has ended, whatever it is at."""


def run(settings: Settings, export: str, run: str) -> None:
    """Make the file of a run, unless the run is none any more."""
    services = parts(settings, connect(settings.mongo, settings.database))
    found = services.exports.one(export)
    if found is not None and (found.state, found.run) == ("running", run):
        make(services, services.exports, found, _leave)


def _leave() -> None:
    end = threading.Timer(LEAVES_WITHIN, os._exit, [1])
    end.daemon = True
    end.start()


if __name__ == "__main__":
    give_way(NICE)
    configure()
    run(load(), *sys.argv[1:])
