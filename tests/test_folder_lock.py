"""One server for each data folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lrs_stats.errors import CommandError
from lrs_stats.store.folder_lock import locked
from tests.waiting import until

HOLD = """
import signal, sys
from pathlib import Path
from lrs_stats.store.folder_lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    signal.pause()
"""


def test_a_second_server_is_told_who_holds_the_folder(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(data)], stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout
        assert first.stdout.readline() == "held\n"
        with pytest.raises(CommandError) as refused, locked(data):
            pass
        first.kill()
    assert str(refused.value) == (
        f"Another lrs-stats server (process {first.pid}) already uses the data folder {data}. "
        "Stop it, or give this one its own with --data."
    )
    with locked(data):
        assert (data / "lock").read_text() == str(os.getpid())


def test_it_is_free_again_afterwards(tmp_path: Path) -> None:
    for _ in range(2):
        with locked(tmp_path):
            pass


def test_no_child_inherits_it(tmp_path: Path) -> None:
    with locked(tmp_path):
        child = subprocess.Popen(
            [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE
        )
    with locked(tmp_path), child:
        until(lambda: child.poll() is None)


def test_the_folder_is_private_when_it_is_made(tmp_path: Path) -> None:
    with locked(tmp_path / "new"):
        assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    unusable = locked(tmp_path / "file" / "data")
    with pytest.raises(CommandError, match=r"cannot be used \(Not a directory\)"), unusable:
        pass
