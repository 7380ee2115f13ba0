"""What is wrong with a roster that is offered: every fault at once, each with its place."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lrs_stats.errors import BadRequest
from lrs_stats.roster.tables import TABLES

MOST: Final = 100
"""The number of complaints that are told; of the others only how many there are."""


@dataclass(frozen=True)
class Complaint:
    """One fault: its place, such as `people.csv, line 7` or `people[6]`, and a sentence."""

    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


class RosterRefused(BadRequest):
    """The roster has faults, and nothing of it was taken.

    `left_out` is the number of faults beyond those that `complaints` lists.
    """

    def __init__(self, complaints: Sequence[Complaint], left_out: int = 0) -> None:
        self.complaints = tuple(complaints)
        self.left_out = left_out
        super().__init__(
            self._summary(),
            complaints=[{"place": one.place, "reason": one.reason} for one in complaints],
            left_out=left_out,
        )

    def _summary(self) -> str:
        count = len(self.complaints) + self.left_out
        faults = "1 fault" if count == 1 else f"{count} faults"
        listed = f", of which the first {len(self.complaints)} are listed" if self.left_out else ""
        return f"The roster has {faults}{listed}. Nothing of it was taken."


@dataclass(frozen=True)
class Wording:
    """How a kind of source speaks of its tables and rows; `{table}` and `{number}` are filled in.

    `row` is a row's place, `aside` names it within a sentence about another row of its table.
    """

    thing: str
    table: str
    row: str
    aside: str


class Complaints:
    """The faults found so far in one source."""

    def __init__(self, wording: Wording) -> None:
        self._wording = wording
        self._kept: list[tuple[int, int, Complaint]] = []
        self._count = 0

    def about(self, place: str, reason: str) -> None:
        """Add a fault of something that is no table."""
        self._keep(-1, 0, place, reason)

    def about_table(self, table: str, reason: str) -> None:
        """Add a fault of a table as a whole."""
        self._keep(_ORDER[table], 0, self.table(table), reason)

    def about_row(self, table: str, number: int, reason: str) -> None:
        """Add a fault of one row."""
        place = self._wording.row.format(table=table, number=number)
        self._keep(_ORDER[table], number, place, reason)

    def table(self, table: str) -> str:
        """Return how a table is called."""
        return self._wording.table.format(table=table)

    def aside(self, table: str, number: int) -> str:
        """Return how a row is called within a sentence."""
        return self._wording.aside.format(table=table, number=number)

    def about_missing(self, table: str, referring: str) -> None:
        """Add that a table is not there to which another refers."""
        self.about_table(
            table,
            f"the {self._wording.thing} is missing, and {self.table(referring)} refers to it.",
        )

    def refuse(self) -> None:
        """Raise RosterRefused if there is a fault; the order is that of the tables and rows."""
        if self._count:
            kept = [complaint for *_, complaint in sorted(self._kept, key=lambda one: one[:2])]
            raise RosterRefused(kept, self._count - len(kept))

    def _keep(self, order: int, number: int, place: str, reason: str) -> None:
        self._count += 1
        if len(self._kept) < MOST:
            self._kept.append((order, number, Complaint(place, reason)))


_ORDER: Final = {table: order for order, table in enumerate(TABLES)}
