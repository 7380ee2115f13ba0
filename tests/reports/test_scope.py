"""What a reader's grants leave out has no part in any figure, row or total."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrs_stats.access.grants import Grant
from lrs_stats.errors import Forbidden
from lrs_stats.reports.query import Query
from tests.examples import examples
from tests.line import Line
from tests.reports.test_figures import METRICS, asked, assert_same, questions, theirs
from tests.statement_strategies import IDLE, ZONE, World, worlds


@settings(
    deadline=None,
    max_examples=examples(25),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data(), world=worlds())
def test_a_learner_sees_what_a_filter_by_the_learner_shows(
    data: st.DataObject, world: World
) -> None:
    with TemporaryDirectory() as folder:
        line = Line(Path(folder), ZONE, IDLE, world.roster)
        line.record.add(world.statements)
        line.catch_up()
        for person in world.roster["people"]:
            question = data.draw(questions(world))
            own = frozenset({person["id"]})
            named = question.filters.get("learner", own) & own
            report = line.report(asked(question), [Grant("learner", learners=own)])
            expected = theirs(
                world, replace(question, filters=question.filters | {"learner": named})
            )
            keys = [column.name for column in report.keys if column.name != "title"]
            rows = {tuple(row[key] for key in keys): row for row in report.rows}
            assert rows.keys() == expected.rows.keys(), (person["id"], question)
            for key, row in rows.items():
                assert_same(row, expected.rows[key], (person["id"], question, key))
            assert_same(report.totals, expected.totals, (person["id"], question))


@settings(
    deadline=None,
    max_examples=examples(15),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(world=worlds())
def test_grants_add_up_and_are_never_multiplied(world: World) -> None:
    with TemporaryDirectory() as folder:
        line = Line(Path(folder), ZONE, IDLE, world.roster)
        line.record.add(world.statements)
        line.catch_up()
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
        report = line.report(Query("learners", METRICS), grants)
        assert report.totals["connections"] == len(seen)
        assert {row["id"] for row in report.rows} <= {person, *tied["learner"]}
        by_learner = {row["id"]: row["connections"] for row in report.rows if row["connections"]}
        assert by_learner == {
            learner: sum(row["learner"] == learner for row in seen)
            for learner in {row["learner"] for row in seen}
        }


def test_a_page_that_no_grant_opens_is_forbidden(tmp_path: Path) -> None:
    line = Line(tmp_path, ZONE, IDLE)
    line.catch_up()
    own = Grant("learner", frozenset({"p1"}), granularities=frozenset({"learners"}))
    with pytest.raises(Forbidden):
        line.report(Query("platform", METRICS), [own])
    assert line.report(Query("learners", METRICS), [own]).rows == []
