"""A second process that interprets: `python -m lrs_stats.interpret_process DESCRIPTOR`.

The worker starts it for a rebuild, with one end of a connection as an open descriptor, and it ends
with that connection.
"""

import signal
import sys
from multiprocessing.connection import Connection

from lrs_stats.collecting import uncollected
from lrs_stats.facts.rows import interpret
from lrs_stats.jobs.interpreting import unpacked
from lrs_stats.logs import configure
from lrs_stats.registry import build
from lrs_stats.settings import Settings, load


def run(settings: Settings, connection: Connection) -> None:
    """Answer statements with their rows until nobody asks any more."""
    interpreters = build(settings).interpreters
    try:
        connection.send("ready")
        while True:
            with uncollected():
                connection.send(interpret(unpacked(connection.recv_bytes()), interpreters))
    except (EOFError, OSError):
        return


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started it
    configure()
    run(load(), Connection(int(sys.argv[1])))
