"""Several ids as one number, by which rows are grouped and found faster than by the ids.

An id is a category, whose number has 32 bits (`columns.typed`): up to four fit one integer.
"""

from collections.abc import Sequence
from functools import reduce
from typing import Final

import polars as pl

KEY: Final = "#"
"""The column of the number, which no table has."""
BITS: Final = 32
NONE: Final = (1 << BITS) - 1
"""What stands for no id; there are never so many categories."""
OF_TWO, OF_FOUR = 2, 4


def packed(*ids: str) -> pl.Expr:
    """Return one number for up to four columns of ids, the same for the same ids alone."""
    dtype = pl.UInt64() if len(ids) <= OF_TWO else pl.UInt128()
    numbers = [pl.col(one).to_physical().fill_null(NONE).cast(dtype) for one in ids]
    return reduce(lambda number, one: number * (1 << BITS) + one, numbers).alias(KEY)


def grouped(rows: pl.LazyFrame, keys: Sequence[str], *figures: pl.Expr) -> pl.LazyFrame:
    """Return figures of the rows that have the same keys, as `rows.group_by(keys)` does."""
    schema = rows.collect_schema()
    ids = [key for key in keys if schema[key] == pl.Categorical()]
    others = [key for key in keys if key not in ids]
    if not 1 < len(ids) <= OF_FOUR:
        return rows.group_by(keys).agg(*figures)
    return (
        rows.group_by(packed(*ids), *others)
        .agg(pl.col(ids).first(), *figures)
        .select(*keys, pl.exclude(KEY, *keys))
    )


def among(rows: pl.LazyFrame, others: pl.LazyFrame, ids: Sequence[str]) -> pl.LazyFrame:
    """Return the rows whose ids, none of them null, are those of another's row: a semi-join."""
    schemas = rows.collect_schema(), others.collect_schema()
    if len(ids) > OF_FOUR or any(one[key] != pl.Categorical() for one in schemas for key in ids):
        return rows.join(others, on=ids, how="semi")
    known = others.drop_nulls(ids).select(packed(*ids))
    return rows.with_columns(packed(*ids)).join(known, on=KEY, how="semi").drop(KEY)
