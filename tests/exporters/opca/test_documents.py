"""Attestations and certificates, read back: their figures are those of the table, nothing is run.

What they look like is for eyes; what they say is held here against the golden file.
"""

import io
import re
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PIL import Image
from pypdf import PdfReader

from lrs_stats import CannotRender
from lrs_stats_exporters.opca_columns import PLACES
from lrs_stats_exporters.opca_documents import ATTESTATION
from lrs_stats_exporters.organisation import Organisation
from tests.exporters.opca.test_golden import golden
from tests.exporters.opca.test_organisation import lines
from tests.exporters.opca.world import PARIS, example, exporters, made, reports

KINDS = ("opca_attestation", "opca_certificat")
BEGUN = "2026-03-{0:02}T08:{1:02}:{2} lea {3} course-1"


def read(pdf: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(pdf), strict=True)


def text_of(pdf: bytes) -> str:
    """Return all that a document says, in one line."""
    return " ".join(" ".join(page.extract_text() for page in read(pdf).pages).split())


def with_organisation(name: str, /, **changes: Any) -> Any:
    organisation = vars(exporters()[name])["_organisation"]
    made: Any = type(exporters()[name])
    return made(msgspec.structs.replace(organisation, **changes))


def document(name: str, text: str | None = None, /, **changes: Any) -> bytes:
    exporter, stream = with_organisation(name, **changes), io.BytesIO()
    with example(text) as line:
        exporter.write(reports(line, exporter), stream, {})
    return stream.getvalue()


@pytest.mark.parametrize("name", KINDS)
def test_a_document_says_all_that_a_funder_asks_for(name: str) -> None:
    said = text_of(document(name))
    title, law = {
        "opca_attestation": ("Attestation d'assiduité", "R. 6313-3"),
        "opca_certificat": ("Certificat de réalisation", "R. 6332-26"),
    }[name]
    for words in (
        *(title, law, "Claire Durand", "Centre Exemple de Formation", "73282932000074"),
        *("84690123456", "Léa Martin", 'Ateliers "Dupont"; Fils', "55208131766522"),
        *("Accueil à l'atelier", "du 02/03/2026 au 31/03/2026", "Printemps 2026", "À distance"),
        *("Action de formation", "Bilan de compétences", "VAE", "apprentissage"),
        *("Fait à Lyon, le 04/05/2026", "Présidente", "Cachet et signature"),
        *("conserver l'ensemble des pièces justificatives", "6 ans"),
        *("Évaluations et résultats", "Journal des connexions", "Page 1 / 2", "Page 2 / 2"),
    ):
        assert words in said, words


@pytest.mark.parametrize("name", KINDS)
def test_its_figures_are_those_of_the_tables(name: str) -> None:
    said = text_of(document(name))
    lea, _ = lines(golden("opca_assiduite"))
    assert f"Durée prévue 2,00 h Durée réalisée {lea['Durée réalisée (heures)']} h" in said
    rate = lea["Taux d'assiduité (%)"]
    assert f"Taux d'assiduité {rate} %" in said
    assert f"Progression {lea['Progression (%)']} %" in said
    assert f"temps total {lea['Temps total (HH:MM:SS)']}" in said
    assert f"{lea['Évaluations réalisées']} réponses évaluées" in said
    assert f"résultat moyen {lea['Résultat moyen (%)']} %" in said
    assert lea["Mode de calcul de la durée réalisée"] in said
    log = lines(golden("opca_logs"))
    assert len(log) == 4
    for row in log:
        cells = ("Date de connexion", "Heure de début", "Heure de fin")
        duration, course = row["Durée de connexion (HH:MM:SS)"], row["Cours"]
        line = f"{' '.join(row[cell] for cell in cells)} {duration} {course}"
        assert line in said
    assert f"Total {lea['Temps total (HH:MM:SS)']}" in said


def test_it_is_an_archive_and_says_its_language() -> None:
    reader = read(document("opca_certificat"))
    told = str(reader.xmp_metadata.stream.get_data() if reader.xmp_metadata else b"")
    assert re.search(r"pdfaid:part>2<.*pdfaid:conformance>A<", told)
    assert str(reader.root_object["/Lang"]) == "fr"
    assert reader.metadata is not None
    assert reader.metadata.title == "Certificat de réalisation – Léa Martin"


def test_the_head_of_the_log_is_on_each_of_its_pages() -> None:
    text = "\n".join(
        BEGUN.format(day, minute, *rest)
        for day in range(3, 31)
        for minute in range(0, 60, 10)
        for rest in (("00Z", "launched"), ("30Z", "exited"))
    )
    pages = [" ".join(page.extract_text().split()) for page in read(document(KINDS[0], text)).pages]
    assert len(pages) > 3
    assert all("Date Début Fin Durée Cours Calcul du temps" in page for page in pages[1:])
    rows = re.findall(
        r"\d\d/03/2026 \d\d:\d\d:\d\d \d\d:\d\d:\d\d (\d\d:\d\d:\d\d)", " ".join(pages)
    )
    assert rows == ["00:00:30"] * 168
    assert "Total 01:24:00" in pages[-1]


