"""Files opened by LibreOffice: nothing runs, and every character comes through."""

import csv
import io
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from lrs_stats.registry import build
from lrs_stats.settings import Settings
from lrs_stats.testing import course, rendered, report

EXPORTERS = build(Settings()).exporters
OFFICE = shutil.which("soffice")
NAMES = (
    "=1+1",
    '=HYPERLINK("http://example.org";"click")',
    "+33 1 02 03 04 05",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    'A "quoted" name',
    "semi;colon, comma",
    "two\nlines",
    "مريم العربية",
    "😀 漢字 é ﷽",
    "'already quoted",
)
NUMERIC = ("00123", "1/2")
"""Texts that CSV cannot tell from numbers; Excel can."""
GIVEN = report(
    [
        course(f"c{place}", name, place, 3600.0 * place, 100 / 3)
        for place, name in enumerate(NAMES + NUMERIC)
    ]
)


def converted(path: Path, *into: str) -> Path:
    """Return what LibreOffice makes of a file; it has a profile of its own."""
    profile = f"-env:UserInstallation=file://{path.parent}/profile"
    command = [str(OFFICE), profile, "--headless", "--convert-to", *into]
    subprocess.run(
        [*command, "--outdir", str(path.parent / "out"), str(path)],
        check=True,
        capture_output=True,
        timeout=120,
    )
    (made,) = (path.parent / "out").iterdir()
    return made


def titles(rows: list[list[Any]]) -> list[str]:
    return [str(row[1]) for row in rows[1:]]


@pytest.mark.skipif(
    OFFICE is None and "CI" not in os.environ,
    reason="LibreOffice is not installed: apt-get install libreoffice-calc-nogui.",
)
@pytest.mark.parametrize("form", ["csv", "french", "xlsx"])
def test_a_round_trip(form: str, tmp_path: Path) -> None:
    """A text that could run is a text with an apostrophe in CSV, and as it was in Excel."""
    french = {"dialect": "french"} if form == "french" else {}
    exporter = EXPORTERS["xlsx" if form == "xlsx" else "csv"]
    path = tmp_path / f"given.{exporter.extension}"
    path.write_bytes(rendered(exporter, GIVEN, french))
    if form == "xlsx":
        made = converted(path, "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false")
        text = made.read_text("utf-8")
        rows = [*csv.reader(io.StringIO(text, newline=""))]
        assert titles(rows) == [*NAMES, *NUMERIC]
        assert [row[3] for row in rows[1:3]] == ["00:00:00", "01:00:00"]
    else:
        separator = 59 if form == "french" else 44
        read_by = f"--infilter=CSV:{separator},34,76,1,,,false,true"  # with numbers recognised
        made = converted(path, "xlsx:Calc MS Excel 2007 XML", read_by)
        sheet = openpyxl.load_workbook(made).worksheets[0]
        cells = [row[1] for row in sheet.iter_rows(min_row=2)][: len(NAMES)]
        assert {cell.data_type for cell in cells} == {"s"}
        expected = [f"'{name}" if name[0] in "=+-@\t" else name for name in NAMES]
        assert [cell.value for cell in cells] == expected
