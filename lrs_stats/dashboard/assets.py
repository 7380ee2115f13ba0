"""What the pages load: styles, scripts and pictures, at addresses that say what they hold.

An address has the hash of its content, so that a browser keeps it for good. The library that
draws charts is made once by `vl-convert`, in a process of its own, and kept in the data folder.
"""

import gzip
import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Final

import structlog
from flask import Response, request

from lrs_stats.errors import NotFound, Unavailable

FOLDER: Final = "/dashboard/static"
TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
LIBRARY: Final = "vega.js"
SECONDS: Final = 120
MAKE: Final = """
import sys, vl_convert
made = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
sys.stdout.buffer.write(made.encode())
"""

_log = structlog.get_logger()


@dataclass(frozen=True)
class Asset:
    """A file that pages load."""

    content: bytes
    kind: str

    @cached_property
    def zipped(self) -> bytes:
        """Return the content compressed."""
        return gzip.compress(self.content, 9, mtime=0)

    @property
    def hash(self) -> str:
        """Return what its address says of its content."""
        return hashlib.sha256(self.content).hexdigest()[:16]


def run_vl_convert() -> bytes:
    """Return the library that draws charts, for browsers; it takes some seconds to be made."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", MAKE], capture_output=True, timeout=SECONDS, check=True
    )
    return done.stdout


class Assets:
    """The files of the package, and the library of the charts."""

    def __init__(self, data: Path, make: Callable[[], bytes] = run_vl_convert) -> None:
        """Take the folder where the library is kept, and what makes it."""
        self._make = make
        self._lock = threading.Lock()
        self._library: Asset | None = None
        made_by = f"{version('vl-convert-python')} {MAKE}"
        self._library_hash = hashlib.sha256(made_by.encode()).hexdigest()[:16]
        self._kept = data / f"vega-{self._library_hash}.js"
        self._files = {
            one.name: Asset(one.read_bytes(), TYPES[Path(one.name).suffix])
            for one in files("lrs_stats.dashboard").joinpath("static").iterdir()
        }

    def address(self, name: str) -> str:
        """Return the address of a file."""
        known = self._library_hash if name == LIBRARY else self._files[name].hash
        return f"{FOLDER}/{known}/{name}"

    def answer(self, hashed: str, name: str) -> Response:
        """Answer a file, to be kept for good; NotFound for one that is not there, or not so."""
        if name not in {LIBRARY, *self._files} or self.address(name) != f"{FOLDER}/{hashed}/{name}":
            raise NotFound("There is no such file.")
        asset = self._of_library() if name == LIBRARY else self._files[name]
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable",
            "Vary": "Accept-Encoding",
            "X-Content-Type-Options": "nosniff",
        }
        if request.accept_encodings.quality("gzip") > 0:
            headers["Content-Encoding"] = "gzip"
            return Response(asset.zipped, content_type=asset.kind, headers=headers)
        return Response(asset.content, content_type=asset.kind, headers=headers)

    def _of_library(self) -> Asset:
        with self._lock:
            if self._library is None:
                self._library = Asset(self._read() or self._made(), TYPES[".js"])
            return self._library

    def _read(self) -> bytes:
        try:
            return self._kept.read_bytes()
        except OSError:
            return b""

    def _made(self) -> bytes:
        """Make the library, and keep it where the next process finds it if that can be done."""
        try:
            made = self._make()
        except (subprocess.SubprocessError, OSError) as error:
            _log.warning("the library of the charts cannot be made", why=str(error))
            raise Unavailable("The library of the charts cannot be made. Try again.") from error
        beside = self._kept.with_suffix(f".{os.getpid()}")
        try:
            beside.write_bytes(made)
            beside.replace(self._kept)
        except OSError as error:
            _log.warning("the library of the charts cannot be kept", why=str(error))
            beside.unlink(missing_ok=True)
        return made
