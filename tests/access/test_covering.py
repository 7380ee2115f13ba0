"""What was seen when a file was made, against what is seen now."""

import pytest

from lrs_stats.access.covering import still_hold, written_down
from lrs_stats.access.grants import Grant

A, B, AB = frozenset({"a"}), frozenset({"b"}), frozenset({"a", "b"})
LEARNERS = frozenset({"learners"})


def holds(before: list[Grant], now: list[Grant], *granularities: str) -> bool:
    return still_hold(now, written_down(before, granularities or ("learners",)))


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ([Grant("owner")], [Grant("owner")], True),
        ([Grant("owner")], [Grant("manager", AB)], False),
        ([Grant("manager", A)], [Grant("owner")], True),
        ([Grant("manager", A)], [Grant("coach", AB)], True),
        ([Grant("manager", AB)], [Grant("manager", A)], False),
        ([Grant("manager", A)], [], False),
        ([], [], True),
        ([Grant("author", courses=A)], [Grant("author", courses=B)], False),
        ([Grant("coach", A, groups=A)], [Grant("coach", A, groups=frozenset())], False),
        ([Grant("coach", A, sessions=A)], [Grant("coach", A, sessions=AB)], True),
        # a union of two is not a product: neither holds both
        ([Grant("coach", AB, AB)], [Grant("coach", AB, A), Grant("coach", A, AB)], False),
    ],
)
def test_the_former_lie_within_the_present(
    before: list[Grant], now: list[Grant], *, expected: bool
) -> None:
    assert holds(before, now) is expected


def test_only_the_pages_that_the_file_is_about_matter() -> None:
    before = [Grant("owner")]
    now = [Grant("coach", granularities=LEARNERS)]
    assert holds(before, now, "learners")
    assert not holds(before, now, "learners", "courses")


def test_many_sets_that_are_the_same_are_written_once() -> None:
    many = frozenset(f"learner-{number:06}" for number in range(20_000))
    grants = [Grant("coach", many, frozenset({str(n)})) for n in range(100)]
    kept = written_down(grants, {"courses"})
    assert len(kept) < 300_000
    assert still_hold(grants, kept)
    assert not still_hold(grants[1:], kept)
