"""The record, and the contents of attachments, rid of a person."""

import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

from bson.binary import Binary
from pymongo import UpdateOne

from lrs_stats.erasure import renaming
from lrs_stats.erasure.identifiers import Identifiers
from lrs_stats.erasure.renaming import Renaming
from lrs_stats.store.database import ERASED, Document, available
from lrs_stats.store.erasures import Affected, Erasure, ErasureStore, Report
from lrs_stats.store.places import READ, Place
from lrs_stats.store.references import References
from lrs_stats.xapi import finding
from lrs_stats.xapi.model import SIGNATURE, Statement

UNDER_WAY: Final = 20.0
"""Seconds from storing an attachment to storing its statement, at most."""
_LONG_AGO: Final = datetime.fromtimestamp(0, UTC)
_HIGHEST: Final = b"\xff" * 16


class Statements(Place):
    """Statements by the person go, unless they are pseudonymised; others name the pseudonym."""

    name = "statements"
    collections = ("statements", "inherited")

    def count(self, erasure: Erasure, report: Report) -> int:
        """Return how many statements are by the person or name them."""
        return sum(1 for _ in self._found(erasure, report))

    def erase(self, erasure: Erasure, report: Report) -> None:
        """Note which statements are concerned, once; then change each, and what refers to it."""
        journal = ErasureStore(self._database)
        if "noted" not in erasure.finished:
            journal.note(erasure.id, self._decided(erasure, report))
            journal.finish(erasure.id, "noted")
        for some in journal.noted(erasure.id):
            self._delete([one.id for one in some if one.goes])
            self._rename([one.id for one in some if not one.goes], erasure)
        for some in journal.noted(erasure.id):
            self._relate([one.id for one in some])

    def _found(self, erasure: Erasure, report: Report) -> Iterator[Document]:
        """Yield the statements that name the person, with whether they are the actor."""
        change = Renaming(erasure.who, erasure.instead)
        total = self._database["statements"].estimated_document_count()
        for number, one in enumerate(self._all("statements", {"raw": 1, "files": 1, "voids": 1})):
            if number % READ == 0:
                report(number, total)
            raw = bytes(one["raw"])
            if erasure.who.may_be_in(raw) and change.apply(raw) is not None:
                yield one | {"own": renaming.acts(raw, erasure.who)}

    def _decided(self, erasure: Erasure, report: Report) -> Iterable[Affected]:
        """Return what becomes of each: by the person it goes, unless what it voids came back."""
        found = [
            (one["_id"], one["own"], one.get("voids"), tuple(one.get("files", ())))
            for one in self._found(erasure, report)
        ]
        own = {key for key, is_own, _, _ in found if is_own and not erasure.pseudonymises}
        return [
            Affected(key, key in own and (voids is None or voids in own), files)
            for key, _, voids, files in found
        ]

    def _delete(self, keys: list[Binary]) -> None:
        with available():
            self._database["statements"].delete_many({"_id": {"$in": keys}})
            # those who count the record count it anew
            self._database["states"].update_one(ERASED, {"$inc": {"turn": 1}}, upsert=True)

    def _rename(self, keys: list[Binary], erasure: Erasure) -> None:
        change = Renaming(erasure.who, erasure.instead)
        with available():
            found = list(self._database["statements"].find({"_id": {"$in": keys}}))
            updates = [
                UpdateOne({"_id": one["_id"]}, {"$set": _fields(raw, one, erasure)})
                for one in found
                if (raw := change.apply(bytes(one["raw"]))) is not None
            ]
            if updates:
                self._database["statements"].bulk_write(updates, ordered=False)

    def _relate(self, keys: list[Binary]) -> None:
        """Write anew what is inherited from these statements, by whatever refers to them."""
        statements, inherited = self._database["statements"], self._database["inherited"]
        references = References(statements, inherited)
        with available():
            touched = {*keys, *references.referring(keys)}
            for key in touched:
                rows = {"$gte": Binary(key + b"\0" * 16), "$lte": Binary(key + _HIGHEST)}
                inherited.delete_many({"_id": rows})
            references.relate_stored(touched)

    def _all(self, collection: str, fields: Document | None = None) -> Iterator[Document]:
        with available():
            yield from self._database[collection].find({}, fields, batch_size=READ)


