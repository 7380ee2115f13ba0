"""Which people or groups a query asks for: by an index where there is one, else by looking."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from scim2_models import ListResponse
from scim2_models.path import AttrPath, CompareOperator, Comparison, LogicalExpr, LogicalOperator

from lrs_stats.roster.indexes import EXTERNAL_IDS, GROUP_NAMES, SHOWN_NAMES
from lrs_stats.roster.roster import Roster
from lrs_stats.scim.models import MOST

PAGE: Final = 100
_FOUND: Final[dict[tuple[str, str], Callable[[Roster, str], Iterable[Any]]]] = {
    ("people", "username"): lambda roster, value: roster.find(SHOWN_NAMES, value.casefold()),
    ("people", "externalid"): lambda roster, value: roster.find(EXTERNAL_IDS["people"], value),
    ("people", "id"): lambda roster, value: _one(roster.row("people", value)),
    ("groups", "externalid"): lambda roster, value: roster.find(EXTERNAL_IDS["groups"], value),
    ("groups", "displayname"): lambda roster, value: roster.find(GROUP_NAMES, value.casefold()),
    ("groups", "id"): lambda roster, value: _one(roster.row("groups", value)),
}


@dataclass(frozen=True)
class Source:
    """A table whose rows are listed: those that are seen, as the resources that they are."""

    table: str
    sees: Callable[[Any], bool]
    shown: Callable[[Roster, Any], Any]


def page(roster: Roster, sources: Sequence[Source], model: Any, request: Any) -> Any:
    """Return the page of resources that a request asks for (RFC 7644, section 3.4.2)."""
    begin = (request.start_index or 1) - 1
    end = begin + min(PAGE if request.count is None else request.count, MOST)
    rows = [(source, row) for source in sources for row in _rows(roster, source, request.filter)]
    if request.filter is None:
        total, resources = len(rows), [one.shown(roster, row) for one, row in rows[begin:end]]
    else:
        made = (one.shown(roster, row) for one, row in rows)
        found = [one for one in made if request.filter.match(one)]
        total, resources = len(found), found[begin:end]
    return ListResponse[model](
        total_results=total,
        start_index=begin + 1,
        items_per_page=len(resources),
        resources=resources,
    )


def _rows(roster: Roster, source: Source, wanted: Any) -> list[Any]:
    """Return the rows of a table among which all are that a filter matches."""
    named = None if wanted is None else _named(roster, source.table, wanted.ast)
    rows = roster.rows(source.table).values if named is None else named
    return [row for row in rows if source.sees(row)]


def _named(roster: Roster, table: str, node: Any) -> list[Any] | None:
    """Return the rows among which all are that a filter matches, or None when any may be."""
    match node:
        case Comparison(AttrPath(attr=name), CompareOperator.eq, str(value)):
            by = _FOUND.get((table, name.lower()))
            return None if by is None else list(by(roster, value))
        case LogicalExpr(op=LogicalOperator.and_, terms=terms):
            found = (_named(roster, table, one) for one in terms)
            return next((rows for rows in found if rows is not None), None)
    return None


def _one(row: Any) -> list[Any]:
    return [] if row is None else [row]
