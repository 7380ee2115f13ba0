"""The worker gives way to what acknowledges, in its session and against other sessions."""

import subprocess
import sys

import pytest

from lrs_stats.priority import AUTOGROUP

PROGRAM = """
import os
from lrs_stats.priority import AUTOGROUP, give_way
before = os.nice(0)
give_way(3)
print(os.nice(0) - before)
print(AUTOGROUP.read_text().split()[-1] if AUTOGROUP.exists() else "none")
"""


def said() -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        start_new_session=True,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def test_a_process_gives_way_to_others_of_its_session() -> None:
    assert said()[0] == "3"


@pytest.mark.skipif(not AUTOGROUP.exists(), reason="the kernel has no sessions of this kind")
def test_a_process_gives_way_to_other_sessions() -> None:
    assert said()[1] == "3"
