"""What a place is in which data of a person lie, and what those that hold texts have in common."""

from collections.abc import Iterator
from typing import Any, ClassVar, Final

from pymongo.database import Database

from lrs_stats.batches import batches
from lrs_stats.erasure.identifiers import Identifiers
from lrs_stats.store.database import Document, available
from lrs_stats.store.erasures import Erasure, Report

READ: Final = 1_000
"""Documents that are read or removed together."""


class Place:
    """One place: how much of a person it holds, and how it is rid of it."""

    name: ClassVar[str]
    collections: ClassVar[tuple[str, ...]]

    def __init__(self, database: Database[Document]) -> None:
        self._database = database

    def count(self, erasure: Erasure, report: Report) -> int:
        """Return how much would be erased, in its own unit, and erase nothing."""
        raise NotImplementedError

    def erase(self, erasure: Erasure, report: Report) -> None:
        """Erase it, or put the pseudonym in its place."""
        raise NotImplementedError


class Texts(Place):
    """Documents of a collection that are removed when a text in them names the person."""

    def count(self, erasure: Erasure, report: Report) -> int:  # noqa: ARG002 - of every place
        """Return how many name the person."""
        return sum(1 for _ in self._found(erasure.who))

    def erase(self, erasure: Erasure, report: Report) -> None:  # noqa: ARG002 - of every place
        """Remove them."""
        for keys in batches((one["_id"] for one in self._found(erasure.who)), READ):
            with available():
                self._database[self.collections[0]].delete_many({"_id": {"$in": keys}})

    def _found(self, who: Identifiers) -> Iterator[Document]:
        with available():
            for one in self._database[self.collections[0]].find({}, batch_size=READ):
                if any(who.named_in(said) for said in texts_in(one)):
                    yield one


def readable(content: bytes) -> str:
    """Return the text of some bytes, as far as they are one."""
    return bytes(content).decode("utf-8", "replace")


def texts_in(value: Any) -> Iterator[str]:
    """Yield every text in a document of the database."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, bytes):
        yield readable(value)
    elif isinstance(value, dict):
        for name, one in value.items():
            yield name
            yield from texts_in(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts_in(one)