def test_what_is_missing_is_a_dash_and_never_invented() -> None:
    missing = dict.fromkeys(
        ("name", "siret", "declaration_number", "address", "representative", "place"), ""
    )
    said = text_of(document(KINDS[1], **missing, representative_title=""))
    assert "SIRET –" in said
    assert "Déclaration d'activité n° –" in said
    assert "Je soussigné(e) représentant(e) légal(e)" in said
    for words in ("Centre Exemple", "73282932000074", "Claire", "Lyon"):
        assert words not in said


@pytest.mark.parametrize("form", ["png", "jpg", "svg"])
def test_logo_and_signature_are_in_it(tmp_path: Path, form: str) -> None:
    pictures = {name: tmp_path / f"{name}.{form}" for name in ("logo", "signature")}
    for shade, path in enumerate(pictures.values()):
        if form == "svg":
            path.write_text(
                f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">'
                f'<path d="M0 0h{shade + 1}v9z"/></svg>'
            )
        else:
            Image.new("RGB", (90, 40), (200 * shade, 30, 30)).save(path)
    plain = document(KINDS[0])
    with_both = document(KINDS[0], **{name: str(path) for name, path in pictures.items()})
    assert len(read(plain).pages[0].images) == 0
    assert form == "svg" or len(read(with_both).pages[0].images) == 2
    assert len(with_both) > len(plain)
    assert len(read(with_both).pages) == 2


def test_texts_are_shown_as_they_are() -> None:
    hostile = '#panic("run") *bold* $x$ @ref <label> \\u{41} // [x] https://example.org'
    said = text_of(document(KINDS[0], name=hostile))
    assert '#panic("run") *bold* $x$ @ref <label> \\u{41} // [x] https://example.org' in said


def test_a_character_without_a_font_is_told() -> None:
    said = text_of(document(KINDS[0], name="Formation \U0001f980 \U00020bb7 \ue000"))
    assert "n'ont pas de police" in said


@pytest.mark.parametrize(
    ("nature", "ticked"),
    [
        ("Action de formation", "Action de formation"),
        ("bilan de compétences", "Bilan de compétences"),
        ("VAE", "VAE (validation des acquis de l'expérience)"),
        ("Action de formation par apprentissage", "Formation par apprentissage"),
        ("Conseil", "Autre : Conseil"),
        ("", ""),
    ],
)
def test_the_nature_of_the_action_is_ticked(nature: str, ticked: str) -> None:
    from lrs_stats_exporters.opca_documents import _natures  # noqa: PLC0415

    assert [one["label"] for one in _natures(nature) if one["ticked"]] == [ticked] * bool(ticked)


def test_who_has_not_begun_has_no_document() -> None:
    with example() as line:
        files = zipfile.ZipFile(io.BytesIO(made(line, "opca_attestations"))).namelist()
        assert [name.partition("_")[0] for name in files] == ["attestation", "manifest.json"]
        for name in ("opca_attestation", "opca_certificats"):
            with pytest.raises(CannotRender, match="nothing to attest"):
                made(line, name, filters={"learner": frozenset({"tom"})})


def test_one_document_is_of_one_learner_in_one_session() -> None:
    both = "2026-03-05T08:00:00Z lea launched course-1\n2026-03-05T08:00:00Z tom launched course-2"
    with example(both) as line:
        with pytest.raises(CannotRender, match="There are 2 of them"):
            made(line, "opca_certificat")
        alone = made(line, "opca_certificat", filters={"learner": frozenset({"tom"})})
        assert "Tom Petit" in text_of(alone)
        assert "Léa" not in text_of(alone)
        names = zipfile.ZipFile(io.BytesIO(made(line, "opca_certificats"))).namelist()
    assert len(names) == 3


def test_rows_without_a_place_are_told_and_not_dropped() -> None:
    exporter = exporters()["opca_attestations"]
    with example() as line:
        given = reports(line, exporter)
        without = replace(given[PLACES.name], batches=())
        others = {**given.others, PLACES.name: without}
        with pytest.raises(RuntimeError, match="no place for the rows"):
            exporter.write(replace(given, others=others), io.BytesIO(), {})


def test_a_document_that_cannot_be_set_is_told_in_a_sentence(tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    with pytest.raises(CannotRender, match="A document cannot be set"):
        document(KINDS[0], logo=str(broken))


def test_a_session_that_is_not_over_is_not_called_so() -> None:
    with example() as line:
        assert "qui s'est déroulée du 02/03/2026" in text_of(made(line, KINDS[1]))
        line.record.instant = datetime(2026, 3, 31, 21, tzinfo=UTC)  # 23:00 of its last day
        assert "qui se déroule du 02/03/2026" in text_of(made(line, KINDS[1]))


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (5, 9, "Période prise en compte : du 05/03/2026 jusqu'au 08/03/2026."),
        (5, None, "Période prise en compte : du 05/03/2026."),
        (None, 9, "Période prise en compte : jusqu'au 08/03/2026."),
    ],
)
def test_a_period_is_named(start: int | None, end: int | None, said: str) -> None:
    bounds: dict[str, Any] = {
        name: datetime(2026, 3, day, tzinfo=PARIS)
        for name, day in (("start", start), ("end", end))
        if day
    }
    with example() as line:
        assert said in text_of(made(line, KINDS[0], **bounds))
    assert "Période" not in text_of(document(KINDS[0]))


def test_the_years_of_the_undertaking_are_those_that_are_set() -> None:
    assert Organisation(retention_years=10).undertaken().count("10 ans") == 1
    assert ATTESTATION.name == "attestation"
