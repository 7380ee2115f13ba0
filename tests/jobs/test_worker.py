"""The worker: one at a time, told when it fails, and back at work by itself."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from lrs_stats.errors import CommandError
from lrs_stats.facts.projector import Pass
from lrs_stats.facts.tables import FactsGone
from lrs_stats.jobs import lease
from lrs_stats.jobs import worker as worker_module
from lrs_stats.jobs.worker import Worker
from lrs_stats.store import worker_state
from lrs_stats.store.database import connect
from lrs_stats.store.worker_state import WorkerState
from tests.waiting import until

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Projector:
    """Stands in for the projector: fails as often as it is told, then reads what is left."""

    def __init__(self, failures: int = 0, passes: int = 1) -> None:
        self.failures = failures
        self.passes = passes
        self.rebuilt = 0
        self.tidied = False
        self.arranged = 0
        self.held = 0

    def step(self) -> Pass:
        if self.failures:
            self.failures -= 1
            raise OSError(28, "No space left on device")
        self.passes -= 1
        return Pass(10, self.passes <= 0, NOON, 7)

    def rebuild(self) -> None:
        self.rebuilt += 1

    def tidy(self) -> None:
        self.tidied = True

    def arrange(self, go_on: Callable[[], bool]) -> None:
        assert go_on()
        self.arranged += 1


class Gone(Projector):
    """Stands in for a projector whose tables were deleted."""

    def step(self) -> Pass:
        raise FactsGone("deleted")


class Slow(Projector):
    """Stands in for a projector with a lot to read."""

    def step(self) -> Pass:
        time.sleep(0.6)
        return super().step()


@pytest.fixture
def state(mongo_uri: str, database_name: str) -> Iterator[WorkerState]:
    database = connect(mongo_uri, database_name)
    yield WorkerState(database)
    database.client.close()


Make = Callable[..., Worker]


@pytest.fixture
def worker(state: WorkerState) -> Iterator[Make]:
    """Make workers that open one projector after the other, and the last again and again."""
    made = []

    def make(*projectors: Any) -> Worker:
        waiting = list(projectors)
        made.append(Worker(state, lambda: waiting.pop(0) if len(waiting) > 1 else waiting[0]))
        return made[-1]

    yield make
    for one in made:
        one.release()


def test_it_reads_on_until_it_has_caught_up(state: WorkerState, worker: Make) -> None:
    worker(Projector(passes=3)).keep_up()
    reached = state.progress()
    assert (reached.read, reached.as_of, reached.version, reached.alive) == (30, NOON, 7, True)


def test_a_failure_is_told_and_tried_again_later(state: WorkerState, worker: Make) -> None:
    projector = Projector(failures=1)
    working = worker(projector)
    working.keep_up()
    assert "No space left" in state.progress().trouble
    working.keep_up()
    assert projector.passes == 1  # not before the pause is over
    working._resume = NOON
    working.keep_up()
    assert state.progress().trouble == ""
    assert state.progress().as_of == NOON


def test_facts_that_are_gone_are_read_anew_at_once_and_are_no_trouble(
    state: WorkerState, worker: Make
) -> None:
    projector = Projector(passes=2)
    working = worker(Gone(), projector)
    working.keep_up()
    assert state.progress().trouble == ""
    working.keep_up()
    assert (state.progress().trouble, state.progress().as_of) == ("", NOON)


def test_the_lease_is_renewed_while_a_pass_runs(
    state: WorkerState, worker: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "RENEW_EVERY", 0.02)
    monkeypatch.setattr(worker_state, "LEASE", timedelta(seconds=0.2))
    projector = Slow()
    slow = worker(projector)
    running = threading.Thread(target=slow.keep_up)
    running.start()
    until(lambda: state.progress().alive)
    time.sleep(0.4)  # twice what a lease lasts
    other = Projector()
    worker(other).keep_up()
    running.join()
    slow.release()
    assert (projector.passes, other.passes) == (0, 1)


def test_the_upkeep_is_of_the_one_that_works(state: WorkerState) -> None:
    projector, done = Projector(), []
    working: Worker = Worker(state, lambda: projector, lambda: done.append(1))  # type: ignore[arg-type, return-value]
    working.tidy()
    assert (projector.tidied, done) == (False, [])
    working.keep_up()
    working.tidy()
    assert (projector.tidied, done) == (True, [1])
    working.release()


def test_what_is_done_beside_the_passes_is_of_the_one_that_works(
    state: WorkerState, worker: Make
) -> None:
    projector = Projector()
    working = worker(projector)
    working.arrange()
    assert projector.arranged == 0
    working.keep_up()
    working.arrange()
    assert projector.arranged == 1
    working.stop()
    working.arrange()
    assert projector.arranged == 1


def test_what_fails_beside_the_passes_holds_none_up(state: WorkerState, worker: Make) -> None:
    class Full(Projector):
        def arrange(self, go_on: Callable[[], bool]) -> None:
            raise OSError(28, "No space left on device")

    projector = Full(passes=2)
    working = worker(projector)
    working.keep_up()
    working.arrange()
    projector.passes = 1
    working.keep_up()
    assert projector.passes == 0
    assert state.progress().trouble == ""


def test_no_pass_is_begun_after_a_stop(state: WorkerState, worker: Make) -> None:
    projector = Projector(passes=5)
    working = worker(projector)
    working.stop()
    working.keep_up()
    assert projector.passes == 5


def test_it_tries_again_however_often_it_has_failed(state: WorkerState, worker: Make) -> None:
    projector = Projector(failures=1)
    working = worker(projector)
    working._failures = 5_000
    working.keep_up()
    assert (working._resume - datetime.now(UTC)).total_seconds() <= worker_module.LONGEST_PAUSE


class Panicking(Projector):
    """Stands in for a projector in which a library fails as no exception should."""

    def step(self) -> Pass:
        raise Panic


class Panic(BaseException):
    """What libraries in Rust raise when they find themselves at fault."""


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_worker_that_cannot_go_on_ends(
    state: WorkerState, worker: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "LOOK_EVERY", 0.05)
    with pytest.raises(CommandError, match="ended by itself"):
        worker_module.run(worker(Panicking()), 0.05)
    other = Projector()
    worker(other).keep_up()
    assert other.passes == 0  # it has given the lease back


class Clock(threading.Event):
    """Stands in for time and for the event of stopping: each pause is noted, the last one stops."""

    def __init__(self, pauses: int) -> None:
        super().__init__()
        self.now = 1000.0
        self.paused: list[float] = []
        self._left = pauses

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.paused.append(timeout)
        self.now += timeout
        self._left -= 1
        if not self._left:
            self.set()
        return self.is_set()


class Timed(Projector):
    """Stands in for a projector whose passes take a while, by a clock of their own."""

    def __init__(self, clock: Clock, *seconds: float) -> None:
        super().__init__()
        self.clock = clock
        self.seconds = list(seconds)
        self.tidied_at: list[float] = []

    def step(self) -> Pass:
        self.clock.now += self.seconds.pop(0)
        return super().step()

    def tidy(self) -> None:
        self.tidied_at.append(self.clock.now)


def following(state: WorkerState, monkeypatch: pytest.MonkeyPatch, *seconds: float) -> Timed:
    """Let a worker follow the record by looks every half second, and passes that take so long."""
    clock = Clock(len(seconds))
    projector = Timed(clock, *seconds)
    working = Worker(state, lambda: projector)  # type: ignore[arg-type, return-value]
    working._stopping = clock
    monkeypatch.setattr(worker_module, "time", SimpleNamespace(monotonic=lambda: clock.now))
    working.follow(0.5)
    working.release()
    return projector


def test_the_record_is_looked_at_so_often_and_at_once_after_a_longer_pass(
    state: WorkerState, monkeypatch: pytest.MonkeyPatch
) -> None:
    followed = following(state, monkeypatch, 0.0, 0.125, 0.75, 0.5)
    assert followed.clock.paused == [0.5, 0.375, 0.0, 0.0]
    assert followed.seconds == []


def test_it_tidies_between_the_passes_now_and_then(
    state: WorkerState, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = worker_module.TIDY_EVERY.total_seconds()
    followed = following(state, monkeypatch, 1.0, every - 2, 1.0, 1.0, every, 1.0)
    assert len(followed.tidied_at) == 2


def test_a_rebuild_forgets_an_old_trouble(state: WorkerState) -> None:
    state.report(trouble="OSError: long ago")
    state.ask_rebuild()
    assert state.progress().trouble == ""


def test_only_one_works_at_a_time(state: WorkerState, worker: Make) -> None:
    first, second = Projector(), Projector()
    one, other = worker(first), worker(second)
    one.keep_up()
    other.keep_up()
    assert (first.passes, second.passes) == (0, 1)
    one.release()
    other.keep_up()
    assert second.passes == 0


def test_a_rebuild_that_was_asked_for_is_made_once(state: WorkerState, worker: Make) -> None:
    state.ask_rebuild()
    projector = Projector()
    working = worker(projector)
    working.keep_up()
    working.keep_up()
    assert projector.rebuilt == 1
    assert not state.progress().rebuilding


def test_a_rebuild_that_is_asked_for_while_a_pass_ends_is_under_way_until_it_is_made(
    state: WorkerState, worker: Make
) -> None:
    class Asked(Projector):
        def step(self) -> Pass:
            if not self.rebuilt:
                state.ask_rebuild()
            else:
                assert state.progress().rebuilding
            return super().step()

    projector = Asked()
    working = worker(projector)
    working.keep_up()
    assert (projector.rebuilt, state.progress().rebuilding) == (0, True)
    working.keep_up()
    assert (projector.rebuilt, state.progress().rebuilding) == (1, False)


def test_some_things_are_done_the_first_time_only(state: WorkerState) -> None:
    assert state.first_time("administrator")
    assert not state.first_time("administrator")
    assert state.agree("demo", {"seed": 1}) == {"seed": 1}
    assert state.agree("demo", {"seed": 2}) == {"seed": 1}
