"""The publications that can be asked for again, each with the files that it is made of.

The file `history` has a line for each, the oldest first. A line names the files that its
publication has more than the one before, and fewer, so that the list stays small and no log of a
table is needed to read an earlier state: those logs are kept for a minute, since every commit
costs a look at all of them.

Of the last hour every publication is kept, then the last one before each full hour, and before
each midnight. Files that no kept publication needs are removed from the disk.
"""

import os
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from datetime import time as time_of_day
from itertools import takewhile
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from lrs_stats.facts.folder import SCHEMAS
from lrs_stats.facts.publication import Publication

HISTORY: Final = "history"
RECENT: Final = timedelta(hours=1)
"""How long every publication is kept, also for readers that are still at it."""
BY_THE_HOUR: Final = timedelta(days=2)
"""How long one publication of each hour is kept, as far as history is kept at all."""


@dataclass(frozen=True)
class Retention:
    """For how many days earlier figures can be asked for, and in which zone a day ends."""

    days: int = 30
    zone: tzinfo = UTC

    def instants(self, now: datetime) -> Iterator[datetime]:
        """Yield the instants beyond the last hour whose figures are kept, in no order."""
        first = now - max(RECENT, timedelta(days=self.days))
        yield first
        hour = now.replace(minute=0, second=0, microsecond=0)
        while hour > max(first, now - BY_THE_HOUR):
            yield hour
            hour -= timedelta(hours=1)
        today = now.astimezone(self.zone).date()
        for days in range(self.days):
            day = today - timedelta(days=days)
            yield datetime.combine(day, time_of_day.min, self.zone).astimezone(UTC)


class _Line(msgspec.Struct, frozen=True):
    """A publication, and how its files differ from those of the line before."""

    version: int
    metadata: dict[str, str]
    added: list[str]
    removed: list[str]

    @property
    def publication(self) -> Publication:
        return Publication.read(self.version, self.metadata)

    def says(self, publication: Publication) -> bool:
        """Return whether this is the line of a publication, as it would be written now."""
        return (self.version, self.metadata) == (publication.version, publication.metadata())

    @property
    def as_of(self) -> datetime:
        return datetime.fromisoformat(self.metadata["as_of"])


_decode: Final = msgspec.json.Decoder(_Line).decode
_encode: Final = msgspec.json.Encoder().encode
_State = tuple[int, int, int]
_NOWHERE: Final[_State] = (0, 0, 0)
Files = frozenset[str]
"""Paths within the folder of the facts."""


@dataclass(frozen=True)
class _Known:
    """The newest publication as far as the file was read, and how its last line stands there."""

    line: _Line | None = None
    files: Files = frozenset()
    last: bytes = b""
    end: int = 0


