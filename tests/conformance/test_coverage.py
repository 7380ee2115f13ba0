"""Every requirement that is known has a test, or a reason why it has none."""

from collections import defaultdict

from tests.conformance.coverage import PAGE, every, page
from tests.conformance.known import KNOWN, NOT_TESTED
from tests.conformance.requirement import Requirement


def test_every_number_has_a_test_or_a_reason() -> None:
    covered = {one.number for _, found in every() for one in found}
    assert KNOWN - covered == NOT_TESTED.keys()
    assert {number for number in covered if not number.startswith("LRS-")} <= KNOWN


def test_every_test_names_its_requirement() -> None:
    assert [name for name, found in every() if not found] == []


def test_a_number_says_one_thing() -> None:
    meanings: defaultdict[str, set[Requirement]] = defaultdict(set)
    for _, found in every():
        for one in found:
            meanings[one.number].add(one)
    assert [number for number, said in meanings.items() if len(said) > 1] == []


def test_the_page_is_up_to_date() -> None:
    made = page()
    assert PAGE.read_text("utf-8") == made, "Run python -m tests.conformance and commit the page."
