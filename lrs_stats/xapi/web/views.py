"""The xAPI resources as one Flask blueprint at `/xAPI`.

What differs between the versions of xAPI follows the header of the request; every refusal is a
problem document.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final
from uuid import uuid4

from flask import Blueprint, Response, g, request

from lrs_stats.errors import Problem
from lrs_stats.xapi.access import Authenticate
from lrs_stats.xapi.documents import ACTIVITY_PROFILE, AGENT_PROFILE, STATE, Documents
from lrs_stats.xapi.formats import format_timestamp
from lrs_stats.xapi.record import Files, Record
from lrs_stats.xapi.versions import HEADER, version_of
from lrs_stats.xapi.web.documents import DocumentResource
from lrs_stats.xapi.web.http import refuse
from lrs_stats.xapi.web.knowledge import Knowledge, SamePerson, about
from lrs_stats.xapi.web.statements import Statements

CONSISTENT_THROUGH: Final = "X-Experience-API-Consistent-Through"


def blueprint(
    record: Record,
    files: Files,
    authenticate: Authenticate,
    same_person: SamePerson,
    *,
    documents: Documents,
    default_version: str,
    max_body: int,
    max_request: int,
    spool: Path,
    max_page: int = 500,
    new_id: Callable[[], str] = lambda: str(uuid4()),
) -> Blueprint:
    """Return the xAPI resources over a record, and over the documents beside it.

    `default_version` is that of answers to requests without one, `max_body` the limit of a body in
    bytes, `max_request` that of a request with attachments, `max_page` that of one answer in
    statements. `spool` is the folder where attachments are laid aside while they arrive.
    """
    xapi = Blueprint("xapi", __name__, url_prefix="/xAPI")
    knowledge = Knowledge(record, authenticate, same_person)
    statements = Statements(
        record, files, authenticate, max_body, max_request, max_page, new_id, spool
    )

    @xapi.before_request
    def begin() -> None:
        g.xapi_version = default_version
        if request.endpoint == "xapi.about" or request.method == "OPTIONS":
            return
        if request.path == "/xAPI/statements":
            # before the query, so that what it misses is not claimed; who stores asks nothing
            is_asked = request.method in {"GET", "HEAD"}
            g.consistent_through = format_timestamp(
                record.consistent_through() if is_asked else record.known_consistent_through()
            )
        g.xapi_version = version_of(request.headers.get(HEADER))

    @xapi.after_request
    def complete(response: Response) -> Response:
        if "consistent_through" in g:
            response.headers[CONSISTENT_THROUGH] = g.consistent_through
        return response

    xapi.register_error_handler(Problem, refuse)
    xapi.add_url_rule("/about", "about", about)
    xapi.add_url_rule("/agents", "agents", knowledge.agents)
    xapi.add_url_rule("/activities", "activities", knowledge.activities)
    xapi.add_url_rule("/statements", "statements", statements.get)
    xapi.add_url_rule("/statements", "post_statements", statements.post, methods=["POST"])
    xapi.add_url_rule("/statements", "put_statement", statements.put, methods=["PUT"])
    for kind in (STATE, ACTIVITY_PROFILE, AGENT_PROFILE):
        resource = DocumentResource(kind, documents, authenticate, max_body)
        name = kind.name.replace(" ", "_")
        xapi.add_url_rule(kind.path, name, resource.get)
        xapi.add_url_rule(kind.path, f"put_{name}", resource.put, methods=["PUT"])
        xapi.add_url_rule(kind.path, f"post_{name}", resource.post, methods=["POST"])
        xapi.add_url_rule(kind.path, f"delete_{name}", resource.delete, methods=["DELETE"])
    return xapi
