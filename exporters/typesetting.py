"""Documents set by Typst, one after the other, in a process of its own.

The library holds up every thread while it works, and may end its process; neither may happen where
statements are taken. One process sets all documents of a file, since it takes longer to start than
to set a page.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from threading import Timer
from types import TracebackType
from typing import Any, Final, Self

from lrs_stats import CannotRender

SECONDS: Final = 60
"""How long one document may take."""
SOURCE: Final = "opca_document.typ"
LENGTH: Final = 8
"""Bytes that say how long a document is."""
_PROGRAM: Final = f"""
import datetime, json, sys, typst
root = sys.argv[1]
compiler = typst.Compiler(input=root + "/{SOURCE}", root=root)
for line in sys.stdin.buffer:
    given = json.loads(line)
    at = datetime.datetime.fromisoformat(given["at"])
    asked = {{"format": "pdf", "timestamp": at, "sys_inputs": {{"data": given["data"]}}}}
    try:
        made = compiler.compile(pdf_standards=["a-2a"], **asked)
    except typst.TypstError as error:
        if "could not be displayed" not in str(error):
            raise
        asked["sys_inputs"]["unreadable"] = "yes"
        made = compiler.compile(**asked)
    sys.stdout.buffer.write(len(made).to_bytes({LENGTH}, "big") + made)
    sys.stdout.buffer.flush()
"""


class Typesetter:
    """Sets documents while it is open.

    They are PDF/A-2a. Where the server has no font for a character, the document says so, and is
    an ordinary PDF.
    """

    def __init__(self, pictures: Mapping[str, str]) -> None:
        """Take pictures by the names under which the source finds them."""
        self._folder = TemporaryDirectory(prefix="lrs-stats-documents-")
        root = Path(self._folder.name)
        source = files(__package__).joinpath(SOURCE)
        (root / SOURCE).write_text(source.read_text("utf-8"), "utf-8")
        for name, path in pictures.items():
            copyfile(path, root / name)
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", _PROGRAM, str(root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()
        self._folder.cleanup()

    def document(self, data: Mapping[str, Any], at: str) -> bytes:
        """Return the PDF that the source makes of data, dated `at`, an instant in ISO 8601."""
        given = {"data": json.dumps(data, ensure_ascii=False), "at": at}
        watch = Timer(SECONDS, self._process.kill)
        watch.start()
        try:
            return self._made(json.dumps(given).encode() + b"\n")
        except (BrokenPipeError, EOFError) as error:
            raise CannotRender(f"A document cannot be set. {self._reason()}") from error
        finally:
            watch.cancel()

    def _made(self, line: bytes) -> bytes:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise EOFError
        stdin.write(line)
        stdin.flush()
        length = int.from_bytes(stdout.read(LENGTH), "big")
        made = stdout.read(length)
        if not length or len(made) < length:
            raise EOFError
        return made

    def _reason(self) -> str:
        self._process.kill()
        said = self._process.stderr.read().decode(errors="replace") if self._process.stderr else ""
        last = said.strip().splitlines()[-1:] or [f"It took longer than {SECONDS} s."]
        return last[0]
