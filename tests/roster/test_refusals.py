"""What is wrong in a folder of CSV files is named by file and line, all of it at once."""

from pathlib import Path

import pytest

from tests.roster.folders import complaints


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "groups.csv: the file has no header line."),
        (b"id\ncaf\xe9\n", "groups.csv, line 2: the line is not valid UTF-8."),
        (
            b"id\na\rb\n",
            "groups.csv, line 2: a carriage return stands within a cell without quotation marks.",
        ),
    ],
)
def test_bytes_refused(content: bytes, expected: str, tmp_path: Path) -> None:
    (tmp_path / "groups.csv").write_bytes(content)
    assert complaints(tmp_path) == [expected]
