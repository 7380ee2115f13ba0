"""The log and the attendance agree in any small world, whoever reads; days are cut exactly."""

import csv
import io
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrs_stats import CannotRender
from lrs_stats.access.grants import Grant
from lrs_stats_exporters.midnight import cut, end_of
from tests.examples import examples
from tests.exporters.opca.test_organisation import lines
from tests.exporters.opca.world import example, exporters, made, reports
from tests.reports.test_figures import HEAVY, ZONES, counting
from tests.statement_strategies import World, worlds

PARIS = "Europe/Paris"


def seconds(text: str) -> int:
    hours, minutes, rest = map(int, text.split(":"))
    return hours * 3600 + minutes * 60 + rest


def sums(log: list[dict[str, str]]) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = defaultdict(int)
    for row in log:
        key = (row["Identifiant"], row["Session"])
        found[key] += seconds(row["Durée de connexion (HH:MM:SS)"])
    return found


def totals(attendance: list[dict[str, str]]) -> dict[tuple[str, str], int]:
    return {
        (row["Identifiant"], row["Session"]): seconds(row["Temps total (HH:MM:SS)"])
        for row in attendance
    }


@settings(HEAVY, max_examples=examples(20))
@given(world=worlds(), zone=ZONES)
def test_the_lines_of_the_log_add_up_to_the_attendance(world: World, zone: ZoneInfo) -> None:
    with counting(world, zone) as line:
        log, attendance = (lines(made(line, name)) for name in ("opca_logs", "opca_assiduite"))
    total = totals(attendance)
    assert len(total) == len(attendance)
    added = sums(log)
    assert added.keys() <= total.keys()
    assert {key: added.get(key, 0) for key in total} == total
    references = [row["Référence"] for row in log]
    assert len({*references}) == len(references)


INSTANTS = st.datetimes(datetime(2026, 3, 27), datetime(2026, 3, 31)) | st.datetimes(  # noqa: DTZ001 - the strategy adds the zone
    datetime(2026, 10, 23),  # noqa: DTZ001
    datetime(2026, 10, 27),  # noqa: DTZ001
)


@settings(max_examples=examples(200), deadline=None)
@given(
    start=INSTANTS,
    length=st.timedeltas(timedelta(), timedelta(days=3)),
    time=st.floats(0, 300_000),
    zone=st.sampled_from([PARIS, "UTC", "America/Santiago", "Asia/Kolkata"]),
)
def test_pieces_are_of_one_day_each_and_add_up(
    start: datetime, length: timedelta, time: float, zone: str
) -> None:
    begun = start.replace(tzinfo=UTC)
    pieces = cut(connection(begun, begun + length, time), zone).rows(named=True)
    assert sum(piece["whole"] for piece in pieces) == int(time + 0.5)
    assert [piece["piece"] for piece in pieces] == list(range(1, len(pieces) + 1))
    assert all(piece["whole"] >= 0 for piece in pieces)
    # In UTC: Python has an hour that comes twice equal to nothing in another zone.
    bounds = [(piece["from"].astimezone(UTC), piece["until"].astimezone(UTC)) for piece in pieces]
    assert (bounds[0][0], bounds[-1][1]) == (begun, begun + length)
    assert all(one[1] == other[0] for one, other in pairwise(bounds))
    for one, other in pairwise(pieces):
        assert other["from"].date() == other["day"] == one["day"] + timedelta(days=1)


def connection(start: datetime, end: datetime, time: float) -> pl.DataFrame:
    instant = pl.Datetime("us", "UTC")
    schema: Any = {"id": pl.String, "start": instant, "end": instant, "seconds": pl.Float64}
    return pl.DataFrame([("a", start, end, time)], schema=schema, orient="row")


@pytest.mark.parametrize(
    ("start", "end", "time", "expected"),
    [
        # the clocks go forward at 02:00 of 29 March, so that the day has 23 hours
        (
            datetime(2026, 3, 28, 22, tzinfo=UTC),
            datetime(2026, 3, 29, 23, tzinfo=UTC),
            25 * 3600,
            ["23:00:00-24:00:00 3600", "00:00:00-24:00:00 82800", "00:00:00-01:00:00 3600"],
        ),
        # and back at 03:00 of 25 October, so that it has 25, and 02:30 comes twice
        (
            datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
            datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
            3600,
            ["02:30:00-02:30:00 3600"],
        ),
        # what ends with midnight has nothing of the next day
        (
            datetime(2026, 3, 5, 22, tzinfo=UTC),
            datetime(2026, 3, 5, 23, tzinfo=UTC),
            3600,
            ["23:00:00-24:00:00 3600"],
        ),
        # one statement at midnight, with a declared time
        (
            datetime(2026, 3, 5, 23, tzinfo=UTC),
            datetime(2026, 3, 5, 23, tzinfo=UTC),
            90.5,
            ["00:00:00-00:00:00 91"],
        ),
    ],
)
def test_days_of_another_length(
    start: datetime, end: datetime, time: float, expected: list[str]
) -> None:
    pieces = cut(connection(start, end, time), PARIS).with_columns(
        end=end_of(pl.col("until"), pl.col("day"))
    )
    found = [
        f"{row['from']:%H:%M:%S}-{row['end']} {row['whole']}" for row in pieces.rows(named=True)
    ]
    assert found == expected


def test_a_reader_has_what_their_grants_hold_and_no_more() -> None:
    lea = (Grant("learner", learners=frozenset({"lea"})),)
    tom = (Grant("learner", learners=frozenset({"tom"})),)
    with example() as line:
        for grants, learners in ((lea, {"lea"}), (tom, {"tom"})):
            for name in ("opca_logs", "opca_assiduite"):
                stream = io.BytesIO()
                exporters()[name].write(reports(line, exporters()[name], grants=grants), stream, {})
                rows = csv.DictReader(
                    io.StringIO(stream.getvalue().decode("utf-8-sig"), newline=""), delimiter=";"
                )
                found = {row["Identifiant"] for row in rows}
                expected = learners - ({"tom"} if name == "opca_logs" else set())
                assert found == expected, name


@pytest.mark.parametrize(
    ("name", "asked", "options", "words"),
    [
        ("opca_assiduite", {"granularity": "courses"}, {}, "ask for it by /stats/enrolments"),
        ("opca_assiduite", {"interval": "month"}, {}, "no series"),
        ("opca_assiduite", {"filters": {"course": frozenset({"c"})}}, {}, "filter by course"),
        ("opca_logs", {"filters": {"question": frozenset({"c"})}}, {}, "filter by question"),
        ("opca_logs", {}, {"open_access": "perhaps"}, "none of no, yes"),
    ],
)
def test_what_no_file_can_be_made_of(
    name: str, asked: dict[str, Any], options: dict[str, str], words: str
) -> None:
    with example() as line, pytest.raises(CannotRender, match=words):
        made(line, name, options, **asked)
