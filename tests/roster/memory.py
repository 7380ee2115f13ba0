"""A roster in memory, with what the resources of the roster and of SCIM need of the server."""

from collections.abc import Callable
from dataclasses import dataclass, field

from lrs_stats.errors import Forbidden, PreconditionFailed
from lrs_stats.roster.changes import Change, replacement
from lrs_stats.roster.roster import Roster
from lrs_stats.roster.tables import RosterTables


@dataclass(frozen=True)
class Taken:
    before: Roster
    change: Change
    after: Roster

    @property
    def version(self) -> int:
        return self.after.version


@dataclass
class InMemory:
    """A roster that is kept in memory, and a caller with some scopes."""

    scopes: frozenset[str] = frozenset({"roster/read", "roster/write"})
    account_home_page: str = ""
    roster: Roster = field(default_factory=Roster)

    @property
    def rosters(self) -> "InMemory":
        return self

    def authenticate(self, scope: str) -> None:
        if scope not in self.scopes:
            raise Forbidden(f"This needs the scope {scope}.")

    def load(self) -> Roster:
        return self.roster

    def exchange(self, tables: RosterTables, expected: int | None = None) -> Taken:
        return self.change(lambda roster: replacement(roster.all_rows(), tables), expected)

    def change(self, make: Callable[[Roster], Change], expected: int | None = None) -> Taken:
        before = self.roster
        if expected not in {None, before.version}:
            raise PreconditionFailed(f"The roster is at version {before.version}.")
        change = make(before)
        self.roster = before.amended(change, before.version + 1)
        return Taken(before, change, self.roster)

    def refuse_erased(self, change: Change) -> None:
        """Nobody was erased."""
