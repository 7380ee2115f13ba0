"""A small disk, for tests of what happens when it is full."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

MEGABYTE = 1 << 20


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Mount a disk of 8 MB at a folder; skip where that is not allowed."""
    folder.mkdir(parents=True)
    size = ["-o", f"size={8 * MEGABYTE}"]
    done = subprocess.run(["mount", "-t", "tmpfs", *size, "tmpfs", folder], check=False)
    if done.returncode:
        pytest.skip("Only root can mount the small disk that this test fills.")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
