"""Earlier publications: asked for as they stood, kept as the retention says, then gone."""

import os
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from lrs_stats.errors import BadRequest, NotFound, Unavailable
from lrs_stats.facts import folder, tables
from lrs_stats.facts import history as history_module
from lrs_stats.facts.folder import SCHEMAS
from lrs_stats.facts.history import History, Retention
from lrs_stats.facts.projector import Projector
from lrs_stats.facts.reader import FactsReader, Snapshot
from lrs_stats.facts.tables import FactsGone
from lrs_stats.samples import statements
from tests.line import Line

PARIS = ZoneInfo("Europe/Paris")
NOON = datetime(2025, 3, 28, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def line(tmp_path: Path) -> Line:
    made = Line(tmp_path, PARIS, timedelta(minutes=30))
    made.retention = Retention(30, PARIS)
    return made


def publish(line: Line, running: Projector, at: datetime) -> Snapshot:
    """Have somebody launch a course at an instant, count it, and return the facts after that."""
    number = len(line.record.statements)
    when = (at - timedelta(seconds=1)).isoformat(timespec="milliseconds")
    (one,) = statements(f"{when} w{number % 5} launched course:http://example.org/course")
    line.record.add([one | {"stored": when, "id": f"{number:08}-0000-4000-8000-000000000000"}])
    line.record.instant = at
    line.catch_up(running)
    return FactsReader(line.folder).snapshot()


def age(of: Path) -> None:
    """Let all files of a folder be a day old."""
    for path in of.glob("*/*.parquet"):
        os.utime(path, (path.stat().st_atime, path.stat().st_mtime - 86_400))


def files(of: Path) -> set[str]:
    return {str(path.relative_to(of)) for path in of.glob("*/*.parquet")}


def assert_same(one: Snapshot, other: Snapshot) -> None:
    # the upkeep publishes again, as it stood
    assert one.publication.as_of == other.publication.as_of
    assert one.publication.mark == other.publication.mark
    for mine, theirs in (
        (one.events.collect().sort("statement"), other.events.collect().sort("statement")),
        (one.connections.sort("connection"), other.connections.sort("connection")),
        (signs(one), signs(other)),
    ):
        assert_frame_equal(mine, theirs)


def signs(snapshot: Snapshot) -> pl.DataFrame:
    return snapshot.columns.signs(None, None).sort("instant").collect()


def held(snapshot: Snapshot) -> Snapshot:
    """Return a snapshot that needs its files no more."""
    return Snapshot(
        snapshot.publication,
        snapshot.events.collect().lazy(),
        snapshot.columns,
        snapshot.closed,
        snapshot.opened,
    )


def test_every_publication_of_the_last_hour_is_as_it_stood(line: Line) -> None:
    running = line.projector()
    stood = [held(publish(line, running, NOON + n * MINUTE)) for n in range(1, 12)]
    reader = FactsReader(line.folder)
    for n, before in enumerate(stood, 1):
        assert_same(reader.at(NOON + n * MINUTE), before)
        assert_same(reader.at(NOON + n * MINUTE + timedelta(seconds=59)), before)
    for snapshot in stood:  # a figure names the instant that gives it again
        assert_same(reader.at(snapshot.publication.as_of), snapshot)


def test_upkeep_keeps_what_can_be_asked_for_and_removes_the_rest(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "SMALL_FILES", 6)
    running = line.projector()
    stood = {}
    times = [NOON + hours * HOUR for hours in (*range(0, 96, 4), *range(96, 101))]
    for time in times:
        for minutes in (10, 40):
            at = time + minutes * MINUTE
            stood[at] = held(publish(line, running, at))
        if time.hour == 0:
            age(line.folder)
            running.tidy()
    line.record.instant = now = at + 5 * MINUTE
    monkeypatch.setattr(tables, "SMALL_FILES", 1000)
    age(line.folder)
    before = files(line.folder)
    running.tidy()
    full_hours = [
        NOON + hours * HOUR for hours in range(101) if NOON + hours * HOUR > now - 2 * DAY
    ]
    # midnights in Paris, which is in summer time from the 30th on
    midnights = [datetime(2025, 3, 28, 23, tzinfo=UTC), datetime(2025, 3, 29, 23, tzinfo=UTC)]
    midnights += [datetime(2025, 3, 30, 22, tzinfo=UTC), datetime(2025, 3, 31, 22, tzinfo=UTC)]
    kept = {max(at for at in stood if at <= instant) for instant in (*full_hours, *midnights)}
    kept |= {at for at in stood if at > now - HOUR}
    reader = FactsReader(line.folder)
    assert History(line.folder).span() == (len(kept), min(kept))
    for at in sorted(stood):
        if at >= min(kept):
            expected = max(one for one in kept if one <= at)
            assert_same(reader.at(at), stood[expected])
    with pytest.raises(NotFound, match=r"history_days"):
        reader.at(min(kept) - MINUTE)
    needed = set[str]()
    for at in kept:
        found = History(line.folder).find(at)
        assert found is not None
        needed |= found[1]
    assert files(line.folder) == needed
    assert needed < before


def test_without_history_the_last_hour_is_kept(line: Line) -> None:
    line.retention = Retention(0, PARIS)
    running = line.projector()
    for n in range(10):
        publish(line, running, NOON + 15 * n * MINUTE)
    age(line.folder)
    running.tidy()
    reader = FactsReader(line.folder)
    kept, first = History(line.folder).span()
    assert (kept, first) == (5, NOON + 75 * MINUTE)  # the first is what stood an hour ago
    with pytest.raises(NotFound, match=r"from 2025-03-28T13:15:00\+00:00 on"):
        reader.at(NOON + 74 * MINUTE)
    assert len(list((line.folder / "open_connections").glob("*.parquet"))) == kept


def test_what_stood_before_a_long_silence_is_kept(line: Line) -> None:
    running = line.projector()
    before = held(publish(line, running, NOON))
    publish(line, running, NOON + 90 * DAY)
    age(line.folder)
    running.tidy()
    assert_same(FactsReader(line.folder).at(NOON + 61 * DAY), before)


def test_files_that_are_young_stay(line: Line) -> None:
    running = line.projector()
    publish(line, running, NOON)
    somebodys = line.folder / "events" / "part-of-a-commit-to-come.parquet"
    somebodys.write_bytes(b"")
    running.tidy()
    assert somebodys.exists()
    age(line.folder)
    running.tidy()
    assert not somebodys.exists()


def test_the_log_is_cut_off_and_readers_that_slept_go_on(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    often = {**folder._CONFIGURATION, "delta.checkpointInterval": "5"}
    monkeypatch.setattr(folder, "_CONFIGURATION", often)
    running = line.projector()
    publish(line, running, NOON)
    slept = FactsReader(line.folder)
    slept.snapshot()
    for n in range(1, 24):
        publish(line, running, NOON + n * MINUTE)
    logs = [line.folder / table / "_delta_log" for table in SCHEMAS]
    for log in logs:
        for path in log.glob("0*"):
            os.utime(path, (0, path.stat().st_mtime - 120))
    assert len(list(logs[0].iterdir())) > 24
    running.tidy()
    assert all(len(list(log.iterdir())) < 12 for log in logs)
    assert_same(slept.snapshot(), FactsReader(line.folder).snapshot())
    assert slept.snapshot().events.collect().height == 24
    last = publish(line, line.projector(), NOON + 24 * MINUTE)
    assert last.events.collect().height == 25


def test_what_is_still_to_come_and_what_never_was_are_refused(line: Line) -> None:
    reader = FactsReader(line.folder)
    with pytest.raises(Unavailable):
        reader.at(NOON)
    publish(line, line.projector(), NOON)
    with pytest.raises(BadRequest, match="still to come"):
        reader.at(datetime.now(UTC) + MINUTE)
    with pytest.raises(NotFound, match=r"from 2025-03-28T12:00:00\+00:00 on"):
        reader.at(NOON - MINUTE)


def test_a_file_that_is_gone_is_told_and_its_publication_forgotten(line: Line) -> None:
    running = line.projector()
    for n in (-1, 0, 1):
        publish(line, running, NOON + n * MINUTE)
    found = History(line.folder).find(NOON)
    assert found is not None
    (opened,) = (path for path in found[1] if path.startswith("open_connections/"))
    (line.folder / opened).unlink()
    with pytest.raises(Unavailable):
        FactsReader(line.folder).at(NOON)
    running.tidy()
    assert FactsReader(line.folder).at(NOON).publication.as_of == NOON - MINUTE


def cut_short(history: Path) -> None:
    history.write_bytes(history.read_bytes()[:-40])


def lose_a_line(history: Path) -> None:
    """Be killed after a publication, before it was written down."""
    history.write_bytes(b"".join(history.read_bytes().splitlines(keepends=True)[:-1]))


def lose_all(history: Path) -> None:
    history.unlink()


@pytest.mark.parametrize("damage", [cut_short, lose_a_line, lose_all])
def test_a_damaged_history_is_made_whole(line: Line, damage: Callable[[Path], None]) -> None:
    running = line.projector()
    publish(line, running, NOON)
    newest = held(publish(line, running, NOON + MINUTE))
    damage(line.folder / "history")
    running = line.projector()
    assert_same(FactsReader(line.folder).at(NOON + MINUTE), newest)
    after = held(publish(line, running, NOON + 2 * MINUTE))
    assert_same(FactsReader(line.folder).at(NOON + MINUTE), newest)
    assert_same(FactsReader(line.folder).at(NOON + 2 * MINUTE), after)


def lose_lines(history: Path) -> None:
    history.write_bytes(b"".join(history.read_bytes().splitlines(keepends=True)[:2]))


def damage_a_line(history: Path) -> None:
    lines = history.read_bytes().splitlines(keepends=True)
    lines[-2] = lines[-2][:40] + b"\n"
    history.write_bytes(b"".join(lines))


def spoil_a_byte(history: Path) -> None:
    written = bytearray(history.read_bytes())
    written[-200] = 0xFF
    history.write_bytes(written)


DAMAGES = [cut_short, lose_a_line, lose_lines, damage_a_line, spoil_a_byte, lose_all]


@pytest.mark.parametrize("tidies", [False, True])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_history_that_is_damaged_meanwhile_is_made_whole_by_the_next_pass(
    line: Line, damage: Callable[[Path], None], *, tidies: bool
) -> None:
    running = line.projector()
    for n in range(5):
        newest = held(publish(line, running, NOON + n * MINUTE))
    reader = FactsReader(line.folder)
    reader.snapshot()
    damage(line.folder / "history")
    if tidies:
        line.record.instant = NOON + 2 * HOUR
        running.tidy()
    running.step()
    assert_same(reader.snapshot(), newest)
    assert_same(FactsReader(line.folder).snapshot(), newest)
    after = held(publish(line, running, NOON + 3 * HOUR))
    assert after.events.collect().height == 6
    assert_same(reader.snapshot(), after)


def test_a_line_that_says_something_else_is_put_right(line: Line) -> None:
    newest = held(publish(line, line.projector(), NOON))
    history = line.folder / "history"
    history.write_bytes(history.read_bytes().replace(b'"events/', b'"events/other-', 1))
    line.projector()
    assert_same(FactsReader(line.folder).snapshot(), newest)


def test_who_has_read_what_was_wrong_reads_it_again(line: Line) -> None:
    running = line.projector()
    for n in range(2):
        newest = held(publish(line, running, NOON + n * MINUTE))
    history = line.folder / "history"
    *lines, last = history.read_bytes().splitlines(keepends=True)
    history.write_bytes(b"".join([*lines, re.sub(rb'"events/[^"]*",?', b"", last)]))
    reader = FactsReader(line.folder)
    assert reader.snapshot().events.collect().height == 1
    running.step()
    assert_same(reader.snapshot(), newest)


def test_a_line_that_another_takes_away_while_it_is_written_is_written_again(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = line.projector()
    publish(line, running, NOON)
    paused = History(line.folder)
    stood, write = list(paused._all()), history_module._line

    def meanwhile(*given: Any) -> Any:
        monkeypatch.setattr(history_module, "_line", write)
        paused._replace(stood)
        return write(*given)

    monkeypatch.setattr(history_module, "_line", meanwhile)
    publish(line, running, NOON + MINUTE)
    reader = FactsReader(line.folder)
    assert reader.snapshot().publication.as_of == NOON
    running.step()
    assert reader.snapshot().events.collect().height == 2
    assert publish(line, running, NOON + 2 * MINUTE).events.collect().height == 3


def test_one_that_lost_the_lease_removes_nothing_of_what_the_other_has_published(
    line: Line,
) -> None:
    paused = line.projector()
    publish(line, paused, NOON)
    newest = held(publish(line, line.projector(), NOON + MINUTE))
    there = files(line.folder)
    with pytest.raises(FactsGone):
        paused._tables.purge()
    assert files(line.folder) == there
    assert_same(FactsReader(line.folder).snapshot(), newest)


def test_one_that_lost_the_lease_sets_nothing_back(line: Line) -> None:
    paused = line.projector()
    before = publish(line, paused, NOON)
    files = paused._tables._files()
    running = line.projector()
    newest = held(publish(line, running, NOON + MINUTE))
    paused._tables._history.add(before.publication, files)
    assert_same(FactsReader(line.folder).snapshot(), newest)


def test_what_was_published_is_written_down_though_a_rebuild_has_begun(line: Line) -> None:
    running = line.projector()
    before = held(publish(line, running, NOON))
    running.rebuild()
    lose_a_line(line.folder / "history")
    running = line.projector()  # killed amid a rebuild
    assert_same(FactsReader(line.folder).snapshot(), before)
    after = publish(line, running, NOON + MINUTE)
    assert after.events.collect().height == 2
    assert FactsReader(line.folder).at(NOON + MINUTE).publication == after.publication
    assert_same(FactsReader(line.folder).at(NOON), before)


def test_what_is_being_written_is_not_read_yet(line: Line) -> None:
    running, history = line.projector(), line.folder / "history"
    first = publish(line, running, NOON).publication
    publish(line, running, NOON + MINUTE)
    written = history.read_bytes()
    reading = History(line.folder)
    begin = len(written.splitlines(keepends=True)[0])
    for end in (*range(begin, len(written), 7), len(written) - 1):
        history.write_bytes(written[:end])
        assert reading.newest() == (first, History(line.folder).newest()[1])  # type: ignore[index]
    history.write_bytes(written)
    newest = reading.newest()
    assert newest is not None
    assert newest[0].as_of == NOON + MINUTE


def test_another_history_of_the_same_length_is_read_anew(line: Line) -> None:
    running, history = line.projector(), line.folder / "history"
    for n in range(3):
        publish(line, running, NOON + n * MINUTE)
    first, *others = history.read_bytes().splitlines(keepends=True)
    reading = History(line.folder)
    for lines in ([first], [first, *others], others[-1:], [first, *others], [first, others[0]]):
        history.write_bytes(b"".join(lines))  # in its place: it keeps its number on the disk
        assert reading.newest() == History(line.folder).newest()
        assert reading.span() == History(line.folder).span()


def test_a_rebuild_and_a_new_roster_leave_what_was(line: Line) -> None:
    running = line.projector()
    before = held(publish(line, running, NOON))
    line.take({"people": [{"id": "zoe", "email": "w0@example.org", "status": "active"}]})
    renamed = held(publish(line, running, NOON + MINUTE))
    running.rebuild()
    line.record.instant = NOON + 2 * MINUTE
    line.catch_up(running)
    reader = FactsReader(line.folder)
    assert_same(reader.at(NOON), before)
    assert_same(reader.at(NOON + MINUTE), renamed)
    assert [reader.at(NOON + n * MINUTE).publication.mark.roster for n in range(3)] == [0, 1, 1]
    assert History(line.folder).rosters() == {0, 1}
    learners = [set(reader.at(NOON + n * MINUTE).connections["learner"]) for n in range(3)]
    assert "zoe" not in learners[0]
    assert learners[1] == learners[2]


def test_facts_that_are_begun_anew_have_no_history(line: Line) -> None:
    running = line.projector()
    publish(line, running, NOON)
    (line.folder / "era").unlink()
    with pytest.raises(FactsGone):
        running.tidy()
    publish(line, line.projector(), NOON + HOUR)
    with pytest.raises(NotFound):
        FactsReader(line.folder).at(NOON + MINUTE)


def test_the_size_of_the_history_is_that_of_files_that_only_it_needs(line: Line) -> None:
    running = line.projector()
    history = History(line.folder)
    assert history.bytes() == 0
    publish(line, running, NOON)
    publish(line, running, NOON + MINUTE)
    (opened,) = (line.folder / "open_connections").glob("*.parquet")
    assert history.bytes() == 0
    publish(line, running, NOON + 2 * MINUTE)
    assert history.bytes() == opened.stat().st_size


def test_a_retention_names_the_hours_of_two_days_and_then_midnights() -> None:
    now = datetime(2025, 4, 1, 9, 30, tzinfo=UTC)
    instants = set(Retention(4, PARIS).instants(now))
    assert now - 4 * DAY in instants
    hours = {one for one in instants if one.minute == 0 and one > now - 2 * DAY}
    assert len(hours) == 48
    assert sorted(one for one in instants if one.minute == 0 and one <= now - 2 * DAY) == [
        datetime(2025, 3, 28, 23, tzinfo=UTC),
        datetime(2025, 3, 29, 23, tzinfo=UTC),
    ]
    assert set(Retention(0, PARIS).instants(now)) == {now - HOUR, now.replace(minute=0)}
    india = Retention(1, ZoneInfo("Asia/Kolkata"))
    assert datetime(2025, 3, 31, 18, 30, tzinfo=UTC) in set(india.instants(now))


def test_a_history_that_another_has_thinned_meanwhile_stays_true(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    paused = line.projector()
    for at in (NOON - 41 * DAY, NOON - 40 * DAY, NOON):
        publish(line, paused, at)
    other = line.projector()
    replace, stood = History._replace, list[Snapshot]()

    def meanwhile(history: History, lines: Any) -> None:
        """Stand still between reading the history and writing it, while the other goes on."""
        monkeypatch.setattr(History, "_replace", replace)
        stood.extend(held(publish(line, other, NOON + n * MINUTE)) for n in (1, 2))
        replace(history, lines)

    monkeypatch.setattr(History, "_replace", meanwhile)
    line.record.instant = NOON + MINUTE
    paused.tidy()
    reader = FactsReader(line.folder)
    line.record.instant = NOON + 2 * MINUTE
    other.step()  # nothing is new
    assert_same(reader.snapshot(), stood[1])
    stood.extend(held(publish(line, other, NOON + n * MINUTE)) for n in (3, 4))
    assert reader.at(NOON + MINUTE).publication.as_of == NOON  # one was forgotten
    for n in (2, 3, 4):
        assert_same(reader.at(NOON + n * MINUTE), stood[n - 1])


def test_two_that_write_do_not_remove_what_the_other_reads(line: Line) -> None:
    paused = line.projector()
    publish(line, paused, NOON)
    other = line.projector()
    last = held(publish(line, other, NOON + MINUTE))
    age(line.folder)
    paused.tidy()
    assert_same(FactsReader(line.folder).at(NOON + MINUTE), last)
    assert_same(FactsReader(line.folder).snapshot(), last)
