"""The processes that make files: as many as may be, taken back when they die, ended at a stop."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lrs_stats.jobs import exports
from lrs_stats.jobs.exports import Exports, Limits
from lrs_stats.processes import Program
from lrs_stats.store.database import Database, Document
from lrs_stats.store.exports import TRIES, WAITS, Export, ExportStore, Owner
from tests.waiting import ended, until

SLEEPS = "import time; time.sleep(60)"
Started = list[tuple[Export, Program]]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "GLANCE", 0.02)


@pytest.fixture
def store(database: Database[Document]) -> ExportStore:
    return ExportStore(database)


def ordered(store: ExportStore, number: int) -> str:
    owner = Owner("person", f"person{number % 3}")
    name = f"{number:032}"
    store.add(Export(name, owner, "learners", {}, "csv", datetime.now(UTC)))
    return name


@contextmanager
def watching(
    store: ExportStore,
    folder: Path,
    code: str,
    started: Started,
    *,
    at_once: int = 2,
    minutes: float = 120,
    is_worker: Callable[[], bool] = lambda: True,
    has_facts: Callable[[], bool] = lambda: True,
) -> Iterator[None]:
    def program(export: Export) -> Program:
        made = Program("export", [sys.executable, "-c", code], {})
        started.append((export, made))
        return made

    limits = Limits(at_once, 2, minutes)
    with Exports(store, folder, limits, is_worker, program, has_facts=has_facts):
        yield


def test_only_the_worker_begins_and_no_more_than_may(store: ExportStore, tmp_path: Path) -> None:
    for number in range(4):
        ordered(store, number)
    started: Started = []
    is_worker: list[bool] = []
    with watching(store, tmp_path, SLEEPS, started, is_worker=lambda: bool(is_worker)):
        time.sleep(0.2)
        assert started == []
        is_worker.append(True)
        until(lambda: len(started) == 2)
        time.sleep(0.2)
        assert len(started) == 2
        pids = [program.pid or 0 for _, program in started]
    until(lambda: all(map(ended, pids)))
    states = sorted((one.state, one.attempts) for one in store.of(None))
    assert states == [("queued", 0)] * 4


def test_none_is_begun_before_there_are_facts_and_each_says_so(
    store: ExportStore, tmp_path: Path
) -> None:
    names = [ordered(store, number) for number in range(2)]
    started: Started = []
    facts: list[bool] = []
    with watching(store, tmp_path, SLEEPS, started, has_facts=lambda: bool(facts)):
        until(lambda: [one.trouble for one in store.of(None)] == [WAITS] * 2)
        assert started == []
        facts.append(True)
        until(lambda: len(started) == 2)
        assert [one.trouble for one in store.of(None)] == [""] * 2
    assert {export.id for export, _ in started} == {*names}


def test_two_that_both_believe_to_be_the_worker_begin_each_order_once(
    store: ExportStore, tmp_path: Path
) -> None:
    names = {ordered(store, number) for number in range(3)}
    started: Started = []
    with ExitStack() as both:
        for _ in range(2):
            both.enter_context(watching(store, tmp_path, SLEEPS, started, at_once=3))
        until(lambda: len(started) == 3)
        time.sleep(0.2)
        assert {export.id for export, _ in started} == names
        assert len(started) == 3


def test_a_process_that_dies_is_taken_back_at_once_and_leaves_no_half_file(
    store: ExportStore, tmp_path: Path
) -> None:
    name = ordered(store, 0)
    code = f"import os, pathlib; pathlib.Path({str(tmp_path)!r}, '{name}.part').touch(); os.abort()"
    started: Started = []
    with watching(store, tmp_path, code, started):
        until(lambda: (one := store.one(name)) is not None and one.state == "failed")
        until(lambda: list(tmp_path.iterdir()) == [])
    assert len(started) == TRIES
    assert len({export.run for export, _ in started}) == TRIES


def test_one_that_takes_too_long_is_ended_and_has_failed(
    store: ExportStore, tmp_path: Path
) -> None:
    name = ordered(store, 0)
    started: Started = []
    with watching(store, tmp_path, SLEEPS, started, minutes=0.005):
        until(lambda: (one := store.one(name)) is not None and one.state == "failed")
        until(lambda: all(ended(program.pid or 0) for _, program in started))
    found = store.one(name)
    assert found
    assert "longer than 0.005 minutes" in found.trouble
    assert len(started) == 1


def test_what_is_over_is_removed_by_the_upkeep(
    database: Database[Document], tmp_path: Path
) -> None:
    later = ExportStore(database, lambda: datetime.now(UTC) + timedelta(days=9))
    (tmp_path / f"{0:032}.csv").touch()
    with watching(later, tmp_path, SLEEPS, []):
        until(lambda: list(tmp_path.iterdir()) == [])
