"""What real tools send, as the registered interpreters together understand it: golden pairs."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from lrs_stats import Interpreter
from lrs_stats.facts import rows
from lrs_stats.registry import build
from lrs_stats.samples import decoded
from lrs_stats.settings import Settings
from tests import oracle
from tests.plugins.golden import articulate, h5p, moodle, openedx, scorm
from tests.plugins.golden.pair import QUESTION, Json, Pair, Tool

INTERPRETERS = build(Settings()).interpreters
TOOLS: list[Tool] = [one.TOOL for one in (articulate, h5p, moodle, openedx, scorm)]
PAIRS = [
    pytest.param(pair, id=f"{tool.name}: {pair.title}")
    for tool in TOOLS
    for pair in [*tool.pairs, *tool.others]
]
STORED = datetime(2026, 3, 2, 9, tzinfo=UTC)
ABSENT = {"nothing": "unknown"}
"""What an interpreter passes over on purpose is to the oracle a verb that nobody knows."""

NAMES = {None: "", True: " right", False: " wrong"}
NO_ROSTER: dict[str, list[dict[str, str]]] = {
    table: []
    for table in (
        *("people", "groups", "memberships", "courses", "course_staff"),
        *("programs", "program_courses", "sessions", "enrolments"),
    )
}


@dataclass(frozen=True)
class Stored:
    raw: bytes
    id: str = "a8f1b8a0-0d8b-4b53-9bd5-7e4f0f5a0c11"
    stored: datetime = STORED


def understood(statement: Json) -> list[dict[str, Any]]:
    """Return the rows of the events table that a statement becomes."""
    return rows.interpret([Stored(msgspec.json.encode(statement))], INTERPRETERS).to_dicts()


@pytest.mark.parametrize("pair", PAIRS)
def test_a_statement_is_understood(pair: Pair) -> None:
    found = understood(pair.statement)
    assert [_event(row) for row in found] == pair.events
    assert {row["interpreter"] for row in found} == {pair.interpreter}
    assert {row["hint"] for row in found} == {pair.course}
    assert {row["session_id"] for row in found} == {pair.session_id}


@pytest.mark.parametrize("pair", PAIRS)
def test_the_oracle_understands_the_same(pair: Pair) -> None:
    statement = pair.statement | {"id": "one", "stored": STORED.isoformat()}
    found = oracle.events([statement], NO_ROSTER, zone=ZoneInfo("UTC"))
    told = [_figure(ABSENT.get(each.kind, each.kind), each.value) for each in found]
    assert told == [ABSENT.get(each, _without_success(each)) for each in pair.events]
    if told != ["unknown"]:
        assert {each.course for each in found} == {pair.course or "unassigned"}


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: str(tool.name))
def test_the_pairs_of_a_tool_are_its_own_and_the_others_are_not(tool: Tool) -> None:
    titles = Counter(pair.title for pair in [*tool.pairs, *tool.others])
    assert max(titles.values()) == 1
    assert {pair.interpreter for pair in tool.pairs} == {tool.name}
    assert tool.name not in {pair.interpreter for pair in tool.others}


OBJECTS = [
    {"objectType": "Agent", "mbox": "mailto:ada@school.example"},
    {"objectType": "StatementRef", "id": "a8f1b8a0-0d8b-4b53-9bd5-7e4f0f5a0c11"},
    {"id": "https://school.example/bare"},
    {"id": "https://school.example/typed", "definition": {"type": QUESTION}},
]


@pytest.mark.parametrize("thing", OBJECTS, ids=lambda thing: str(thing.get("objectType", "id")))
@pytest.mark.parametrize("interpreter", INTERPRETERS, ids=lambda one: one.name)
def test_no_object_and_no_extension_is_too_odd(
    interpreter: Interpreter, thing: dict[str, object]
) -> None:
    for tool in TOOLS:
        for pair in tool.pairs:
            context = pair.statement["context"]
            for odd in (None, 7, "", [], [1], {}, {"": None}):
                extensions = dict.fromkeys(context.get("extensions", {}), odd)
                around = {"context": context | {"extensions": extensions}}
                interpreter.interpret(decoded(pair.statement | {"object": thing} | around))


def _figure(kind: str, value: float | None) -> str:
    return kind if value is None else f"{kind} {value:g}"


def _without_success(event: str) -> str:
    kind, *said = event.split()
    return " ".join([kind, *(each for each in said if each.isdecimal() or "." in each)])


def _event(row: dict[str, object]) -> str:
    value = "" if row["value"] is None else f" {row['value']:g}"
    seconds = "" if row["seconds"] is None else f" {row['seconds']:g}s"
    success = row["success"]
    assert success is None or isinstance(success, bool)
    return f"{row['kind']}{value}{seconds}{NAMES[success]}"
