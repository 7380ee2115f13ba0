"""The events of some learners, found without a look at those of all others.

Files of events follow the order of storing, so a learner's lie in many of them. Beside each whole
file lies another one, in the folder `by_learner`, with the same events in the order of learners,
as far as connections are derived from them. It is made of its file alone, which never changes, and
has its name: so it is right as long as that file is read, and can be deleted and made anew at any
time. Of files that are not whole yet the events are in memory, since upkeep joins them soon; what
is in neither place is looked for in the file itself.
"""

import mmap
import os
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from hashlib import blake2b
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

import msgspec
import polars as pl

from lrs_stats.facts.connections import SIGNS, signs
from lrs_stats.facts.delta import scan
from lrs_stats.facts.folder import FILE_BYTES
from lrs_stats.facts.rows import EVENTS

FOLDER: Final = "by_learner"
WHOLE: Final = FILE_BYTES // 2
"""The size from which on a file is not joined with others any more."""
IN_MEMORY: Final = 300_000
"""When so many events of files that are not whole yet are in memory, no further file is held."""

_NUMBER: Final = 8
"""The bytes of a number."""
_STORED: Final = {name: dtype for name, dtype in SIGNS.items() if name != "learner"}
_TIMES: Final[dict[str, pl.DataType]] = dict.fromkeys(("stored", "instant"), pl.Int64())
_ROW: Final[dict[str, pl.DataType]] = {**_STORED, "learner": pl.String(), **_TIMES}
_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(tuple[str, list[Any]]).decode


class ByLearner:
    """What connections are derived from, by learner, for the one process that writes the facts."""

    def __init__(self, folder: Path) -> None:
        """Begin with what lies in a folder of facts."""
        self._folder = folder / FOLDER
        self._beside: dict[str, _Sorted] = {}
        self._young: dict[str, pl.DataFrame] = {}

    def of(self, learners: Collection[str], files: Iterable[str]) -> pl.DataFrame:
        """Return the signs of some learners in some files of events."""
        rows, frames, others = list[tuple[Any, ...]](), list[pl.DataFrame](), list[str]()
        for file in files if learners else ():
            if (beside := self._beside.get(file)) is not None:
                rows += beside.of(learners)
            elif (young := self._in_memory(file)) is not None:
                frames.append(young)
            else:
                others.append(file)
        theirs = pl.col("learner").is_in(learners)
        in_files = signs(scan(others, EVENTS).filter(theirs)).collect()
        in_memory = pl.concat([in_files.head(0), *frames]).filter(theirs)
        found = pl.DataFrame(rows, schema=_ROW, orient="row")
        return pl.concat([in_files, in_memory, found.select(SIGNS.keys()).cast(pl.Schema(SIGNS))])

    def add(self, file: str, events: pl.DataFrame) -> None:
        """Take the events of a file that was just written, if there is room for them."""
        if self._has_room():
            self._young[file] = signs(events.lazy()).collect()

    def keep(self, files: Collection[str]) -> None:
        """Forget what was held of all other files."""
        for file in self._young.keys() - set(files):
            del self._young[file]

    def arrange(self, files: Collection[str], go_on: Callable[[], bool]) -> None:
        """Find or make what lies beside the whole ones of some files, and remove what is of others.

        This may run in a thread of its own; what is made is used from then on.
        """
        self._folder.mkdir(exist_ok=True)
        for file in files:
            if not go_on():
                return
            with suppress(FileNotFoundError):  # joined with others meanwhile
                if file not in self._beside and Path(file).stat().st_size >= WHOLE:
                    self._beside[file] = self._found_or_made(file)
        self.clear(files)

    def clear(self, files: Collection[str]) -> None:
        """Remove what lies beside any other than some files, and what somebody left unfinished.

        Nobody may be at `arrange` meanwhile.
        """
        self.keep(files)
        for file in self._beside.keys() - set(files):
            del self._beside[file]
        there = {Path(file).name for file in self._beside}
        for found in self._folder.iterdir() if self._folder.is_dir() else ():
            if found.name not in there:
                found.unlink(missing_ok=True)

    def _in_memory(self, file: str) -> pl.DataFrame | None:
        """Return what is held of a file, which is read if it is small and there is room."""
        if file not in self._young and self._has_room() and Path(file).stat().st_size < WHOLE:
            self._young[file] = signs(scan([file], EVENTS)).collect()
        return self._young.get(file)

    def _has_room(self) -> bool:
        return sum(young.height for young in self._young.values()) < IN_MEMORY

    def _found_or_made(self, file: str) -> "_Sorted":
        path = self._folder / Path(file).name
        if (found := _Sorted.open(path)) is not None:
            return found
        unfinished = path.with_name(f"{path.name}.{os.getpid()}")
        _write(unfinished, signs(scan([file], EVENTS)).collect())
        unfinished.replace(path)
        made = _Sorted.open(path)
        if made is None:
            raise OSError(f"{path} was written and cannot be read; is the disk sound?")
        return made


class _Sorted:
    """The signs of one file: a piece for each learner, found by a digest of the learner's id.

    The pieces are followed by the digests in their order, by where the piece of each begins and
    ends, and by how many there are.
    """

    def __init__(self, mapped: mmap.mmap, numbers: "array[int]") -> None:
        self._mapped = mapped
        number = len(numbers) // 3
        self._digests, self._begins = numbers[:number], numbers[number : 2 * number]
        self._ends = numbers[2 * number :]

    @classmethod
    def open(cls, path: Path) -> "_Sorted | None":
        """Open a file; return None when it is not there, or not whole."""
        with suppress(FileNotFoundError, ValueError), path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            (number,) = array("Q", mapped[-_NUMBER:])
            end = len(mapped) - _NUMBER * (3 * number + 1)
            numbers = array("Q", mapped[max(end, 0) : -_NUMBER])
            if len(numbers) == 3 * number and end == max(numbers[2 * number :], default=0):
                return cls(mapped, numbers)
        return None

    def of(self, learners: Iterable[str]) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of some learners."""
        for learner in learners:
            digest = _digest(learner)
            place = bisect_left(self._digests, digest)
            while place < len(self._digests) and self._digests[place] == digest:
                piece = zlib.decompress(self._mapped[self._begins[place] : self._ends[place]])
                whose, rows = _decode(piece)
                if whose == learner:
                    yield from ((*row, learner) for row in rows)
                place += 1


def _write(path: Path, rows: pl.DataFrame) -> None:
    """Write the signs of one file, as `_Sorted` reads them."""
    ordered = rows.sort("learner").with_columns(pl.col(_TIMES).to_physical())
    pieces = []
    with path.open("wb") as file:
        grouped = groupby(ordered.select(*_STORED, "learner").iter_rows(), itemgetter(-1))
        for learner, theirs in grouped:
            begin = file.tell()
            file.write(zlib.compress(_encode((learner, [row[:-1] for row in theirs])), 1))
            pieces.append((_digest(learner), begin, file.tell()))
        for column in zip(*sorted(pieces), strict=True):
            file.write(array("Q", column).tobytes())
        file.write(array("Q", [len(pieces)]).tobytes())
        file.flush()
        os.fsync(file.fileno())


def _digest(learner: str) -> int:
    return int.from_bytes(blake2b(learner.encode(), digest_size=_NUMBER).digest())
