"""What is imported, whatever it is: pieces with their places, and where to go on after each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from lrs_stats.transfer.pieces import Piece

Place = Mapping[str, str | int]
"""Where a source is read up to, in its own words; as JSON it is remembered."""


@dataclass(frozen=True, slots=True)
class Found:
    """A piece of a source.

    `number` is its place among all pieces of the file or page, from 1; `after` is where to go on
    once it is done, and `read` how much of `total` has been read with it.
    """

    source: str
    piece: Piece
    number: int
    after: Place
    read: int


class Source(Protocol):
    """Somewhere that statements come from."""

    @property
    def key(self) -> str:
        """Return the name under which it is remembered how far it was imported."""

    @property
    def fingerprint(self) -> str:
        """Return a text that is another when the content has changed, so that it begins anew."""

    @property
    def total(self) -> int:
        """Return how much there is to read, in the unit of `Found.read`; 0 when untold."""

    def pieces(self, after: Place) -> Iterator[Found]:
        """Yield the pieces after a place, in order; an empty place is the beginning."""
