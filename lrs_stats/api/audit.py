"""The audit over HTTP: who read or changed what, for those who administrate."""

# mypy: disable-error-code="untyped-decorator"
# flask-smorest comes without types

from dataclasses import asdict
from typing import Any, Final
from urllib.parse import urlencode

from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from lrs_stats.api.auditing import counted
from lrs_stats.api.parameters import Arguments, options
from lrs_stats.api.periods import period
from lrs_stats.services import Services
from lrs_stats.store.audit import Wanted

PAGE_SIZE: Final = 100
MOST: Final = 1_000


class AuditQuery(Schema):
    """Which entries of the audit."""

    from_ = fields.String(
        data_key="from", metadata={"description": "The first day or instant of the period."}
    )
    to = fields.String(metadata={"description": "The day or instant at which the period ends."})
    person = fields.String(metadata={"description": "The id of the person who asked."})
    client = fields.String(metadata={"description": "The key of the client that asked."})
    action = fields.String(metadata={"description": "Such as `read stats`, `replace roster`."})
    after = fields.String(metadata={"description": "Where the page begins: `next` has it."})
    page_size = fields.Integer(load_default=PAGE_SIZE, validate=validate.Range(min=1, max=MOST))


_WHO: Final = Schema.from_dict(
    {"id": fields.String(required=True), "name": fields.String(required=True)}, name="AuditCaller"
)
EntrySchema: Final = Schema.from_dict(
    {
        "at": fields.AwareDateTime(required=True),
        "request": fields.String(
            required=True, metadata={"description": "the id of the request, or of the command"}
        ),
        "client": fields.Nested(_WHO, allow_none=True),
        "person": fields.Nested(_WHO, allow_none=True),
        "action": fields.String(required=True),
        "resource": fields.List(
            fields.String(), required=True, metadata={"description": "the parts of the path"}
        ),
        "asked": fields.Dict(
            required=True, metadata={"description": "parameters and their values, as asked"}
        ),
        "format": fields.String(required=True),
        "rows": fields.Integer(
            allow_none=True, metadata={"description": "how many rows were answered"}
        ),
        "status": fields.Integer(required=True),
        "unwritten": fields.Integer(
            metadata={
                "description": "Requests by nobody known that came too often since the entry "
                "before to be written one by one."
            }
        ),
    },
    name="AuditEntry",
)
AuditSchema: Final = Schema.from_dict(
    {
        "entries": fields.List(fields.Nested(EntrySchema), required=True),
        "next": fields.String(
            required=True, allow_none=True, metadata={"description": "The address of the next page"}
        ),
    },
    name="Audit",
)


def blueprint(services: Services) -> Blueprint:
    """Return the resource of the audit; it needs the scope `admin`."""
    views = Blueprint(
        "audit", __name__, url_prefix="/api/v1/audit", description="Who read or changed what"
    )
    views.ARGUMENTS_PARSER = Arguments()

    @views.get("")
    @views.arguments(AuditQuery, location="query")
    @views.response(200, AuditSchema)
    def audit(asked: dict[str, Any]) -> dict[str, Any]:
        """List who asked for what, the newest first; this request is written down too."""
        services.authenticate("admin")
        options(asked, AuditQuery, ())
        start, end = period(asked.get("from_"), asked.get("to"), services.settings.zone)
        wanted = Wanted(start, end, asked.get("client"), asked.get("person"), asked.get("action"))
        entries, more = services.audit.page(wanted, asked["page_size"], asked.get("after"))
        counted(len(entries))
        return {"entries": [asdict(one) for one in entries], "next": _next(asked, more)}

    return views


def _next(asked: dict[str, Any], place: str | None) -> str | None:
    """Return the address of the page that begins after a place."""
    if place is None:
        return None
    names = {"from_": "from"}
    again = {names.get(name, name): value for name, value in asked.items()}
    return f"/api/v1/audit?{urlencode(again | {'after': place})}"
