"""The three document resources (xAPI-Communication 2.2): state, and the two profiles."""

from dataclasses import dataclass
from typing import Final

import msgspec
from flask import Response, request

from lrs_stats.errors import NotFound
from lrs_stats.xapi import documents, preconditions
from lrs_stats.xapi.access import Authenticate
from lrs_stats.xapi.documents import Documents, Key, Kind, Sent, etag_of
from lrs_stats.xapi.faults import fault
from lrs_stats.xapi.preconditions import Preconditions
from lrs_stats.xapi.web.http import answer, arguments, body, version

UNTOLD: Final = "application/octet-stream"
"""The type of a document that came without one (RFC 9110 8.3)."""


@dataclass(frozen=True)
class DocumentResource:
    """Keeps, changes, and answers the documents of one kind."""

    kind: Kind
    documents: Documents
    authenticate: Authenticate
    max_body: int

    def get(self) -> Response:
        """Answer one document, or the ids of many."""
        self.authenticate(self.kind.reading)
        given = arguments()
        if self.kind.id not in given:
            return self._list(given)
        kept = self.documents.find(documents.key_of(self.kind, given, version()))
        if kept is None:
            raise NotFound(f"There is no {self.kind.name} document of that {self.kind.id} here.")
        response = Response(kept.content, content_type=kept.content_type)
        # what a tool stored is never a page of this server to a browser
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Content-Security-Policy"] = "sandbox"
        response.last_modified = kept.updated
        return _tagged(response, kept.etag)

    def put(self) -> Response:
        """Store a document in place of what there is."""
        self.authenticate(self.kind.changing)
        key, asked = self._one()
        change = documents.put(self.kind, self._sent(), asked, version())
        self.documents.change(key, change)
        return Response(status=204)

    def post(self) -> Response:
        """Store a document, merged with what there is."""
        self.authenticate(self.kind.changing)
        key, asked = self._one()
        self.documents.change(key, documents.post(self._sent(), asked))
        return Response(status=204)

    def delete(self) -> Response:
        """Delete a document; of state all documents when none is named."""
        self.authenticate(self.kind.changing)
        given = arguments()
        if self.kind.clears and self.kind.id not in given:
            self._clear(given)
        else:
            key, asked = self._one()
            self.documents.change(key, documents.delete(asked))
        return Response(status=204)

    def _list(self, given: dict[str, str]) -> Response:
        context, since = documents.context_of(self.kind, given, version())
        listed = self.documents.listed(context, since)
        content = msgspec.json.encode(listed.ids)
        response = answer(content)
        if listed.updated is not None:  # None would be taken for now
            response.last_modified = listed.updated
        return _tagged(response, etag_of(content))

    def _clear(self, given: dict[str, str]) -> None:
        context = documents.cleared(self.kind, given, version())
        if _preconditions().given:
            reason = f"speaks of one document; name it by {self.kind.id}"
            raise fault("header If-Match or If-None-Match", reason)
        self.documents.clear(context)

    def _one(self) -> tuple[Key, Preconditions]:
        """Return the document that the request changes, and on which conditions."""
        return documents.key_of(self.kind, arguments(), version()), _preconditions()

    def _sent(self) -> Sent:
        """Return the document of the request: the bytes as they come, a form's too."""
        content_type = request.headers.get("Content-Type", "").strip() or UNTOLD
        if not content_type.replace("\t", " ").isprintable():
            raise fault("header Content-Type", "has characters that no header can carry")
        return Sent(body(self.max_body), content_type)


def _preconditions() -> Preconditions:
    return preconditions.read(request.headers.get("If-Match"), request.headers.get("If-None-Match"))


def _tagged(response: Response, etag: str) -> Response:
    """Set the ETag, and have caches ask before they answer with what has changed since."""
    response.set_etag(etag)
    response.headers["Cache-Control"] = "no-cache"
    return response
