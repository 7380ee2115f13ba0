"""Exports of a real record: whole or not there, and imported again they give the same record."""

import gzip
import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from lrs_stats.cli_statements import asked_for
from lrs_stats.errors import CommandError
from lrs_stats.store.database import connect
from lrs_stats.store.statements import StatementStore
from lrs_stats.transfer import exporting
from lrs_stats.transfer.exporting import export, written
from tests.transfer.commands import Commands
from tests.transfer.test_importing import identifier, statement
from tests.xapi.statements import VOIDING, prepared

ANSWERED = {"id": "http://adlnet.gov/expapi/verbs/answered"}
BRUNO = {"mbox": "mailto:bruno@example.org"}


@pytest.fixture
def filled(record: StatementStore) -> StatementStore:
    """A record of six statements, of which the last voids the second."""
    record.append(prepared([statement(n) for n in (1, 2)]))
    record.append(prepared([statement(3, actor=BRUNO, version="1.0.1")]))
    record.append(prepared([statement(4, verb=ANSWERED, result={"score": {"raw": 1.50}})]))
    record.append(
        prepared(statement(5, object={"id": "https://example.org/b"}, version="2.0.0"), "2.0.0")
    )
    target = {"objectType": "StatementRef", "id": identifier(2)}
    record.append(prepared([VOIDING | {"id": identifier(6), "object": target}]))
    return record


def ids(data: bytes) -> list[str]:
    return [json.loads(line)["id"] for line in data.splitlines()]


@pytest.mark.parametrize(
    ("asked", "numbers"),
    [
        ({}, (1, 3, 4, 5, 6)),
        ({"verb": ANSWERED["id"]}, (4,)),
        ({"agent": BRUNO["mbox"]}, (3,)),
        ({"agent": json.dumps(BRUNO)}, (3,)),
        ({"activity": "https://example.org/b"}, (5,)),
        ({"since": "2100-01-01T00:00:00Z"}, ()),
        ({"until": "2100-01-01T00:00:00Z"}, (1, 3, 4, 5, 6)),
    ],
    ids=str,
)
def test_what_is_asked_for_is_written_in_the_order_of_storing(
    asked: dict[str, str | None],
    numbers: tuple[int, ...],
    filled: StatementStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exporting, "PAGE", 2)
    file = io.BytesIO()
    assert export(filled, asked_for(asked), file) == len(numbers)
    assert ids(file.getvalue()) == [identifier(number) for number in numbers]


def test_voided_ones_are_there_when_asked_for(
    filled: StatementStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "PAGE", 2)
    file = io.BytesIO()
    query = asked_for({"activity": "https://example.org/page"})
    assert export(filled, query, file, voided=True) == 5  # the voiding one refers to the second
    assert ids(file.getvalue()) == [identifier(number) for number in (1, 2, 3, 4, 6)]


def test_since_excludes_its_instant(filled: StatementStore) -> None:
    everything = list(filled.newer(None, 10))
    instant = everything[2].stored
    file = io.BytesIO()
    export(filled, asked_for({"since": instant.isoformat()}), file, voided=True)
    assert ids(file.getvalue()) == [one.id for one in everything if one.stored > instant]


def test_an_option_that_is_no_value_of_its_kind_is_told() -> None:
    with pytest.raises(CommandError, match="--since: "):
        asked_for({"since": "yesterday"})


@pytest.mark.parametrize("name", ["all.ndjson", "all.ndjson.gz"])
def test_an_export_imported_into_an_empty_store_is_the_same_record(
    name: str, filled: StatementStore, commands: Commands, tmp_path: Path
) -> None:
    path, again = tmp_path / name, tmp_path / f"again-{name}"
    elsewhere = replace(commands, database=f"{commands.database}_other")
    exported = commands.run("statements", "export", "--voided", path)
    assert (exported.returncode, exported.stdout) == (0, "")
    assert "Exported 6 statements." in exported.stderr
    try:
        taken = elsewhere.run("statements", "import", "--keep-authority", path)
        assert (taken.returncode, taken.stdout) == (0, "The record holds all 6 statements.\n")
        database = connect(elsewhere.uri, elsewhere.database)
        copy = StatementStore(database)
        assert contents(copy) == contents(filled)
        assert copy.find(identifier(2), voided=True)
        database.client.close()
        assert elsewhere.run("statements", "export", "--voided", again).returncode == 0
        assert commands.run("statements", "import", again).returncode == 0
        assert filled.count() == 6
    finally:
        with MongoClient[dict[str, object]](elsewhere.uri) as client:
            client.drop_database(elsewhere.database)


def test_the_standard_output_has_the_statements_and_nothing_else(
    filled: StatementStore, commands: Commands
) -> None:
    done = commands.run("statements", "export")
    assert ids(done.stdout.encode()) == [identifier(number) for number in (1, 3, 4, 5, 6)]


def test_a_private_mongod_says_nothing_among_the_statements(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lrs_stats", f"--data={tmp_path}", "statements", "export"],
        env={"PATH": ""},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def contents(record: StatementStore) -> dict[str, Any]:
    """Return the statements but for `stored`, each store's own; numbers as spelled."""
    return {
        one.id: {
            name: value
            for name, value in json.loads(one.raw, parse_float=str).items()
            if name != "stored"
        }
        for one in record.newer(None, 100)
    }


def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "all.ndjson.gz"
    with written(path) as file:
        file.write(b"first\n")
    with pytest.raises(ZeroDivisionError), written(path) as file:
        file.write(b"%d" % (1 // 0))
    assert gzip.decompress(path.read_bytes()) == b"first\n"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(CommandError, match="cannot be written"), written(tmp_path / "no" / "where"):
        pass


def test_two_exports_to_one_name_are_each_whole(tmp_path: Path) -> None:
    path = tmp_path / "all.ndjson"
    with written(path) as first:
        first.write(b"first\n" * 9)
        with written(path) as second:
            second.write(b"second\n")
        assert path.read_bytes() == b"second\n"
    assert path.read_bytes() == b"first\n" * 9
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_followed_and_a_pipe_written_to(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    path, link, pipe = tmp_path / "there" / "all", tmp_path / "link", tmp_path / "pipe"
    link.symlink_to(path)
    with written(link) as file:
        file.write(b"first\n")
    assert (link.is_symlink(), path.read_bytes()) == (True, b"first\n")
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with written(pipe) as file:
        file.write(b"second\n")
    assert (os.read(reader, 99), pipe.is_fifo()) == (b"second\n", True)
    os.close(reader)
