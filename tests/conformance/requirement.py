"""How a conformance test says which requirement of the specification it holds the server to.

`requirement` stands above a test and gives its numbers, its section and the requirement in one
sentence; the test then runs for each version of xAPI for which it holds, with an `lrs` that speaks
that version. `statements` makes a whole test of a table: which changes to a valid statement are
accepted, and which refused.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import pytest

from tests.conformance.lrs import Lrs
from tests.conformance.statements import Json, change, in_sub_statement, named, statement

Test = TypeVar("Test", bound=Callable[..., None])
Change = Mapping[str, Any]
"""Places of a statement, and what stands there instead; ABSENT where nothing does."""

BOTH: Final = ("1.0.3", "2.0.0")


@dataclass(frozen=True)
class Requirement:
    """One number of the list, where the specification says it, and what it says."""

    number: str
    section: str
    sentence: str
    versions: tuple[str, ...]


def requirement(
    numbers: str, section: str, sentence: str, *, only: str | None = None
) -> Callable[[Test], Test]:
    """Mark the test of one requirement, which may have several numbers, parted by a space.

    Sections are those of the specification of 1.0.3, `Data 2.4.3` or `Communication 2.1.3`, and
    for what only 2.0.0 says those of IEEE 9274.1.1.
    """
    versions = BOTH if only is None else (only,)
    found = [Requirement(number, section, sentence, versions) for number in numbers.split()]
    return _marked(found)


def requirements(section: str, sentences: Mapping[str, str]) -> Callable[[Test], Test]:
    """Mark a test that holds many requirements of a section, one for each row of its table."""
    return _marked(
        [Requirement(number, section, sentence, BOTH) for number, sentence in sentences.items()]
    )


def of(test: object) -> list[Requirement]:
    """Return the requirements of a test."""
    return list(getattr(test, "requirements", ()))


def statements(
    numbers: str,
    section: str,
    sentence: str,
    *,
    accepted: Iterable[Change] = (),
    refused: Iterable[Change] = (),
    only: str | None = None,
) -> Callable[..., None]:
    """Return the test of a requirement that is a table of changes to a valid statement.

    Every change is also made inside a sub-statement where it can be, for what holds for
    statements holds for those (Data 2.4.4.3).
    """
    cases = [
        pytest.param(sent, fields, id=f"{word}-{name}")
        for word, changes in (("accepted", accepted), ("refused", refused))
        for one in changes
        for name, sent, fields in _places(one, refused=word == "refused")
    ]

    @requirement(numbers, section, sentence, only=only)
    @pytest.mark.parametrize(("sent", "wrong"), cases)
    def test(lrs: Lrs, sent: Json, wrong: set[str]) -> None:
        answer = lrs.post_json("statements", sent)
        if not wrong:
            lrs.expect(answer, 200)
            return
        detail = lrs.refuses(answer)
        assert any(detail.startswith(f"statement.{name}") for name in wrong), detail

    return test


def everywhere(
    places: Iterable[str], values: Iterable[Any], beside: Change | None = None
) -> list[Change]:
    """Return the changes that put each value in each place."""
    values = list(values)
    return [{**(beside or {}), place: value} for place in places for value in values]


def _marked(found: list[Requirement]) -> Callable[[Test], Test]:
    def mark(test: Test) -> Test:
        versions = [one for one in BOTH if any(one in each.versions for each in found)]
        if not of(test):
            test = pytest.mark.parametrize("lrs", versions, indirect=True)(test)
        test.requirements = of(test) + found  # type: ignore[attr-defined]
        return test

    return mark


def _places(made: Change, *, refused: bool) -> Iterator[tuple[str, Json, set[str]]]:
    """Yield the name, the statement and, of a refusal, the properties that may be at fault."""
    fields = {place.split(".")[0] for place in made}
    yield named(made), change(statement(), made), fields if refused else set()
    if in_sub_statement(made):
        inside = {f"object.{place}": value for place, value in made.items()}
        sent = change(statement(), inside, inside=True)
        fields = {f"object.{field}" for field in fields}
        yield f"{named(made)} in a sub-statement", sent, fields if refused else set()
