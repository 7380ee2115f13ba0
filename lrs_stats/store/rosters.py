"""The roster in MongoDB: a row of versions, each whole or what it changes of the one before.

A version is one document of the collection `roster_versions`, numbered without a gap. It holds the
change itself, or names the parts of about a mebibyte in which the whole roster lies, or both. So
what changes a little writes a little, and who holds an earlier version reads no more than that.
The document is written last, and only where none has its number: whoever is killed before leaves
the roster as it was, and whoever meets another begins again from what that one wrote.

Older versions are kept until they are forgotten, for two questions: what has changed since the
version that the facts follow, and what was known at an instant.
"""

import threading
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from bson import ObjectId
from pymongo import ASCENDING, DESCENDING
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from lrs_stats.errors import Contended, PreconditionFailed, Unavailable
from lrs_stats.roster.changes import Change, replacement
from lrs_stats.roster.complaints import RosterRefused
from lrs_stats.roster.roster import Roster
from lrs_stats.roster.tables import RosterTables
from lrs_stats.store.database import Document, available
from lrs_stats.store.roster_parts import Progress, RosterParts, decoded, encoded
from lrs_stats.store.tombstones import Tombstones

LARGE: Final = 8 << 20
"""Bytes of a change above which the whole roster is written in its place."""
MANY_PART: Final = 4
"""A replacement that differs in more than a row in so many is written whole, too."""
PENDING: Final = 1_000
"""Rows and versions that may always be changed before the worker writes the roster whole again."""
PENDING_PART: Final = 50
"""So may as many as one row in so many."""
REMEMBERED: Final = 4
"""Versions that a process keeps: they share what does not differ."""
TRIES: Final = 100
FEW: Final = 3
"""How often a replacement is tried as a change, each time held against the whole roster."""

Make = Callable[[Roster], Change]
"""Returns what is to be changed of the roster that holds; it is asked again when that differs."""


@dataclass(frozen=True)
class Taken:
    """What came of a change: the roster before, what was changed, and the roster after."""

    before: Roster
    change: Change
    after: Roster

    @property
    def version(self) -> int:
        """Return the version that holds after it."""
        return self.after.version


