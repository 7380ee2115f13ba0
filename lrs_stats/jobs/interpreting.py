"""The interpretation of many statements by two processes, so that a rebuild takes both cores."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing import Pipe
from typing import Final

import polars as pl
import structlog

from lrs_stats.facts.interpreter import Interpreter
from lrs_stats.facts.rows import interpret
from lrs_stats.tether import tethered
from lrs_stats.xapi.reading import Stored

MANY: Final = 10_000
"""So many statements are worth a second process: a pass of a rebuild has them, and no other."""
ENDS_WITHIN: Final = 5.0

_GONE: Final = (EOFError, OSError)
_log = structlog.get_logger()


class Helper:
    """A process that interprets what it is given, with the plugins that the environment names.

    It ends with this one, and with the end of the connection that they share.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Begin it; it is ready once it has loaded what it needs."""
        self._connection, its = Pipe()
        with its:
            command = [sys.executable, "-m", "lrs_stats.interpret_process", str(its.fileno())]
            self._process = subprocess.Popen(
                tethered(command),
                stdin=subprocess.DEVNULL,
                env=dict(environment),
                pass_fds=[its.fileno()],
            )
        self._ready = False

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self._process.pid

    def is_ready(self) -> bool:
        """Return whether it can be given something, without waiting for it.

        Raises EOFError or OSError when it is gone, as `give` and `take` do.
        """
        if not self._ready and self._connection.poll():
            self._ready = self._connection.recv() == "ready"
        return self._ready

    def give(self, statements: Sequence[Stored]) -> None:
        """Let it begin to interpret some statements."""
        self._connection.send(statements)

    def take(self) -> pl.DataFrame:
        """Return the rows of the statements that it was given."""
        rows: pl.DataFrame = self._connection.recv()
        return rows

    def end(self) -> None:
        """Let it end, and kill it when it does not."""
        self._connection.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(ENDS_WITHIN)
            return
        self._process.kill()
        self._process.wait()


class Interpreting:
    """Makes rows of statements: of few in this process, of many in two.

    The second one is begun when there are many, and ended when there are few again.
    """

    def __init__(
        self,
        interpreters: Sequence[Interpreter],
        environment: Mapping[str, str],
        *,
        many: int = MANY,
    ) -> None:
        """Take the interpreters, and the environment in which another process has the same."""
        self._interpreters = interpreters
        self._environment = environment
        self._many = many
        self._helper: Helper | None = None
        self._is_alone = False
        """Whether the second process was lost; then none is begun until there are few again."""

    @property
    def helper(self) -> Helper | None:
        """Return the second process, while there is one."""
        return self._helper

    def __call__(self, statements: Sequence[Stored]) -> pl.DataFrame:
        """Return the rows of the statements, in their order."""
        if len(statements) < self._many:
            self.end()
            self._is_alone = False
        elif not self._is_alone:
            return self._shared(statements)
        return self._own(statements)

    def end(self) -> None:
        """End the second process, if there is one."""
        if self._helper is not None:
            self._helper.end()
            self._helper = None

    def _shared(self, statements: Sequence[Stored]) -> pl.DataFrame:
        half = len(statements) // 2
        try:
            self._helper = self._helper or Helper(self._environment)
            if not self._helper.is_ready():
                return self._own(statements)
            self._helper.give(statements[:half])
            mine = self._own(statements[half:])
            return pl.concat([self._helper.take(), mine])
        except _GONE as error:
            _log.warning("statements are interpreted by one process", why=repr(error))
            self.end()
            self._is_alone = True
            return self._own(statements)
        except BaseException:
            self.end()  # what it was given is of this pass, and its answer of no other
            raise

    def _own(self, statements: Sequence[Stored]) -> pl.DataFrame:
        return interpret(statements, self._interpreters)
