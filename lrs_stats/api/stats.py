"""The statistics over HTTP: /api/v1/stats/{granularity}, as JSON or rendered by an exporter."""

# mypy: disable-error-code="untyped-decorator"
# flask-smorest comes without types

import io
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from flask import Response, request, url_for
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from lrs_stats.api.parameters import Arguments, options
from lrs_stats.api.periods import period
from lrs_stats.errors import BadRequest, NotFound
from lrs_stats.reports.exporter import CannotRender, Exporter
from lrs_stats.reports.granularities import GRANULARITIES
from lrs_stats.reports.query import FILTERS, INTERVALS, Query
from lrs_stats.reports.report import Report
from lrs_stats.services import Services

PAGE_SIZE: Final = 100


class StatsQuery(Schema):
    """What to ask of the statistics; the same for every granularity."""

    metrics = fields.String(
        metadata={"description": "Names of metrics, separated by commas; all when absent."}
    )
    from_ = fields.String(
        data_key="from", metadata={"description": "The first day or instant of the period."}
    )
    to = fields.String(metadata={"description": "The day or instant at which the period ends."})
    interval = fields.String(
        validate=validate.OneOf(INTERVALS),
        metadata={"description": "Adds a `period` column: a row for each day, week, month, year."},
    )
    learner = fields.List(fields.String(), metadata={"description": "Ids of learners."})
    group = fields.List(fields.String(), metadata={"description": "Ids of groups."})
    program = fields.List(fields.String(), metadata={"description": "Ids of programs."})
    session = fields.List(fields.String(), metadata={"description": "Ids of sessions."})
    course = fields.List(fields.String(), metadata={"description": "Ids of courses."})
    sort = fields.String(metadata={"description": "A column; `-` before it for falling order."})
    page = fields.Integer(load_default=1, validate=validate.Range(min=1))
    page_size = fields.Integer(validate=validate.Range(min=1))


class ColumnSchema(Schema):
    """A column of a report."""

    name = fields.String(required=True)
    title = fields.String(required=True)
    unit = fields.String(required=True, metadata={"description": "count, seconds or percent"})
    type = fields.String(required=True)


class ReportSchema(Schema):
    """A report: what it speaks of, its columns, one page of rows, and totals over all rows."""

    granularity = fields.String(required=True)
    from_ = fields.String(data_key="from", required=True, allow_none=True)
    to = fields.String(required=True, allow_none=True)
    interval = fields.String(required=True, allow_none=True)
    timezone = fields.String(required=True)
    as_of = fields.String(
        required=True,
        metadata={"description": "Every statement acknowledged before this instant is counted."},
    )
    columns = fields.List(fields.Nested(ColumnSchema), required=True)
    rows = fields.List(fields.Dict(), required=True)
    totals = fields.Dict(required=True)
    failed = fields.Dict(
        metadata={"description": "Metrics whose plugin failed, each with a sentence."}
    )


def blueprint(services: Services) -> Blueprint:
    """Return the resources under /api/v1/stats."""
    stats = Blueprint(
        "stats", __name__, url_prefix="/api/v1/stats", description="Figures, as JSON or as files"
    )
    stats.ARGUMENTS_PARSER = Arguments()

    @stats.get("/<granularity>")
    @stats.arguments(StatsQuery, location="query")
    @stats.alt_response(200, schema=ReportSchema, success=True)
    def read(arguments: dict[str, Any], granularity: str) -> Response:
        """Read a report.

        With an extension (`learners.csv`) or an `Accept` header, the same report is rendered by
        an exporter, whole rather than by the page.
        """
        name, _, extension = granularity.partition(".")
        exporter = _exporter(services.registry.exporters, extension)
        beside = options(arguments, StatsQuery, exporter.options if exporter else ())
        granted = services.grants(services.caller())
        query = _query(services, name, arguments, whole=exporter is not None)
        report = services.report(query, granted)
        if exporter is not None:
            return _rendered(exporter, report, beside)
        if query.page > 1 and not report.rows:
            raise NotFound(
                f"page: there is no page {query.page}; the last is {_pages(report, query)}."
            )
        return _paged(report, query)

    return stats


