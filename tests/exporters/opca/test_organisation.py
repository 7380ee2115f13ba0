"""The organisation: what is wrong is refused, what is missing is told, nothing is invented."""

import csv
import io
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from lrs_stats.errors import CommandError
from lrs_stats.registry import build
from lrs_stats.settings import load
from lrs_stats_exporters.organisation import Organisation, is_siret
from tests.exporters.opca.world import example, exporters, made, reports

SHIPPED = Path(__file__).parents[3] / "config" / "organisation.toml"
TABLE = "[options.organisation]\n"


def exporters_with(folder: Path, text: str) -> Any:
    (folder / "organisation.toml").write_text(text, "utf-8")
    return build(load(environment={}, config=folder)).exporters


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(CommandError) as refused:
        exporters_with(folder, text)
    return str(refused.value)


def test_the_shipped_file_explains_what_can_be_set_and_each_example_is_taken(
    tmp_path: Path,
) -> None:
    text = SHIPPED.read_text("utf-8")
    uncommented = "\n".join(re.findall(r"^#(\[.+\]|[a-z0-9_-]+ = .+)$", text, re.MULTILINE))
    [shipped] = tomllib.loads(uncommented)["options"].values()
    assert list(shipped) == list(Organisation.__struct_fields__)
    without = re.sub(r"(?m)^(logo|signature) = .*$", "", uncommented)  # pictures that are not there
    assert exporters_with(tmp_path, without)["opca_logs"].warnings() == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('siret = "73282932000075"', "siret is '73282932000075'; it is 14 digits"),
        ('siret = "732829320"', "it is 14 digits"),
        ('declaration_number = "84 69 01234 5"', "it is 11 digits"),
        ("retention_years = 0", "it is 1 at least"),
        ('delivered_time = "guessed"', "Invalid enum value 'guessed'"),
        ('logo = "no-such.png"', "logo is 'no-such.png', which is no file"),
        ('signature = "signature.exe"', "it is a picture"),
        ('siren = "732829320"', "siren is none of its options"),
        ("[options.organisation.delivered_time_of]\np = 'guessed'", "Invalid enum value 'guessed'"),
    ],
)
def test_what_is_wrong_stops_the_start(tmp_path: Path, line: str, words: str) -> None:
    said = refusal(tmp_path, TABLE + line)
    assert said.startswith("The settings under [options.organisation] do not fit the exporter opca")
    assert words in said


@pytest.mark.parametrize("siret", ["73282932000074", "35600000000048", "35600000049837"])
def test_a_siret_has_its_key(siret: str) -> None:
    assert is_siret(siret)
    wrong = f"{siret[:-1]}{(int(siret[-1]) + 1) % 10}"
    assert not is_siret(wrong)


def test_what_is_not_set_is_an_empty_cell_and_a_warning(tmp_path: Path) -> None:
    nothing = exporters_with(tmp_path, "")["opca_assiduite"]
    assert nothing.warnings() == [
        f"The {words} is not set, and stays empty: {name} in config/organisation.toml."
        for name, words in (
            ("name", "name of the organisation"),
            ("siret", "SIRET of the organisation"),
            ("declaration_number", "declaration number (numéro de déclaration d'activité)"),
            ("representative", "legal representative"),
            ("place", "place"),
        )
    ]
    with example() as line:
        stream = io.BytesIO()
        nothing.write(reports(line, nothing), stream, {})
        known = lines(made(line, "opca_assiduite"))
    for mine, other in zip(lines(stream.getvalue()), known, strict=True):
        differing = {name for name in mine if mine[name] != other[name]}
        empty = {name for name in differing if not mine[name]}
        assert differing - empty == {"Mode de calcul de la durée réalisée"} | (
            {"Durée réalisée (heures)", "Taux d'assiduité (%)"} & differing
        )
        assert empty == {
            *("Organisme de formation", "SIRET organisme", "Numéro de déclaration d'activité"),
            *("Représentant légal", "Lieu"),
        }


def lines(file: bytes) -> list[dict[str, str]]:
    text = io.StringIO(file.decode("utf-8-sig"), newline="")
    return [*csv.DictReader(text, delimiter=";")]


@pytest.mark.parametrize(
    ("method", "delivered", "rate"),
    [("measured", "1,63", "81,26"), ("progress", "1,40", "70,00"), ("completion", "0,00", "0,00")],
)
def test_each_method_of_delivered_time(
    tmp_path: Path, method: str, delivered: str, rate: str
) -> None:
    exporter = exporters_with(tmp_path, f"{TABLE}delivered_time = '{method}'")["opca_assiduite"]
    with example() as line:
        stream = io.BytesIO()
        exporter.write(reports(line, exporter), stream, {})
    lea, _ = lines(stream.getvalue())
    assert (lea["Durée réalisée (heures)"], lea["Taux d'assiduité (%)"]) == (delivered, rate)


def test_all_files_share_one_organisation() -> None:
    names = [name for name in exporters() if name.startswith("opca")]
    organisations = [vars(exporters()[name])["_organisation"] for name in names]
    assert organisations
    assert all(one == organisations[0] for one in organisations)
