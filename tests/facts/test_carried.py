"""What is carried over is what would be made of all files anew."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from lrs_stats.facts.carried import Carried

WHO = pl.Categorical()
ROWS = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 9)), max_size=4)


@dataclass(frozen=True, eq=False)
class File:
    """A file that says numbers of learners."""

    rows: pl.DataFrame

    @property
    def mark(self) -> object:
        return self

    @property
    def learners(self) -> pl.Series:
        return self.rows["learner"].unique()


def file_of(rows: list[tuple[str, int]]) -> File:
    return File(pl.DataFrame(rows, schema={"learner": WHO, "number": pl.Int64()}, orient="row"))


class Highest:
    """The highest number of each learner, and for how many it was made."""

    def __init__(self) -> None:
        self.carried = Carried()
        self.made: list[int] = []

    def of(self, files: Sequence[File]) -> dict[str, int]:
        rows = pl.concat([one.rows for one in files])

        def make(theirs: pl.Expr) -> pl.DataFrame:
            found = rows.filter(theirs).group_by("learner").agg(pl.col("number").max())
            self.made.append(found.height)
            return found

        found = self.carried.of(files, make)
        assert not found["learner"].is_duplicated().any()
        return dict(zip(found["learner"].cast(pl.String), found["number"], strict=True))


@settings(deadline=None)
@given(files=st.lists(ROWS, min_size=1, max_size=8), data=st.data())
def test_it_is_what_all_files_say(files: list[list[tuple[str, int]]], data: st.DataObject) -> None:
    known, carried = [file_of(rows) for rows in files], Highest()
    for _ in range(4):
        some = data.draw(st.lists(st.sampled_from(known), min_size=1, unique_by=id))
        assert carried.of(some) == Highest().of(some)


def test_only_the_learners_of_whom_something_new_is_said_are_looked_at() -> None:
    whole = file_of([(one, 1) for one in "abcdefgh"])
    carried = Highest()
    carried.of([whole])
    assert carried.of([whole, file_of([("b", 5)])])["b"] == 5
    assert carried.of([whole])["b"] == 1  # what was said is gone, as when it is voided
    carried.of([whole])
    assert carried.made == [8, 1, 1]
