"""Files in the background over HTTP: ordered, looked at, cancelled, and fetched by their owner."""

# mypy: disable-error-code="untyped-decorator"
# flask-smorest comes without types

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from hmac import compare_digest
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from flask import Response, g, request, send_file
from flask_smorest import Blueprint
from marshmallow import Schema, fields

from lrs_stats.access.callers import Caller
from lrs_stats.access.covering import still_hold
from lrs_stats.access.owners import owner_of, standing
from lrs_stats.api.auditing import counted
from lrs_stats.api.forewarning import forewarned
from lrs_stats.api.ordering import Bodies, Question, on, today, tried, wanted
from lrs_stats.errors import (
    Conflict,
    Forbidden,
    Gone,
    NotFound,
    TooManyRequests,
    Unavailable,
)
from lrs_stats.services import Services
from lrs_stats.store.exports import OPEN, Export, Made

PREFIX: Final = "/api/v1/exports"
MOST_WAITING: Final = 100
"""How many orders of one owner wait or run at most."""

KeySchema: Final = Schema.from_dict(
    {"key": fields.String(metadata={"description": "The key that a mail has brought."})},
    name="Key",
)
ExportSchema: Final = Schema.from_dict(
    {
        "id": fields.String(required=True),
        "status": fields.String(
            required=True,
            metadata={"description": "queued, running, done, failed, cancelled or expired"},
        ),
        "granularity": fields.String(required=True),
        "asked": fields.Dict(required=True, metadata={"description": "the parameters, as sent"}),
        "format": fields.String(required=True),
        "options": fields.Dict(required=True),
        "ordered": fields.AwareDateTime(required=True),
        "started": fields.AwareDateTime(required=True, allow_none=True),
        "ended": fields.AwareDateTime(required=True, allow_none=True),
        "expires": fields.AwareDateTime(
            required=True, allow_none=True, metadata={"description": "until when it is kept"}
        ),
        "rows": fields.Integer(required=True, metadata={"description": "how many are written"}),
        "total": fields.Integer(
            required=True, allow_none=True, metadata={"description": "how many there will be"}
        ),
        "percent": fields.Integer(required=True),
        "reason": fields.String(required=True, metadata={"description": "why it failed"}),
        "file": fields.String(
            required=True, allow_none=True, metadata={"description": "the name of the file"}
        ),
        "size": fields.Integer(
            required=True, allow_none=True, metadata={"description": "in bytes"}
        ),
        "links": fields.Dict(required=True, metadata={"description": "self, and file when done"}),
        "warnings": fields.List(
            fields.String(), metadata={"description": "what the file will lack"}
        ),
    },
    name="Export",
)


def blueprint(services: Services) -> Blueprint:
    """Return the resources under /api/v1/exports; everybody has their own orders alone."""
    views = Blueprint(
        "exports", __name__, url_prefix=PREFIX, description="Files made in the background"
    )
    views.ARGUMENTS_PARSER = Bodies()
    store = services.exports

    @views.post("")
    @views.arguments(Question)
    @views.response(202, ExportSchema)
    def order(body: dict[str, Any]) -> tuple[dict[str, Any], int, dict[str, str]]:
        """Order a file: what /api/v1/stats answers, whole, in a format, made when it is its turn.

        What the file holds is decided when it is made, by what its owner may see then.
        """
        export = ordered(services, body)
        told = document(export) | {"warnings": _forewarned(services, export)}
        return told, 202, {"Location": f"{PREFIX}/{export.id}"}

    @views.get("")
    @views.response(200, ExportSchema(many=True))
    @views.paginate(page_size=100, max_page_size=1000)
    def listed(pagination_parameters: Any) -> list[dict[str, Any]]:
        """List one's own orders, the newest first."""
        owner = owner_of(services.caller(), services.rosters.load)
        page = pagination_parameters
        page.item_count = store.count(owner)
        found = store.of(owner, skip=page.first_item, limit=page.page_size)
        counted(len(found))
        return [document(one) for one in found]

    @views.get("/<export_id>")
    @views.response(200, ExportSchema)
    def one(export_id: str) -> dict[str, Any]:
        """Tell how far an order is, and why it failed."""
        return document(_own(services, services.caller(), export_id))

    @views.delete("/<export_id>")
    @views.response(204)
    def remove(export_id: str) -> None:
        """Cancel an order that waits or runs; remove one that does not, with its file."""
        removed(services, export_id)

    @views.get("/<export_id>/file")
    @views.arguments(KeySchema, location="query")
    @views.alt_response(200, success=True, content_type="application/octet-stream")
    @views.alt_response(206, success=True, content_type="application/octet-stream")
    def fetch(arguments: dict[str, Any], export_id: str) -> Response:
        """Download the file, or a range of it.

        It is refused when its owner may see less now than when it was made. A mail may have brought
        the address with a key, which opens this file alone, for a while, without signing in.
        """
        key = arguments.get("key")
        caller = services.caller() if key is None else _bearer(services, export_id, key)
        made = _made(_own(services, caller, export_id))
        if not still_hold(services.grants(caller), made.grants):
            raise Forbidden(
                "You may see less now than when this file was made, so it is not given out. "
                "Order it anew."
            )
        counted(made.rows)
        return sent(services.settings.exports / made.file, made)

    return views


