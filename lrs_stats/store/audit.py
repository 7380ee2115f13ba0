"""The audit in MongoDB: who asked for what, when, and what became of it.

Entries are written and read, and never changed: there is no update here, and what is old is removed
by the database itself, by an index on their instant. Only an erasure takes the erased person's ids
and name out of them (`lrs_stats.store.erasing`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final

from bson import ObjectId
from bson.errors import InvalidId
from pymongo import ASCENDING, DESCENDING
from pymongo.database import Database
from pymongo.errors import OperationFailure

from lrs_stats.errors import BadRequest
from lrs_stats.store.database import Document, available

AUDIT: Final = "audit"
_KEPT: Final = "kept"
"""The name of the index by which old entries are removed."""
_OTHERWISE: Final = {85, 86}  # there is an index of that name, or of these keys, with other options
_DAY_SECONDS: Final = 86_400


@dataclass(frozen=True)
class Named:
    """A client by its key, or a person by their id; and what they are called."""

    id: str
    name: str


@dataclass(frozen=True)
class Entry:
    """One answered request, or one command; nothing of what was answered is in it.

    `client` and `person` are who asked: one of the two, both when a client acts for a person, none
    when nobody known asked. `resource` are the parts of the path, `asked` the parameters with all
    their values, `rows` how many rows were answered. `unwritten` is how many requests by nobody
    known were answered since the entry before and are not written one by one.
    """

    at: datetime
    request: str
    action: str
    resource: Sequence[str]
    status: int
    client: Named | None = None
    person: Named | None = None
    asked: Mapping[str, Sequence[str]] = field(default_factory=dict)
    format: str = ""
    rows: int | None = None
    unwritten: int = 0


@dataclass(frozen=True)
class Wanted:
    """Which entries: of a half-open period, of a client or person by id, of an action."""

    start: datetime | None = None
    end: datetime | None = None
    client: str | None = None
    person: str | None = None
    action: str | None = None


class AuditStore:
    """The entries, the newest first."""

    def __init__(self, database: Database[Document]) -> None:
        self._database = database
        self._entries = database[AUDIT]

    def write(self, entry: Entry) -> None:
        """Write an entry, on a majority's journals before returning.

        Raises Unavailable when that cannot be.
        """
        with available():
            self._entries.insert_one(_document(entry))

    def page(
        self, wanted: Wanted, limit: int, after: str | None = None
    ) -> tuple[list[Entry], str | None]:
        """Return up to `limit` entries, and after which to ask for more when there are more.

        Raises BadRequest when `after` is not what an earlier page has told.
        """
        order = [("at", DESCENDING), ("_id", DESCENDING)]
        with available():
            found = list(self._entries.find(_where(wanted, after)).sort(order).limit(limit + 1))
        more = _place(found[limit - 1]) if len(found) > limit else None
        return [_entry(document) for document in found[:limit]], more

    def keep(self, days: int) -> None:
        """Have entries removed by the database once they are so many days old."""
        seconds = days * _DAY_SECONDS
        try:
            self._entries.create_index([("at", ASCENDING)], name=_KEPT, expireAfterSeconds=seconds)
        except OperationFailure as error:
            if error.code not in _OTHERWISE:
                raise
            index = {"name": _KEPT, "expireAfterSeconds": seconds}
            self._database.command("collMod", AUDIT, index=index)


def _where(wanted: Wanted, after: str | None) -> Document:
    period = {"$gte": wanted.start, "$lt": wanted.end}
    named = {"client.id": wanted.client, "person.id": wanted.person, "action": wanted.action}
    where: Document = {name: value for name, value in named.items() if value is not None}
    if bounds := {name: value for name, value in period.items() if value is not None}:
        where["at"] = bounds
    return where if after is None else {"$and": [where, _after(after)]}


def _place(document: Document) -> str:
    return f"{document['at'].isoformat()}/{document['_id']}"


def _after(place: str) -> Document:
    """Return what finds the entries behind a place."""
    instant, _, key = place.partition("/")
    try:
        at, identifier = datetime.fromisoformat(instant), ObjectId(key)
    except (ValueError, InvalidId):
        at = None
    if at is None or at.tzinfo is None:
        raise BadRequest(
            "after: this is no place in the audit; take it from the `next` of the page before."
        )
    return {"$or": [{"at": {"$lt": at}}, {"at": at, "_id": {"$lt": identifier}}]}


def _document(entry: Entry) -> Document:
    """Return an entry for the database, where what a client calls a parameter is no field."""
    document = {name: value for name, value in asdict(entry).items() if value is not None}
    asked = [{"name": name, "values": list(values)} for name, values in entry.asked.items()]
    return document | {"asked": asked, "resource": list(entry.resource)}


def _entry(document: Document) -> Entry:
    known: dict[str, Any] = {name: value for name, value in document.items() if name != "_id"}
    known["asked"] = {one["name"]: one["values"] for one in known["asked"]}
    for who in ("client", "person"):
        if who in known:
            known[who] = Named(**known[who])
    return Entry(**known)
