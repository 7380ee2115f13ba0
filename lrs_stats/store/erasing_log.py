"""The log of the private mongod, in which slow queries stand with what they ask for."""

from pathlib import Path
from typing import Final

from pymongo.database import Database

from lrs_stats.erasure.identifiers import Identifiers
from lrs_stats.store.database import Document, available
from lrs_stats.store.erasures import Erasure, Report


class DatabaseLog:
    """The files of the log; that of a MongoDB of your own is not reached from here."""

    name = "log of the database"

    def __init__(self, database: Database[Document], data: Path) -> None:
        self._database = database
        self._folder = data / "mongod"

    def count(self, erasure: Erasure, report: Report) -> int:  # noqa: ARG002 - of every place
        """Return how many lines name the person."""
        return sum(1 for file in self._files() for _ in _naming(file, erasure.who))

    def erase(self, erasure: Erasure, report: Report) -> None:  # noqa: ARG002 - of every place
        """Have mongod begin another file, and take the lines out of those that it had."""
        if not any(_naming(self._folder / LOG, erasure.who)):
            return self._clean(erasure.who)
        with available():
            self._database.client.admin.command("logRotate", "server")
        return self._clean(erasure.who)

    def _clean(self, who: Identifiers) -> None:
        for file in self._files():
            if file.name != LOG and _naming(file, who):
                lines = file.read_bytes().splitlines(keepends=True)
                beside = file.with_name(f"{file.name}.new")
                beside.write_bytes(b"".join(line for line in lines if not _names(line, who)))
                beside.chmod(0o600)
                beside.replace(file)

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob(f"{LOG}*"))


LOG: Final = "mongod.log"


def _naming(file: Path, who: Identifiers) -> list[bytes]:
    try:
        return [line for line in file.read_bytes().splitlines() if _names(line, who)]
    except FileNotFoundError:
        return []


def _names(line: bytes, who: Identifiers) -> bool:
    return who.named_in(line.decode("utf-8", "replace"))
