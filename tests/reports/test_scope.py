"""What a reader's grants leave out has no part in any figure, row or total."""

from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrs_stats.access.grants import Grant
from lrs_stats.errors import Forbidden
from lrs_stats.reports.query import Query
from tests.examples import examples
from tests.line import Line
from tests.reports.test_figures import ZONES, asked, assert_report, counting, inquiries
from tests.statement_strategies import IDLE, ZONE, World, worlds

COUNTED = ("connections", "time_spent")


@settings(
    deadline=None,
    max_examples=examples(25),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data(), world=worlds(), zone=ZONES)
def test_a_learner_sees_what_a_filter_by_the_learner_shows(
    data: st.DataObject, world: World, zone: ZoneInfo
) -> None:
    with counting(world, zone) as line:
        for person in world.roster["people"]:
            inquiry = data.draw(inquiries(world, line))
            own = frozenset({person["id"]})
            named = inquiry.filters.get("learner", own) & own
            report = line.report(asked(inquiry), [Grant("learner", learners=own)])
            narrowed = replace(inquiry, filters=inquiry.filters | {"learner": named})
            assert_report(report, narrowed, world)


@settings(
    deadline=None,
    max_examples=examples(15),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(world=worlds(), zone=ZONES)
def test_grants_add_up_and_are_never_multiplied(world: World, zone: ZoneInfo) -> None:
    with counting(world, zone) as line:
        person, course = world.roster["people"][0]["id"], world.roster["courses"][0]["id"]
        grants = [
            Grant("author", courses=frozenset({course}), sessions=frozenset()),
            Grant("manager", learners=frozenset({person})),
        ]
        events, connections = line.tables()
        tied = events.filter((pl.col("course") == course) | (pl.col("learner") == person))
        seen = [
            row
            for row in connections.iter_rows(named=True)
            if row["course"] == course or row["learner"] == person
        ]
        report = line.report(Query("learners", COUNTED), grants)
        assert report.totals["connections"] == len(seen)
        may_be_listed = {person, *tied["learner"], *asked_to_follow(course, world)}
        assert {row["id"] for row in report.rows} <= may_be_listed
        by_learner = {row["id"]: row["connections"] for row in report.rows if row["connections"]}
        assert by_learner == {
            learner: sum(row["learner"] == learner for row in seen)
            for learner in {row["learner"] for row in seen}
        }


def asked_to_follow(course: str, world: World) -> set[str]:
    """Return the learners of whom a program asks the course, pending ones included."""
    asking = {
        one["program_id"] for one in world.roster["program_courses"] if one["course_id"] == course
    }
    runs = {one["id"] for one in world.roster["sessions"] if one["program_id"] in asking}
    return {
        one["person_id"]
        for one in world.roster["enrolments"]
        if one["session_id"] in runs and one["status"] != "cancelled"
    }


def test_a_page_that_no_grant_opens_is_forbidden(tmp_path: Path) -> None:
    line = Line(tmp_path, ZONE, IDLE)
    line.catch_up()
    own = Grant("learner", frozenset({"p1"}), granularities=frozenset({"learners"}))
    with pytest.raises(Forbidden):
        line.report(Query("platform", COUNTED), [own])
    assert line.report(Query("learners", COUNTED), [own]).rows == []
