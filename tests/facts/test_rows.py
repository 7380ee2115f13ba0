"""Rows of statements, and interpreters that break their contract: one statement, no more."""

from datetime import UTC, datetime
from typing import Any, ClassVar

import msgspec
import pytest

from lrs_stats import Event, Interpreter
from lrs_stats.facts.rows import interpret
from lrs_stats.samples import statements
from tests.line import Kept

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
RECORD = [
    Kept(one["id"], NOON, msgspec.json.encode(one))
    for one in statements(
        """
        2026-01-05T10:00:00.000Z zoe launched course:http://example.org/course
        2026-01-05T10:05:00.000Z max terminated http://example.org/course
        """
    )
]


class Broken(Interpreter):
    """Answers what it is told to for zoe, and rightly for everyone else."""

    name = "broken"
    title = "Broken"
    answer: ClassVar[Any]

    def interpret(self, statement: Any) -> Any:
        if "zoe" in statement.agent_key:
            return self.answer
        return [Event(kind="access")]


@pytest.mark.parametrize(
    "answer",
    [
        Event(kind="start"),
        "start",
        7,
        pytest.param(iter(()), id="an iterator"),
        ["start"],
        [Event(kind="foo")],  # type: ignore[arg-type]
        [Event(kind="voided")],  # type: ignore[arg-type]
        [Event(kind="answer", value=float("nan"))],
        [Event(kind="answer", value=float("inf"))],
        [Event(kind="answer", value="80")],  # type: ignore[arg-type]
        [Event(kind="answer", success="yes")],  # type: ignore[arg-type]
        [Event(kind="end", seconds="PT1H")],  # type: ignore[arg-type]
        [Event(kind="start", session_id="\ud800")],
        [Event(kind="start", session_id=3)],  # type: ignore[arg-type]
        [Event(kind="start", course=b"x")],  # type: ignore[arg-type]
    ],
    ids=repr,
)
def test_a_wrong_answer_leaves_its_own_statement_not_understood(answer: Any) -> None:
    Broken.answer = answer
    rows = interpret(RECORD, [Broken()]).sort("actor")
    assert rows["kind"].to_list() == ["access", "unknown"]
    assert rows["interpreter"].to_list() == ["broken", "broken"]


def test_an_empty_list_says_nothing_and_none_asks_the_next() -> None:
    Broken.answer = []
    assert set(interpret(RECORD, [Broken()])["kind"]) == {"access", "nothing"}
    Broken.answer = None
    rows = interpret(RECORD, [Broken()]).sort("actor")
    assert rows["interpreter"].to_list() == ["broken", None]