class History:
    """The kept publications of a folder: one process writes them, any number read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / HISTORY
        self._lock = threading.Lock()
        self._read_at = self._followed_at = self._written_at = _NOWHERE
        self._lines: Sequence[_Line] = ()
        self._known = _Known()
        self._newest: Files = frozenset()

    def newest(self) -> tuple[Publication, Files] | None:
        """Return the newest publication and its files, or None before the first.

        It costs what was published since it was asked for last; after `thin`, a look at all.
        """
        with self._lock:
            if (followed_at := self._state()) == _NOWHERE:
                return None
            if followed_at != self._followed_at:
                with self._path.open("rb") as file:
                    self._known = _read_on(file, self._known)
                self._followed_at = followed_at
            known = self._known
        return (known.line.publication, known.files) if known.line else None

    def find(self, instant: datetime) -> tuple[Publication, Files] | None:
        """Return the newest publication that is not later than an instant, and its files."""
        lines = self._all()
        place = _place([line.as_of for line in lines], instant)
        if place is None:
            return None
        return lines[place].publication, frozenset(_files(lines[: place + 1]))

    def span(self) -> tuple[int, datetime | None]:
        """Return how many publications are kept, and the instant of the first."""
        lines = self._all()
        return len(lines), lines[0].as_of if lines else None

    def rosters(self) -> set[int]:
        """Return the versions of the roster by which the kept publications were made."""
        return {line.publication.mark.roster for line in self._all()}

    def bytes(self) -> int:
        """Return the size of the files that only earlier publications need."""
        lines = self._all()
        earlier = _union(lines) - _files(lines)
        return sum(found.st_size for path, found in self._on_disk() if path in earlier)

    @property
    def is_as_left(self) -> bool:
        """Whether nobody else has changed the file since it was written last."""
        return self._state() == self._written_at

    def open(self, newest: tuple[Publication, Files] | None) -> None:
        """Make it whole before it is written: without what was cut off, and with the newest."""
        lines = list(self._all())
        self._newest = frozenset(_files(lines))
        if newest and not (lines and lines[-1].says(newest[0]) and self._newest == newest[1]):
            publication, files = newest
            lines = [*takewhile(lambda line: line.version < publication.version, lines)]
            lines.append(_line(publication, files, frozenset(_files(lines))))
            self._newest = files
        self._replace(lines)

    def begin_anew(self, newest: Publication, files: Files) -> None:
        """Keep the newest publication, and none before it."""
        self._replace([_line(newest, files, frozenset())])
        self._newest = files

    def add(self, publication: Publication, files: Files) -> None:
        """Write a new publication down, unless somebody has written down a newer one."""
        with self._path.open("ab") as file:
            if _state_of(file) == self._written_at:
                line = _line(publication, files, self._newest)
                file.write(_encode(line) + b"\n")
                file.flush()
                self._newest, self._written_at = files, _state_of(file)
                return
        lines = self._all()  # a process that lost the lease has thinned them, or some are damaged
        if not lines or lines[-1].version < publication.version:
            self.open((publication, files))

    def thin(self, retention: Retention, now: datetime) -> None:
        """Keep the newest, and what the retention says, unless a file of it is gone.

        Nothing is done when somebody else has just changed the file.
        """
        lines = self._all()
        if not lines or self._read_at != self._written_at:
            return
        instants = [line.as_of for line in lines]
        kept = {_place(instants, instant) for instant in retention.instants(now)}
        there = {path for path, _ in self._on_disk()}
        thinned, before = list[_Line](), frozenset[str]()
        files: set[str] = set()
        for place, line in enumerate(lines):
            _apply(line, files)
            is_wanted = (place in kept or instants[place] > now - RECENT) and files <= there
            if is_wanted or place == len(lines) - 1:
                thinned.append(_line(line.publication, frozenset(files), before))
                before = frozenset(files)
        if len(thinned) < len(lines):
            self._replace(thinned)
            self._newest = before

    def remove_others(self, needed: Files, *, recent_too: bool = False) -> None:
        """Remove the files that neither a kept publication needs nor the caller.

        What is younger than an hour stays, since somebody may be about to commit it, unless
        recent ones are to go too.
        """
        needed |= _union(self._all())
        before = time.time() - RECENT.total_seconds()
        for path, found in self._on_disk():
            if path not in needed and (recent_too or found.st_mtime < before):
                (self._folder / path).unlink(missing_ok=True)

    def _all(self) -> Sequence[_Line]:
        """Return all lines up to one that was cut off; they are read when they have changed."""
        with self._lock:
            if (read_at := self._state()) == _NOWHERE:
                return ()
            if read_at != self._read_at:
                lines = self._path.read_bytes().splitlines(keepends=True)
                self._lines, self._read_at = [line for line, _ in _whole(lines)], read_at
            return self._lines

    def _state(self) -> _State:
        """Return by what a change shows: the file is only appended to, or replaced by another."""
        try:
            return _state(self._path.stat())
        except FileNotFoundError:
            return _NOWHERE

    def _on_disk(self) -> Iterator[tuple[str, os.stat_result]]:
        for table in SCHEMAS:
            for found in os.scandir(self._folder / table):
                if found.name.endswith(".parquet"):
                    with suppress(FileNotFoundError):
                        yield f"{table}/{found.name}", found.stat()

    def _replace(self, lines: Iterable[_Line]) -> None:
        """Write the whole file anew, beside it first."""
        beside = self._path.with_suffix(".new")
        with beside.open("wb") as file:
            file.writelines(_encode(line) + b"\n" for line in lines)
            file.flush()
            written_at = _state_of(file)
        beside.replace(self._path)
        self._written_at = written_at


def _state(found: os.stat_result) -> _State:
    return found.st_ino, found.st_size, found.st_mtime_ns


def _state_of(file: BinaryIO) -> _State:
    """Return the state of the very file that is open, whatever lies at its path by now."""
    return _state(os.fstat(file.fileno()))


def _place(instants: Sequence[datetime], instant: datetime) -> int | None:
    """Return the place of the last that is not later than an instant; a clock may be set back."""
    places = reversed(range(len(instants)))
    return next((place for place in places if instants[place] <= instant), None)


def _apply(line: _Line, files: set[str]) -> None:
    files.difference_update(line.removed)
    files.update(line.added)


def _files(lines: Iterable[_Line]) -> set[str]:
    """Return the files of the last of some lines, of which the first is that of the file."""
    files: set[str] = set()
    for line in lines:
        _apply(line, files)
    return files


def _union(lines: Iterable[_Line]) -> Files:
    """Return the files of all lines."""
    return frozenset(path for line in lines for path in line.added)


def _line(publication: Publication, files: Files, before: Files) -> _Line:
    added, removed = sorted(files - before), sorted(before - files)
    return _Line(publication.version, publication.metadata(), added, removed)


def _read_on(file: BinaryIO, known: _Known) -> _Known:
    """Return what a file says, of which something is known if it has the same line there."""
    file.seek(known.end - len(known.last))
    said = file.read()
    if not said.startswith(known.last):  # it was replaced by another
        file.seek(0)
        known, said = _Known(), file.read()
    newest, files, last, end = known.line, set(known.files), known.last, known.end
    for line, written in _whole(said[len(known.last) :].splitlines(keepends=True)):
        _apply(line, files)
        newest, last, end = line, written, end + len(written)
    return _Known(newest, frozenset(files), last, end)


def _whole(lines: Iterable[bytes]) -> Iterator[tuple[_Line, bytes]]:
    """Yield each line, and how it is written, up to one that is being written or was cut off."""
    for written in lines:
        if not written.endswith(b"\n"):
            return
        try:
            line = _decode(written)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return
        yield line, written
