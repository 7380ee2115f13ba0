"""The folder of the facts: whole, or begun anew; readers never see a part of two beginnings."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from lrs_stats.errors import Unavailable
from lrs_stats.facts.folder import SCHEMAS, begin_unless_whole, is_whole
from lrs_stats.facts.history import Retention
from lrs_stats.facts.published import published
from lrs_stats.facts.reader import FactsReader
from lrs_stats.facts.tables import FactsGone, FactsTables
from lrs_stats.samples import statements
from tests.line import Line

DAY = """
2026-01-05T10:00:00.000Z zoe launched course:http://example.org/course
2026-01-05T10:05:00.000Z zoe terminated http://example.org/course
"""


def filled(folder: Path) -> Line:
    line = Line(folder, ZoneInfo("Europe/Paris"), timedelta(minutes=30))
    line.record.add(
        one | {"stored": "2026-01-05T11:00:00.000Z", "id": f"{n:08}-0000-4000-8000-000000000000"}
        for n, one in enumerate(statements(DAY))
    )
    line.catch_up()
    return line


def newest_commit(table: Path) -> Path:
    return max((table / "_delta_log").glob("*.json"))


def cut_to_nothing(table: Path) -> None:
    newest_commit(table).write_bytes(b"")


def cut_short(table: Path) -> None:
    commit = newest_commit(table)
    commit.write_bytes(commit.read_bytes()[:40])


def lose_a_file(table: Path) -> None:
    next(table.glob("*.parquet")).unlink()


def cut_a_file_short(table: Path) -> None:
    file = next(table.glob("*.parquet"))
    file.write_bytes(file.read_bytes()[:-10])


def lose_the_log(table: Path) -> None:
    shutil.rmtree(table / "_delta_log")


@pytest.mark.parametrize("table", ["events", "connections"])
@pytest.mark.parametrize(
    "damage",
    [cut_to_nothing, cut_short, lose_a_file, cut_a_file_short, lose_the_log, shutil.rmtree],
)
def test_what_is_damaged_is_begun_anew(
    tmp_path: Path, table: str, damage: Callable[[Path], None]
) -> None:
    line = filled(tmp_path)
    events, connections = line.tables()
    assert (events.height, connections.height) == (2, 1)
    damage(tmp_path / table)
    assert not is_whole(tmp_path)
    line.catch_up()
    again = line.tables()
    assert again[0].equals(events)
    assert again[1].equals(connections)


@pytest.mark.parametrize(
    ("table", "damage"),
    [
        *product(["connections", "events"], [lose_a_file, cut_a_file_short]),
        *product(SCHEMAS, [lose_the_log, shutil.rmtree]),
    ],
)
def test_a_publication_that_is_damaged_is_not_there_yet(
    tmp_path: Path, table: str, damage: Callable[[Path], None]
) -> None:
    filled(tmp_path)
    damage(tmp_path / table)
    with pytest.raises(Unavailable):
        FactsReader(tmp_path).snapshot()


@pytest.mark.parametrize("damage", [cut_to_nothing, cut_short])
def test_a_publication_whose_commit_is_damaged_is_whole_until_it_is_begun_anew(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    line = filled(tmp_path)
    events, connections = line.tables()
    damage(tmp_path / "open_connections")
    with pytest.raises(Unavailable):
        published(tmp_path)
    for _ in range(2):
        snapshot = FactsReader(tmp_path).snapshot()
        assert snapshot.events.collect().equals(events)
        assert snapshot.connections.height == connections.height
        line.catch_up()


def test_whole_tables_stay(tmp_path: Path) -> None:
    filled(tmp_path)
    begun = (tmp_path / "era").read_text()
    assert begin_unless_whole(tmp_path) == begun
    assert FactsReader(tmp_path).snapshot().connections.height == 1


def test_tables_in_the_form_of_an_older_version_are_begun_anew(tmp_path: Path) -> None:
    line = filled(tmp_path)
    events, _ = line.tables()
    (tmp_path / "era").write_text("5f0c6d1e9a8b4c7d8e9f0a1b2c3d4e5f")
    assert not is_whole(tmp_path)
    with pytest.raises(Unavailable):
        FactsReader(tmp_path).snapshot()
    line.catch_up()
    assert line.tables()[0].equals(events)


def test_who_holds_tables_of_another_beginning_is_told(tmp_path: Path) -> None:
    line = filled(tmp_path)
    projector, reader = line.projector(), FactsReader(tmp_path)
    assert reader.snapshot().connections.height == 1
    (tmp_path / "era").unlink()
    with pytest.raises(Unavailable):
        reader.snapshot()
    FactsTables(tmp_path, Retention())
    with pytest.raises(FactsGone):
        projector.step()
    with pytest.raises(FactsGone):
        projector.tidy()
    with pytest.raises(Unavailable):
        reader.snapshot()
    line.catch_up()
    assert reader.snapshot().connections.height == 1


def test_a_beginning_that_was_cut_off_is_none(tmp_path: Path) -> None:
    FactsTables(tmp_path, Retention())
    (tmp_path / "era").unlink()  # written last
    assert all((tmp_path / table / "_delta_log").is_dir() for table in SCHEMAS)
    assert not is_whole(tmp_path)
