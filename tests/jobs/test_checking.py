"""The daily check: told as it is, in a thread of its own, by the worker alone."""

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from apscheduler.triggers.date import DateTrigger

from lrs_stats.facts.projector import Pass
from lrs_stats.jobs.checking import Daily, DailyCheck
from lrs_stats.jobs.worker import Worker, run
from lrs_stats.store.database import connect
from lrs_stats.store.worker_state import WorkerState
from tests.facts.test_comparing import MONDAY, change, filled, lose
from tests.line import Line
from tests.waiting import until


@pytest.fixture
def state(mongo_uri: str, database_name: str) -> Iterator[WorkerState]:
    database = connect(mongo_uri, database_name)
    yield WorkerState(database)
    database.client.close()


@pytest.fixture
def line(tmp_path: Path) -> Line:
    made = Line(tmp_path, ZoneInfo("Europe/Paris"), timedelta(minutes=30))
    filled(made)
    return made


def check(line: Line, state: WorkerState, *, is_worker: bool = True) -> DailyCheck:
    return DailyCheck(line.record, line.folder, state, lambda: is_worker)


def test_agreement_is_written_down(line: Line, state: WorkerState) -> None:
    assert state.last_check() is None
    check(line, state).run()
    found = state.last_check()
    assert found is not None
    assert (found.statements, found.drift, found.days, found.trouble) == (7, {}, (), "")
    assert datetime.now(UTC) - found.at < timedelta(minutes=1)


def test_drift_is_written_down_and_nothing_is_mended(line: Line, state: WorkerState) -> None:
    change(line, lose(1))
    check(line, state).run()
    found = state.last_check()
    assert found is not None
    assert found.drift == {"missing": 1, "strange": 0, "doubled": 0}
    day = {"day": "2025-03-03", "record": 2, "missing": 1, "strange": 0, "doubled": 0}
    assert found.days == (day,)
    assert not state.is_rebuild_asked()
    line.catch_up()
    check(line, state).run()
    again = state.last_check()
    assert again is not None
    assert again.drift


def test_what_goes_wrong_is_written_down(line: Line, state: WorkerState) -> None:
    (line.folder / "era").unlink()
    check(line, state).run()
    found = state.last_check()
    assert found is not None
    assert "being built" in found.trouble


def test_who_is_not_the_worker_checks_nothing(line: Line, state: WorkerState) -> None:
    check(line, state, is_worker=False).run()
    assert state.last_check() is None


def test_a_check_ends_when_the_worker_does(line: Line, state: WorkerState) -> None:
    answers = iter([True, False])
    DailyCheck(line.record, line.folder, state, lambda: next(answers)).run()
    assert state.last_check() is None


class Passes:
    """Stands in for a projector with nothing to do; counts its passes."""

    def __init__(self) -> None:
        self.count = 0
        self.held = 0

    def step(self) -> Pass:
        self.count += 1
        return Pass(read=0, caught_up=True, as_of=MONDAY, version=1)


def test_the_check_runs_at_its_time_and_holds_up_no_pass(state: WorkerState) -> None:
    passes, seen = Passes(), list[int]()

    def long() -> None:
        seen.append(passes.count)
        until(lambda: passes.count > seen[0] + 3)
        os.kill(os.getpid(), signal.SIGTERM)

    daily = Daily(long, DateTrigger(datetime.now(UTC) + timedelta(seconds=0.3)))
    run(Worker(state, lambda: passes), 0.05, daily)  # type: ignore[arg-type, return-value]
    assert seen


def test_the_time_of_the_check_is_a_local_one() -> None:
    trigger = Daily.at("03:30", ZoneInfo("Asia/Kolkata"), lambda: None).when
    due = trigger.get_next_fire_time(None, datetime(2025, 3, 3, 20, tzinfo=UTC))
    assert due == datetime(2025, 3, 3, 22, tzinfo=UTC)
