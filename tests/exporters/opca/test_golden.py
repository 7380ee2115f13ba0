"""The worked example: the files are, byte for byte, those that were written by hand.

README.md beside this file works out each number.
"""

import csv
import io
import re
from pathlib import Path

import pytest

from tests.exporters.opca.world import HERE, example, exporters, made

FILES = ("opca_logs", "opca_assiduite")


def golden(name: str) -> bytes:
    return (HERE / f"{name}.csv").read_bytes()


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_the_one_written_by_hand(name: str) -> None:
    with example() as line:
        assert made(line, name).decode("utf-8") == golden(name).decode("utf-8")


def headers() -> dict[str, list[str]]:
    """Return the headers as the page of the definitions has them, in their order."""
    page = Path(__file__).parents[3] / "docs" / "opco.md"
    _, _, after = page.read_text("utf-8").partition("## The columns")
    both = re.findall(r"^\| `(.+?)` \|", after.partition("## Lines")[0], re.MULTILINE)
    cut = both.index("Première connexion")
    return {"opca_logs": both[:cut], "opca_assiduite": [*both[:17], *both[cut:]]}


@pytest.mark.parametrize("name", FILES)
def test_each_column_is_explained_in_the_order_of_the_file(name: str) -> None:
    header = next(csv.reader(io.StringIO(golden(name).decode("utf-8-sig")), delimiter=";"))
    assert header == headers()[name]


def test_open_access_is_in_the_log_when_it_is_asked_for() -> None:
    with example() as line:
        lines = made(line, "opca_logs", {"open_access": "yes"}).decode().split("\r\n")
    assert lines[1:5] == golden("opca_logs").decode().split("\r\n")[1:5]
    [added] = csv.DictReader([lines[0].lstrip("\ufeff"), lines[5]], delimiter=";")
    assert (added["Session"], added["Intitulé de l'action"]) == ("Accès libre", "")
    assert (added["Heure de début"], added["Durée de connexion (HH:MM:SS)"]) == (
        "09:00:00",
        "00:05:00",
    )
    assert (added["Progression (%)"], added["Statut"]) == ("0,00", "En cours")


def test_nothing_is_missing_in_the_organisation() -> None:
    assert exporters()["opca_logs"].warnings() == []
