"""Several ids as one number, by which rows are grouped and found faster than by the ids.

An id is a category, whose number has 32 bits (`file_columns.typed`): three of them, with what else
tells rows apart, fit one integer.
"""

from collections.abc import Sequence
from typing import Final, Literal

import polars as pl

KEY: Final = "#"
"""The column of the number, which no table has."""
MOST: Final = 128
"""Bits of the widest integer; there is one of half of them, too."""
_DAY_ZERO: Final = 1 << 31
"""What makes the number of a day before 1970 a positive one."""
Schema = pl.Schema


def packed(rows: Schema, ids: Sequence[str]) -> pl.Expr | None:
    """Return one number for some columns, the same for the same values alone; None if none fits."""
    widths = [_bits(rows[one]) for one in ids]
    bits = sum(width or MOST + 1 for width in widths)
    if bits > MOST:
        return None
    dtype = pl.UInt64() if bits <= MOST // 2 else pl.UInt128()
    number = pl.lit(0, dtype)
    for one, width in zip(ids, widths, strict=True):
        number = number * (1 << (width or 0)) + _number(one, rows[one], width or 0).cast(dtype)
    return number.alias(KEY)


def grouped(rows: pl.LazyFrame, keys: Sequence[str], *figures: pl.Expr) -> pl.LazyFrame:
    """Return figures of the rows that have the same keys, as `rows.group_by(keys)` does."""
    number = packed(rows.collect_schema(), keys) if len(keys) > 1 else None
    if number is None:
        return rows.group_by(keys).agg(*figures)
    return rows.group_by(number).agg(pl.col(keys).first(), *figures).drop(KEY)


def distinct(rows: Schema, ids: Sequence[str]) -> pl.Expr:
    """Return whether no other row has the same ids."""
    number = packed(rows, ids)
    return (pl.struct(ids) if number is None else number).is_unique()


def among(rows: pl.LazyFrame, others: pl.LazyFrame, ids: Sequence[str]) -> pl.LazyFrame:
    """Return the rows whose ids, none of them null, are those of another's row: a semi-join."""
    return _met(rows, others, ids, "semi")


def besides(rows: pl.LazyFrame, others: pl.LazyFrame, ids: Sequence[str]) -> pl.LazyFrame:
    """Return the rows whose ids, none of them null, are those of no other's row: an anti-join."""
    return _met(rows, others, ids, "anti")


def _met(
    rows: pl.LazyFrame, others: pl.LazyFrame, ids: Sequence[str], how: Literal["semi", "anti"]
) -> pl.LazyFrame:
    schema, known = rows.collect_schema(), others.drop_nulls(ids)
    number = packed(schema, ids)
    if number is None or any(schema[key] != known.collect_schema()[key] for key in ids):
        return rows.join(others, on=ids, how=how)
    return rows.with_columns(number).join(known.select(number), on=KEY, how=how).drop(KEY)


def _bits(dtype: pl.DataType) -> int | None:
    """Return how many bits a value of a type takes, with one more value for null."""
    if dtype in (pl.Categorical(), pl.Date(), pl.UInt32()):
        return 32
    if isinstance(dtype, pl.Enum):
        return 8
    return 2 if dtype == pl.Boolean() else None


def _number(column: str, dtype: pl.DataType, bits: int) -> pl.Expr:
    """Return the number of a value, which is the highest for null."""
    values = pl.col(column)
    if dtype == pl.Date():
        values = values.to_physical().cast(pl.Int64()) + _DAY_ZERO
    elif dtype == pl.Boolean():
        values = values.cast(pl.UInt8())
    else:
        values = values.to_physical()
    return values.cast(pl.UInt32()).fill_null((1 << bits) - 1)
