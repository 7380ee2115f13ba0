"""How a report is answered over HTTP: as JSON, a page at a time, or rendered by an exporter."""

import json
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict
from datetime import date
from errno import EDQUOT, ENOSPC
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any, BinaryIO, Final, cast
from urllib.parse import urlencode

from flask import Response, request
from marshmallow import Schema, fields
from werkzeug.wsgi import FileWrapper

from lrs_stats.api.auditing import counted
from lrs_stats.errors import BadRequest, NoSpace, NotAcceptable, NotFound
from lrs_stats.reports.explanation import Explanation
from lrs_stats.reports.exporter import CannotRender, Exporter, render
from lrs_stats.reports.query import Query
from lrs_stats.reports.report import Report, Reports

IN_MEMORY: Final = 4 << 20
"""Bytes of a file that are kept in memory; a larger one lies on the disk until it is sent."""
FULL: Final = {ENOSPC, EDQUOT}
_PIECE: Final = 1 << 16
_FULL: Final = (
    "The server's disk has no room to make this file. Ask for less (fewer rows, a shorter "
    "period), and tell who runs the server."
)


class ColumnSchema(Schema):
    """A column of a report."""

    name = fields.String(required=True)
    title = fields.String(required=True)
    unit = fields.String(
        required=True,
        metadata={"description": "count, seconds, percent or instant; empty for text"},
    )
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
    not_applicable = fields.Dict(
        metadata={"description": "Metrics that mean nothing here, each with the reason."}
    )


class LeftOutSchema(Schema):
    """What is near a figure and not in it."""

    reason = fields.String(required=True)
    count = fields.Integer(required=True)
    text = fields.String(required=True)


class ExplanationSchema(Schema):
    """What is behind one figure; `value` is `times` × `numerator` ÷ `denominator` of a ratio."""

    metric = fields.String(required=True)
    title = fields.String(required=True)
    unit = fields.String(required=True)
    formula = fields.String(required=True)
    version = fields.String(required=True)
    granularity = fields.String(required=True)
    filters = fields.Dict(required=True)
    scope = fields.List(fields.String(), required=True)
    from_ = fields.String(data_key="from", required=True, allow_none=True)
    to = fields.String(required=True, allow_none=True)
    timezone = fields.String(required=True)
    as_of = fields.String(required=True)
    value = fields.Raw(required=True, allow_none=True)
    numerator = fields.Raw(required=True, allow_none=True)
    denominator = fields.Raw(required=True, allow_none=True)
    times = fields.Integer(required=True, allow_none=True)
    left_out = fields.List(fields.Nested(LeftOutSchema), required=True)
    statements = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "Where the statements behind the figure are; null for who may not see "
            "them one by one."
        },
    )


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
        **({"not_applicable": report.not_applicable} if report.not_applicable else {}),
    }


def explained(explanation: Explanation) -> Response:
    """Answer an explanation, with the address of the statements behind the figure."""
    metric, start, end = explanation.metric, explanation.start, explanation.end
    asked = list(request.args.items(multi=True))
    link = f"{_sent_path()}/statements?{urlencode(asked)}"
    return _json(
        {
            "metric": metric.name,
            "title": metric.title,
            "unit": metric.unit,
            "formula": metric.formula,
            "version": metric.version,
            "granularity": explanation.granularity,
            "filters": explanation.filters,
            "scope": explanation.scope,
            "from": start and start.isoformat(),
            "to": end and end.isoformat(),
            "timezone": explanation.timezone,
            "as_of": explanation.as_of.isoformat(),
            "value": explanation.value,
            "numerator": explanation.numerator,
            "denominator": explanation.denominator,
            "times": explanation.times,
            "left_out": [asdict(one) for one in explanation.left_out],
            "statements": link if explanation.evident else None,
        }
    )


def exporter_of(exporters: Mapping[str, Exporter], extension: str) -> Exporter | None:
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


def rendered(
    exporter: Exporter, reports: Reports, beside: Mapping[str, str], folder: Path
) -> Response:
    """Answer a report as a file, or raise BadRequest when the format cannot hold it.

    Where the format is that of an `Accept` header it is NotAcceptable instead.

    The file is made whole before its first byte leaves, so that a failure is an answer of its
    own. Beyond a few MiB it lies in `folder` meanwhile, without a name: nothing is left of it
    when the answer is sent, or nobody reads on.
    """
    file = _made(exporter, reports, beside, folder)
    counted(reports.asked.count)
    name = f"{exporter.stem or reports.asked.granularity}.{exporter.extension}"
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    length = file.tell()
    file.seek(0)
    if length <= IN_MEMORY:
        with file:
            return Response(file.read(), content_type=exporter.media_type, headers=headers)
    headers["Content-Length"] = str(length)
    pieces = FileWrapper(file, _PIECE)
    return Response(
        pieces, content_type=exporter.media_type, headers=headers, direct_passthrough=True
    )


def _made(
    exporter: Exporter, reports: Reports, beside: Mapping[str, str], folder: Path
) -> IO[bytes]:
    """Return a temporary file with a report in it."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as failing:
        file = failing.enter_context(SpooledTemporaryFile(IN_MEMORY, dir=str(folder)))
        try:
            render(exporter, reports, cast("BinaryIO", file), beside)
            file.flush()
        except CannotRender as error:
            named = request.path.endswith(f".{exporter.name}")
            raise (BadRequest if named else NotAcceptable)(str(error)) from error
        except OSError as error:
            if error.errno not in FULL:
                raise
            raise NoSpace(_FULL) from error
        failing.pop_all()
        return file


def paged(report: Report, query: Query) -> Response:
    """Answer one page of a report as JSON, with links to the others."""
    pages = _pages(report, query)
    if query.page > 1 and not report.rows:
        raise NotFound(f"page: there is no page {query.page}; the last is {pages}.")
    counted(len(report.rows))
    response = _json(document(report))
    response.headers.update(paging(report.count, pages, query.page, query.page_size))
    return response


def paging(total: int, pages: int, page: int, page_size: int | None) -> dict[str, str]:
    """Return the headers that say which page it is of how many, and where the others are."""
    told = {"total": total, "total_pages": pages, "page": page, "page_size": page_size}
    wanted = {"first": 1, "prev": page - 1, "next": page + 1, "last": pages}
    links = [f'<{_link(at)}>; rel="{rel}"' for rel, at in wanted.items() if 1 <= at <= pages]
    return {"X-Pagination": json.dumps(told), "Link": ", ".join(links)}


def _link(page: int) -> str:
    arguments = [(name, value) for name, value in request.args.items(multi=True) if name != "page"]
    return f"{_sent_path()}?{urlencode([*arguments, ('page', page)])}"


def _sent_path() -> str:
    """Return the path of the request at hand as it was sent, percent-encoded."""
    return str(request.environ["RAW_URI"]).partition("?")[0]


def _json(made: Mapping[str, Any]) -> Response:
    text = json.dumps(made, default=_text, ensure_ascii=False)
    return Response(text, content_type="application/json")


def _text(value: Any) -> str:
    """Return dates and instants as ISO 8601 has them."""
    return value.isoformat() if isinstance(value, date) else str(value)


def _pages(report: Report, query: Query) -> int:
    return max(1, -(-report.count // (query.page_size or 1)))
