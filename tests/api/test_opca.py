"""The files for funders over HTTP: the worked example, stored, counted and asked for."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from lrs_stats.app import wire
from lrs_stats.evidence import verify
from lrs_stats.parts import parts
from lrs_stats.roster import folder
from lrs_stats.settings import load
from lrs_stats.store.database import Database, Document
from lrs_stats.testing import statements
from tests.databases import count, store
from tests.exporters.opca.test_golden import golden
from tests.exporters.opca.world import HERE


@pytest.fixture(scope="module")
def people(
    mongo_uri: str, module_database: Database[Document], tmp_path_factory: pytest.TempPathFactory
) -> tuple[FlaskClient, dict[str, str]]:
    """Return an application that has the example, and a header for each person."""
    data = tmp_path_factory.mktemp("opca")
    flags = {"mongo": mongo_uri, "database": module_database.name, "data": data}
    services = parts(load(flags, {}, HERE / "config"), module_database)
    services.rosters.replace(folder.read(HERE / "roster"))
    store(module_database, statements((HERE / "statements.txt").read_text("utf-8")))
    count(module_database, services.settings)
    tokens = {who: services.credentials.tokens.create(who)[1] for who in ("claire", "lea", "tom")}
    headers = {who: f"Bearer {token}" for who, token in tokens.items()}
    return wire(Flask("opca", static_folder=None), services).test_client(), headers


@pytest.mark.parametrize("name", ["opca_logs", "opca_assiduite"])
def test_an_owner_gets_the_file_of_the_example(
    people: tuple[FlaskClient, dict[str, str]], name: str
) -> None:
    http, headers = people
    answer = http.get(
        f"/api/v1/stats/enrolments.{name}", headers={"Authorization": headers["claire"]}
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Disposition"] == f'inline; filename="{name}.csv"'
    edited = re.sub(rb"\d\d/\d\d/\d{4}\r\n", b"04/05/2026\r\n", answer.data)  # as of today
    assert edited == golden(name)


def test_learners_get_their_own_lines(people: tuple[FlaskClient, dict[str, str]]) -> None:
    http, headers = people
    for who, log, attendance in (("lea", 4, 1), ("tom", 0, 1)):
        for name, lines in (("opca_logs", log), ("opca_assiduite", attendance)):
            path = f"/api/v1/stats/enrolments.{name}"
            answer = http.get(path, headers={"Authorization": headers[who]})
            found = answer.data.splitlines()[1:]
            assert len(found) == lines, (who, name)
            assert all(f"{who}@example.org".encode() in line for line in found)


def test_a_file_of_something_else_is_refused(people: tuple[FlaskClient, dict[str, str]]) -> None:
    http, headers = people
    asking = {"Authorization": headers["claire"]}
    answer = http.get("/api/v1/stats/courses.opca_assiduite", headers=asking)
    assert answer.status_code == 400
    assert "ask for it by /stats/enrolments.opca_assiduite." in answer.json["detail"]  # type: ignore[index]


def test_documents_and_packs_are_files_of_their_kind(
    people: tuple[FlaskClient, dict[str, str]], tmp_path: Path
) -> None:
    http, headers = people
    asking = {"Authorization": headers["claire"]}
    pdf = http.get("/api/v1/stats/learners/lea/enrolments.opca_attestation", headers=asking)
    assert pdf.status_code == 200, pdf.text
    assert pdf.content_type == "application/pdf"
    assert pdf.headers["Content-Disposition"] == 'inline; filename="opca_attestation.pdf"'
    assert pdf.data.startswith(b"%PDF-")
    pack = http.get("/api/v1/stats/enrolments.opca?from=2026-03-01&to=2026-04-01", headers=asking)
    assert pack.content_type == "application/zip"
    (tmp_path / "pack.zip").write_bytes(pack.data)
    verdict = verify(tmp_path / "pack.zip")
    assert verdict.findings == ()
    assert verdict.manifest["query"]["from"] == "2026-03-01T00:00:00+01:00"


def test_who_has_nothing_to_attest_is_told(people: tuple[FlaskClient, dict[str, str]]) -> None:
    http, headers = people
    answer = http.get(
        "/api/v1/stats/enrolments.opca_certificat", headers={"Authorization": headers["tom"]}
    )
    assert answer.status_code == 400
    assert "nothing to attest" in answer.json["detail"]  # type: ignore[index]