def document(export: Export) -> dict[str, Any]:
    """Return what is told of an order."""
    place = f"{PREFIX}/{export.id}"
    links = {"self": place} | ({"file": f"{place}/file"} if export.state == "done" else {})
    made = export.made if export.state == "done" else None
    told = ("id", "granularity", "format", "options", "ordered", "started", "ended", "expires")
    return {name: getattr(export, name) for name in told} | {
        "status": export.state,
        "asked": export.given,
        "rows": export.rows,
        "total": export.total,
        "percent": percent(export),
        "reason": export.trouble,
        "file": made and made.name,
        "size": made and made.size,
        "links": links,
    }


def sent(path: Path, made: Made) -> Response:
    """Answer a file, or the range of it that is asked for (RFC 9110, section 14)."""
    if "," in request.headers.get("Range", ""):
        del request.environ["HTTP_RANGE"]  # several ranges at once: the whole is answered
    try:
        answer = send_file(
            path.absolute(),
            mimetype="application/octet-stream",
            as_attachment=True,
            download_name=made.name,
            conditional=True,
            etag=made.sha256,
        )
    except FileNotFoundError:
        raise Unavailable(
            "The file is not on this machine. It lies where the worker made it: web and worker "
            "must share the data folder. Tell the administrator, or order it anew."
        ) from None
    answer.content_type = made.media_type
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


def ordered(services: Services, body: Mapping[str, Any]) -> Export:
    """Order what the statistics would answer now, for this caller, and return the order."""
    export = _order(services, body)
    services.exports.add(export)
    return export


def removed(services: Services, export_id: str) -> None:
    """Cancel an order of the caller's that waits or runs, or remove one with its file."""
    export = _own(services, services.caller(), export_id)
    if services.exports.cancel(export.id, export.owner):
        return
    if services.exports.remove(export.id, export.owner) and export.made is not None:
        (services.settings.exports / export.made.file).unlink(missing_ok=True)


def _order(services: Services, body: Mapping[str, Any]) -> Export:
    caller = services.caller()
    given = on(body, today(services))
    total = tried(services, body, given, services.grants(caller))
    owner = owner_of(caller, services.rosters.load)
    if services.exports.count(owner, OPEN) >= MOST_WAITING:
        raise TooManyRequests(
            f"{MOST_WAITING} orders of yours wait already; cancel some, or wait.", seconds=60
        )
    return Export(
        id=uuid4().hex,
        owner=owner,
        granularity=body["granularity"],
        given=given,
        format=body["format"],
        options=body["options"],
        ordered=datetime.now(UTC),
        total=total,
    )


def _forewarned(services: Services, export: Export) -> list[str]:
    """Return what the file of an order will lack, as far as that can be seen now."""
    what = wanted(services, export.granularity, export.given, export.format, export.options)
    granted = services.grants(services.caller())
    return forewarned(services, what.query, [what.exporter], granted)[what.exporter.name]


def _own(services: Services, caller: Caller, export_id: str) -> Export:
    """Return an order of the caller's; another's is as if it were not there."""
    owner = owner_of(caller, services.rosters.load)
    found = services.exports.one(export_id)
    if found is None or found.owner.key != owner.key:
        raise NotFound(f"Among your exports there is no {export_id[:40]!r}.")
    return found


def _bearer(services: Services, export_id: str, key: str) -> Caller:
    """Return the owner of an order as the one who asks, by the key that a mail has brought."""
    found = services.exports.one(export_id)
    sha256 = hashlib.sha256(key.encode()).hexdigest()
    if found is None or found.link is None or not compare_digest(found.link.sha256, sha256):
        raise NotFound("There is no file that this address opens.")
    if found.link.expires <= datetime.now(UTC):
        raise Gone("The address has expired. Sign in to fetch the file, or order it anew.")
    caller = standing(found.owner, services.credentials, services.rosters.load)
    g.caller = caller  # whom the audit names
    return caller


def _made(export: Export) -> Made:
    """Return the file of an order, or raise the reason why there is none."""
    if export.state == "expired":
        raise Gone(export.trouble or "The file is not kept any more. Order it anew.")
    if export.state == "failed":
        raise Conflict(f"The file could not be made: {export.trouble}")
    if export.made is None or export.state != "done":
        raise Conflict(f"There is no file: the order is {export.state}.")
    return export.made


def percent(export: Export) -> int:
    """Return how far an order is."""
    if export.state == "done":
        return 100
    return min(99, 100 * export.rows // export.total) if export.total else 0
