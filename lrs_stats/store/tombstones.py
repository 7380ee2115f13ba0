"""What stops a forgotten person from coming back: a keyed hash of each identifier.

The key is random, made once for each database, and kept in it. So a hash tells nothing to who has
the hashes alone; who has the whole database can try a name that they suspect.

Every process looks at most once in `LOOK_EVERY` seconds whether there are others than it knows.
"""

import hashlib
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from pymongo.database import Database

from lrs_stats.erasure.identifiers import Identifiers
from lrs_stats.errors import Conflict
from lrs_stats.roster.complaints import MOST, Complaint, RosterRefused
from lrs_stats.roster.identities import canonical, folded, keys_of, sha1
from lrs_stats.roster.tables import Person
from lrs_stats.store.database import Document, available
from lrs_stats.xapi.record import Prepared

LOOK_EVERY: Final = 1.0
_TURN: Final = {"_id": "tombstones"}
_KEY: Final = {"_id": "tombstone key"}
LIFT: Final = "lrs-stats erase IDENTIFIER --lift, called by an owner, lets them come back."


class Erased(Conflict):
    """What was sent names somebody who was erased here, and stays so."""


class Tombstones:
    """The hashes of the identifiers that are not taken any more."""

    def __init__(self, database: Database[Document]) -> None:
        self._tombstones = database["tombstones"]
        self._states = database["states"]
        self._lock = threading.Lock()
        self._looked = -LOOK_EVERY
        self._turn = 0
        self._key = b""
        self._hashes: frozenset[str] = frozenset()

    def put(self, erasure: str, who: Identifiers) -> None:
        """Take no identifier of these any more, within `LOOK_EVERY` seconds everywhere."""
        spelled = {*map(_exact, who.keys), *_provided(who.user_name, who.external_id)}
        spelled |= {_person(who.person)} if who.person else set()
        spelled |= set(map(_folded, who.keys)) if who.ignore_case else set()
        key = self._load_key()
        with available():
            for one in spelled:
                self._tombstones.update_one(
                    {"_id": _hash(key, one)}, {"$set": {"erasure": erasure}}, upsert=True
                )
        self._tell()

    def lift(self, erasure: str) -> int:
        """Take the identifiers of an erasure again; return how many they are."""
        with available():
            lifted = self._tombstones.delete_many({"erasure": erasure}).deleted_count
        self._tell()
        return lifted

    def erasure_of(self, keys: Iterable[str], person: str) -> str | None:
        """Return the erasure whose tombstone is on one of some identifiers."""
        spelled = [_exact(key) for key in keys] + [_folded(key) for key in keys]
        spelled += [_person(person)] if person else []
        key = self._load_key()
        with available():
            found = self._tombstones.find_one({"_id": {"$in": [_hash(key, s) for s in spelled]}})
        return None if found is None else str(found["erasure"])

    def refuse_statements(self, statements: Sequence[Prepared]) -> None:
        """Raise Erased when one of the statements names an erased person as an agent."""
        if not self._known():
            return
        for statement in statements:
            if any(self._is_erased(key) for key in {*statement.agents, *statement.related_agents}):
                raise Erased(
                    f"The statement {statement.id} names somebody who was erased here, and whose "
                    f"identifiers are not taken any more. Leave it out. {LIFT}"
                )

    def refuse_agent(self, key: str | None) -> None:
        """Raise Erased when a document is about an erased person."""
        if key is not None and self._known() and self._is_erased(key):
            raise Erased(
                "The agent was erased here, and documents about them are not taken any more. "
                + LIFT
            )

    def refuse_people(self, people: Iterable[Person], place: Callable[[int, Person], str]) -> None:
        """Raise RosterRefused when an erased person is among those who come into a roster.

        `place` returns where somebody stands, by their number among these people.
        """
        if not self._known():
            return
        found = [(number, one) for number, one in enumerate(people) if self._is_back(one)]
        if found:
            reason = f"this person was erased here; leave the row out. {LIFT}"
            told = [Complaint(place(*one), reason) for one in found[:MOST]]
            raise RosterRefused(told, len(found) - len(told))

    def _is_back(self, person: Person) -> bool:
        named = (_person(person.id), *_provided(person.user_name, person.external_id))
        if any(_hash(self._key, one) in self._hashes for one in named):
            return True
        return any(map(self._is_erased, keys_of(person)))

    def _is_erased(self, key: str) -> bool:
        spelled = [_exact(key), _folded(key)]
        plain = canonical(key)
        if plain.startswith("mailto:"):
            spelled.append(_exact(sha1(plain.removeprefix("mailto:"))))
        return any(_hash(self._key, one) in self._hashes for one in spelled)

    def _known(self) -> frozenset[str]:
        """Return the hashes; what is announced a second ago or more is among them."""
        with self._lock:
            now = time.monotonic()
            if now - self._looked >= LOOK_EVERY:
                with available():
                    turn = (self._states.find_one(_TURN) or {"turn": 0})["turn"]
                    if turn != self._turn:
                        self._key = self._load_key()
                        self._hashes = frozenset(one["_id"] for one in self._tombstones.find())
                        self._turn = turn
                self._looked = now
            return self._hashes

    def _tell(self) -> None:
        with available():
            self._states.update_one(_TURN, {"$inc": {"turn": 1}}, upsert=True)
        self._looked = -LOOK_EVERY

    def _load_key(self) -> bytes:
        with available():
            made = {"$setOnInsert": {"key": secrets.token_hex(32)}}
            self._states.update_one(_KEY, made, upsert=True)
            found = self._states.find_one(_KEY) or {}
        return bytes.fromhex(found["key"])


def _exact(key: str) -> str:
    return f"exact {canonical(key)}"


def _folded(key: str) -> str:
    return f"folded {folded(key)}"


def _person(person: str) -> str:
    return f"person {person}"


def _provided(user_name: str, external_id: str) -> Iterator[str]:
    """Yield how an identity provider calls somebody; a userName in the one spelling of all."""
    if user_name:
        yield f"user name {user_name.casefold()}"
    if external_id:
        yield f"external id {external_id}"


def _hash(key: bytes, spelled: str) -> str:
    said = spelled.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(said, key=key, digest_size=32).hexdigest()
