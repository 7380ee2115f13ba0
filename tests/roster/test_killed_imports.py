"""An import of a roster that is killed by a signal leaves the roster before, or the new one."""

import os
import subprocess
import sys
import time
from pathlib import Path

from bench.large_roster import LargeRoster
from lrs_stats.roster.folder import read
from lrs_stats.store.database import Database, Document
from lrs_stats.store.rosters import RosterStore
from tests.roster.folders import write
from tests.waiting import until

FEW = """
    people
    id,email,status,first_name
    p1,lea@example.org,active,Léa
"""
KILLS = 4


def test_a_killed_import_is_there_whole_or_not_at_all(
    mongo_uri: str, database: Database[Document], tmp_path: Path
) -> None:
    few, many = tmp_path / "few", tmp_path / "many"
    few.mkdir()
    write(few, FEW)
    made = LargeRoster(3_000, 30_000)
    made.write(many)
    store = RosterStore(database)
    store.replace(read(few))
    found = []
    for kill in range(KILLS):
        importing = importer(many, mongo_uri, database.name, tmp_path)
        parts = Parts(database)
        until(lambda: parts.grown() or importing.poll() is not None, 60)  # noqa: B023 - asked at once
        time.sleep(0.05 * kill)
        importing.kill()
        importing.wait(60)
        found.append(RosterStore(database).load().counts()["people"])
    assert found[0] == 1, "no kill came before the import was whole"
    assert {*found} <= {1, made.people}
    assert importer(many, mongo_uri, database.name, tmp_path).wait(60) == 0
    assert RosterStore(database).load().counts()["people"] == made.people


class Parts:
    """The pieces in which a roster is written, before the version that names them."""

    def __init__(self, database: Database[Document]) -> None:
        self._parts = database["roster_parts"]
        self._before = self._parts.count_documents({})

    def grown(self) -> bool:
        return self._parts.count_documents({}) > self._before


def importer(folder: Path, uri: str, name: str, data: Path) -> subprocess.Popen[bytes]:
    """Start an import of a folder, as a command."""
    command = [sys.executable, "-m", "lrs_stats", "--data", str(data / "data"), "--mongo", uri]
    return subprocess.Popen(
        [*command, "roster", "import", str(folder)],
        env=os.environ | {"LRS_STATS_DATABASE": name},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
