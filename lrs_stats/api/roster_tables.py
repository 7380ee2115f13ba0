"""The roster over HTTP by table: read by the page, put and remove rows, one by its id."""

# mypy: disable-error-code="untyped-decorator"
# flask-smorest comes without types

from typing import Any, Final
from urllib.parse import unquote

import msgspec
from flask import Response, request
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from lrs_stats.api.answering import paging
from lrs_stats.api.asking import PAGE_SIZE
from lrs_stats.api.auditing import counted
from lrs_stats.api.parameters import Arguments, options
from lrs_stats.api.roster import RefusedSchema
from lrs_stats.api.roster_changes import (
    ChangeQuery,
    ChangesSchema,
    Services,
    changed,
    decoded,
    etag,
)
from lrs_stats.errors import BadRequest, NotFound
from lrs_stats.roster.changing import named, removal, upsertion
from lrs_stats.roster.json_tables import WORDING, keys, offered
from lrs_stats.roster.tables import TABLES, Key, Table

LARGEST: Final = 10_000
ROW: Final = {
    "oneOf": [{"$ref": f"#/components/schemas/Roster{one.row.__name__}"} for one in TABLES.values()]
}
"""A row of any table; the schema of the whole roster says which is whose."""


class PageQuery(Schema):
    """Which page of a table."""

    page = fields.Integer(load_default=1, validate=validate.Range(min=1))
    page_size = fields.Integer(load_default=PAGE_SIZE, validate=validate.Range(min=1, max=LARGEST))


class RemovalQuery(ChangeQuery):
    """How rows are removed."""

    cascade = fields.Boolean(
        load_default=False,
        metadata={
            "description": "Also remove the rows that cannot be without these, and empty the other "
            "references to them."
        },
    )


def blueprint(services: Services) -> Blueprint:
    """Return the resources of the roster's tables and rows."""
    views = Blueprint(
        "roster_tables",
        __name__,
        url_prefix="/api/v1/roster",
        description="One table of the roster, and one row of it",
    )
    views.ARGUMENTS_PARSER = Arguments()
    _tables(views, services)
    _rows(views, services)
    return views


def _tables(views: Blueprint, services: Services) -> None:
    @views.route("/<table>", methods=["GET"])
    @views.arguments(PageQuery, location="query")
    @views.doc(responses={200: _answer("One page of the rows", {"type": "array", "items": ROW})})
    def read_table(arguments: dict[str, Any], table: str) -> Response:
        """Read the rows of a table, a page at a time.

        They keep their order while the roster has the version that the ETag names.
        """
        services.authenticate("roster/read")
        options(arguments, PageQuery, ())
        page, size = arguments["page"], arguments["page_size"]
        roster = services.rosters.load()
        found = roster.rows(_table(table).name).values
        pages = max(1, -(-len(found) // size))
        if page > pages:
            raise NotFound(f"page: there is no page {page}; the last is {pages}.")
        rows = [row._asdict() for row in found[(page - 1) * size : page * size]]
        counted(len(rows))
        answer = _json(rows, roster.version)
        answer.headers.update(paging(len(found), pages, page, size))
        return answer

    @views.route("/<table>", methods=["POST", "PUT"])
    @views.arguments(ChangeQuery, location="query")
    @views.doc(requestBody=_body({"type": "array", "items": ROW}))
    @views.response(200, ChangesSchema)
    @views.alt_response(400, schema=RefusedSchema)
    def put_rows(arguments: dict[str, Any], table: str) -> Response:
        """Add rows, or put them in the place of those with their key; all of them, or none.

        A row is taken whole: a column that is absent is empty afterwards. Rows that are not named
        stay.
        """
        services.authenticate("roster/write")
        rows = offered(_table(table), decoded(request.get_data(cache=False)))
        return changed(services.rosters, lambda roster: upsertion(rows, roster), arguments)

    @views.route("/<table>", methods=["DELETE"])
    @views.arguments(RemovalQuery, location="query")
    @views.doc(requestBody=_body({"type": "array", "items": {"type": "object"}}))
    @views.response(200, ChangesSchema)
    @views.alt_response(400, schema=RefusedSchema)
    def remove_rows(arguments: dict[str, Any], table: str) -> Response:
        """Remove the rows with the keys of the body, objects with the key's columns.

        One to which other rows refer is refused, unless `cascade` removes these too.
        """
        services.authenticate("roster/write")
        gone = keys(_table(table), decoded(request.get_data(cache=False)))
        return _removed(services, table, gone, arguments)


def _rows(views: Blueprint, services: Services) -> None:
    @views.route("/<table>/<row_id>", methods=["GET"])
    @views.doc(responses={200: _answer("The row", ROW)})
    def read_row(table: str, row_id: str) -> Response:
        """Read one row by its id, which is percent-encoded whole."""
        services.authenticate("roster/read")
        roster, key = services.rosters.load(), _id(table, row_id)
        row = roster.row(table, key)
        if row is None:
            raise _no_such_row(table, key)
        counted(1)
        return _json(row._asdict(), roster.version)

    @views.route("/<table>/<row_id>", methods=["PUT"])
    @views.arguments(ChangeQuery, location="query")
    @views.doc(requestBody=_body(ROW))
    @views.response(200, ChangesSchema)
    @views.alt_response(400, schema=RefusedSchema)
    def put_row(arguments: dict[str, Any], table: str, row_id: str) -> Response:
        """Add one row, or put it in the place of the one with its id."""
        services.authenticate("roster/write")
        key, row = _id(table, row_id), decoded(request.get_data(cache=False))
        if isinstance(row, dict) and row.setdefault("id", key) != key:
            raise BadRequest(f"id: the path names {key[:200]!r}, and the body another.")
        rows = offered(_table(table), [row])
        return changed(services.rosters, lambda roster: upsertion(rows, roster), arguments)

    @views.route("/<table>/<row_id>", methods=["DELETE"])
    @views.arguments(RemovalQuery, location="query")
    @views.response(200, ChangesSchema)
    @views.alt_response(400, schema=RefusedSchema)
    def remove_row(arguments: dict[str, Any], table: str, row_id: str) -> Response:
        """Remove one row by its id; `cascade` also removes what cannot be without it."""
        services.authenticate("roster/write")
        key = _id(table, row_id)
        if services.rosters.load().row(table, key) is None:
            raise _no_such_row(table, key)
        return _removed(services, table, [key], arguments)


def _removed(
    services: Services, table: str, gone: list[Key], arguments: dict[str, Any]
) -> Response:
    cascade = arguments.pop("cascade")
    return changed(
        services.rosters,
        lambda roster: removal(table, gone, roster, WORDING, cascade=cascade),
        arguments,
    )


def _table(name: str) -> Table:
    if name not in TABLES:
        raise NotFound(f"There is no table {name[:40]!r}. The tables are: {', '.join(TABLES)}.")
    return TABLES[name]


def _id(table: str, sent: str) -> str:
    if _table(table).key != ("id",):
        keyed = ", ".join(name for name, one in TABLES.items() if one.key == ("id",))
        raise NotFound(f"The rows of {table} have no ids; these have: {keyed}.")
    return unquote(sent)


def _no_such_row(table: str, key: Key) -> NotFound:
    return NotFound(f"There is no {named(table, key)}.")


def _json(made: Any, version: int) -> Response:
    return Response(
        msgspec.json.encode(made), mimetype="application/json", headers={"ETag": etag(version)}
    )


def _answer(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema}}}
