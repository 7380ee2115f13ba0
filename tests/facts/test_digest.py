"""What some digests come to is the same however they were merged before."""

from dataclasses import dataclass

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from lrs_stats.facts.digest import KEPT, Digest, Merged
from lrs_stats.facts.file_columns import nothing

SEATS = st.tuples(st.sampled_from("abc"), st.sampled_from([0, 1]))
HEARD = st.lists(st.tuples(SEATS, st.booleans(), st.none() | st.floats(0, 100)), max_size=5)


@dataclass(frozen=True, eq=False)
class File:
    """A file of events with a digest."""

    digest: Digest


def file_of(rows: list[tuple[tuple[str, int], bool, float | None]]) -> File:
    """Return a file that heard something; of answers and signs it knows nothing."""
    empty = nothing().digest
    heard = [(*seat, came, value) for seat, came, value in rows]
    frame = pl.DataFrame(heard, schema=empty.heard.schema, orient="row")
    return File(Digest(empty.seats, empty.answered, frame))


@settings(deadline=None)
@given(files=st.lists(HEARD, min_size=1, max_size=6), data=st.data())
def test_the_order_of_merging_does_not_matter(
    files: list[list[object]], data: st.DataObject
) -> None:
    digests = [file_of(rows) for rows in files]  # type: ignore[arg-type]
    merged = Merged(few=0)
    for _ in range(4):
        some = data.draw(st.lists(st.sampled_from(digests), min_size=1, unique_by=id))
        found = merged.of(some).merged().heard
        expected = Digest.concat([one.digest for one in some]).merged().heard
        assert_frame_equal(found, expected, check_row_order=False, categorical_as_str=True)


def test_what_is_gone_is_forgotten() -> None:
    kept, gone = (
        file_of([(("a", 0), True, 1.0)]),
        file_of([(("b", 0), True, 2)]),
    )
    merged = Merged(few=0)
    merged.of([kept, gone])
    merged.keep([kept])
    assert merged.of([kept]).heard["learner"].to_list() == ["a"]


def test_no_more_are_kept_than_were_asked_for_last() -> None:
    merged = Merged(few=0)
    digests = [file_of([(("a", 0), True, 1.0)]) for _ in range(2 * KEPT)]
    for one in digests:
        merged.of([one])
    assert merged.height == KEPT
