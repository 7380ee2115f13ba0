"""Folders of CSV files for the tests, and what is complained of in them."""

from pathlib import Path

import pytest

from lrs_stats.roster.complaints import RosterRefused
from lrs_stats.roster.folder import read


def write(folder: Path, text: str) -> Path:
    """Write the files of a text: each begins with its name, and a blank line ends it."""
    for block in text.strip().split("\n\n"):
        name, _, content = block.strip().partition("\n")
        lines = [line.strip() for line in content.splitlines()]
        (folder / f"{name}.csv").write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return folder


def complaints(folder: Path) -> list[str]:
    with pytest.raises(RosterRefused) as refused:
        read(folder)
    return [str(complaint) for complaint in refused.value.complaints]
