"""What is kept in memory of open learners says the same as all of their events."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from lrs_stats.facts.connections import CONNECTIONS, derive, signs
from lrs_stats.facts.open_learners import OpenLearners
from lrs_stats.facts.rows import EVENTS
from tests.examples import examples

IDLE = timedelta(minutes=30)
NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
LAUNCHED = "http://adlnet.gov/expapi/verbs/launched"
INITIALIZED = "http://adlnet.gov/expapi/verbs/initialized"
KINDS = ("start", "start", "access", "answer", "end", "pause", "complete", "heartbeat", "login")


def event(number: int, minute: int, **said: Any) -> dict[str, Any]:
    """Return a row: ana launches algebra so many minutes past nine, but for what is said."""
    row = dict.fromkeys(EVENTS) | {
        "statement": f"{number:04}",
        "part": 0,
        "stored": NINE + timedelta(days=1, seconds=number),
        "instant": NINE + timedelta(minutes=minute),
        "kind": "start",
        "verb": LAUNCHED,
        "object": "algebra",
        "learner": "ana",
        "course": "algebra",
    }
    return row | said


def rows(events: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(events, schema=EVENTS)


EVENT = st.fixed_dictionaries(
    {
        "learner": st.sampled_from(["ana", "ana", "bob", None]),
        "kind": st.sampled_from(KINDS),
        "part": st.sampled_from([0, 0, 0, 1]),
        "verb": st.sampled_from([LAUNCHED, INITIALIZED, "x"]),
        "object": st.sampled_from(["algebra", "biology", "page", None]),
        "course": st.sampled_from(["algebra", "algebra", "biology", None]),
        "session_id": st.sampled_from([None, None, None, "s1", "s2"]),
        "registration": st.sampled_from([None, None, "r1"]),
        "seconds": st.sampled_from([None, 60.0]),
    }
)
ARRIVALS = st.lists(
    st.lists(
        st.tuples(st.sampled_from([0, 0, 1, 5, 29, 30, 31, 45, 45, -20, -300]), EVENT), max_size=6
    ),
    max_size=8,
)
"""Batches of events, each so many minutes after the one before it; a few come late."""


def batches(arrivals: list[list[tuple[int, dict[str, Any]]]]) -> Iterator[pl.DataFrame]:
    number, minute = 0, 0
    for batch in arrivals:
        made = []
        for later, said in batch:
            number, minute = number + 1, max(minute, minute + later)
            made.append(event(number, minute + min(later, 0), **said))
        yield rows(made)


def put(opened: OpenLearners, arrived: pl.DataFrame, everything: pl.DataFrame) -> set[str]:
    """Let events arrive; return of whom all events had to be read."""
    opened.add(arrived)
    read = opened.to_read()
    theirs = signs(everything.lazy()).filter(pl.col("learner").is_in(read)).collect()
    opened.derive(read, theirs)
    return read


def begun() -> OpenLearners:
    return OpenLearners(pl.DataFrame(schema=CONNECTIONS), IDLE)


def assert_whole(opened: OpenLearners, everything: pl.DataFrame) -> None:
    there = opened.connections.filter(pl.col("connection").is_not_null())
    expected = derive(everything.lazy(), IDLE)
    assert_frame_equal(there.sort("learner", "start", "connection"), expected)


@settings(deadline=None, max_examples=examples(150))
@given(arrivals=ARRIVALS, forgotten=st.sets(st.integers(0, 7)))
def test_whatever_arrives_the_connections_are_those_of_all_events(
    arrivals: list[list[tuple[int, dict[str, Any]]]], forgotten: set[int]
) -> None:
    opened, everything = begun(), rows([])
    for place, arrived in enumerate(batches(arrivals)):
        everything = pl.concat([everything, arrived])
        if place in forgotten:
            opened.forget(["ana"])
        put(opened, arrived, everything)
        assert_whole(opened, everything)


def test_who_goes_on_in_order_is_not_read_again() -> None:
    opened, everything = begun(), rows([])
    for minute, read in ((0, {"ana"}), (10, set()), (90, set()), (95, set()), (300, set())):
        arrived = rows([event(minute, minute)])
        everything = pl.concat([everything, arrived])
        assert put(opened, arrived, everything) == read
        assert_whole(opened, everything)


def test_little_is_kept_of_who_was_here_for_long() -> None:
    opened, everything = begun(), rows([])
    for minute in range(0, 6000, 60):
        arrived = rows([event(minute, minute)])
        everything = pl.concat([everything, arrived])
        put(opened, arrived, everything)
    assert opened._unsettled.height == 1
    assert_whole(opened, everything)


def test_who_comes_late_or_goes_on_with_a_settled_session_is_read_again() -> None:
    opened, everything = begun(), rows([])
    for minute, said, read in (
        (0, {"session_id": "s1"}, {"ana"}),
        (60, {}, set()),
        (61, {"session_id": "s1"}, {"ana"}),
        (120, {}, set()),
        (59, {}, {"ana"}),
        (121, {"learner": "bob"}, {"bob"}),
    ):
        arrived = rows([event(len(everything), minute, **said)])
        everything = pl.concat([everything, arrived])
        assert put(opened, arrived, everything) == read
        assert_whole(opened, everything)


def test_a_completion_counts_for_all_that_comes_after_it() -> None:
    opened, everything = begun(), rows([])
    for minute, kind in ((0, "start"), (5, "complete"), (100, "start"), (200, "start")):
        arrived = rows([event(minute, minute, kind=kind)])
        everything = pl.concat([everything, arrived])
        put(opened, arrived, everything)
    assert opened.connections.sort("start")["after_completion"].to_list() == [False, True, True]
    assert_whole(opened, everything)
