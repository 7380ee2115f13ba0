"""The folder of the files that were made in the background: how one appears, and how all go."""

import hashlib
import io
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

from lrs_stats.store.export_space import NoRoom
from lrs_stats.store.exports import Export, ExportStore

PART: Final = ".part"
WORK: Final = ".work"


class Hashed(io.BufferedIOBase):
    """A stream into a file that knows how much was written, and its SHA-256.

    It raises NoRoom before it takes more than the file may have.
    """

    def __init__(self, file: BinaryIO, most: int) -> None:
        self._file = file
        self._most = most
        self._hash = hashlib.sha256()
        self.size = 0

    @property
    def sha256(self) -> str:
        """Return the SHA-256 of what was written."""
        return self._hash.hexdigest()

    def writable(self) -> bool:
        """Tell that it takes bytes."""
        return True

    def write(self, piece: Any) -> int:
        """Take some bytes."""
        if self.size + len(piece) > self._most:
            raise NoRoom
        self._hash.update(piece)
        self.size += len(piece)
        return self._file.write(piece)


@contextmanager
def whole(folder: Path, export: Export, name: str, most: int) -> Iterator[Hashed]:
    """Give a stream into a file of the folder, which appears under its name when all is durable.

    It takes so many bytes at most.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = folder / f"{export.id}.{export.run}{PART}"
    try:
        with part.open("xb", buffering=1 << 20) as opened:
            part.chmod(0o600)
            yield Hashed(opened, most)
            opened.flush()
            os.fsync(opened.fileno())
        part.replace(folder / name)
        sync(folder)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


@contextmanager
def workplace(folder: Path, export: Export) -> Iterator[None]:
    """Have the temporary files of this process in the folder, where they go with the run."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    own = folder / f"{export.id}.{export.run}{WORK}"
    own.mkdir(mode=0o700)
    before, tempfile.tempdir = tempfile.tempdir, str(own)
    try:
        yield
    finally:
        tempfile.tempdir = before
        shutil.rmtree(own, ignore_errors=True)


def sweep(folder: Path, store: ExportStore) -> None:
    """Remove what is in a folder and is neither kept nor of a run that is under way.

    The folder is read first: whatever is in it was in the database before.
    """
    there = list(folder.iterdir()) if folder.is_dir() else []
    if not there:
        return
    running, kept = store.files()
    for path in there:
        export, _, rest = path.name.partition(".")
        run = running.get(export)
        if path.name in kept or (run is not None and rest.startswith(f"{run}.")):
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)  # if it is filled meanwhile, the next time
        else:
            path.unlink(missing_ok=True)


def sync(folder: Path) -> None:
    """Have the names in a folder on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
