"""What answers come to by question is the same, whichever of them were known before."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from lrs_stats.facts.file_columns import nothing
from lrs_stats.facts.questions import ByQuestion, by_question
from tests.facts.test_timeline import NOON

ANSWERS = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.sampled_from(["q1", "q2"]),
        st.integers(0, 5),
        st.none() | st.sampled_from([0.0, 12.5, 100.0]),
        st.none() | st.booleans(),
        st.integers(0, 1),
    ),
    max_size=4,
)


@dataclass(frozen=True, eq=False)
class File:
    """A file with answers."""

    answers: pl.DataFrame

    @property
    def mark(self) -> object:
        return self


def file_of(rows: list[tuple[Any, ...]]) -> File:
    told = [
        (learner, question, "answer", NOON + timedelta(hours=hours), *rest)
        for learner, question, hours, *rest in rows
    ]
    return File(pl.DataFrame(told, schema=nothing().answers.schema, orient="row"))


@settings(deadline=None)
@given(files=st.lists(ANSWERS, min_size=1, max_size=6), data=st.data())
def test_it_is_what_all_answers_come_to(
    files: list[list[tuple[Any, ...]]], data: st.DataObject
) -> None:
    known, carried = [file_of(rows) for rows in files], ByQuestion()
    for _ in range(4):
        some = data.draw(st.lists(st.sampled_from(known), min_size=1, unique_by=id))
        expected = by_question(pl.concat([one.answers for one in some]))
        assert_frame_equal(carried.of(some), expected, check_row_order=False)


def test_answers_are_counted_whoever_gave_them() -> None:
    found = by_question(
        file_of(
            [
                ("a", "q1", 1, 100.0, None, 0),
                ("b", "q1", 2, 50.0, None, 0),
                ("b", "q1", 0, None, True, 1),
            ]
        ).answers
    )
    rows = found.sort("offering").select("offering", "answers", "correct", "scored", "millionths")
    assert rows.rows() == [(0, 2, 1, 2, 150_000_000), (1, 1, 1, 0, 0)]
    assert found.sort("offering")["instant"].to_list() == [NOON + timedelta(hours=2), NOON]
