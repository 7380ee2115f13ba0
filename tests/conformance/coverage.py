"""The table of requirements and tests, `docs/conformance.md`, made from the tests themselves."""

import importlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from tests.conformance.known import NOT_TESTED
from tests.conformance.requirement import BOTH, Requirement, of

HERE: Final = Path(__file__).parent
PAGE: Final = HERE.parents[1] / "docs" / "conformance.md"

_BEGIN: Final = """# Conformance

What xAPI asks of a learning record store, requirement by requirement, and the test that holds \
lrs-stats to it. Each test runs against the whole application on a real MongoDB, in every version \
for which it holds: `python -m pytest tests/conformance`.

Numbers that begin with XAPI are those of ADL's public list of requirements for 1.0.3; the \
sentences are our own. The list as it is public says nothing of 00050 to 00055 and 00063 but that \
they are about activities; they are read here by their place in it. Numbers that begin with LRS \
are ours, for what that list does not ask. `Data` and `Communication` are the parts of the \
[specification of 1.0.3](https://github.com/adlnet/xAPI-Spec); IEEE 9274.1.1 is that of 2.0.0.

This page is made from the tests: `python -m tests.conformance`.
"""
_TITLES: Final = {
    BOTH: "Both versions",
    ("1.0.3",): "1.0.3 alone",
    ("2.0.0",): "2.0.0 alone",
}


def every() -> Iterator[tuple[str, list[Requirement]]]:
    """Yield the name of each test with its requirements."""
    for path in sorted(HERE.glob("test_*.py")):
        module = importlib.import_module(f"tests.conformance.{path.stem}")
        for name, test in vars(module).items():
            if name.startswith("test_") and path.stem != "test_coverage":
                yield f"{path.stem}::{name}", of(test)


def page() -> str:
    """Return the page as it should be."""
    rows: dict[Requirement, list[str]] = {}
    for name, found in every():
        for one in found:
            rows.setdefault(one, []).append(name)
    sections = [_section(versions, rows) for versions in _TITLES]
    return "\n".join([_BEGIN, *sections, _not_tested()])


def _section(versions: tuple[str, ...], rows: dict[Requirement, list[str]]) -> str:
    found = sorted((one for one in rows if one.versions == versions), key=_order)
    return f"## {_TITLES[versions]}\n\n" + _table(
        ("number", "requirement", "where", "test"),
        (
            (one.number, one.sentence, one.section, ", ".join(f"`{name}`" for name in rows[one]))
            for one in found
        ),
    )


def _not_tested() -> str:
    return "## Without a test\n\n" + _table(("number", "why"), NOT_TESTED.items())


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines
    )


def _order(one: Requirement) -> tuple[bool, str, str]:
    return one.number.startswith("LRS"), one.number, one.sentence
