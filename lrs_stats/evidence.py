"""Evidence packs: a ZIP whose manifest has the SHA-256 of each file, and a check of it later.

The manifest comes last and is sealed by a hash of its own text. That shows every change of a file,
of the list of files and of what the manifest says. It cannot show a change by somebody who makes a
new manifest, too: against that, the hash of the manifest has to be kept elsewhere.
"""

import json
import re
import struct
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import IO, Any, BinaryIO, Final, Self, cast
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from lrs_stats.errors import CommandError

MANIFEST: Final = "manifest.json"
FORM: Final = "lrs-stats evidence 1"
_PIECE: Final = 1 << 16
_SEAL: Final = re.compile(r"[0-9a-f]{64}")
_UNREADABLE: Final = (BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError)
"""What reading a damaged file of a ZIP may raise; the last for one that claims to be encrypted."""


class _Onward:
    """A stream that is written and never sought, as zipfile takes a response for one."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.is_over = False
        """Whether nobody wants what is still written, since the file is called off."""

    def write(self, piece: bytes) -> int:
        return len(piece) if self.is_over else self._stream.write(piece)

    def flush(self) -> None:
        """Leave flushing to who owns the stream."""


class _Hashed:
    """A file of a pack while it is written: it is hashed and counted on the way."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.hash = sha256()
        self.length = 0

    def write(self, piece: bytes) -> int:
        self.hash.update(piece)
        self.length += len(piece)
        return self._stream.write(piece)


class Pack:
    """A pack while it is written, file by file, to a stream that is never sought.

    A block that ends without `close` calls the pack off, and what is there of it is no ZIP.
    """

    def __init__(self, stream: BinaryIO, at: datetime) -> None:
        """Begin a pack whose files are dated `at`, by the clocks of its zone."""
        self._onward = _Onward(stream)
        self._zip = ZipFile(cast("IO[bytes]", self._onward), "w", ZIP_DEFLATED)
        self._at = at
        self.files: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._onward.is_over = True
        self._zip.close()

    @contextmanager
    def file(self, path: str) -> Iterator[BinaryIO]:
        """Give the stream of one file, to be written before the next."""
        with self._zip.open(self._named(path), "w", force_zip64=True) as stream:
            hashed = _Hashed(stream)
            yield cast("BinaryIO", hashed)
        self.files.append({"path": path, "bytes": hashed.length, "sha256": hashed.hash.hexdigest()})

    def close(self, told: Mapping[str, Any]) -> str:
        """End the pack with its manifest, which says what it is told, and return its SHA-256."""
        manifest = sealed({"form": FORM, **told, "files": self.files})
        self._zip.writestr(self._named(MANIFEST), manifest)
        self._zip.close()
        return sha256(manifest).hexdigest()

    def _named(self, path: str) -> ZipInfo:
        info = ZipInfo(path, self._at.timetuple()[:6])
        info.compress_type = ZIP_DEFLATED
        info.external_attr = 0o600 << 16
        return info


@dataclass(frozen=True)
class Finding:
    """A file of a pack that is not as the manifest has it, and in which way."""

    path: str
    fault: str

    def __str__(self) -> str:
        return f"{self.path}: {self.fault}"


@dataclass(frozen=True)
class Verdict:
    """What a check found: how many files there are, what is wrong, the manifest and its hash."""

    files: int
    findings: tuple[Finding, ...]
    manifest: Mapping[str, Any]
    digest: str


def sealed(told: Mapping[str, Any]) -> bytes:
    """Return a manifest as it is written, with the hash of all its other members."""
    return _written({**told, "seal": sha256(_written(told)).hexdigest()})


def verify(path: Path) -> Verdict:
    """Hold the files of a pack against its manifest; raise CommandError for what is no pack."""
    try:
        with ZipFile(path) as pack:
            return _verdict(pack)
    except FileNotFoundError as error:
        raise CommandError(f"There is no file {path}.") from error
    except (*_UNREADABLE, struct.error) as error:
        raise CommandError(
            f"{path} is no ZIP that can be read ({error}). If it was an evidence pack, it was "
            "altered or cut off."
        ) from error


def _verdict(pack: ZipFile) -> Verdict:
    there = Counter(info.filename for info in pack.infolist())
    if MANIFEST not in there:
        raise CommandError(f"There is no {MANIFEST} in it, so nothing can be held against it.")
    written = _read(pack, MANIFEST)
    manifest = _parsed(written)
    listed = _listed(manifest)
    findings = [
        *_of_manifest(written, manifest),
        *_of_files(pack, there, listed),
        *(Finding(name, "added: the manifest has no such file") for name in there
          if name not in {MANIFEST, *listed}),
        *(Finding(name, "added: it is there more than once") for name, many in there.items()
          if many > 1),
    ]  # fmt: skip
    digest = sha256(written or b"").hexdigest()
    return Verdict(len(listed), tuple(findings), manifest, digest)


def _of_manifest(written: bytes | None, manifest: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield what is wrong with the manifest itself."""
    seal = manifest.get("seal")
    rest = {name: value for name, value in manifest.items() if name != "seal"}
    if not isinstance(seal, str) or not _SEAL.fullmatch(seal) or sealed(rest) != written:
        yield Finding(MANIFEST, "altered: its seal is not the hash of what it says")
    elif manifest.get("form") != FORM:
        yield Finding(MANIFEST, f"of another form than this program knows, which is {FORM!r}")


def _of_files(
    pack: ZipFile, there: Mapping[str, int], listed: Mapping[str, str]
) -> Iterator[Finding]:
    """Yield the files of the manifest that are missing, or not as it has them."""
    for name, digest in listed.items():
        if name not in there:
            yield Finding(name, "missing")
        elif _hash(pack, name) != digest:
            yield Finding(name, "altered: its SHA-256 is not that of the manifest")


def _hash(pack: ZipFile, name: str) -> str:
    """Return the SHA-256 of a file, or nothing when it cannot be read to its end."""
    found = sha256()
    try:
        with pack.open(name) as stream:
            while piece := stream.read(_PIECE):
                found.update(piece)
    except _UNREADABLE:
        return ""
    return found.hexdigest()


def _read(pack: ZipFile, name: str) -> bytes | None:
    try:
        return pack.read(name)
    except _UNREADABLE:
        return None


def _parsed(written: bytes | None) -> dict[str, Any]:
    """Return what a manifest says; nothing when it can be read no more."""
    try:
        manifest = json.loads(written or b"")
    except ValueError:
        return {}
    return manifest if isinstance(manifest, dict) else {}


def _listed(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return the hashes of the files that a manifest lists, as far as it can be understood."""
    files = manifest.get("files")
    rows = [one for one in files if isinstance(one, dict)] if isinstance(files, list) else []
    return {str(one.get("path")): str(one.get("sha256")) for one in rows}


def _written(told: Mapping[str, Any]) -> bytes:
    return (json.dumps(told, ensure_ascii=False, indent=2) + "\n").encode()
