"""Files that are made in the background: an erasure keeps none, whoever ordered it.

Which of them hold the person is not looked for: they are of any form, and each can be made again.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from pymongo.database import Database

from lrs_stats.store.database import Document, available
from lrs_stats.store.erasures import Erasure, Report
from lrs_stats.store.export_files import sweep
from lrs_stats.store.exports import ExportStore
from lrs_stats.store.places import Place, texts_in

FORGOTTEN: Final = "Somebody was erased, and with them all files of before. Order it anew."


class Exports(Place):
    """Orders: those of the person, and those that name them, go; all others lose their files."""

    name = "exports"
    collections = ("exports",)

    def count(self, erasure: Erasure, report: Report) -> int:  # noqa: ARG002 - of every place
        """Return how many orders are the person's, or name them."""
        return sum(1 for _ in self._found(erasure))

    def erase(self, erasure: Erasure, report: Report) -> None:  # noqa: ARG002 - of every place
        """Remove them, and have nothing kept that was made of facts with the person."""
        exports = self._database["exports"]
        for one in self._found(erasure):
            with available():
                exports.delete_one({"_id": one})
        ExportStore(self._database).forget_files(FORGOTTEN)

    def _found(self, erasure: Erasure) -> Iterator[str]:
        with available():
            for one in self._database["exports"].find({}, {"owner.id": 1, "given": 1}):
                if _is_named(erasure, texts_in([one["owner"]["id"], one["given"]])):
                    yield one["_id"]


class Schedules(Place):
    """Schedules: those of the person, and those that ask about them, go; others lose them."""

    name = "schedules"
    collections = ("schedules",)

    def count(self, erasure: Erasure, report: Report) -> int:  # noqa: ARG002 - of every place
        """Return how many schedules are the person's, send to them, or name them."""
        return sum(1 for _ in self._found(erasure))

    def erase(self, erasure: Erasure, report: Report) -> None:  # noqa: ARG002 - of every place
        """Remove them, or take the person out of the recipients and the title."""
        schedules = self._database["schedules"]
        names = _names(erasure)
        for one in self._found(erasure):
            left = [person for person in one["recipients"] if person not in names]
            said = texts_in([one["owner"]["id"], one["given"], one["folder"]])
            with available():
                if not left or _is_named(erasure, said):
                    schedules.delete_one({"_id": one["_id"]})
                    continue
                title = erasure.who.replaced(one["title"], erasure.instead)
                changed = {"recipients": left, "title": title}
                schedules.update_one({"_id": one["_id"]}, {"$set": changed})

    def _found(self, erasure: Erasure) -> Iterator[Document]:
        parts = ("owner.id", "given", "folder", "title", "recipients")
        with available():
            for one in self._database["schedules"].find({}, dict.fromkeys(parts, 1)):
                if _is_named(erasure, texts_in({n: v for n, v in one.items() if n != "_id"})):
                    yield one


class ExportFiles:
    """The files, once more when the facts are rid of the person: some may be made meanwhile."""

    name = "export files"

    def __init__(self, database: Database[Document], folder: Path) -> None:
        self._store = ExportStore(database)
        self._folder = folder

    def count(self, erasure: Erasure, report: Report) -> int:  # noqa: ARG002 - of every place
        """Return how many files there are on this machine."""
        return len(list(self._folder.iterdir())) if self._folder.is_dir() else 0

    def erase(self, erasure: Erasure, report: Report) -> None:  # noqa: ARG002 - of every place
        """Remove all of them."""
        self._store.forget_files(FORGOTTEN)
        sweep(self._folder, self._store)


def _names(erasure: Erasure) -> set[str]:
    return {erasure.person, erasure.learner} - {""}


def _is_named(erasure: Erasure, said: Iterable[str]) -> bool:
    names = _names(erasure)
    return any(text in names or erasure.who.named_in(text) for text in said)
