"""How files for French funders spell dates, times, durations, hours and shares.

Dates are JJ/MM/AAAA, durations HH:MM:SS, hours and percent have two decimals after a comma; half
of the last decimal is a whole one. Each is a Polars expression that gives a text.
"""

from typing import Final

import polars as pl

MINUTE: Final = 60
HOUR: Final = 3600
CENT: Final = 100


def date(day: pl.Expr) -> pl.Expr:
    """Spell a date, or the date of a local instant."""
    return day.dt.strftime("%d/%m/%Y")


def local(instant: pl.Expr, zone: str) -> pl.Expr:
    """Return an instant by the clocks of a zone."""
    return instant.dt.convert_time_zone(zone)


def clock(instant: pl.Expr) -> pl.Expr:
    """Spell the time of day of a local instant, without parts of a second."""
    return instant.dt.strftime("%H:%M:%S")


def duration(seconds: pl.Expr) -> pl.Expr:
    """Spell whole seconds as HH:MM:SS; hours go beyond 99."""
    whole = seconds.cast(pl.Int64)
    parts = [whole // HOUR, whole // MINUTE % MINUTE, whole % MINUTE]
    return pl.concat_str([part.cast(pl.String).str.zfill(2) for part in parts], separator=":")


def hours(seconds: pl.Expr) -> pl.Expr:
    """Spell seconds in hours, to the hundredth."""
    return _hundredths((seconds * CENT / HOUR + 0.5).floor().cast(pl.Int64))


def percent(share: pl.Expr) -> pl.Expr:
    """Spell a share in percent, to the hundredth."""
    # To the ninth decimal first: a share that floats have a hair below a half is that half.
    return _hundredths(((share * CENT).round(9) + 0.5).floor().cast(pl.Int64))


def _hundredths(number: pl.Expr) -> pl.Expr:
    units = (number // CENT).cast(pl.String)
    return pl.concat_str(units, (number % CENT).cast(pl.String).str.zfill(2), separator=",")