class RosterStore:
    """Keeps the roster; any number of processes may read and change it at the same time."""

    def __init__(self, database: Database[Document]) -> None:
        self._versions = database["roster_versions"]
        self._parts = RosterParts(database)
        self._tombstones = Tombstones(database)
        self._newest = Roster()
        self._known = {0: self._newest}
        self._first = 0
        self._loading = threading.Lock()
        self._remembering = threading.Lock()
        self._changing = threading.Lock()

    def replace(self, tables: RosterTables, progress: Progress | None = None) -> int:
        """Put a roster in the place of the one there was, and return its version.

        Of changes at the same time, the one that is written last holds in the end.
        """
        return self.exchange(tables, None, progress).version

    def exchange(
        self, tables: RosterTables, expected: int | None = None, progress: Progress | None = None
    ) -> Taken:
        """Put a roster in the place of the one that holds, of an expected version if one is named.

        Where little differs it is a change like another. Else it is written whole, which nobody
        who changes a row meanwhile holds up.
        """
        before = self._expected(expected)
        change = replacement(before.all_rows(), tables)
        if before.version and len(change) * MANY_PART <= sum(tables.counts().values()):
            with suppress(Contended):
                return self.change(
                    lambda roster: replacement(roster.all_rows(), tables), expected, tries=FEW
                )
        self._refuse_erased(tables)
        whole = self._parts.write(tables, progress or _silent)
        try:
            while True:
                version = self._expected(expected).version + 1
                self._refuse_erased(tables)
                if self._append(version, whole):
                    after = Roster(tables, version)
                    self._remember(after)
                    return Taken(before, change, after)
        except (RosterRefused, PreconditionFailed):
            self._parts.remove(whole["base"])
            raise

    def change(self, make: Make, expected: int | None = None, *, tries: int = TRIES) -> Taken:
        """Change the roster, and return what was changed; nothing is written when nothing is.

        PreconditionFailed when the version that holds is not the one that is expected.
        """
        with self._changing:
            for _ in range(tries):
                before = self._expected(expected)
                change = make(before)
                if not len(change):
                    return Taken(before, change, before)
                self.refuse_erased(change)
                after = before.amended(change, before.version + 1)
                if self._append(after.version, self._content(after, change)):
                    self._remember(after)
                    return Taken(before, change, after)
        raise Contended("The roster is being changed by many others. Try again.")

    def refuse_erased(self, change: Change) -> None:
        """Raise RosterRefused for a change that puts an erased person.

        The roster on which the change rests has to be read before: an erasure writes a version,
        so whoever is not refused here and writes the next one meets it.
        """
        people = change.rows("people").values()
        self._tombstones.refuse_people(people, lambda _, one: change.place("people", one.id))

    def _refuse_erased(self, tables: RosterTables) -> None:
        self._tombstones.refuse_people(tables.people, lambda at, _: tables.place("people", at))

    def begin_anew(self, make: Callable[[RosterTables], RosterTables]) -> None:
        """Put what is made of the roster in its place, and keep nothing of any version before.

        A version is written even when nothing changes: who has decided on a change before it has
        to decide anew. Versions before keep their numbers, so that none is written again.
        """
        while True:
            before = self.load()
            whole = self._parts.write(make(before.tables), _silent)
            if self._append(before.version + 1, whole | {"anew": True}):
                break
            self._parts.remove(whole["base"])
        which = {"_id": {"$lte": before.version}}
        with available():
            # the parts first: who goes on after a kill finds by the versions what is left of them
            for one in self._versions.find(which | {"base": {"$exists": True}}, ["base"]):
                self._parts.remove(one["base"])
            self._versions.update_many(
                which,
                {
                    "$set": {"forgotten": True},
                    "$unset": dict.fromkeys(("base", "change", "parts", "rows", "anew"), ""),
                },
            )
        self.load()

    def remove_strays(self, is_theirs: Callable[[str, Any], bool]) -> None:
        """Remove the parts that no version names, of rosters with a row that is somebody's.

        `is_theirs` tells it of a table and a row. Parts of others stay, since somebody may be at
        writing a roster; who writes one of these is refused before a version names it.
        """
        with available():
            self._parts.remove_strays(self._bases(), is_theirs)

    def _bases(self) -> set[ObjectId]:
        return {one["base"] for one in self._versions.find({"base": {"$exists": True}}, ["base"])}

    def version(self) -> int:
        """Return the version that holds; 0 when there has never been a roster."""
        with available():
            newest = self._versions.find_one({}, {"_id": 1}, sort=[("_id", DESCENDING)])
        return 0 if newest is None else int(newest["_id"])

    def load(self) -> Roster:
        """Return the roster that holds; what of it is known already is not read again."""
        version = self.version()
        if version != self._newest.version:
            with self._loading, available():
                if version != self._newest.version:
                    self._drop_before_anew()
                    self._newest = self._read(version)
                    self._remember(self._newest)
        return self._newest

    def of_version(self, version: int) -> Roster | None:
        """Return the roster of a version, or None when it is not kept any more."""
        if (known := self._known.get(version)) is not None:
            return known
        with available():
            return self._whole(version)

    def at(self, instant: datetime) -> Roster | None:
        """Return the roster that held at an instant, or None when it is not kept any more."""
        with available():
            found = self._versions.find_one(
                {"since": {"$lte": instant}}, {"_id": 1}, sort=[("_id", DESCENDING)]
            )
            first = self._versions.find_one({}, {"_id": 1}, sort=[("_id", ASCENDING)])
        if found is None and first is not None and first["_id"] > 1:
            return None
        return self.of_version(found["_id"] if found else 0)

    def forget(self, before: datetime, keep: Collection[int] = ()) -> None:
        """Remove the versions that held before an instant alone, but for some to be kept.

        What was changed in them stays where a later version that is kept builds on it.
        """
        with available():
            self._settle()
            fields = {"since": 1, "base": 1, "forgotten": 1}
            rows = list(self._versions.find({}, fields).sort("_id"))
            needed = _needed(rows, before, keep)
            gone = [row for row in rows if row["_id"] not in needed and not row.get("forgotten")]
            for row in gone:
                self._versions.update_one(
                    {"_id": row["_id"]},
                    {"$set": {"forgotten": True}, "$unset": {"base": 1, "change": 1, "parts": 1}},
                )
            if needed:
                self._versions.delete_many({"_id": {"$lt": min(needed)}})
            self._parts.clear(self._bases(), [row.get("base") for row in gone])

    def _settle(self) -> None:
        """Write the whole roster that holds beside its change, when many changes lead to it."""
        roster = self.load()
        last = self._versions.find_one(
            {"base": {"$exists": True}, "_id": {"$lte": roster.version}},
            {"_id": 1},
            sort=[("_id", DESCENDING)],
        )
        which = {"_id": {"$gt": last["_id"] if last else 0, "$lte": roster.version}}
        pending = sum(1 + row["rows"] for row in self._versions.find(which, {"rows": 1}))
        if pending > max(PENDING, sum(roster.counts().values()) // PENDING_PART):
            whole = self._parts.write(roster.tables, _silent)
            still = {"_id": roster.version, "forgotten": {"$exists": False}}
            if not self._versions.update_one(still, {"$set": whole}).matched_count:
                self._parts.remove(whole["base"])

    def _expected(self, version: int | None) -> Roster:
        """Return the roster that holds; raise PreconditionFailed unless it is the expected one."""
        roster = self.load()
        if version is not None and roster.version != version:
            raise PreconditionFailed(
                f"The roster is at version {roster.version}, not {version}. "
                "Read it again, and decide anew."
            )
        return roster

    def _content(self, after: Roster, change: Change) -> Document:
        """Return how a change is written down: itself, or where the roster after it lies."""
        written = encoded(change)
        if len(written) > LARGE:
            return self._parts.write(after.tables, _silent)
        return {"change": written, "rows": len(change)}

    def _append(self, version: int, content: Document) -> bool:
        """Write the next version, unless another has been written meanwhile."""
        with available():
            try:
                self._versions.update_one(
                    {"_id": version, "since": {"$exists": False}},
                    {"$set": content, "$currentDate": {"since": True}},
                    upsert=True,
                )
            except DuplicateKeyError:
                return False
        return True

    def _read(self, version: int) -> Roster:
        """Return a version that holds, by the changes since the newest that is known."""
        roster = self._replayed(self._newest, version) or self._whole(version)
        if roster is None:
            raise Unavailable("A part of the roster is lost in the database. Import it again.")
        return roster

    def _whole(self, version: int) -> Roster | None:
        """Return a version from the whole roster before it, and the changes since."""
        based = self._versions.find_one(
            {"base": {"$exists": True}, "_id": {"$lte": version}}, sort=[("_id", DESCENDING)]
        )
        if based is None:
            return self._replayed(Roster(), version)
        tables = self._parts.read(based)
        return None if tables is None else self._replayed(Roster(tables, based["_id"]), version)

    def _replayed(self, roster: Roster, version: int) -> Roster | None:
        """Return a later version by the changes up to it, unless one of them is missing."""
        which = {"_id": {"$gt": roster.version, "$lte": version}}
        for row in self._versions.find(which, {"change": 1, "forgotten": 1}).sort("_id"):
            if row["_id"] != roster.version + 1 or "change" not in row:
                return None
            roster = roster.amended(decoded(row["change"]), row["_id"])
        return roster if roster.version == version else None

    def _remember(self, roster: Roster) -> None:
        """Keep a roster that has held, and the last few before it."""
        with self._remembering:
            known = (*self._known.values(), roster)[-REMEMBERED:]
            self._known = {one.version: one for one in known if one.version >= self._first}
            if roster.version > self._newest.version:
                self._newest = roster

    def _drop_before_anew(self) -> None:
        """Hold nothing of what held before the roster was begun anew, if it was of late."""
        late = {"_id": {"$gt": self._newest.version}, "anew": True}
        found = self._versions.find_one(late, {"_id": 1}, sort=[("_id", DESCENDING)])
        if found is not None:
            with self._remembering:
                self._first = found["_id"]
                self._known = {v: one for v, one in self._known.items() if v >= self._first}


def _needed(rows: Iterable[Document], before: datetime, keep: Collection[int]) -> set[int]:
    """Return the versions that are kept, and those on which they build."""
    needed: set[int] = set()
    wanted, ends = True, datetime.max.replace(tzinfo=UTC)
    for row in reversed(list(rows)):
        wanted = wanted or row["_id"] in keep or ends > before
        if wanted and not row.get("forgotten"):
            needed.add(row["_id"])
        if "base" in row or row.get("forgotten"):
            wanted = False
        ends = row["since"]
    return needed


def _silent(written: int, total: int) -> None:
    """Tell nobody."""
