"""Interpretation by a second process: the rows of one, whatever becomes of the other."""

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
import pytest
from polars.testing import assert_frame_equal

from lrs_stats.facts.rows import interpret
from lrs_stats.jobs import interpreting as module
from lrs_stats.jobs.interpreting import Interpreting
from lrs_stats.registry import build
from lrs_stats.samples import statements
from lrs_stats.settings import Settings
from lrs_stats.store.statement_documents import Stored
from tests.line import Kept, Line
from tests.waiting import ended, until

NOON: Final = datetime(2026, 1, 5, 12, tzinfo=UTC)
MANY: Final = 100
RECORD: Final = [
    Stored(one["id"], NOON + timedelta(milliseconds=number), msgspec.json.encode(one))
    for number, one in enumerate(
        statements(
            "\n".join(
                f"2026-01-05T10:{n % 60:02}:00.000Z w{n % 8} {verb} course:http://example.org/{n}"
                for n in range(MANY)
                for verb in ("launched", "completed")
            )
        )
    )
]
INTERPRETERS: Final = build(Settings()).interpreters
OTHER: Final = """
from lrs_stats import Event, Interpreter, hookimpl

class Other(Interpreter):
    name = "other"
    title = "Other"
    precedence = 99

    def interpret(self, statement):
        return [Event(kind="login")]

@hookimpl
def register_interpreters():
    return [Other]
"""


@pytest.fixture
def interpreting() -> Iterator[Interpreting]:
    """Two processes for a hundred statements or more."""
    made = Interpreting(INTERPRETERS, os.environ, many=MANY)
    yield made
    made.end()


def assert_right(interpreting: Interpreting, record: list[Stored] = RECORD) -> None:
    assert_frame_equal(interpreting.begin(record)(), interpret(record, INTERPRETERS))


def begun(interpreting: Interpreting) -> int:
    """Let the second process begin, and return its id once it is ready."""
    assert_right(interpreting)
    helper = interpreting.helper
    assert helper is not None
    until(helper.is_ready, 60)
    return helper.pid


def test_two_processes_make_the_rows_that_one_makes(interpreting: Interpreting) -> None:
    begun(interpreting)
    assert_right(interpreting)
    assert_right(interpreting, RECORD[: MANY + 1])


def numbers(interpreting: Interpreting, record: list[Stored] = RECORD) -> tuple[int, int]:
    """Return how many rows the second process makes of a record, and how many this one."""
    rows = interpreting.begin(record)
    meanwhile = interpreting(record[:1])
    of = rows()["interpreter"].to_list()
    assert meanwhile["interpreter"].to_list() == ["table"]
    assert of == sorted(of)  # the first ones are the second process's
    return of.count("other"), of.count("table")


@pytest.fixture
def told_apart(tmp_path: Path) -> Iterator[Interpreting]:
    """Two processes whose rows name different interpreters."""
    (tmp_path / "other.py").write_text(OTHER)
    environment = os.environ | Settings(plugins=str(tmp_path)).environment()
    made = Interpreting(INTERPRETERS, environment, many=MANY)
    yield made
    made.end()


def test_the_second_process_makes_most_rows_of_many_and_this_one_those_of_few(
    told_apart: Interpreting,
) -> None:
    begun(told_apart)
    theirs, mine = numbers(told_apart)
    assert theirs == len(RECORD) * module.FIRST_SHARE
    assert mine == len(RECORD) - theirs
    assert numbers(told_apart, RECORD[: MANY - 1]) == (0, MANY - 1)


@pytest.mark.parametrize(("is_done", "share"), [(True, module.MOST_SHARE), (False, 0.5)])
def test_the_part_of_the_second_process_is_such_that_neither_waits(
    told_apart: Interpreting,
    monkeypatch: pytest.MonkeyPatch,
    share: float,
    is_done: bool,  # noqa: FBT001 - pytest passes by name
) -> None:
    begun(told_apart)
    monkeypatch.setattr(module.Helper, "is_done", lambda _: is_done)
    for _ in range(10):
        numbers(told_apart)
    theirs = round(len(RECORD) * share)
    assert numbers(told_apart) == (theirs, len(RECORD) - theirs)


