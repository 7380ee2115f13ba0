"""Upkeep, restarts and other processes, at the moments at which they get in each other's way."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from deltalake import write_deltalake

from lrs_stats.facts import delta, published, tables
from lrs_stats.facts.history import Retention
from lrs_stats.facts.reader import FactsReader
from lrs_stats.facts.tables import FactsTables
from lrs_stats.samples import statements
from tests.line import Line


@pytest.fixture(autouse=True)
def _few_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "SMALL_FILES", 2)


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path, ZoneInfo("Europe/Paris"), timedelta(minutes=30))


def launch(line: Line, number: int) -> None:
    """Have somebody of their own launch the course, a minute after the one before."""
    when = f"2026-01-05T10:{number:02}:00.000Z"
    (one,) = statements(f"{when} w{number} launched course:http://example.org/course")
    line.record.add([one | {"stored": when, "id": f"{number:08}-0000-4000-8000-000000000000"}])


def counted(line: Line) -> tuple[int, int]:
    events, connections = line.tables()
    return events.height, connections.height


def test_a_backlog_is_shown_piece_by_piece_up_to_what_was_read(line: Line) -> None:
    line.record.instant = stored(0)
    running = line.projector()
    line.catch_up(running)
    line.record.instant = stored(9)
    for number in range(1, 6):
        launch(line, number)
    for read in (2, 4):
        done = running.step(limit=2)
        assert not done.caught_up
        assert counted(line) == (read, read)
        assert stored(read - 1) < done.as_of < stored(read)
    assert running.step(limit=2).as_of > stored(5)
    assert counted(line) == (5, 5)


def stored(number: int) -> datetime:
    return datetime(2026, 1, 5, 10, number, tzinfo=UTC)


def test_upkeep_amid_a_rebuild_publishes_nothing_and_a_restart_finds_all(line: Line) -> None:
    running = line.projector()
    for number in range(1, 6):
        launch(line, number)
    line.catch_up(running)
    before = running.step()
    running.rebuild()
    for _ in range(3):
        done = running.step(limit=1)
        assert (done.caught_up, done.as_of, done.version) == (False, before.as_of, before.version)
    running.tidy()
    assert counted(line) == (5, 5)
    line.catch_up(line.projector())
    assert counted(line) == (5, 5)


def test_upkeep_on_top_of_what_another_wrote_does_not_move_the_mark_back(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    paused = line.projector()
    for number in (1, 2):
        launch(line, number)
        line.catch_up(paused)
    carried = tables._ours
    others: list[Any] = []

    def meanwhile(table: Any) -> dict[str, str]:
        """Stand still between reading the mark and the commit, as a process without time does."""
        mark = carried(table)
        if not others:
            others.append(line.projector())
            for number in (3, 4):
                launch(line, number)
                line.catch_up(others[0])
        return mark

    monkeypatch.setattr(tables, "_ours", meanwhile)
    with pytest.raises(tables.FactsGone):  # its publication comes too late
        paused.tidy()
    through = FactsTables(line.folder, Retention()).mark.through
    assert through is not None
    assert through.id.startswith("00000004")
    launch(line, 5)
    line.catch_up(line.projector())
    assert counted(line) == (5, 5)


def test_a_table_that_is_opened_again_is_refused_as_ever_when_another_was_faster(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "OFTEN", 1)
    paused = line.projector()
    others: list[Any] = []

    def overtaken(*given: Any, **named: Any) -> None:
        """Let another worker go on just before this one opens the table again."""
        write_deltalake(*given, **named)
        if not others:
            others.append(line.projector())
            launch(line, 2)
            line.catch_up(others[0])

    launch(line, 1)
    monkeypatch.setattr(tables, "write_deltalake", overtaken)
    with pytest.raises(tables.FactsGone):
        paused.step()  # its publication comes too late
    launch(line, 3)
    with pytest.raises(tables.FactsGone):
        paused.step()
    line.catch_up(line.projector())
    assert counted(line) == (3, 3)


def test_the_mark_outlives_a_log_that_has_upkeep_alone(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = line.projector()
    for number in (1, 2):
        launch(line, number)
        line.catch_up(running)
    running.tidy()
    mark = running._mark
    monkeypatch.setattr(delta, "_UPKEEP", {"OPTIMIZE", "WRITE", "CREATE TABLE"})
    assert FactsTables(line.folder, Retention()).mark == mark


def test_a_reader_never_mixes_two_publications(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    running = line.projector()
    launch(line, 1)
    line.catch_up(running)
    reading = FactsReader(line.folder)
    reading.snapshot()
    launch(line, 2)
    line.catch_up(running)
    newest = reading._history.newest

    def meanwhile() -> Any:
        found = newest()
        launch(line, 3)
        line.catch_up(running)
        return found

    with monkeypatch.context() as patched:
        patched.setattr(reading._history, "newest", meanwhile)
        snapshot = reading.snapshot()
    assert snapshot.events.collect().height == snapshot.connections.height == 2
    snapshot = reading.snapshot()
    assert snapshot.events.collect().height == snapshot.connections.height == 3


def test_the_files_of_a_publication_are_never_of_two(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = line.projector()
    launch(line, 1)
    line.catch_up(running)
    read = delta.publication_of

    def meanwhile(table: Any) -> Any:
        monkeypatch.setattr(published, "publication_of", read)
        launch(line, 2)
        line.catch_up(running)
        return read(table)

    monkeypatch.setattr(published, "publication_of", meanwhile)
    found = published.published(line.folder)
    launch(line, 3)
    line.catch_up(running)
    assert found.events().collect().height == found.connections().collect().height == 2


def test_a_commit_amid_the_log_that_was_cut_to_nothing_is_noticed(line: Line) -> None:
    running = line.projector()
    for number in (1, 2, 3):
        launch(line, number)
        line.catch_up(running)
    commits = sorted((line.folder / "events" / "_delta_log").glob("*.json"))
    commits[-2].write_bytes(b"")
    line.catch_up()
    assert counted(line) == (3, 3)


@pytest.mark.parametrize("name", ["a b", "été", "a+b", "a&b=c", "100€"])
def test_the_folder_may_be_called_what_it_likes(tmp_path: Path, name: str) -> None:
    line = Line(tmp_path / name, ZoneInfo("Europe/Paris"), timedelta(minutes=30))
    running = line.projector()
    for number in (1, 2):
        launch(line, number)
        line.catch_up(running)
    running.tidy()
    assert counted(line) == (2, 2)
