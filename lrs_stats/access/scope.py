"""Grants as filters: a row is visible when one grant holds its learner and its content."""

from collections.abc import Collection, Sequence
from functools import lru_cache, reduce
from operator import or_
from typing import Final, Literal

import polars as pl

from lrs_stats.access.grants import ALL, Grant, Some
from lrs_stats.errors import Forbidden

Kept = Literal["courses", "sessions", "groups"]

OF: Final[dict[str, Kept]] = {"course": "courses", "session": "sessions", "group": "groups"}
"""The columns of content, and what a grant calls what it holds of them."""
EVIDENCE: Final = "connections"
"""What a grant must open to show statements one by one: the connection log of who sees what."""


def for_granularity(
    grants: Sequence[Grant], granularity: str, needed: Sequence[str] = ()
) -> list[Grant]:
    """Return the grants that open a granularity; raise Forbidden when there is none.

    `needed` are the roles that would open it. Beside a grant on everything no other matters.
    """
    opening = [grant for grant in grants if granularity in grant.granularities]
    if not opening:
        raise Forbidden(
            f"Your roles do not include the statistics by {granularity}. " + _advice(needed)
        )
    return [grant for grant in opening if sees_all([grant])] or opening


def for_evidence(grants: Sequence[Grant]) -> list[Grant]:
    """Return the grants that show statements one by one; raise Forbidden when there is none."""
    showing = [grant for grant in grants if EVIDENCE in grant.granularities]
    if not showing:
        raise Forbidden(
            "Your roles do not include statements one by one: for these it takes a role that has "
            f"the log of {EVIDENCE}."
        )
    return showing


def shows_evidence(grants: Sequence[Grant]) -> bool:
    """Return whether some grant shows statements one by one."""
    return any(EVIDENCE in grant.granularities for grant in grants)


def visible(grants: Sequence[Grant], *content: str) -> pl.Expr:
    """Return the filter for rows with a learner and some of the columns of `OF`.

    A row of no course, session or group is visible by a grant that has all of them.
    """
    wholes = [_limits(grant, content) for grant in grants]
    if not all(wholes):
        return pl.lit(value=True)  # a grant without limits holds all rows, at no cost
    return reduce(or_, (pl.all_horizontal(limits) for limits in wholes), pl.lit(value=False))


def sees_all(grants: Sequence[Grant]) -> bool:
    """Return whether one grant holds every learner, all content and all groups."""
    return any(
        grant.learners is ALL and grant.groups is ALL and holds_all_content(grant)
        for grant in grants
    )


def holds_all_content(grant: Grant) -> bool:
    """Return whether a grant holds every course and every session."""
    return grant.courses is ALL and grant.sessions is ALL


def named(grants: Sequence[Grant], content: Kept) -> Some:
    """Return what grants hold by name, whatever happened in it; ALL with a grant on everything."""
    if sees_all(grants):
        return ALL
    parts = (getattr(grant, content) for grant in grants)
    return frozenset[str]().union(*(some for some in parts if isinstance(some, frozenset)))


def _advice(needed: Sequence[str]) -> str:
    if not needed:
        return "Ask an administrator which role would."
    *others, last = needed
    roles = f"{', '.join(others)} and {last}" if others else last
    return f"The roles that do: {roles}."


def _limits(grant: Grant, content: Collection[str]) -> list[pl.Expr]:
    """Return what a row must be so that a grant holds it; nothing when it holds every row."""
    held = {"learner": grant.learners, **{name: getattr(grant, OF[name]) for name in content}}
    return [
        pl.col(column).is_in(_series(some)).fill_null(value=False)
        for column, some in held.items()
        if isinstance(some, frozenset)
    ]


@lru_cache(maxsize=64)
def _series(some: frozenset[str]) -> pl.Series:
    """Return a list of ids as the tables have them: numbers are compared faster than texts."""
    return pl.Series(sorted(some), dtype=pl.Categorical()).implode()