def test_what_was_begun_and_not_waited_for_is_no_answer_to_anything_else(
    interpreting: Interpreting,
) -> None:
    begun(interpreting)
    before = interpreting.begin(RECORD)
    assert_right(interpreting, RECORD[: MANY + 1])
    assert_frame_equal(before(), interpret(RECORD, INTERPRETERS))
    before = interpreting.begin(RECORD)
    assert_right(interpreting, RECORD[:1])
    assert_frame_equal(before(), interpret(RECORD, INTERPRETERS))


def test_one_that_is_killed_at_work_costs_no_statement(interpreting: Interpreting) -> None:
    pid = begun(interpreting)
    rows = interpreting.begin(RECORD * 50)
    os.kill(pid, signal.SIGKILL)
    assert_frame_equal(rows(), interpret(RECORD * 50, INTERPRETERS))
    assert interpreting.helper is None


@pytest.mark.parametrize("times", [1, 50], ids=["at work", "given more than a connection holds"])
def test_one_that_is_stuck_costs_no_statement(
    interpreting: Interpreting, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    pid = begun(interpreting)
    monkeypatch.setattr(module, "PATIENCE", 0.5)
    os.kill(pid, signal.SIGSTOP)
    assert_right(interpreting, RECORD * times)
    assert interpreting.helper is None
    assert ended(pid)


def test_facts_are_the_same_whoever_interprets(interpreting: Interpreting, tmp_path: Path) -> None:
    one, two = (Line(tmp_path / name, ZoneInfo("UTC"), timedelta(minutes=30)) for name in "ab")
    for line in one, two:
        line.record.statements = {kept.id: Kept(*kept) for kept in RECORD}
    begun(interpreting)
    one.begin = interpreting.begin
    one.catch_up(limit=MANY)
    two.catch_up()
    assert_frame_equal(one.tables()[0], two.tables()[0])
    assert one.tables()[0].height == len(RECORD)
    assert_frame_equal(one.tables()[1], two.tables()[1])


def test_few_statements_end_it(interpreting: Interpreting) -> None:
    pid = begun(interpreting)
    assert_right(interpreting, RECORD[: MANY - 1])
    assert ended(pid)
    assert interpreting.helper is None


def test_one_that_is_killed_costs_no_statement(interpreting: Interpreting) -> None:
    pid = begun(interpreting)
    os.kill(pid, signal.SIGKILL)
    until(lambda: ended(pid))
    assert_right(interpreting)
    assert interpreting.helper is None
    assert_right(interpreting)  # and no other is begun while there are many
    assert interpreting.helper is None
    assert_right(interpreting, RECORD[:1])
    assert begun(interpreting) != pid


def test_one_that_cannot_begin_costs_no_statement(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("raise RuntimeError")
    environment = os.environ | Settings(plugins=str(tmp_path)).environment()
    interpreting = Interpreting(INTERPRETERS, environment, many=MANY)
    assert_right(interpreting)
    helper = interpreting.helper
    assert helper is not None
    until(lambda: ended(helper.pid), 60)
    assert_right(interpreting)
    assert interpreting.helper is None


def test_a_pass_that_fails_leaves_no_rows_for_the_next(
    interpreting: Interpreting, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = begun(interpreting)
    with monkeypatch.context() as patched:
        patched.setattr(module.Helper, "take", failing)
        with pytest.raises(MemoryError):
            interpreting.begin(RECORD)()
    assert ended(pid)
    begun(interpreting)
    with monkeypatch.context() as patched:
        patched.setattr(module, "interpret", failing)
        with pytest.raises(MemoryError):
            interpreting.begin(RECORD)()
    assert_right(interpreting, RECORD[: MANY + 1])


def failing(*_: object) -> None:
    raise MemoryError


def test_it_ends_with_the_connection(interpreting: Interpreting) -> None:
    pid = begun(interpreting)
    interpreting.end()
    assert ended(pid)
