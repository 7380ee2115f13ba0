"""The interpretation of many statements by a second process, so that a rebuild takes both cores."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from multiprocessing import Pipe
from threading import Timer
from typing import Final, NamedTuple

import msgspec
import polars as pl
import structlog

from lrs_stats.facts.interpreter import Interpreter
from lrs_stats.facts.rows import interpret
from lrs_stats.tether import tethered
from lrs_stats.xapi.reading import Stored

MANY: Final = 10_000
"""So many statements are worth a second process: only a pass that publishes nothing has them."""
ENDS_WITHIN: Final = 5.0
PATIENCE: Final = 300.0
"""Seconds after which a second process that takes or gives nothing is taken to be stuck."""
FIRST_SHARE: Final = 0.8
LEAST_SHARE: Final = 0.5
MOST_SHARE: Final = 0.95
"""Of many statements, the part that the second process interprets; this one has more to do."""
STEP: Final = 0.05
"""By so much the part becomes smaller when this process had to wait for it, and else larger."""

_GONE: Final = (EOFError, OSError)


class _Sent(NamedTuple):
    """A statement on its way to the second process."""

    id: str
    stored: datetime
    raw: bytes


_packed: Final = msgspec.msgpack.Encoder().encode
unpacked: Final = msgspec.msgpack.Decoder(list[_Sent]).decode
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
        packed = _packed([(one.id, one.stored, one.raw) for one in statements])
        with self._killed_when_stuck():
            self._connection.send_bytes(packed)

    def is_done(self) -> bool:
        """Return whether the rows of what it was given are there, without waiting for them."""
        return self._connection.poll()

    def take(self) -> pl.DataFrame:
        """Return the rows of the statements that it was given."""
        with self._killed_when_stuck():
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

    @contextmanager
    def _killed_when_stuck(self) -> Iterator[None]:
        """Kill it when it takes far too long, so that nobody waits for it for ever."""
        timer = Timer(PATIENCE, self._process.kill)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


class Interpreting:
    """Makes rows of statements: in this process, or many of them in a second one beside it.

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
        self._share = FIRST_SHARE
        """The part of the statements that the second process makes the rows of."""
        self._shared: Sequence[Stored] | None = None
        """The statements of which the second process has its part, and nobody has waited for it."""
        self._its = 0
        """How many of these are its own."""
        self._is_alone = False
        """Whether the second process was lost; then none is begun until there are few again."""

    @property
    def helper(self) -> Helper | None:
        """Return the second process, while there is one."""
        return self._helper

    def __call__(self, statements: Sequence[Stored]) -> pl.DataFrame:
        """Return the rows of the statements, in their order."""
        return interpret(statements, self._interpreters)

    def begin(self, statements: Sequence[Stored]) -> Callable[[], pl.DataFrame]:
        """Begin to interpret statements; what is returned waits for their rows.

        Of many, the second process makes most meanwhile, if it is ready, and this one the others
        when it is asked for them. Who had to wait for the other is given less the next time. The
        second one is at work on nothing else: what it was given before and nobody has waited for
        is forgotten.
        """
        if len(statements) < self._many:
            self.end()
            self._is_alone = False
        elif not self._is_alone:
            self._share_out(statements)
        return partial(self._rows, statements)

    def end(self) -> None:
        """End the second process, if there is one."""
        self._shared = None
        if self._helper is not None:
            self._helper.end()
            self._helper = None

    def _share_out(self, statements: Sequence[Stored]) -> None:
        """Give the second process its part, if it is ready for it."""
        try:
            self._helper = self._helper or Helper(self._environment)
            if self._shared is not None:
                self._helper.take()
                self._shared = None
            if self._helper.is_ready():
                self._its = round(len(statements) * self._share)
                self._helper.give(statements[: self._its])
                self._shared = statements
        except _GONE as error:
            self._go_on_alone(error)
        except BaseException:
            self.end()  # it may have been given half of its part
            raise

    def _rows(self, statements: Sequence[Stored]) -> pl.DataFrame:
        if self._helper is None or self._shared is not statements:
            return self(statements)
        mine = self(statements[self._its :])
        return pl.concat([self._theirs(self._helper, statements[: self._its]), mine])

    def _theirs(self, helper: Helper, statements: Sequence[Stored]) -> pl.DataFrame:
        """Return the rows that the second process makes, and give it more next time, or less."""
        try:
            step = STEP if helper.is_done() else -STEP
            self._share = min(max(self._share + step, LEAST_SHARE), MOST_SHARE)
            self._shared = None
            return helper.take()
        except _GONE as error:
            self._go_on_alone(error)
            return self(statements)
        except BaseException:
            self.end()  # it may have given back half of the rows
            raise

    def _go_on_alone(self, error: Exception) -> None:
        _log.warning("statements are interpreted by one process", why=repr(error))
        self.end()
        self._is_alone = True
