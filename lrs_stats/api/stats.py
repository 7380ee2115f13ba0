"""The statistics over HTTP: by granularity, of one entity, and what is behind a figure."""

# mypy: disable-error-code="untyped-decorator"
# flask-smorest comes without types

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from lrs_stats.access.grants import Grant
from lrs_stats.api.answering import (
    ExplanationSchema,
    ReportSchema,
    explained,
    exporter_of,
    paged,
    rendered,
)
from lrs_stats.api.asking import StatsQuery, asked, entity
from lrs_stats.api.parameters import Arguments, options
from lrs_stats.errors import BadRequest, NotFound
from lrs_stats.reports.granularities import GRANULARITIES
from lrs_stats.reports.query import Query
from lrs_stats.services import Services


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
        """Read a report, or a log.

        With an extension (`learners.csv`) or an `Accept` header, the same report is rendered by
        an exporter, whole rather than by the page.
        """
        return _read(services, arguments, granularity)

    @stats.get("/<granularity>/<entity_id>")
    @stats.arguments(StatsQuery, location="query")
    @stats.alt_response(200, schema=ReportSchema, success=True)
    def read_one(arguments: dict[str, Any], granularity: str, entity_id: str) -> Response:
        """Read the figures of one entity.

        Its id is percent-encoded whole: `/courses/https%3A%2F%2Fexample.org%2Fcourse`.
        """
        return _read(services, arguments, granularity, (granularity, entity_id))

    @stats.get("/<granularity>/<entity_id>/<breakdown>")
    @stats.arguments(StatsQuery, location="query")
    @stats.alt_response(200, schema=ReportSchema, success=True)
    def break_down(
        arguments: dict[str, Any], granularity: str, entity_id: str, breakdown: str
    ) -> Response:
        """Read the figures of one entity by another granularity, or its part of a log.

        `/learners/ada/courses` has a row for each course of Ada's.
        """
        return _read(services, arguments, breakdown, (granularity, entity_id))

    @stats.get("/<granularity>/explain")
    @stats.arguments(StatsQuery, location="query")
    @stats.alt_response(200, schema=ExplanationSchema, success=True)
    def explain(arguments: dict[str, Any], granularity: str) -> Response:
        """Explain one figure, that which `metrics` names, over all rows."""
        return explained(services.explain(*_one(services, arguments, granularity)))

    @stats.get("/<granularity>/<entity_id>/explain")
    @stats.arguments(StatsQuery, location="query")
    @stats.alt_response(200, schema=ExplanationSchema, success=True)
    def explain_one(arguments: dict[str, Any], granularity: str, entity_id: str) -> Response:
        """Explain one figure of one entity."""
        return explained(services.explain(*_one(services, arguments, granularity, entity_id)))

    @stats.get("/<granularity>/explain/statements")
    @stats.arguments(StatsQuery, location="query")
    @stats.alt_response(200, schema=ReportSchema, success=True)
    def show(arguments: dict[str, Any], granularity: str) -> Response:
        """List the statements on which one figure rests, the newest first.

        `/xAPI/statements?statementId=` has each of them whole.
        """
        query, granted = _one(services, arguments, granularity)
        return paged(services.evidence(query, granted), query)

    @stats.get("/<granularity>/<entity_id>/explain/statements")
    @stats.arguments(StatsQuery, location="query")
    @stats.alt_response(200, schema=ReportSchema, success=True)
    def show_one(arguments: dict[str, Any], granularity: str, entity_id: str) -> Response:
        """List the statements on which one figure of one entity rests."""
        query, granted = _one(services, arguments, granularity, entity_id)
        return paged(services.evidence(query, granted), query)

    return stats


def _read(
    services: Services,
    arguments: dict[str, Any],
    named: str,
    of: tuple[str, str] | None = None,
) -> Response:
    """Answer a report, as JSON by the page, or whole by the exporter that is asked for.

    `named` is a granularity, perhaps with an extension; `of` the granularity and the id, as sent,
    of the entity that the report is about.
    """
    granted = services.grants(services.caller())
    about = None if of is None else entity(services, granted, *of, arguments)
    granularity, _, extension = named.partition(".")
    exporter = exporter_of(services.registry.exporters, extension)
    beside = options(arguments, StatsQuery, exporter.options if exporter else ())
    if exporter is not None and (why_not := exporter.refusal(granularity)):
        raise BadRequest(why_not)
    query = asked(services, granularity, arguments, about=about, whole=exporter is not None)
    if exporter is None:
        return paged(services.report(query, granted), query)
    reports = services.reports(query, exporter.needs, granted)
    with services.rendering(exporter):
        return rendered(exporter, reports, beside, services.settings.data)


def _one(
    services: Services, arguments: dict[str, Any], granularity: str, sent: str | None = None
) -> tuple[Query, list[Grant]]:
    """Return the query of the one metric that is to be explained, and the caller's grants.

    `sent` is the id, as sent, of the entity whose figure it is.
    """
    granted = services.grants(services.caller())
    about = None if sent is None else entity(services, granted, granularity, sent, arguments)
    options(arguments, StatsQuery, ())
    if granularity not in GRANULARITIES:
        known = ", ".join(GRANULARITIES)
        raise NotFound(f"There are no figures by {granularity[:40]!r}; there are: {known}.")
    query = asked(services, granularity, arguments, about=about)
    if "metrics" not in arguments or len(query.metrics) != 1:
        raise BadRequest("metrics: name the one figure that is to be explained.")
    if query.interval:
        raise BadRequest("interval: a figure is explained; ask for its period with from and to.")
    return query, granted
