"""What is asked of the statistics over HTTP: parameters, and the parts of a path."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NoReturn
from urllib.parse import unquote

from marshmallow import Schema, fields, validate

from lrs_stats.access.grants import Grant
from lrs_stats.api.periods import instant, period
from lrs_stats.errors import BadRequest, NotFound
from lrs_stats.reports.granularities import GRANULARITIES
from lrs_stats.reports.logs import LOGS
from lrs_stats.reports.query import FILTERS, INTERVALS, Query
from lrs_stats.services import Services

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PAGE_SIZE: Final = 100
LONGEST_SEARCH: Final = 200
PREFIX: Final = "/api/v1/stats/"
PAGES: Final = "/dashboard/"
ENCODED: Final = (PREFIX, "/api/v1/roster/", "/scim/v2/", PAGES)
"""Where an id is a part of the path, and may hold slashes."""


@dataclass(frozen=True)
class Entity:
    """One learner, group, program, session, course or question."""

    key: str
    id: str

    def alone(self, query: Query) -> Query:
        """Return a query about this entity alone, whatever else it is filtered by."""
        one = frozenset({self.id})
        return replace(
            query, filters=query.filters | {self.key: query.filters.get(self.key, one) & one}
        )


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
    question = fields.List(fields.String(), metadata={"description": "Ids of questions."})
    search = fields.String(
        validate=validate.Length(max=LONGEST_SEARCH),
        metadata={
            "description": "Words that the titles of the rows must have, whatever their case and "
            "accents; of a log, the names of the learners."
        },
    )
    as_of = fields.String(
        metadata={
            "description": "An earlier day or instant: the figures as they stood then, from the "
            "statements and the roster of that time. The answer names the instant that it gives, "
            "the newest that is kept. The setting `history_days` says how far back."
        }
    )
    sort = fields.String(
        metadata={
            "description": "A column, or several with commas between them; `-` before one for "
            "falling order."
        }
    )
    page = fields.Integer(load_default=1, validate=validate.Range(min=1))
    page_size = fields.Integer(validate=validate.Range(min=1))


def encoded_paths(app: "WSGIApplication") -> "WSGIApplication":
    """Have paths with ids matched as they were sent: an id may hold slashes, encoded."""

    def matched(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        sent = str(environ.get("RAW_URI", "")).partition("?")[0]
        if sent.startswith(ENCODED):
            environ["PATH_INFO"] = sent
        return app(environ, start_response)

    return matched


def no_such_path(rest: str) -> NoReturn:
    """Answer a path under /stats that has too many parts, as one has whose id is not encoded."""
    raise NotFound(
        f"There is no /stats/{rest[:200]}. The path is /stats/{{granularity}}/{{id}}/{{breakdown}} "
        "with the id percent-encoded: https%3A%2F%2Fexample.org%2F1, not https://example.org/1."
    )


def entity(
    services: Services, granted: list[Grant], granularity: str, sent: str, given: Mapping[str, Any]
) -> Entity:
    """Return the entity that a path names, percent-encoded; NotFound unless the caller sees it."""
    known = [name for name, one in GRANULARITIES.items() if one.key]
    if granularity not in known:
        raise NotFound(f"{granularity[:40]!r} has no entities; these have: {', '.join(known)}.")
    found = Entity(GRANULARITIES[granularity].key, unquote(sent))
    everything = Query(granularity, (), as_of=_as_of(services, given))
    if not services.report(found.alone(everything), granted).count:
        raise NotFound(f"Among the {granularity} there is no {found.id[:200]!r}.")
    return found


def asked(
    services: Services,
    granularity: str,
    given: Mapping[str, Any],
    *,
    about: Entity | None = None,
    whole: bool = False,
) -> Query:
    """Return the query of a granularity and parameters, of one entity or of all.

    `whole` is without pages. Without `metrics` it asks for all that mean something.
    """
    if granularity not in {**GRANULARITIES, **LOGS}:
        known = ", ".join([*GRANULARITIES, *LOGS])
        raise NotFound(f"There are no statistics by {granularity[:40]!r}; there are: {known}.")
    start, end = period(given.get("from_"), given.get("to"), services.settings.zone)
    query = Query(
        granularity=granularity,
        metrics=(),
        start=start,
        end=end,
        interval=given.get("interval"),
        filters={name: frozenset(given[name]) for name in FILTERS if name in given},
        sort=given.get("sort", ""),
        page=1 if whole else given["page"],
        page_size=None if whole else _page_size(services, given.get("page_size")),
        as_of=_as_of(services, given),
        search=" ".join(given.get("search", "").split()),
    )
    query = query if about is None else about.alone(query)
    return replace(query, metrics=_metrics(services, query, given.get("metrics")))


def _as_of(services: Services, given: Mapping[str, Any]) -> datetime | None:
    return instant("as_of", given.get("as_of"), services.settings.zone)


def _metrics(services: Services, query: Query, names: str | None) -> tuple[str, ...]:
    known = services.registry.metrics
    if query.granularity in LOGS:
        if names is not None:
            raise BadRequest(f"metrics: {query.granularity} is a log, and has no metrics.")
        return ()
    if names is None:
        return services.engine.meaningful(query)
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
