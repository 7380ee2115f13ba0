"""What is behind a figure, and the statements on which it rests."""

from dataclasses import replace
from typing import Any, Final

from flask import Response

from lrs_stats.access.grants import Some
from lrs_stats.access.scope import for_granularity
from lrs_stats.api.asking import asked
from lrs_stats.dashboard.address import Address
from lrs_stats.dashboard.choosing import named
from lrs_stats.dashboard.formatting import Wording
from lrs_stats.dashboard.links import EXPLAIN
from lrs_stats.dashboard.pages import N_, Block
from lrs_stats.dashboard.rendering import Rendering
from lrs_stats.dashboard.showing import OF_LOGS, Shown, numbers
from lrs_stats.dashboard.visiting import Visit
from lrs_stats.errors import BadRequest, NotFound
from lrs_stats.reports.granularities import GRANULARITIES
from lrs_stats.reports.query import FILTERS, Query
from lrs_stats.reports.report import Column, Report

SIZE: Final = 50
"""Statements on a page."""
EVERY: Final = {
    "learner": N_("every learner"),
    "course": N_("every course"),
    "session": N_("every session"),
}
NUMBER: Final = {
    "learner": ("%(num)s learner", "%(num)s learners"),
    "course": ("%(num)s course", "%(num)s courses"),
    "session": ("%(num)s session", "%(num)s sessions"),
}
COLUMNS: Final = (
    "instant",
    "learner_title",
    "kind",
    "course_title",
    "session_title",
    "object",
    "value",
    "id",
)
"""What is shown of a statement."""


def question(visit: Visit, granularity: str, *, size: int | None = None) -> Query:
    """Return the query of the one figure that an address asks about."""
    if granularity not in GRANULARITIES:
        raise NotFound(f"There are no figures by {granularity[:40]!r}.")
    visit.require(granularity)
    address = visit.address
    given: dict[str, Any] = {
        name: address.first(name) for name in ("to", "as_of", "search") if address.first(name)
    }
    given |= {name: address.all(name) for name in FILTERS if address.all(name)}
    given |= {"from_": address.first("from")} if address.first("from") else {}
    given |= {"page": 1} | numbers({"page": address.first("page") or "1"})
    query = asked(
        visit.services,
        granularity,
        given | {"metrics": address.first("metrics"), "page_size": size},
    )
    if len(query.metrics) != 1 or not address.first("metrics"):
        raise BadRequest("metrics: name the one figure that is to be explained.")
    return query


def explained(visit: Visit, rendering: Rendering, granularity: str) -> Response:
    """Answer what is behind a figure."""
    query = question(visit, granularity)
    found = visit.services.explain(query, list(visit.granted))
    place = Address(f"{EXPLAIN}/{granularity}/statements", visit.address.given)
    return rendering.page(
        "explain.html",
        visit.wording,
        visit=visit,
        title=visit.wording.text(found.metric.title),
        found=found,
        unit=Column("", "", found.metric.unit),
        names=named(visit, found.filters),
        scope=scope(visit, granularity),
        left_out=[(one.count, one.text) for one in found.left_out if one.count],
        statements=str(place) if found.evident else "",
    )


def evidence(visit: Visit, rendering: Rendering, granularity: str) -> Response:
    """Answer the statements on which a figure rests, a page at a time."""
    query = question(visit, granularity, size=SIZE)
    report = visit.services.evidence(query, list(visit.granted))
    block = Block("table", "statements", N_("Statements"), size=SIZE)
    return rendering.page(
        "statements.html",
        visit.wording,
        visit=visit,
        title=visit.wording.text(visit.services.registry.metrics[query.metrics[0]].title),
        columns=_columns(report),
        shown=Shown(block, report, query, {}, is_first=True),
        back=str(Address(f"{EXPLAIN}/{granularity}", visit.address.without("page").given)),
    )


def _columns(report: Report) -> list[Column]:
    """Return the columns of statements to show, in their order and called as pages call them."""
    known = {column.name: column for column in report.columns}
    return [replace(known[one], title=OF_LOGS.get(one, known[one].title)) for one in COLUMNS]


def scope(visit: Visit, granularity: str) -> list[str]:
    """Return in words what the reader may see of a figure, role by role."""
    wording = visit.wording
    return [
        wording.text(N_("As %(role)s: %(some)s."))
        % {
            "role": wording.text(grant.role),
            "some": wording.both(
                [
                    _some(wording, grant.learners, "learner"),
                    _some(wording, grant.courses, "course"),
                    _some(wording, grant.sessions, "session"),
                ]
            ),
        }
        for grant in for_granularity(visit.granted, granularity)
    ]


def _some(wording: Wording, some: Some, word: str) -> str:
    if not isinstance(some, frozenset):
        return wording.text(EVERY[word])
    return wording.count(*NUMBER[word], len(some))
