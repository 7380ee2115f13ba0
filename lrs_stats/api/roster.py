"""The roster over HTTP: read it whole, replace it whole."""

# mypy: disable-error-code="untyped-decorator"
# flask-smorest comes without types

from typing import Any, Final

from flask import Response, jsonify, request
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from lrs_stats.api.auditing import counted
from lrs_stats.api.parameters import Arguments, options
from lrs_stats.api.roster_changes import (
    ChangeQuery,
    Services,
    decoded,
    etag,
    expected_version,
    would_change,
)
from lrs_stats.roster.cells import HIGHEST, LONGEST
from lrs_stats.roster.changes import replacement
from lrs_stats.roster.json_tables import check, encoded
from lrs_stats.roster.tables import TABLES, Column, Table


def _field(column: Column) -> fields.Field[Any]:
    about: dict[str, Any] = {"metadata": {"description": column.about}, "required": column.required}
    if column.kind == "number":
        bounds = validate.Range(min=0, max=HIGHEST)
        return fields.Integer(validate=bounds, allow_none=not column.required, **about)
    if column.kind == "date":
        return fields.Date(**about)
    if column.choices:
        choices = column.choices if column.required else ("", *column.choices)
        return fields.String(validate=validate.OneOf(choices), **about)
    if column.kind != "text":
        about["metadata"]["format"] = column.kind
    return fields.String(validate=validate.Length(max=LONGEST), **about)


def _row_schema(table: Table) -> type[Schema]:
    columns = {column.name: _field(column) for column in table.columns}
    return Schema.from_dict(columns, name=f"Roster{table.row.__name__}")


RosterSchema: Final = Schema.from_dict(
    {name: fields.List(fields.Nested(_row_schema(table))) for name, table in TABLES.items()},
    name="Roster",
)
CountsSchema: Final = Schema.from_dict(
    {name: fields.Integer(required=True) for name in TABLES}, name="RosterCounts"
)
TakenSchema: Final = Schema.from_dict(
    {
        "version": fields.Integer(required=True),
        "counts": fields.Nested(CountsSchema, required=True),
    },
    name="RosterTaken",
)
ComplaintSchema: Final = Schema.from_dict(
    {"place": fields.String(required=True), "reason": fields.String(required=True)},
    name="RosterComplaint",
)
RefusedSchema: Final = Schema.from_dict(
    {
        "type": fields.String(required=True),
        "title": fields.String(required=True),
        "status": fields.Integer(required=True),
        "detail": fields.String(required=True),
        "complaints": fields.List(fields.Nested(ComplaintSchema)),
        "left_out": fields.Integer(metadata={"description": "complaints that are not listed"}),
    },
    name="RosterRefused",
)
BODY: Final = {"required": True, "content": {"application/json": {"schema": RosterSchema}}}


def blueprint(services: Services) -> Blueprint:
    """Return the resources of the roster."""
    views = Blueprint(
        "roster",
        __name__,
        url_prefix="/api/v1/roster",
        description="People, groups, courses, programs, sessions, enrolments",
    )
    views.ARGUMENTS_PARSER = Arguments()

    @views.route("", methods=["GET"])
    @views.response(200, RosterSchema)
    def read_roster() -> Response:
        """Return the whole roster."""
        services.authenticate("roster/read")
        roster = services.rosters.load()
        counted(sum(roster.tables.counts().values()))
        answer = Response(encoded(roster.tables), mimetype="application/json")
        answer.headers["X-Roster-Version"] = str(roster.version)
        answer.headers["ETag"] = etag(roster.version)
        return answer

    # The schema documents the body. The roster's own rules check it: they know what rows mean to
    # each other, and need a fraction of the time for a large roster.
    @views.route("", methods=["PUT"])
    @views.arguments(ChangeQuery, location="query")
    @views.doc(requestBody=BODY)
    @views.response(200, TakenSchema)
    @views.alt_response(400, schema=RefusedSchema)
    def replace_roster(arguments: dict[str, Any]) -> Response:
        """Replace the whole roster, or refuse it with every fault that it has.

        With `dry_run` the answer is as that of a change of one table, and nothing is taken.
        """
        services.authenticate("roster/write")
        options(arguments, ChangeQuery, ())
        tables, expected = check(decoded(request.get_data(cache=False))), expected_version()
        if arguments["dry_run"]:
            return would_change(
                services.rosters,
                lambda roster: replacement(roster.all_rows(), tables),
                expected,
                arguments["limit"],
            )
        version = services.rosters.exchange(tables, expected).version
        answer = jsonify({"version": version, "counts": tables.counts()})
        answer.headers["ETag"] = etag(version)
        return answer

    return views
