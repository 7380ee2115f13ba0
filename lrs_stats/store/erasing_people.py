"""What is kept of people as such: roster, tokens, and what the audit says of them."""

import re
from collections.abc import Iterator
from typing import Any

from lrs_stats.erasure import roster_rows
from lrs_stats.roster.tables import RosterTables
from lrs_stats.store.audit import AUDIT
from lrs_stats.store.database import Document, available
from lrs_stats.store.erasures import ERASURES, Erasure, Report
from lrs_stats.store.passwords import PasswordStore
from lrs_stats.store.places import READ, Place
from lrs_stats.store.rosters import RosterStore
from lrs_stats.store.sign_in_attempts import SignInAttempts, by_account


class Tokens(Place):
    """Tokens with which the person signs in; the labels of others' tokens lose the name."""

    name = "tokens"
    collections = ("tokens",)

    def count(self, erasure: Erasure, report: Report) -> int:  # noqa: ARG002 - of every place
        """Return how many tokens the person has, or have a label that names them."""
        return sum(1 for _ in self._found(erasure))

    def erase(self, erasure: Erasure, report: Report) -> None:  # noqa: ARG002 - of every place
        """Delete the person's; within seconds no process takes one any more."""
        tokens = self._database["tokens"]
        for one in self._found(erasure):
            with available():
                if one["person"] == _id(erasure):
                    tokens.delete_one({"_id": one["_id"]})
                else:
                    label = erasure.who.replaced(one["label"], erasure.instead)
                    tokens.update_one({"_id": one["_id"]}, {"$set": {"label": label}})

    def _found(self, erasure: Erasure) -> Iterator[Document]:
        with available():
            for one in self._database["tokens"].find({}, {"person": 1, "label": 1}):
                if one["person"] == _id(erasure) or erasure.who.named_in(one.get("label", "")):
                    yield one


class Passwords(Place):
    """The hash of the person's password."""

    name = "passwords"
    collections = ("passwords",)

    def count(self, erasure: Erasure, report: Report) -> int:  # noqa: ARG002 - of every place
        """Return 1 when the person has a password."""
        return int(PasswordStore(self._database).hash_of(_id(erasure)) is not None)

    def erase(self, erasure: Erasure, report: Report) -> None:  # noqa: ARG002 - of every place
        """Delete it."""
        PasswordStore(self._database).remove(_id(erasure))


class Attempts(Place):
    """How often somebody has tried to sign in as the person of late.

    It is counted under a hash of what was typed; other spellings are gone in a quarter of an hour.
    """

    name = "attempts to sign in"
    collections = ("sign_in_attempts",)

    def count(self, erasure: Erasure, report: Report) -> int:  # noqa: ARG002 - of every place
        """Return under how many of the person's names somebody has tried."""
        return sum(map(SignInAttempts(self._database).is_counted, _attempted(erasure)))

    def erase(self, erasure: Erasure, report: Report) -> None:  # noqa: ARG002 - of every place
        """Forget them."""
        for name in _attempted(erasure):
            SignInAttempts(self._database).forget(name)


class RosterEntry(Place):
    """The person in the roster that holds; what earlier versions held goes whole."""

    name = "roster"
    collections = ("roster", "roster_versions", "roster_parts")

    def count(self, erasure: Erasure, report: Report) -> int:  # noqa: ARG002 - of every place
        """Return how many rows of the roster are about the person or refer to them."""
        if not erasure.person:
            return 0
        return roster_rows.mentions(RosterStore(self._database).load().tables, erasure.person)

    def erase(self, erasure: Erasure, report: Report) -> None:  # noqa: ARG002 - of every place
        """Put a roster without the person in its place, and keep nothing of any before."""
        rosters = RosterStore(self._database)
        rosters.begin_anew(lambda tables: _rid(tables, erasure))
        rosters.remove_strays(lambda table, row: roster_rows.concerns(table, row, erasure.who))


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
                {"by": {"$regex": f"(^| for )person {re.escape(_id(erasure))}$"}},
                {"$set": {"by": erasure.id}},
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


def _id(erasure: Erasure) -> str:
    """Return the id of the person, or what was asked for where no roster knows them."""
    return erasure.person or erasure.learner


def _attempted(erasure: Erasure) -> set[str]:
    mailboxes = (key for key in erasure.keys if key.startswith("mailto:"))
    accounts = {_id(erasure), *(key.removeprefix("mailto:") for key in mailboxes)}
    return {by_account(what, one) for what in ("sign in", "change") for one in accounts}


def _rid(tables: RosterTables, erasure: Erasure) -> RosterTables:
    if erasure.person and erasure.pseudonymises:
        tables = roster_rows.renamed(tables, erasure.person, erasure.instead)
    elif erasure.person:
        tables = roster_rows.without(tables, erasure.person)
    return roster_rows.unnamed(tables, erasure.who, erasure.instead)
