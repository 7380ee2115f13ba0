"""Connections in whole seconds, cut where a local day ends, so that each line is of one day."""

from typing import Final

import polars as pl

END_OF_DAY: Final = "24:00:00"
"""How the end of a piece is spelled that lasts until midnight."""
_ROW: Final = "#"
"""The number of a connection, which no column is called."""
_START: Final = pl.col("start")
_END: Final = pl.col("end")


def whole_seconds(seconds: pl.Expr) -> pl.Expr:
    """Round to the second; half a second is a whole one, as in the figure `attested_time`."""
    return (seconds + 0.5).floor()


def cut(connections: pl.DataFrame, zone: str) -> pl.DataFrame:
    """Return a row for each local day of each connection.

    They have `day`, `piece` from 1 on, `from` and `until`, both local, and `whole`, the seconds.
    The time is shared out as the days share the span between start and end, and adds up to that
    of the connection, to the second; so it does where a day has 23 or 25 hours.
    """
    first, last = (instant.dt.convert_time_zone(zone).dt.date() for instant in (_START, _END))
    numbered = connections.with_row_index(_ROW).with_columns(day=first, _last=last)
    is_within = numbered["day"] == numbered["_last"]
    within, beyond = (numbered.filter(which).drop("_last") for which in (is_within, ~is_within))
    # Nearly all are within a day, where nothing has to be worked out in local time but their hours.
    whole = within.with_columns(
        piece=pl.lit(1, pl.Int64),
        whole=whole_seconds(pl.col("seconds")).cast(pl.Int64),
        **{"from": _START.dt.convert_time_zone(zone), "until": _END.dt.convert_time_zone(zone)},
    )
    pieces = _pieces(beyond, zone).select(whole.columns)
    return pl.concat([whole, pieces]).sort(_ROW, "piece").drop(_ROW)


def _pieces(connections: pl.DataFrame, zone: str) -> pl.DataFrame:
    """Return a row for each local day of connections that end on a later day than they begin."""
    local_end = _END.dt.convert_time_zone(zone)
    # What ends with midnight has nothing of the day that begins with it.
    at_midnight = (_END > _START) & (_midnight(local_end.dt.date(), zone) == _END)
    last = pl.when(at_midnight).then(local_end.dt.date().dt.offset_by("-1d"))
    first = _START.dt.convert_time_zone(zone).dt.date()
    days = connections.with_columns(
        day=pl.date_ranges(first, last.otherwise(local_end.dt.date())), _day=first
    ).explode("day")
    opens = pl.max_horizontal(_START, _midnight(pl.col("day"), zone))
    closes = pl.min_horizontal(_END, _midnight(pl.col("day").dt.offset_by("1d"), zone))
    return days.with_columns(
        piece=(pl.col("day") - pl.col("_day")).dt.total_days() + 1,
        whole=pl.when(_START < _END)
        .then(_elapsed(closes) - _elapsed(opens))
        .otherwise(whole_seconds(pl.col("seconds")))
        .cast(pl.Int64),
        **{"from": opens.dt.convert_time_zone(zone), "until": closes.dt.convert_time_zone(zone)},
    ).drop("_day")


def end_of(until: pl.Expr, day: pl.Expr) -> pl.Expr:
    """Spell the local time at which a piece of a day ends."""
    goes_on = until.dt.date() > day
    return pl.when(goes_on).then(pl.lit(END_OF_DAY)).otherwise(until.dt.strftime("%H:%M:%S"))


def _elapsed(instant: pl.Expr) -> pl.Expr:
    """Return the whole seconds that count of a connection up to an instant in it."""
    span = (_END - _START).dt.total_microseconds()
    share = (instant - _START).dt.total_microseconds() / span
    return whole_seconds(whole_seconds(pl.col("seconds")) * share)


def _midnight(day: pl.Expr, zone: str) -> pl.Expr:
    """Return the instant at which a local day begins; where clocks skip it, an hour later."""
    local = day.cast(pl.Datetime("us"))
    moments = (
        moment.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
        for moment in (local, local.dt.offset_by("1h"))
    )
    return pl.coalesce(*moments).dt.convert_time_zone("UTC")
