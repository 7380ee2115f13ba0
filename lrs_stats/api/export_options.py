"""What the caller may have as a file: what a page or a program can offer them, and no more."""

# mypy: disable-error-code="untyped-decorator"
# flask-smorest comes without types

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from flask_smorest import Blueprint
from marshmallow import Schema, fields

from lrs_stats.access.grants import GRANULARITIES, Grant
from lrs_stats.access.scope import for_granularity
from lrs_stats.api.asking import StatsQuery, asked
from lrs_stats.api.forewarning import forewarned
from lrs_stats.api.parameters import Arguments
from lrs_stats.api.parameters import options as none_beside
from lrs_stats.reports.exporter import Exporter
from lrs_stats.reports.granularities import EVERY
from lrs_stats.reports.logs import LOGS
from lrs_stats.reports.metric import Metric
from lrs_stats.reports.query import FILTERS, INTERVALS, Query
from lrs_stats.services import Services

KNOWN_BY: Final = {"group": "groups", "session": "sessions", "program": "sessions"}
"""Filters that lead to nothing for those who may know no group, or no session."""


class OfferQuery(StatsQuery):
    """Of what the files are to be, if that is known."""

    class Meta:
        """What has no part in what a file lacks."""

        exclude = ("page", "page_size", "metrics", "interval", "sort")

    granularity = fields.String(
        metadata={
            "description": "As in /api/v1/stats/{granularity}. With it the warnings of a format "
            "tell what the roster lacks of what is asked for, in the scope of the caller."
        }
    )


class MetricOfferSchema(Schema):
    """A figure that can be asked for."""

    name = fields.String(required=True)
    title = fields.String(required=True)
    unit = fields.String(required=True)
    series = fields.Boolean(
        required=True, metadata={"description": "Whether it can be asked for with an interval."}
    )
    questions = fields.Boolean(
        required=True, metadata={"description": "Whether it can be filtered by question."}
    )


class GranularityOfferSchema(Schema):
    """What a row can be for, and what can be asked of such rows."""

    name = fields.String(required=True)
    log = fields.Boolean(
        required=True, metadata={"description": "A log has no metrics and no intervals."}
    )
    metrics = fields.List(fields.Nested(MetricOfferSchema), required=True)
    filters = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "Kinds of ids that the caller can filter by."},
    )
    intervals = fields.List(fields.String(), required=True)


class OptionOfferSchema(Schema):
    """A parameter of a format."""

    name = fields.String(required=True)
    description = fields.String(required=True)
    choices = fields.List(
        fields.String(),
        required=True,
        allow_none=True,
        metadata={"description": "The first holds unless given; null when any text will do."},
    )


class FormatOfferSchema(Schema):
    """A format, what can be set of it, and what its files will lack."""

    name = fields.String(required=True)
    title = fields.String(required=True)
    extension = fields.String(required=True)
    media_type = fields.String(required=True)
    granularities = fields.List(
        fields.String(),
        required=True,
        allow_none=True,
        metadata={"description": "Of which rows it makes files; null when of any."},
    )
    options = fields.List(fields.Nested(OptionOfferSchema), required=True)
    warnings = fields.List(fields.String(), required=True)


class ExportOptionsSchema(Schema):
    """What the caller can have as a file."""

    granularities = fields.List(fields.Nested(GranularityOfferSchema), required=True)
    formats = fields.List(fields.Nested(FormatOfferSchema), required=True)


def blueprint(services: Services) -> Blueprint:
    """Return the resource /api/v1/exports/options."""
    offers = Blueprint(
        "export_options", __name__, url_prefix="/api/v1/exports", description="What can be a file"
    )
    offers.ARGUMENTS_PARSER = Arguments()

    @offers.get("/options")
    @offers.arguments(OfferQuery, location="query")
    @offers.response(200, ExportOptionsSchema)
    def options(arguments: dict[str, Any]) -> dict[str, Any]:
        """Tell which granularities, metrics, filters and formats the caller may choose.

        Rows are those of the caller's grants, whatever is chosen. A format is left out when it
        rests on pages that the caller may not see. With a granularity, the warnings of its formats
        speak of what is asked for, too: of what the roster does not say of it.
        """
        none_beside(arguments, OfferQuery, ())
        granted = services.grants(services.caller())
        opened = [name for name in GRANULARITIES if _opens(granted, name)]
        offered = [
            exporter
            for exporter in services.registry.exporters.values()
            if _rests_on(exporter) <= {*opened}
            and not (exporter.granularities or {*opened}).isdisjoint(opened)
        ]
        warnings = _warnings(services, arguments, offered, granted)
        return {
            "granularities": [_granularity(services, granted, name) for name in opened],
            "formats": [_format(exporter, warnings[exporter.name]) for exporter in offered],
        }

    return offers


def _rests_on(exporter: Exporter) -> set[str]:
    """Return the pages that an exporter needs beside the one that it is asked of."""
    pages = {name: one.page for name, one in EVERY.items() if one.page}
    return {pages.get(need.granularity, need.granularity) for need in exporter.needs}


def _opens(granted: Sequence[Grant], granularity: str) -> bool:
    return any(granularity in grant.granularities for grant in granted)


def _granularity(services: Services, granted: Sequence[Grant], name: str) -> dict[str, Any]:
    metrics = services.registry.metrics
    return {
        "name": name,
        "log": name in LOGS,
        "metrics": [_metric(metrics[one]) for one in services.engine.meaningful(Query(name, ()))],
        "filters": [*_filters(for_granularity(granted, name))],
        "intervals": [] if name in LOGS else [*INTERVALS],
    }


def _metric(metric: Metric) -> dict[str, Any]:
    return {
        name: getattr(metric, name) for name in ("name", "title", "unit", "series", "questions")
    }


def _filters(opening: Sequence[Grant]) -> Iterator[str]:
    for name in FILTERS:
        known = KNOWN_BY.get(name)
        if known is None or any(getattr(grant, known) != frozenset() for grant in opening):
            yield name


def _warnings(
    services: Services,
    arguments: Mapping[str, Any],
    offered: Sequence[Exporter],
    granted: list[Grant],
) -> dict[str, list[str]]:
    """Return what files of each format will lack: those of a question, if there is one."""
    plain = {exporter.name: [*exporter.warnings()] for exporter in offered}
    granularity = arguments.get("granularity")
    if granularity is None:
        return plain
    for_granularity(granted, granularity, services.registry.resolver.needed(granularity))
    query = asked(services, granularity, arguments, whole=True)
    of_it = [exporter for exporter in offered if not exporter.refusal(granularity)]
    return plain | forewarned(services, query, of_it, granted)


def _format(exporter: Exporter, warnings: Sequence[str]) -> dict[str, Any]:
    told = {name: getattr(exporter, name) for name in ("name", "title", "extension", "media_type")}
    options = [
        {"name": name, "description": text, "choices": exporter.choices.get(name)}
        for name, text in exporter.options.items()
    ]
    of = exporter.granularities
    return told | {
        "granularities": None if of is None else [name for name in GRANULARITIES if name in of],
        "options": options,
        "warnings": [*warnings],
    }
