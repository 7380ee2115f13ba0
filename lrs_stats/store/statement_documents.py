"""How a statement lies in MongoDB: its JSON as bytes, beside the few fields that find it."""

from datetime import datetime
from typing import NamedTuple

from bson.binary import UUID_SUBTYPE, Binary

from lrs_stats.store.database import Document
from lrs_stats.xapi.prepare import finish
from lrs_stats.xapi.record import Prepared


class Stored(NamedTuple):
    """A statement as the projector reads it: its id, when it was stored, and its JSON bytes."""

    id: str
    stored: datetime
    raw: bytes


def document_of(statement: Prepared, stored: datetime) -> Document:
    """Return the document of a statement that is stored at an instant."""
    document: Document = {
        "_id": binary(statement.id),
        "stored": stored,
        "raw": Binary(finish(statement, stored)),
        "verb": statement.verb,
        "agents": statement.agents,
        "related_agents": statement.related_agents,
        "authority": statement.authority,
    }
    if statement.activity is not None:
        document["activity"] = statement.activity
    if statement.related_activities:
        document["related_activities"] = statement.related_activities
    if statement.registration is not None:
        document["registration"] = binary(statement.registration)
    if statement.refers is not None:
        document["refers"] = binary(statement.refers)
    if statement.voids is not None:
        document["voids"] = binary(statement.voids)
    if statement.files:
        document["files"] = statement.files
    return document


def stored_of(document: Document) -> Stored:
    """Return what a document holds, as the projector reads it."""
    return Stored(text(document["_id"]), document["stored"], bytes(document["raw"]))


def binary(identifier: str) -> Binary:
    """Return a UUID as MongoDB keeps it."""
    return Binary(bytes.fromhex(identifier.replace("-", "")), UUID_SUBTYPE)


def text(identifier: bytes) -> str:
    """Return an id as text; not by way of UUID, which takes five times as long."""
    digits = identifier.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
