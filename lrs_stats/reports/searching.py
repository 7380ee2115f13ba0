"""Searching rows by their titles, among those that a report would list."""

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from operator import and_

import polars as pl

from lrs_stats.access.grants import Grant
from lrs_stats.errors import BadRequest
from lrs_stats.reports.granularities import GRANULARITIES
from lrs_stats.reports.query import Query
from lrs_stats.reports.rows import entitled, listed
from lrs_stats.reports.selection import Selection

_MARKS = r"\p{M}"


def found(
    query: Query, selection: Selection, grants: Sequence[Grant]
) -> tuple[str, frozenset[str]]:
    """Return the key of what a query searches, and the ids whose titles have all of its words.

    Case and accents make no difference. What has no names cannot be searched: BadRequest.
    """
    granularity = GRANULARITIES.get(query.granularity, GRANULARITIES["learners"])
    if not granularity.key:
        raise BadRequest(f"search: the statistics by {granularity.name} have no names to search.")
    keys = listed(granularity, replace(query, interval=None), selection, grants)
    rows = entitled(keys, granularity, selection)
    words = pl.Series([query.search]).str.split(" ").explode().unique()
    has = (_plain(pl.col("title")).str.contains(word, literal=True) for word in _folded(words))
    wanted = reduce(and_, has, pl.lit(value=True))
    ids = rows.filter(wanted)[granularity.key].cast(pl.String)
    return granularity.key, frozenset(ids)


def _folded(words: pl.Series) -> list[str]:
    return words.to_frame("word").select(_plain(pl.col("word"))).to_series().to_list()


def _plain(text: pl.Expr) -> pl.Expr:
    """Return a text in small letters without accents."""
    return text.str.normalize("NFKD").str.replace_all(_MARKS, "").str.to_lowercase()
