"""Reports as files over HTTP: made whole before they leave, laid aside on the disk, never left."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from lrs_stats import CannotRender, Exporter, Need, Reports
from lrs_stats.app import wire
from lrs_stats.parts import parts
from lrs_stats.registry import build
from lrs_stats.reports.exporter import render
from lrs_stats.settings import Settings
from lrs_stats.store.database import Database, Document
from lrs_stats.testing import course, report, statements
from tests.api.test_stats import basic
from tests.databases import count, store
from tests.disks import small_disk

MEBIBYTE = b"." * (1 << 20)


class Filling(Exporter):
    """Writes as many MiB as its option says, and fails when it is told to."""

    name = "filling"
    title = "Filling"
    media_type = "application/x-filling"
    extension = "bin"
    options = {"mebibytes": "How many.", "then": "What happens at the end."}  # noqa: RUF012

    def write(self, reports: Reports, stream: BinaryIO, options: Mapping[str, str]) -> None:
        stream.writelines(MEBIBYTE for _ in range(int(options.get("mebibytes", "0"))))
        if options.get("then") == "refuse":
            raise CannotRender("Such a file cannot be made.")
        if options.get("then") == "fail":
            raise RuntimeError("a plugin failed")


class Evidence(Exporter):
    """Writes figures of three reports beside each other."""

    name = "evidence"
    title = "Evidence"
    media_type = "application/x-evidence"
    extension = "txt"
    needs = (
        Need("log", "connections"),
        Need("days", "platform", ("connections",), interval="day"),
        Need("people", "learners"),
    )

    def write(self, reports: Reports, stream: BinaryIO, options: Mapping[str, str]) -> None:
        days = [row["connections"] for row in reports["days"].rows]
        people = {column.name for column in reports["people"].metrics}
        stamps = {one.as_of for one in (reports.asked, *reports.others.values())}
        line = f"{reports['log'].count} {days} {len(people) > 5} {len(stamps)}"
        stream.write(f"{reports.asked.totals['connections']} {line}".encode())


@pytest.fixture(scope="module")
def http(
    mongo_uri: str, module_database: Database[Document], tmp_path_factory: pytest.TempPathFactory
) -> FlaskClient:
    settings = Settings(
        mongo=mongo_uri, database=module_database.name, data=tmp_path_factory.mktemp("files")
    )
    made = parts(settings, module_database)
    own: dict[str, Exporter] = {"filling": Filling(), "evidence": Evidence()}
    registry = replace(made.registry, exporters={**made.registry.exporters, **own})
    services = replace(made, registry=registry)
    services.credentials.create_client("root", ["admin", "all"], key="root", secret="root")
    store(
        module_database,
        statements(
            "09:00 ada launched course-1\n10:00 bob launched course-1\n11:00 bob launched course-2"
        ),
    )
    count(module_database, settings)
    app = wire(Flask("test", static_folder=None), services)
    app.extensions["services"] = services
    return app.test_client()


@pytest.fixture
def folder(http: FlaskClient) -> Path:
    found: Path = http.application.extensions["services"].settings.data
    return found


def get(http: FlaskClient, path: str, **more: Any) -> Any:
    return http.get(
        f"/api/v1/stats/{path}", headers=basic("root", "root"), **{"buffered": True, **more}
    )


def open_files(folder: Path) -> list[str]:
    """Return the files of a folder that this process has open, also those without a name."""
    links = (str(one.readlink()) for one in Path("/proc/self/fd").iterdir() if one.is_symlink())
    return [link for link in links if link.startswith(f"{folder}/") and "/facts/" not in link]


def test_a_small_file_and_a_large_one_say_how_long_they_are(http: FlaskClient) -> None:
    for number in (1, 9):
        answer = get(http, f"courses.filling?mebibytes={number}")
        assert answer.status_code == 200
        assert int(answer.headers["Content-Length"]) == number << 20
        assert answer.data == MEBIBYTE * number
        assert answer.headers["Content-Disposition"] == 'inline; filename="courses.bin"'


def test_a_large_file_lies_on_the_disk_without_a_name(http: FlaskClient, folder: Path) -> None:
    before = sorted(folder.iterdir())
    answer = get(http, "courses.filling?mebibytes=9", buffered=False)
    first = next(iter(answer.response))
    assert 0 < len(first) < len(MEBIBYTE)
    assert len(open_files(folder)) == 1
    assert sorted(folder.iterdir()) == before
    answer.close()  # as a server does when its client has hung up


def test_who_hangs_up_leaves_nothing(http: FlaskClient, folder: Path) -> None:
    answer = get(http, "courses.filling?mebibytes=9", buffered=False)
    next(iter(answer.response))
    answer.close()
    assert open_files(folder) == []


@pytest.mark.parametrize(("then", "status"), [("refuse", 400), ("fail", 500)])
def test_a_failure_in_the_middle_is_no_file(
    http: FlaskClient, folder: Path, then: str, status: int
) -> None:
    answer = get(http, f"courses.filling?mebibytes=9&then={then}")
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert b"...." not in answer.data
    assert open_files(folder) == []


def test_what_cannot_be_made_is_not_acceptable_when_it_was_accepted(http: FlaskClient) -> None:
    accept = {**basic("root", "root"), "Accept": "application/x-filling"}
    answer = http.get("/api/v1/stats/courses?then=refuse", headers=accept)
    assert answer.status_code == 406
    assert "Such a file cannot be made." in answer.text


@pytest.mark.skipif(os.geteuid() != 0, reason="Only root can mount the small disk that this fills.")
def test_a_full_disk_is_said(http: FlaskClient, folder: Path, tmp_path: Path) -> None:
    services = http.application.extensions["services"]
    settings = replace(services.settings, data=tmp_path / "small")
    app = wire(Flask("small", static_folder=None), replace(services, settings=settings))
    with small_disk(tmp_path / "small"):
        answer = get(app.test_client(), "courses.filling?mebibytes=20")
        assert answer.status_code == 507
        assert "disk has no room" in answer.json["detail"]
        assert get(app.test_client(), "courses.filling?mebibytes=5").status_code == 200


@pytest.mark.parametrize("name", ["csv", "jsonl", "parquet", "xlsx"])
def test_a_full_disk_is_known_through_every_library(name: str) -> None:
    exporter = build(Settings()).exporters[name]
    rows = [course(f"c{number}", "Course", number, 1.0, 2.0) for number in range(20_000)]
    with Path("/dev/full").open("wb", buffering=0) as full, pytest.raises(OSError, match="28"):
        render(exporter, Reports(report(rows)), full, {})


def test_what_is_needed_beside_is_of_the_same_question(http: FlaskClient) -> None:
    """The further reports have the filters and the facts of the one asked for."""
    alone = quote("mailto:bob@example.org", safe="")
    assert get(http, "courses.evidence").data == b"3 3 [3] True 1"
    assert get(http, f"courses.evidence?learner={alone}").data == b"2 2 [2] True 1"
