"""What is kept of people as such: roster, tokens, and what the audit says of them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from lrs_stats.erasure import roster_rows
from lrs_stats.store.audit import AUDIT
from lrs_stats.store.database import Document, available
from lrs_stats.store.erasures import ERASURES, Erasure, Report
from lrs_stats.store.places import READ, Place
from lrs_stats.store.rosters import RosterStore


class Tokens(Place):
    """Tokens with which the person signs in."""

    name = "tokens"
    collections = ("tokens",)

    def count(self, erasure: Erasure, report: Report) -> int:  # noqa: ARG002 - of every place
        """Return how many tokens the person has."""
        with available():
            return self._database["tokens"].count_documents(self._theirs(erasure))

    def erase(self, erasure: Erasure, report: Report) -> None:  # noqa: ARG002 - of every place
        """Delete them; within seconds no process takes one any more."""
        with available():
            self._database["tokens"].delete_many(self._theirs(erasure))

    def _theirs(self, erasure: Erasure) -> Document:
        return {"person": {"$in": [erasure.person or erasure.learner]}}


class RosterEntry(Place):
    """The person in the roster that holds; the older rosters go whole."""

    name = "roster"
    collections = ("roster", "roster_parts")

    def count(self, erasure: Erasure, report: Report) -> int:  # noqa: ARG002 - of every place
        """Return how many rows of the roster are about the person or refer to them."""
        if not erasure.person:
            return 0
        return roster_rows.mentions(RosterStore(self._database).load().tables, erasure.person)

    def erase(self, erasure: Erasure, report: Report) -> None:  # noqa: ARG002 - of every place
        """Put a roster without the person in its place, and forget all that held before."""
        rosters = RosterStore(self._database)
        while erasure.person and (known := rosters.load()).person(erasure.person) is not None:
            if erasure.pseudonymises:
                rosters.replace(roster_rows.renamed(known.tables, erasure.person, erasure.instead))
            else:
                rosters.replace(roster_rows.without(known.tables, erasure.person))
        if erasure.person:
            rosters.forget(datetime.now(UTC) + timedelta(days=1))


class Audit(Place):
    """Entries stay, and name the erasure where they named the person; so do earlier erasures."""

    name = "audit"
    collections = (AUDIT, ERASURES)

    def count(self, erasure: Erasure, report: Report) -> int:  # noqa: ARG002 - of every place
        """Return how many entries name the person."""
        return sum(1 for _ in self._changed(erasure))

    def erase(self, erasure: Erasure, report: Report) -> None:  # noqa: ARG002 - of every place
        """Replace ids and names in them by the id of the erasure."""
        for key, changed in self._changed(erasure):
            with available():
                self._database[AUDIT].update_one({"_id": key}, {"$set": changed})
        with available():
            self._database[ERASURES].update_many(
                {"by": f"person {erasure.person}"}, {"$set": {"by": erasure.id}}
            )

    def _changed(self, erasure: Erasure) -> Iterator[tuple[Any, Document]]:
        with available():
            for one in self._database[AUDIT].find({}, batch_size=READ):
                said = {n: one[n] for n in ("person", "resource", "asked") if one.get(n)}
                changed = self._without(said, erasure)
                if isinstance(person := changed.get("person"), dict) and person != one["person"]:
                    changed["person"] = {"id": erasure.id, "name": erasure.id}
                if changed != said:
                    yield one["_id"], changed

    def _without(self, value: Any, erasure: Erasure) -> Any:
        if isinstance(value, dict):
            return {name: self._without(one, erasure) for name, one in value.items()}
        if isinstance(value, list):
            return [self._without(one, erasure) for one in value]
        if not isinstance(value, str):
            return value
        is_theirs = value in {erasure.person, erasure.learner} - {""} or erasure.who.own(value)
        if is_theirs or erasure.who.named_in(value):
            return erasure.id
        return value
