"""Grants as filters: a row is visible when one grant holds its learner and its content."""

from collections.abc import Sequence
from functools import reduce
from operator import or_

import polars as pl

from lrs_stats.access.grants import ALL, Grant
from lrs_stats.errors import Forbidden


def for_granularity(grants: Sequence[Grant], granularity: str) -> list[Grant]:
    """Return the grants that open a granularity; raise Forbidden when there is none."""
    opening = [grant for grant in grants if granularity in grant.granularities]
    if not opening:
        raise Forbidden(
            f"Your roles do not include the statistics by {granularity}. "
            "Ask an administrator which role would."
        )
    return opening


def visible(grants: Sequence[Grant], *content: str) -> pl.Expr:
    """Return the filter for rows with a learner and the columns `course` and/or `session`."""
    wholes = [_limits(grant, content) for grant in grants]
    if not all(wholes):
        return pl.lit(value=True)  # a grant without limits holds all rows, at no cost
    return reduce(or_, (pl.all_horizontal(limits) for limits in wholes), pl.lit(value=False))


def sees_all(grants: Sequence[Grant]) -> bool:
    """Return whether one grant holds every learner and all content."""
    return any(grant.learners is ALL and holds_all_content(grant) for grant in grants)


def holds_all_content(grant: Grant) -> bool:
    """Return whether a grant holds every course and every session."""
    return grant.courses is ALL and grant.sessions is ALL


def _limits(grant: Grant, content: Sequence[str]) -> list[pl.Expr]:
    """Return what a row must be so that a grant holds it; nothing when it holds every row."""
    held = {
        "learner": grant.learners,
        **{name: {"course": grant.courses, "session": grant.sessions}[name] for name in content},
    }
    return [
        pl.col(column).is_in(sorted(some)).fill_null(value=False)
        for column, some in held.items()
        if isinstance(some, frozenset)
    ]
