"""Documents of tools, and the other places where a text may name a person."""

from collections.abc import Iterator

from bson import ObjectId
from bson.binary import Binary

from lrs_stats.erasure.identifiers import Identifiers
from lrs_stats.store.database import Document, available
from lrs_stats.store.erasures import Erasure, ErasureStore, Report
from lrs_stats.store.places import READ, Place, Texts, readable
from lrs_stats.store.statement_documents import text
from lrs_stats.xapi.documents import etag_of


class Documents(Place):
    """Documents about the person go, however they are erased; in others a text is replaced."""

    name = "documents"
    collections = ("documents",)

    def count(self, erasure: Erasure, report: Report) -> int:  # noqa: ARG002 - of every place
        """Return how many documents are about the person or name them."""
        return sum(1 for _ in self._found(erasure.who))

    def erase(self, erasure: Erasure, report: Report) -> None:  # noqa: ARG002 - of every place
        """Delete them, or write their content without the person."""
        documents = self._database["documents"]
        for one in self._found(erasure.who):
            content = self._without(one, erasure)
            same = {"_id": one["_id"], "revision": one["revision"]}
            with available():
                if content is None:
                    documents.delete_one({"_id": one["_id"]})
                else:
                    new = {"content": Binary(content), "etag": etag_of(content)}
                    documents.update_one(same, {"$set": new | {"revision": ObjectId()}})

    def _found(self, who: Identifiers) -> Iterator[Document]:
        with available():
            for one in self._database["documents"].find({}, batch_size=READ):
                if self._is_about(one, who) or who.named_in(readable(one["content"])):
                    yield one

    def _is_about(self, one: Document, who: Identifiers) -> bool:
        if one["agent"] is not None and who.own(one["agent"]):
            return True
        return any(who.named_in(one[name] or "") for name in ("activity", "id", "content_type"))

    def _without(self, one: Document, erasure: Erasure) -> bytes | None:
        """Return the content without the person; None when the document is to go."""
        if self._is_about(one, erasure.who):
            return None
        try:
            content = bytes(one["content"]).decode()
        except UnicodeDecodeError:
            return None  # in what is no text nothing can be replaced
        return erasure.who.replaced(content, erasure.instead).encode()


class Activities(Texts):
    """Definitions of activities that name the person; they are learned anew when sent again."""

    name = "activities"
    collections = ("activities",)


class Refused(Texts):
    """What other stores refused to take, with their words."""

    name = "refused"
    collections = ("refused",)

    def erase(self, erasure: Erasure, report: Report) -> None:
        """Remove what names the person, and what speaks of an erased statement."""
        super().erase(erasure, report)
        for some in ErasureStore(self._database).noted(erasure.id):
            names = [text(one.id) for one in some if one.goes]
            with available():
                for forward in self._database["forwards"].find({}, {"_id": 1}):
                    keys = [{"forward": forward["_id"], "statement": name} for name in names]
                    self._database["refused"].delete_many({"_id": {"$in": keys}})


class Imports(Texts):
    """How far imports are, by the names of their sources."""

    name = "imports"
    collections = ("imports",)
