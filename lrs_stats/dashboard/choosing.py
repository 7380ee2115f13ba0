"""Filters: those in force, by their names, and the search for others, in scope and as one types."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import parse_qsl

from flask import Response, request

from lrs_stats.api.asking import LONGEST_SEARCH
from lrs_stats.dashboard.address import Address
from lrs_stats.dashboard.pages import NAMES, Page
from lrs_stats.dashboard.rendering import Rendering
from lrs_stats.dashboard.visiting import Visit
from lrs_stats.errors import BadRequest, NotFound
from lrs_stats.reports.query import FILTERS, Query

KINDS: Final = {
    "learner": ("learners", NAMES["learners"]),
    "group": ("groups", NAMES["groups"]),
    "program": ("programs", NAMES["programs"]),
    "session": ("sessions", NAMES["sessions"]),
    "course": ("courses", NAMES["courses"]),
    "question": ("questions", NAMES["questions"]),
}
"""What can be filtered by: the granularity in which it is found, and what it is called."""
MOST: Final = 20
"""How many are offered at once; a search finds the others."""


@dataclass(frozen=True)
class Chip:
    """A filter in force: what it is, how it is called, and the address without it."""

    kind: str
    title: str
    without: str


def chips(visit: Visit) -> list[Chip]:
    """Return the filters of an address, each with the name that the reader may know."""
    found = []
    for kind in FILTERS:
        ids = visit.address.all(kind)
        if not ids:
            continue
        granularity, word = KINDS[kind]
        names = titles(visit, granularity, ids)
        found += [
            Chip(word, names.get(one, one), str(visit.address.removing(kind, one))) for one in ids
        ]
    return found


def offered(visit: Visit, page: Page) -> list[str]:
    """Return what a page can be filtered by, and may be by this reader."""
    return [kind for kind in page.filters if KINDS[kind][0] in visit.open]


def titles(visit: Visit, granularity: str, ids: Iterable[str]) -> dict[str, str]:
    """Return the titles of those of some ids that the reader sees."""
    key = next(kind for kind, (name, _) in KINDS.items() if name == granularity)
    wanted = frozenset(ids)
    if not wanted or granularity not in visit.open:
        return {}
    query = Query(granularity, (), filters={key: wanted})
    rows = visit.services.report(query, list(visit.granted)).rows
    return {row["id"]: row["title"] for row in rows}


def named(visit: Visit, filters: Mapping[str, Sequence[str]]) -> list[tuple[str, list[str]]]:
    """Return filters in words: what each is of, and how those are called."""
    return [
        (KINDS[kind][1], [titles(visit, KINDS[kind][0], ids).get(one, one) for one in ids])
        for kind, ids in filters.items()
        if kind in KINDS
    ]


def choose(visit: Visit, rendering: Rendering, kind: str) -> Response:
    """Answer what can be filtered by, each with the address that it leads to."""
    sent, search = request.args.get("for", ""), request.args.get("search", "")
    if kind not in KINDS:
        raise NotFound(f"There is no filter {kind[:40]!r}.")
    granularity, word = KINDS[kind]
    visit.require(granularity)
    back = destination(sent)
    found = replace(
        Query(granularity, (), page_size=MOST, sort="title"),
        search=" ".join(search[:LONGEST_SEARCH].split()),
    )
    report = visit.services.report(found, list(visit.granted))
    return rendering.page(
        "choose.html",
        visit.wording,
        visit=visit,
        title=visit.wording.text(word),
        kind=kind,
        search=search,
        back=back,
        count=report.count,
        found=[(row["title"], row["id"], str(back.adding(kind, row["id"]))) for row in report.rows],
    )


def destination(sent: str) -> Address:
    """Return the page for which a filter is chosen; of no other place."""
    path, _, query = sent.partition("?")
    if not path.startswith("/dashboard/") or "\\" in path:
        raise BadRequest("for: expected the address of a page, such as /dashboard/learners.")
    return Address.of(path, parse_qsl(query))
