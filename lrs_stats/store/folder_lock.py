"""One server for each data folder: a lock that the kernel drops when its holder dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lrs_stats.errors import CommandError


@contextmanager
def locked(data: Path) -> Iterator[None]:
    """Hold the data folder, which is created when missing, for this process alone."""
    path = data / "lock"
    try:
        # The folder holds what learners did: no other account has business in it.
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Python opens files close-on-exec, so no child inherits the lock.
        file = path.open("a+", encoding="ascii")
    except OSError as error:
        raise CommandError(
            f"The data folder {data} cannot be used ({error.strerror}). "
            "Make it writable, or choose another with --data."
        ) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            pid = file.read().strip() or "unknown"
            raise CommandError(
                f"Another lrs-stats server (process {pid}) already uses the data folder {data}. "
                "Stop it, or give this one its own with --data."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
