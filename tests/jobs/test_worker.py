"""The worker: one at a time, told when it fails, and back at work by itself."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from lrs_stats.facts.projector import Pass
from lrs_stats.jobs.worker import Worker
from lrs_stats.store.database import connect
from lrs_stats.store.worker_state import WorkerState

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Projector:
    """Stands in for the projector: fails as often as it is told, then reads what is left."""

    def __init__(self, failures: int = 0, passes: int = 1) -> None:
        self.failures = failures
        self.passes = passes
        self.rebuilt = 0

    def step(self) -> Pass:
        if self.failures:
            self.failures -= 1
            raise OSError(28, "No space left on device")
        self.passes -= 1
        return Pass(10, self.passes <= 0, NOON)

    def rebuild(self) -> None:
        self.rebuilt += 1


@pytest.fixture
def state(mongo_uri: str, database_name: str) -> Iterator[WorkerState]:
    database = connect(mongo_uri, database_name)
    yield WorkerState(database)
    database.client.close()


def worker(state: WorkerState, projector: Any) -> Worker:
    return Worker(state, lambda: projector, lambda: 7)


def test_it_reads_on_until_it_has_caught_up(state: WorkerState) -> None:
    worker(state, Projector(passes=3)).keep_up()
    reached = state.progress()
    assert (reached.read, reached.as_of, reached.version, reached.alive) == (30, NOON, 7, True)


def test_a_failure_is_told_and_tried_again_later(state: WorkerState) -> None:
    projector = Projector(failures=1)
    working = worker(state, projector)
    working.keep_up()
    assert "No space left" in state.progress().trouble
    working.keep_up()
    assert projector.passes == 1  # not before the pause is over
    working._resume = NOON
    working.keep_up()
    assert state.progress().trouble == ""
    assert state.progress().as_of == NOON


def test_only_one_works_at_a_time(state: WorkerState) -> None:
    first, second = Projector(), Projector()
    one, other = worker(state, first), worker(state, second)
    one.keep_up()
    other.keep_up()
    assert (first.passes, second.passes) == (0, 1)
    one.release()
    other.keep_up()
    assert second.passes == 0


def test_a_rebuild_that_was_asked_for_is_made_once(state: WorkerState) -> None:
    state.ask_rebuild()
    projector = Projector()
    working = worker(state, projector)
    working.keep_up()
    working.keep_up()
    assert projector.rebuilt == 1
    assert not state.progress().rebuilding


def test_some_things_are_done_the_first_time_only(state: WorkerState) -> None:
    assert state.first_time("administrator")
    assert not state.first_time("administrator")
    assert state.agree("demo", {"seed": 1}) == {"seed": 1}
    assert state.agree("demo", {"seed": 2}) == {"seed": 1}
