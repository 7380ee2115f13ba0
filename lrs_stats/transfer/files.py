"""Statements in files: JSON, JSON lines, either of them packed with gzip; one, or a folder."""

import hashlib
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from lrs_stats.errors import CommandError
from lrs_stats.transfer.pieces import Piece, lines, values
from lrs_stats.transfer.refusals import REFUSED
from lrs_stats.transfer.source import Found, Place
from lrs_stats.transfer.unpacking import GZIP, Unpacked

CHUNK: Final = 1 << 20
LINES: Final = (".ndjson", ".jsonl")
NAMES: Final = (*LINES, ".json")
UNPACKING: Final = "the packed file is damaged; nothing after this place can be read"


class Files:
    """One file, or those of a folder in the order of their names."""

    def __init__(self, path: Path) -> None:
        self.key = str(path.resolve())
        self.paths, self.left_out = _listed(path) if path.is_dir() else ([path], 0)
        """`left_out` counts what a folder has beside, under other names."""
        try:
            stats = [(one.name, one.stat()) for one in self.paths]
        except OSError as error:
            raise CommandError(f"{path} cannot be read ({error.strerror}).") from error
        self.total = sum(stat.st_size for _, stat in stats)
        told = "".join(f"{name} {stat.st_size} {stat.st_mtime_ns}\n" for name, stat in stats)
        self.fingerprint = hashlib.sha256(told.encode("utf-8", "surrogateescape")).hexdigest()

    def pieces(self, after: Place) -> Iterator[Found]:
        """Yield the pieces after a file and a number of its pieces, each with its place."""
        index, done, before = int(after.get("file", 0)), int(after.get("pieces", 0)), 0
        for at, path in enumerate(self.paths):
            if at >= index:
                yield from _pieces(path, at, done if at == index else 0, before)
            before += path.stat().st_size


def _pieces(path: Path, index: int, done: int, before: int) -> Iterator[Found]:
    with _raw(path) as raw:
        for number, piece in enumerate(_read(path, raw), 1):
            if number > done:
                after = {"file": index, "pieces": number}
                yield Found(path.name, piece, number, after, before + raw.tell())


def _read(path: Path, raw: BinaryIO) -> Iterator[Piece]:
    """Yield the pieces of a file; what is packed is known by its first bytes, not by its name."""
    line = 0
    packed = _unpacked(raw)
    file = io.BufferedReader(packed, CHUNK) if packed else raw
    for piece in lines(file) if _is_lines(path) else values(_chunks(file)):
        line = piece.line
        yield piece
    if packed and packed.is_damaged:
        yield Piece(b"", line + 1, reason=UNPACKING)


@contextmanager
def _raw(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb", CHUNK) as raw:
            yield raw
    except OSError as error:
        raise CommandError(f"{path} cannot be read ({error.strerror}).") from error


def _unpacked(raw: BinaryIO) -> Unpacked | None:
    """Return what unpacks a file, and None when it is not packed."""
    is_packed = raw.read(2) == GZIP
    raw.seek(0)
    return Unpacked(raw) if is_packed else None


def _is_lines(path: Path) -> bool:
    """Tell whether each line is a piece: by the name, else by the first line's being whole."""
    if path.name.removesuffix(".gz").endswith(LINES):
        return True
    with _raw(path) as raw:
        packed = _unpacked(raw)
        file = io.BufferedReader(packed, CHUNK) if packed else raw
        first, second = file.readline(CHUNK), file.readline(CHUNK)
    if not second.strip():
        return False
    try:
        return isinstance(msgspec.json.decode(first), dict)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return False


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk


def _listed(folder: Path) -> tuple[Sequence[Path], int]:
    """Return the files of a folder that may hold statements, and how many others it has."""
    try:
        there = sorted(folder.iterdir())
    except OSError as error:
        raise CommandError(f"{folder} cannot be read ({error.strerror}).") from error
    found = [path for path in there if _is_source(path)]
    if not found:
        names = ", ".join(f"*{name}" for name in NAMES)
        raise CommandError(f"{folder} has no file {names}, packed as .gz or not.")
    return found, len(there) - len(found)


def _is_source(path: Path) -> bool:
    name = path.name.removesuffix(".gz")
    return name.endswith(NAMES) and not path.name.endswith(REFUSED) and path.is_file()
