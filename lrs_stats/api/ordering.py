"""What is asked of a file that is made later: a body of JSON, read as the statistics are asked."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from marshmallow import Schema, ValidationError, fields, validate

from lrs_stats.access.grants import Grant
from lrs_stats.access.scope import for_granularity
from lrs_stats.api.asking import StatsQuery, asked
from lrs_stats.api.auditing import asked_for
from lrs_stats.api.parameters import Refusing
from lrs_stats.errors import BadRequest, NoFacts, NotFound
from lrs_stats.reports.calendar import PERIODS, dated
from lrs_stats.reports.exporter import CannotRender, Exporter
from lrs_stats.reports.granularities import page_to_open
from lrs_stats.reports.query import Query
from lrs_stats.services import Services

LONGEST: Final = 1_000


class Question(StatsQuery):
    """What a file is to hold, and in which format: a page of it is not asked for."""

    class Meta:
        """What a file has not."""

        exclude = ("page", "page_size")

    granularity = fields.String(
        required=True, metadata={"description": "As in /api/v1/stats/{granularity}."}
    )
    period = fields.String(
        load_default="",
        metadata={"description": f"Rather than from and to, a relative one: {PERIODS}."},
    )
    format = fields.String(
        required=True, metadata={"description": "The name of an exporter, such as csv."}
    )
    options = fields.Dict(
        keys=fields.String(),
        values=fields.String(validate=validate.Length(max=LONGEST)),
        load_default=dict,
        metadata={"description": "Those that the exporter takes, each a text."},
    )


@dataclass(frozen=True)
class Wanted:
    """A question, and the exporter that is to write the answer, with its options."""

    query: Query
    exporter: Exporter
    options: Mapping[str, str]


class Bodies(Refusing):
    """Reads bodies of JSON by a schema."""

    def complaint(self, messages: Any) -> str:
        """Say how to come to the place in the body."""
        return _first(messages.get("json", messages))


def read(schema: Schema, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body as a schema loads it, or raise BadRequest with the first thing wrong in it."""
    try:
        loaded: dict[str, Any] = schema.load(body)
    except ValidationError as error:
        raise BadRequest(_first(error.messages)) from error
    return loaded


def wanted(
    services: Services,
    granularity: str,
    given: Mapping[str, Any],
    named: str,
    options: Mapping[str, str],
) -> Wanted:
    """Return what parameters, as they were sent, ask for; BadRequest for what no exporter can do.

    They are read anew each time, so what has left the server since is told.
    """
    exporter = services.registry.exporters.get(named)
    if exporter is None:
        known = ", ".join(sorted(services.registry.exporters))
        raise BadRequest(f"format: there is no format {named[:20]!r}; there are: {known}.")
    if why_not := exporter.refusal(granularity):
        raise BadRequest(f"format: {why_not}")
    _check(options, exporter)
    loaded = StatsQuery().load(given)
    try:
        return Wanted(asked(services, granularity, loaded, whole=True), exporter, options)
    except NotFound as error:  # a granularity, which here is no part of a path
        raise BadRequest(f"granularity: {error.detail}") from error


def tried(
    services: Services, body: Mapping[str, Any], given: Mapping[str, Any], granted: list[Grant]
) -> int | None:
    """Return how many rows a question has now, within some grants, or raise what is wrong with it.

    Its first row is asked for, so what the statistics would refuse is refused in the same words.
    While there are no facts yet it is None, and only what can be said without them is refused.
    """
    granularity, named = body["granularity"], body["format"]
    asked_for({**given, "granularity": granularity, "format": named})
    what = wanted(services, granularity, given, named, body["options"])
    for of in (granularity, *(need.granularity for need in what.exporter.needs)):
        page = page_to_open(of)
        for_granularity(granted, page, services.registry.resolver.needed(page))
    try:
        return services.report(replace(what.query, page_size=1), granted).count
    except NoFacts:
        return None


def on(body: Mapping[str, Any], day: date) -> dict[str, Any]:
    """Return the parameters of a question that is asked on a day, a relative period as its days."""
    given, period = as_sent(body), body["period"]
    for name in ("from", "to"):
        if period and name in given:
            raise BadRequest(f"{name}: there is a period already, {period[:40]!r}.")
    try:
        return dated(given, period, day)
    except ValueError:
        raise BadRequest(f"period: {period[:40]!r} is none. The periods are: {PERIODS}.") from None


def today(services: Services) -> date:
    """Return the day that it is where days are counted."""
    return datetime.now(services.settings.zone).date()


def as_sent(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of the statistics among what was loaded, by the names of the API."""
    known = StatsQuery().fields
    return {field.data_key or name: body[name] for name, field in known.items() if name in body}


def _check(options: Mapping[str, str], exporter: Exporter) -> None:
    """Raise BadRequest for an option that an exporter does not take, or a value that it has not."""
    for name in options:
        if name not in exporter.options:
            known = ", ".join(exporter.options) or "none"
            raise BadRequest(f"options: {exporter.name} takes no {name[:40]!r}; it takes: {known}.")
        if name in exporter.choices:
            try:
                exporter.chosen(name, options)
            except CannotRender as error:
                raise BadRequest(f"options.{error}") from error


def _first(messages: Any, place: str = "") -> str:
    """Return the first complaint of a nest of them, with its place before it."""
    while isinstance(messages, dict | list):
        if isinstance(messages, dict):
            name, messages = next(iter(messages.items()))
            place = place if name == "_schema" else f"{place}.{name}" if place else str(name)
        else:
            messages = messages[0]
    return f"{place}: {messages}" if place else str(messages)