def _fields(raw: bytes, before: Document, erasure: Erasure) -> Document:
    """Return what a document of a statement has after its JSON was changed."""
    statement: Statement = renaming.read(raw)
    authority = erasure.instead.key if erasure.who.own(before["authority"]) else before["authority"]
    agents = finding.agents(statement)
    activities = list({activity.id: None for activity in finding.activities(statement)})
    fields: Document = {
        "raw": Binary(raw),
        "verb": statement.verb.id,
        "agents": list(agents),
        "related_agents": list(finding.related_agents(statement, agents, authority)),
        "authority": authority,
    }
    if statement.object_id is not None:
        fields["activity"] = statement.object_id
    return fields | ({"related_activities": activities} if activities else {})


class Attachments(Place):
    """Contents go that came with the person's statements, and signatures that name the person.

    A content that other statements have too stays, and they keep it.
    """

    name = "attachments"
    collections = ("attachments.files", "attachments.chunks")

    def count(self, erasure: Erasure, report: Report) -> int:  # noqa: ARG002 - of every place
        """Return how many contents came with statements by the person."""
        with available():
            keys = list(erasure.keys)
            found = self._database["statements"].find(
                {"agents": {"$in": keys}, "files": {"$exists": True}}, {"files": 1}
            )
            return len({sha2 for one in found for sha2 in one["files"]})

    def erase(self, erasure: Erasure, report: Report) -> None:  # noqa: ARG002 - of every place
        """Let the statements that stay be without what goes; then remove what none has."""
        journal = ErasureStore(self._database)
        named: set[str] = set()
        for some in journal.noted(erasure.id):
            for one in some:
                if one.files:
                    named |= self._untied(one, erasure)
        with available():
            unused = [one for one in named if not self._is_used(one)]
            if unused:
                self._remove(unused)

    def _untied(self, one: Affected, erasure: Erasure) -> set[str]:
        """Return the contents that a statement is rid of."""
        if one.goes:
            return set(one.files)
        with available():
            found = self._database["statements"].find_one({"_id": one.id}, {"raw": 1})
            if found is None:
                return set(one.files)
            raw = bytes(found["raw"])
            gone = set(one.files)
            if not renaming.acts(raw, Identifiers((erasure.instead.key,))):
                gone = {sha2 for sha2 in gone if self._names(sha2, raw, erasure)}
            change = {"$pull": {"files": {"$in": sorted(gone)}}}
            self._database["statements"].update_one({"_id": one.id}, change)
            self._database["statements"].update_one(
                {"_id": one.id, "files": []}, {"$unset": {"files": ""}}
            )
            return gone

    def _names(self, sha2: str, raw: bytes, erasure: Erasure) -> bool:
        """Tell whether a content is the signature of a changed statement, or names the person."""
        for declared in renaming.read(raw).attachments or ():
            if declared.sha2.lower() == sha2 and declared.usage_type == SIGNATURE:
                return True
        file = self._database["attachments.files"].find_one({"filename": sha2}, {"_id": 1})
        chunks = self._database["attachments.chunks"].find({"files_id": file and file["_id"]})
        content = b"".join(bytes(chunk["data"]) for chunk in chunks.sort("n", 1))
        return erasure.who.named_in(content.decode("utf-8", "replace"))

    def _is_used(self, sha2: str) -> bool:
        return self._database["statements"].find_one({"files": sha2}, {"_id": 1}) is not None

    def _remove(self, names: list[str]) -> None:
        """Remove contents, unless a request that was under way relies on one of them.

        They are claimed long ago; whoever uploads the same claims them anew, and who found them
        before that has stored its statement when this goes on.
        """
        files = self._database["attachments.files"]
        aside = {"metadata.claimed": _LONG_AGO}
        files.update_many({"filename": {"$in": names}}, {"$set": aside})
        time.sleep(UNDER_WAY)
        for name in (name for name in names if not self._is_used(name)):
            file = files.find_one_and_update(
                aside | {"filename": name}, {"$unset": {"filename": ""}}
            )
            if file is not None:
                self._database["attachments.chunks"].delete_many({"files_id": file["_id"]})
                files.delete_one({"_id": file["_id"]})
