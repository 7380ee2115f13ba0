"""How a change of the roster is asked for and answered over HTTP: versions, and dry runs."""

import re
from collections.abc import Callable
from typing import Any, Final, Protocol

import msgspec
from flask import Response, request
from marshmallow import Schema, fields, validate

from lrs_stats.api.parameters import options
from lrs_stats.errors import BadRequest, PreconditionFailed
from lrs_stats.roster.changes import Change
from lrs_stats.roster.listing import LIMIT, Listing, listing
from lrs_stats.roster.roster import Roster
from lrs_stats.roster.tables import RosterTables

MOST: Final = 10_000
_ETAG: Final = re.compile(r'(?:W/)?"(\d{1,15})(?:;[a-z]+)?"')


class Taken(Protocol):
    """What came of a change."""

    @property
    def before(self) -> Roster:
        """Return the roster before it."""

    @property
    def change(self) -> Change:
        """Return what was changed."""

    @property
    def after(self) -> Roster:
        """Return the roster after it."""

    @property
    def version(self) -> int:
        """Return the version that holds after it."""


class Rosters(Protocol):
    """Where the roster is kept."""

    def load(self) -> Roster:
        """Return the roster that holds."""

    def exchange(self, tables: RosterTables, expected: int | None = None) -> Taken:
        """Put a roster in the place of the one that holds, of an expected version if one is."""

    def change(self, make: Callable[[Roster], Change], expected: int | None = None) -> Taken:
        """Change the roster that holds, of an expected version if one is named."""

    def refuse_erased(self, change: Change) -> None:
        """Raise RosterRefused for a change that puts somebody who was erased."""


class Services(Protocol):
    """What these resources need of the server."""

    @property
    def rosters(self) -> Rosters:
        """Return where the roster is kept."""

    def authenticate(self, scope: str) -> object:
        """Raise Unauthorized or Forbidden unless the caller of this request has the scope."""


class ChangeQuery(Schema):
    """How the roster is changed."""

    dry_run = fields.Boolean(
        load_default=False,
        metadata={"description": "Only tell what would change."},
    )
    limit = fields.Integer(
        load_default=LIMIT,
        validate=validate.Range(min=0, max=MOST),
        metadata={"description": "How many rows the answer lists; the counts are of all."},
    )


CountsSchema: Final = Schema.from_dict(
    {kind: fields.Integer(required=True) for kind in ("added", "changed", "removed")},
    name="RosterChangeCounts",
)
ListedSchema: Final = Schema.from_dict(
    {
        "table": fields.String(required=True),
        "change": fields.String(
            required=True, validate=validate.OneOf(("added", "changed", "removed"))
        ),
        "key": fields.Dict(required=True),
        "columns": fields.List(
            fields.String(), metadata={"description": "of a changed row: those that differ"}
        ),
    },
    name="RosterRowChange",
)
ChangesSchema: Final = Schema.from_dict(
    {
        "version": fields.Integer(
            required=True, metadata={"description": "of the roster that holds afterwards"}
        ),
        "dry_run": fields.Boolean(required=True),
        "counts": fields.Dict(
            keys=fields.String(),
            values=fields.Nested(CountsSchema),
            required=True,
            metadata={"description": "by table; those in which nothing changes are absent"},
        ),
        "rows": fields.List(fields.Nested(ListedSchema), required=True),
        "left_out": fields.Integer(
            required=True, metadata={"description": "rows that change and are not listed"}
        ),
    },
    name="RosterChanges",
)


def changed(
    rosters: Rosters, make: Callable[[Roster], Change], arguments: dict[str, Any]
) -> Response:
    """Change the roster as a request asks for, or only tell what would change."""
    options(arguments, ChangeQuery, ())
    expected, limit = expected_version(), arguments["limit"]
    if arguments["dry_run"]:
        return would_change(rosters, make, expected, limit)
    taken = rosters.change(make, expected)
    return _answer(taken.version, listing(taken.before, taken.change, limit), dry_run=False)


def would_change(
    rosters: Rosters, make: Callable[[Roster], Change], expected: int | None, limit: int
) -> Response:
    """Tell what would change of the roster that holds."""
    roster = rosters.load()
    if expected not in {None, roster.version}:
        raise PreconditionFailed(f"The roster is at version {roster.version}, not {expected}.")
    change = make(roster)
    rosters.refuse_erased(change)
    return _answer(roster.version, listing(roster, change, limit), dry_run=True)


def etag(version: int) -> str:
    """Return the ETag of everything that is read of a version."""
    return f'"{version}"'


def expected_version() -> int | None:
    """Return the version that `If-Match` names, or None when any will do (RFC 9110, 13.1.1)."""
    sent = request.headers.get("If-Match", "*").strip()
    if sent == "*":
        return None
    found = _ETAG.fullmatch(sent)
    if found is None:
        raise PreconditionFailed(
            'If-Match is no version of the roster, such as "7", which every answer has as ETag.'
        )
    return int(found[1])


def decoded(body: bytes) -> Any:
    """Return what the JSON of a body is, or raise BadRequest."""
    try:
        return msgspec.json.decode(body)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"The body is not valid JSON: {error}.") from error


def _answer(version: int, told: Listing, *, dry_run: bool) -> Response:
    rows = [
        {
            "table": row.table,
            "change": row.kind,
            "key": row.named_key(),
            **({"columns": row.columns} if row.columns else {}),
        }
        for row in told.rows
    ]
    made = {
        "version": version,
        "dry_run": dry_run,
        "counts": told.counts,
        "rows": rows,
        "left_out": told.left_out,
    }
    return Response(
        msgspec.json.encode(made), mimetype="application/json", headers={"ETag": etag(version)}
    )