def document(report: Report) -> dict[str, Any]:
    """Return the JSON form of a report."""
    columns = [
        {"name": c.name, "title": c.title, "unit": c.unit, "type": c.type} for c in report.columns
    ]
    start, end = report.start, report.end
    return {
        "granularity": report.granularity,
        "from": start and start.isoformat(),
        "to": end and end.isoformat(),
        "interval": report.interval,
        "timezone": report.timezone,
        "as_of": report.as_of.isoformat(),
        "columns": columns,
        "rows": report.rows,
        "totals": report.totals,
        **({"failed": report.failed} if report.failed else {}),
    }


def _query(services: Services, granularity: str, asked: Mapping[str, Any], *, whole: bool) -> Query:
    if granularity not in GRANULARITIES:
        known = ", ".join(GRANULARITIES)
        raise NotFound(f"There are no statistics by {granularity[:40]!r}; there are: {known}.")
    start, end = period(asked.get("from_"), asked.get("to"), services.settings.zone)
    return Query(
        granularity=granularity,
        metrics=_metrics(services, asked.get("metrics")),
        start=start,
        end=end,
        interval=asked.get("interval"),
        filters={name: frozenset(asked[name]) for name in FILTERS if name in asked},
        sort=asked.get("sort", ""),
        page=1 if whole else asked["page"],
        page_size=None if whole else _page_size(services, asked.get("page_size")),
    )


def _metrics(services: Services, names: str | None) -> tuple[str, ...]:
    known = services.registry.metrics
    if names is None:
        return tuple(known)
    wanted = tuple(dict.fromkeys(name.strip() for name in names.split(",")))
    for name in wanted:
        if name not in known:
            raise BadRequest(
                f"metrics: there is no metric {name[:40]!r}. The metrics are: {', '.join(known)}."
            )
    return wanted


def _page_size(services: Services, asked: int | None) -> int:
    largest = services.settings.max_page_size
    if asked is not None and asked > largest:
        raise BadRequest(
            f"page_size: {asked} is more than {largest}; ask for a .csv to have all rows."
        )
    return asked or PAGE_SIZE


def _exporter(exporters: Mapping[str, Exporter], extension: str) -> Exporter | None:
    """Return the exporter that is named, else that of the Accept header; None for JSON."""
    if extension:
        if extension not in {"json", *exporters}:
            known = ", ".join(sorted(exporters))
            raise NotFound(f"There is no format {extension[:20]!r}; there are: json, {known}.")
        return exporters.get(extension)
    types: dict[str, Exporter] = {}
    for exporter in exporters.values():
        types.setdefault(exporter.media_type.partition(";")[0], exporter)
    best = request.accept_mimetypes.best_match(["application/json", *types], "application/json")
    return types.get(best or "")


def _rendered(exporter: Exporter, report: Report, beside: Mapping[str, str]) -> Response:
    stream = io.BytesIO()
    try:
        exporter.write(report, stream, beside)
    except CannotRender as error:
        raise BadRequest(str(error)) from error
    name = f"{report.granularity}.{exporter.extension}"
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return Response(stream.getvalue(), content_type=exporter.media_type, headers=headers)


def _paged(report: Report, query: Query) -> Response:
    pages = _pages(report, query)
    paging = {
        "total": report.count,
        "total_pages": pages,
        "page": query.page,
        "page_size": query.page_size,
    }
    response = Response(
        json.dumps(document(report), default=str, ensure_ascii=False),
        content_type="application/json",
    )
    response.headers["X-Pagination"] = json.dumps(paging)
    wanted = {"first": 1, "prev": query.page - 1, "next": query.page + 1, "last": pages}
    links = [f'<{_link(page)}>; rel="{rel}"' for rel, page in wanted.items() if 1 <= page <= pages]
    response.headers["Link"] = ", ".join(links)
    return response


def _link(page: int) -> str:
    arguments = [(name, value) for name, value in request.args.items(multi=True) if name != "page"]
    path = url_for(request.endpoint or "", **(request.view_args or {}))
    return f"{path}?{urlencode([*arguments, ('page', page)])}"


def _pages(report: Report, query: Query) -> int:
    return max(1, -(-report.count // (query.page_size or 1)))
