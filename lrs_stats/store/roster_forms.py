"""The roster as it was kept before it had changes: taken over into versions, once."""

from typing import Any, Final

from bson import ObjectId
from pymongo.database import Database

from lrs_stats.store.roster_parts import name_of

HEAD: Final = {"_id": "roster"}
PARTS: Final = 1_000_000
"""Ids that were set aside for the parts of one version."""
BEGINNING: Final = ObjectId("0" * 24).generation_time
"""Since when there was a roster of which nobody wrote down when it began."""


def take_over(database: Database[dict[str, Any]]) -> None:
    """Put the versions that one document named in the place of that document.

    Whoever is killed in between, or does it at the same time as another, does no harm: what is
    there already is written again, and the document is removed last.
    """
    head = database["roster"].find_one(HEAD)
    if head is None:
        return
    for place, held in enumerate([*head.get("older", ()), head]):
        version, parts = held["version"], held["parts"]
        if not version:
            continue
        base = ObjectId(f"{version:08x}{place:016x}")
        row = {"since": held.get("since", BEGINNING)}
        if parts is None:
            row["forgotten"] = True
        else:
            row |= {"base": base, "parts": parts}
            _rename(database, version, base)
        database["roster_versions"].update_one({"_id": version}, {"$set": row}, upsert=True)
    database["roster_parts"].delete_many({"_id": {"$type": "number"}})
    database["roster"].delete_one(HEAD)


def _rename(database: Database[dict[str, Any]], version: int, base: ObjectId) -> None:
    which = {"_id": {"$gte": version * PARTS, "$lt": (version + 1) * PARTS}}
    for part in database["roster_parts"].find(which):
        named = part | {"_id": name_of(base, part["_id"] % PARTS)}
        database["roster_parts"].replace_one({"_id": named["_id"]}, named, upsert=True)
