"""The commands for the roster, on a real database."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lrs_stats.roster.folder import read
from lrs_stats.store.database import Database, Document
from lrs_stats.store.rosters import RosterStore
from tests.roster.folders import write

FOLDER = """
    people
    id,email,status,first_name
    p1,lea@example.org,active,Léa
    p2,,invited," a ""quoted"", name"

    courses
    id,planned_minutes
    https://example.org/1,90
    https://example.org/2,
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "roster"
    made.mkdir()
    return write(made, FOLDER)


class Shell:
    def __init__(self, uri: str, database: Database[Document], data: Path) -> None:
        self.environment = {
            **os.environ,
            "LRS_STATS_MONGO": uri,
            "LRS_STATS_DATABASE": database.name,
            "LRS_STATS_DATA": str(data),
        }
        self.store = RosterStore(database)

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "lrs_stats", "roster", *map(str, arguments)]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False, timeout=120
        )

    def lines(self, *arguments: str | Path) -> list[str]:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()


@pytest.fixture
def shell(mongo_uri: str, database: Database[Document], tmp_path: Path) -> Shell:
    return Shell(mongo_uri, database, tmp_path / "data")


def test_imported_shown_and_exported_unchanged(shell: Shell, folder: Path, tmp_path: Path) -> None:
    assert shell.lines("import", folder)[-1].startswith("Imported 2 people, 0 groups")
    shown = shell.lines("show")
    assert shown[0].split() == ["version", "1"]
    assert ["courses", "2"] in [line.split() for line in shown]
    shell.lines("export", tmp_path / "out")
    assert read(tmp_path / "out") == read(folder) == shell.store.load().tables
    shell.lines("import", tmp_path / "out")
    assert shell.store.version() == 1


def test_an_update_leaves_what_it_does_not_name(shell: Shell, folder: Path, tmp_path: Path) -> None:
    shell.lines("import", folder)
    (tmp_path / "some").mkdir()
    some = write(
        tmp_path / "some",
        """
        people
        id,status
        p2,active
        p3,active

        groups
        id
        g1
        """,
    )
    told = shell.lines("update", some, "--dry-run", "--limit", "2")
    assert told == [
        "people: 1 added, 1 changed, 0 removed",
        "groups: 1 added, 0 changed, 0 removed",
        "  changed  people p2 (first_name, status)",
        "  added    people p3",
        "1 more rows change than are listed; the numbers count them all.",
    ]
    assert shell.store.version() == 1
    assert shell.lines("update", some)[-1] == "The roster is at version 2."
    assert shell.store.load().counts()["people"] == 3
    assert shell.lines("update", some, "--dry-run") == ["Nothing changes."]
    assert shell.lines("import", folder, "--dry-run")[:2] == [
        "people: 0 added, 1 changed, 1 removed",
        "groups: 0 added, 0 changed, 1 removed",
    ]


def test_what_is_refused_is_told_with_file_and_line(
    shell: Shell, folder: Path, tmp_path: Path
) -> None:
    shell.lines("import", folder)
    (tmp_path / "wrong").mkdir()
    write(tmp_path / "wrong", "memberships\ngroup_id,person_id,role\ng9,p1,learner")
    done = shell.run("update", tmp_path / "wrong")
    assert done.returncode == 1
    assert 'memberships.csv, line 2: the group_id "g9" is the id of no group.' in done.stderr
    assert shell.store.version() == 1
