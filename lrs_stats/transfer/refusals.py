"""What an import refused, in a file that can be corrected in an editor and imported again.

Each line is an object: `source`, `line`, `place`, `reason`, and the statement under `statement`,
or, when it is no JSON, what stands there under `text`. While the import runs the lines are in a
file beside it, whose length is remembered together with how far the import is, so that after a
cut the two go on together; the name is given when the import is whole.
"""

import fcntl
import os
from pathlib import Path
from typing import Final, Self

import msgspec
from msgspec import Raw

from lrs_stats.errors import CommandError
from lrs_stats.transfer.source import Found

REFUSED: Final = ".refused.ndjson"
"""How the names of these files end; a folder's are left out when it is imported."""
UNFINISHED: Final = ".part"


class Refusals:
    """The file of one import; a second import of the same source is kept out of it."""

    def __init__(self, path: Path, *, replace: bool = False) -> None:
        """Take the name; one that is taken already is numbered, unless it is to be replaced."""
        self._path = path
        self._replace = replace
        part = path.with_name(path.name + UNFINISHED)
        try:
            descriptor = os.open(part, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise CommandError(
                f"{part} cannot be written ({error.strerror}). "
                "Name another place for what is refused with --refused."
            ) from error
        self._part, self._file = part, os.fdopen(descriptor, "r+b")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise CommandError("Another import of the same source is under way.") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def go_on(self, length: int) -> bool:
        """Go on after so many bytes, and drop what follows; False when they are not there."""
        if os.fstat(self._file.fileno()).st_size < length:
            return False
        self._file.truncate(length)
        self._file.seek(length)
        return True

    def add(self, found: Found, reason: str) -> None:
        """Write down a piece and why it was refused."""
        place: dict[str, object] = {"source": found.source, "line": found.piece.line}
        if found.piece.part:
            place["place"] = found.piece.part
        line = {**place, "reason": reason} | _content(found.piece.raw)
        self._file.write(msgspec.json.encode(line) + b"\n")

    def sync(self) -> int:
        """Make sure that what was written stays, and return how many bytes it is."""
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._file.tell()

    def publish(self) -> Path | None:
        """Give the file its name and return it; None when nothing was refused."""
        if not self.sync():
            self._part.unlink()
            return None
        path, number = self._path, 1
        while path.exists() and not self._replace:
            number += 1
            name = self._path.name.removesuffix(REFUSED)
            path = self._path.with_name(f"{name}-{number}{REFUSED}")
        self._part.replace(path)
        return path


def _content(raw: bytes) -> dict[str, object]:
    """Return the statement as it is when it is JSON on one line, else its text."""
    try:
        msgspec.json.decode(raw)
        text = raw.decode()
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return {"text": raw.decode("utf-8", "backslashreplace")}
    if "\n" in text or "\r" in text:
        text = msgspec.json.format(text, indent=-1)
    return {"statement": Raw(text.encode())}
