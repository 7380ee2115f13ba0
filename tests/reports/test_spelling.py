"""Values in files of text: the digits of JSON, and what a French spreadsheet reads as the same."""

import json
import math
from datetime import UTC, datetime
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from lrs_stats import Column, spelling, wording

FIGURE = Column("x", "X", "percent", "number")
INSTANTS = some.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31), timezones=some.just(UTC))  # noqa: DTZ001
FRENCH = spelling.French("Europe/Paris")


@given(some.lists(some.floats(allow_nan=False, allow_infinity=False), min_size=1))
@example([1e-7, 1.5e-5, 1e-4, 9.9e-5, 0.0, -0.0, 1e15, 1e16, 1e22, 0.1 + 0.2, 5e-324])
def test_numbers_have_the_digits_of_json(numbers: list[float]) -> None:
    series = pl.Series("x", numbers)
    assert spelling.plain(series, FIGURE).to_list() == [json.dumps(one) for one in numbers]


@given(some.lists(some.floats(allow_nan=False, allow_infinity=False), min_size=1))
@example([1e-7, 1e22, 1.5e-5, -0.0])
def test_so_do_french_ones_but_for_the_comma(numbers: list[float]) -> None:
    texts = FRENCH.cells(pl.Series("x", numbers), FIGURE).to_list()
    assert not any(character in text for text in texts for character in ".eE ")
    assert [float(Decimal(text.replace(",", "."))) for text in texts] == numbers


@given(some.lists(some.none() | INSTANTS, min_size=1))
def test_instants_are_those_of_json(instants: list[datetime | None]) -> None:
    series = pl.Series("x", instants, dtype=pl.Datetime("us", "UTC"))
    told = spelling.instants(series).to_list()
    assert told == [one and one.isoformat() for one in instants]


@given(some.lists(some.none() | some.floats(-1e9, 1e9), min_size=1))
def test_durations_are_rounded_to_the_second(seconds: list[float | None]) -> None:
    texts = spelling.durations(pl.Series("x", seconds, dtype=pl.Float64)).to_list()
    for text, value in zip(texts, seconds, strict=True):
        if value is None:
            assert text is None
            continue
        hours, minutes, rest = text.removeprefix("-").split(":")
        whole = int(hours) * 3600 + int(minutes) * 60 + int(rest)
        assert math.isclose(whole, abs(value), abs_tol=0.5)
        assert len(minutes) == len(rest) == 2
        assert len(hours) >= 2
        assert text.startswith("-") == (value < 0 and whole > 0)


def test_half_a_second_is_a_whole_one() -> None:
    texts = spelling.durations(pl.Series("x", [0.5, 1.5, 2.5, 2.4999])).to_list()
    assert texts == ["00:00:01", "00:00:02", "00:00:03", "00:00:02"]
    assert wording.duration(2.5) == "00:00:03"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff20"])
def test_no_text_runs(start: str) -> None:
    texts = pl.Series("x", [f"{start}1+1", "1+1=2", None, ""])
    assert spelling.safe(texts).to_list() == [f"'{start}1+1", "1+1=2", None, ""]
