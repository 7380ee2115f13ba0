"""Open connections are closed beside the passes, and at no moment is one lost or counted twice."""

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from deltalake import DeltaTable
from polars.testing import assert_frame_equal

from lrs_stats.facts import projector
from lrs_stats.facts.connections import derive
from lrs_stats.facts.projector import Projector
from lrs_stats.facts.reader import FactsReader
from lrs_stats.facts.tables import FactsGone
from lrs_stats.samples import statements
from tests.line import Line

IDLE = timedelta(minutes=30)


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Line:
    """A line in which more than two open connections are to be closed."""
    monkeypatch.setattr(projector, "FEW", 2)
    return Line(tmp_path, ZoneInfo("Europe/Paris"), IDLE)


def begun(line: Line) -> Projector:
    """Return a projector that has published that there is nothing yet."""
    running = line.projector()
    line.catch_up(running)
    return running


def launch(line: Line, running: Projector, *numbers: int) -> None:
    """Have somebody launch the course at each of some minutes: of five people, one by one."""
    for number in numbers:
        when = f"2026-01-05T10:{number:02}:00.000Z"
        (one,) = statements(f"{when} w{number % 5} launched course:http://example.org/course")
        line.record.add([one | {"stored": when, "id": f"{number:08}-0000-4000-8000-000000000000"}])
        line.catch_up(running)


def closed(line: Line) -> int:
    """Return the version of the closed connections that readers see."""
    return FactsReader(line.folder).snapshot().publication.connections


def written(line: Line) -> int:
    return DeltaTable(line.folder / "connections").version()


def assert_whole(line: Line, number: int) -> None:
    _, connections = line.tables()
    assert connections.height == number
    snapshot = FactsReader(line.folder).snapshot()
    expected = derive(snapshot.events, IDLE).sort("connection")
    assert_frame_equal(
        connections.select("connection", "seconds"), expected.select("connection", "seconds")
    )


def go() -> bool:
    return True


def test_no_pass_writes_them_and_the_next_one_shows_them(line: Line) -> None:
    running = begun(line)
    launch(line, running, 1, 2, 3)
    before = closed(line)
    assert written(line) == before
    running.arrange(go)
    assert (closed(line), written(line)) == (before, before + 1)
    assert_whole(line, 3)
    running.step()  # nothing has arrived
    assert closed(line) == before + 1
    assert running._open.connections.is_empty()
    assert_whole(line, 3)


def test_the_list_of_publications_is_left_to_the_passes(line: Line) -> None:
    running = begun(line)
    launch(line, running, 1, 2, 3)
    history = line.folder / "history"
    whole = history.read_bytes()
    cut_off = whole + b'{"version":'
    history.write_bytes(cut_off)
    running.arrange(go)
    assert history.read_bytes() == cut_off
    running.step()
    assert history.read_bytes().startswith(whole)
    assert_whole(line, 3)
    assert FactsReader(line.folder).snapshot().opened.is_empty()


def test_who_came_back_meanwhile_stays_open(line: Line) -> None:
    running = begun(line)
    launch(line, running, 1, 2, 3)
    closing = running._closing
    assert closing is not None
    launch(line, running, 6, 9)
    running._tables.close_beside(closing)
    assert_whole(line, 5)
    launch(line, running, 10)
    assert set(running._open.connections["learner"]) == {
        f"mailto:w{number}@example.org" for number in (0, 1, 4)
    }
    assert_whole(line, 6)
    running.arrange(go)
    launch(line, running, 11)
    assert set(running._open.connections["learner"]) == {"mailto:w1@example.org"}
    assert_whole(line, 7)


def test_a_process_that_starts_before_they_are_shown_counts_the_same(line: Line) -> None:
    running = begun(line)
    launch(line, running, 1, 2, 3)
    running.arrange(go)
    again = line.projector()
    assert_whole(line, 3)
    launch(line, again, 4, 6)
    assert_whole(line, 5)


def test_what_was_closed_otherwise_meanwhile_is_not_overwritten(line: Line) -> None:
    running = begun(line)
    launch(line, running, 1, 2, 3)
    closing = running._closing
    assert closing is not None
    running.rebuild()
    line.catch_up(running)
    with pytest.raises(FactsGone):
        running._tables.close_beside(closing)
    running.step()
    assert_whole(line, 3)


def test_a_pass_closes_them_when_nobody_does_it_for_long(line: Line) -> None:
    running = begun(line)
    before = closed(line)
    launch(line, running, *range(1, 9))
    assert closed(line) == before
    launch(line, running, 9)
    assert closed(line) == before + 1
    assert_whole(line, 9)


def test_upkeep_waits_until_they_are_shown(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lrs_stats.facts.tables.SMALL_FILES", 2)
    running = begun(line)
    launch(line, running, 1, 2, 3)
    running.tidy()
    assert len(DeltaTable(line.folder / "events").file_uris()) > 1
    running.arrange(go)
    running.step()
    running.tidy()
    assert len(DeltaTable(line.folder / "events").file_uris()) == 1
    assert_whole(line, 3)
