"""How the values of a report are spelled in files of text, a column of a batch at a time.

`plain` is as JSON has them; `French` is as a French spreadsheet reads them.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Final

import polars as pl

from lrs_stats.reports.report import Column

FORMULA: Final = r"^[=+\-@\t\r\n\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}]"
"""How a text begins that a spreadsheet would run; the last four are wide forms."""
PLAIN_FROM: Final = 1e-4
PLAIN_TO: Final = 1e15
"""Between these Polars and Python spell a number alike; of what is outside, Python decides."""


def plain(values: pl.Series, column: Column) -> pl.Series:  # noqa: ARG001 - as French.cells is called
    """Return values as JSON spells them, and so that no spreadsheet takes them for a formula."""
    dtype = values.dtype
    if dtype == pl.String:
        return safe(values)
    if isinstance(dtype, pl.Datetime):
        return instants(values)
    return _spelled(values, repr) if dtype.is_float() else values.cast(pl.String)


class French:
    """Values as a French spreadsheet reads them, with instants as times of one zone."""

    def __init__(self, zone: str) -> None:
        """Take the name of the time zone."""
        self._zone = zone

    def cells(self, values: pl.Series, column: Column) -> pl.Series:
        """Return values with decimal commas, days as JJ/MM/AAAA and durations as HH:MM:SS."""
        dtype = values.dtype
        if isinstance(dtype, pl.Datetime):
            return values.dt.convert_time_zone(self._zone).dt.strftime("%d/%m/%Y %H:%M:%S")
        if dtype == pl.Date:
            return values.dt.strftime("%d/%m/%Y")
        if dtype == pl.Boolean:
            return values.replace_strict({True: "oui", False: "non"}, return_dtype=pl.String)
        if column.unit == "seconds" and dtype.is_numeric():
            return durations(values)
        if dtype.is_float():
            return _spelled(values, _without_exponent).str.replace(".", ",", literal=True)
        return plain(values, column)


def safe(texts: pl.Series) -> pl.Series:
    """Return texts none of which can run as a formula: those that could begin with `'`."""
    risky = texts.str.contains(FORMULA)
    return texts.zip_with(~risky.fill_null(value=False), "'" + texts) if risky.any() else texts


def instants(values: pl.Series) -> pl.Series:
    """Return instants as JSON has them: in UTC, with six digits of a second or none."""
    broken = (values.dt.microsecond() != 0).fill_null(value=False)
    if not broken.any():
        return values.dt.strftime("%Y-%m-%dT%H:%M:%S+00:00")
    exact = values.dt.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00")
    return exact if broken.all() else exact.str.replace(".000000", "", literal=True)


def durations(seconds: pl.Series) -> pl.Series:
    """Return seconds as HH:MM:SS; half a second is a whole one, as in the files for funders."""
    whole = seconds.cast(pl.Float64).round(0, mode="half_away_from_zero").cast(pl.Int64)
    size = whole.abs()
    hours, minutes, rest = (
        part.cast(pl.String).str.zfill(2) for part in (size // 3600, size // 60 % 60, size % 60)
    )
    told = hours + ":" + minutes + ":" + rest
    return told.zip_with((whole >= 0).fill_null(value=True), "-" + told).alias(seconds.name)


def _spelled(numbers: pl.Series, spell: Callable[[float], str]) -> pl.Series:
    """Return numbers with all their digits; `spell` says how the very small and large look."""
    texts, size = numbers.cast(pl.String), numbers.abs()
    small, large = (size < PLAIN_FROM) & (size != 0), size >= PLAIN_TO
    odd = (small | large | ~numbers.is_finite()).fill_null(value=False).arg_true()
    if not odd.len():
        return texts
    return texts.scatter(odd, [spell(number) for number in numbers.gather(odd)])


def _without_exponent(number: float) -> str:
    return format(Decimal(repr(number)), "f")
