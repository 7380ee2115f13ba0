"""Imports into a real record: cut off anywhere they go on, and what is refused can be mended."""

import gzip
import json
import signal
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from lrs_stats.errors import CommandError, Unavailable
from lrs_stats.store.database import Database, Document
from lrs_stats.store.imports import ImportStore
from lrs_stats.store.statements import StatementStore
from lrs_stats.transfer import importing
from lrs_stats.transfer.files import Files
from lrs_stats.transfer.importing import Import, Outcome, Rules
from lrs_stats.transfer.refusals import Refusals
from lrs_stats.xapi.access import Client
from lrs_stats.xapi.record import Prepared
from tests.transfer.commands import Commands
from tests.waiting import until
from tests.xapi.statements import ABSENT, PDF, PLAIN, changed

Json = dict[str, Any]

OWN = {"objectType": "Agent", "mbox": "mailto:import@example.org"}
CLIENT = Client(authority=json.dumps(OWN).encode(), key=OWN["mbox"])
OTHER = {"objectType": "Agent", "mbox": "mailto:other@example.org"}


def identifier(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def statement(number: int, **more: Any) -> Json:
    instant = "2026-01-02T03:04:05.000Z"
    return PLAIN | {"id": identifier(number), "timestamp": instant} | more


def as_lines(found: Sequence[object]) -> bytes:
    """Return each on a line: JSON of what is no bytes."""
    return b"".join(
        (one if isinstance(one, bytes) else json.dumps(one).encode()) + b"\n" for one in found
    )


def take(
    path: Path,
    record: Any,
    database: Database[Document],
    rules: Rules | None = None,
) -> Outcome:
    """Import a file or folder, with what is refused beside it."""
    rules = rules or Rules(CLIENT)
    with Refusals(path.with_name(path.name.split(".")[0] + ".refused.ndjson")) as refusals:
        source = Files(path)
        return Import(source, record, ImportStore(database), refusals=refusals, rules=rules).run()


def stored(record: StatementStore) -> dict[str, Json]:
    return {one.id: json.loads(one.raw) for one in record.newer(None, 100_000)}


def refused(outcome: Outcome) -> list[Json]:
    assert outcome.refusals is not None
    return [json.loads(line) for line in outcome.refusals.read_text("utf-8").splitlines()]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "PATIENCE", 0.0)


FORMS: dict[str, Callable[[list[Json]], bytes]] = {
    "lines.ndjson": as_lines,
    "lines.json": as_lines,
    "lines.jsonl.gz": lambda found: gzip.compress(as_lines(found)),
    "list.json": lambda found: json.dumps(found, indent=2).encode(),
    "result.json": lambda found: json.dumps({"statements": found, "more": ""}).encode(),
    "result.json.gz": lambda found: gzip.compress(json.dumps({"statements": found}).encode()),
    "page-a-line.ndjson": lambda found: as_lines([{"statements": found[:2]}, found[2:]]),
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_of_file_is_taken(
    name: str, tmp_path: Path, record: StatementStore, database: Database[Document]
) -> None:
    found = [statement(number) for number in range(1, 6)]
    path = tmp_path / name
    path.write_bytes(FORMS[name](found))
    assert take(path, record, database) == Outcome(5, 0, None, 0)
    assert list(stored(record)) == [one["id"] for one in found]
    assert sorted(tmp_path.iterdir()) == [path]


def test_one_statement_over_many_lines_is_taken(
    tmp_path: Path, record: StatementStore, database: Database[Document]
) -> None:
    path = tmp_path / "one.json"
    path.write_text(json.dumps(statement(1), indent=4))
    assert take(path, record, database).stored == 1


def test_id_timestamp_and_version_are_kept_and_stored_and_authority_are_set(
    tmp_path: Path, record: StatementStore, database: Database[Document]
) -> None:
    sent = statement(1, version="1.0.2", stored="2020-01-01T00:00:00Z", authority=OTHER)
    path = tmp_path / "a.ndjson"
    path.write_bytes(as_lines([sent, statement(2, version="2.0.0"), statement(3)]))
    take(path, record, database)
    first, second, third = stored(record).values()
    assert {name: first[name] for name in ("id", "timestamp", "version")} == {
        name: sent[name] for name in ("id", "timestamp", "version")
    }
    assert first["stored"] > "2026"
    assert [one["authority"] for one in (first, second, third)] == [OWN] * 3
    assert [one["version"] for one in (second, third)] == ["2.0.0", "1.0.0"]


def test_the_authority_is_kept_where_there_is_one_when_asked_for(
    tmp_path: Path, record: StatementStore, database: Database[Document]
) -> None:
    path = tmp_path / "a.ndjson"
    wrong = statement(3, authority={"objectType": "Agent"})
    path.write_bytes(as_lines([statement(1, authority=OTHER), statement(2), wrong]))
    outcome = take(path, record, database, Rules(CLIENT, keep_authority=True))
    assert [one["authority"] for one in stored(record).values()] == [OTHER, OWN]
    assert "statement.authority" in refused(outcome)[0]["reason"]


INVALID: list[tuple[object, str]] = [
    (changed("context.contextActivities.parent", [{"objectType": "GroupActivity", "id": "a:b"}]),
     "parent[0].objectType"),
    (changed("object.id", "438ad672-de2c-4f0b-8876-35444e7dd746"), "statement.object.id"),
    (changed("result.score", {"raw": 0, "min": 0, "max": 0}), "statement.result.score"),
    (changed("result.completion", "false"), "statement.result.completion"),
    (changed("actor.mbox", "mailto:false"), "statement.actor.mbox"),
    (changed("timestamp", ""), "statement.timestamp"),
    (changed("attachments", [{k: v for k, v in PDF.items() if k != "fileUrl"}]),
     "attachments[0].fileUrl"),
    (b"no JSON at all", "the JSON is malformed at byte"),
    (b'{"actor": "\xff"}', "byte 11 is not UTF-8"),
    (b'{"actor": {"mbox"', "ends too early"),
    (b"[" * 3_000, "malformed"),
    (b"7", "expected"),
]  # fmt: skip


def test_what_is_really_sent_and_invalid_is_refused_with_its_place_and_reason(
    tmp_path: Path, record: StatementStore, database: Database[Document]
) -> None:
    path = tmp_path / "a.ndjson"
    good = [statement(1), statement(2)]
    path.write_bytes(as_lines([good[0], *(one for one, _ in INVALID), good[1]]))
    outcome = take(path, record, database)
    assert (outcome.stored, outcome.refused) == (2, len(INVALID))
    for line, (number, (sent, reason)) in zip(refused(outcome), enumerate(INVALID, 2), strict=True):
        assert (line["source"], line["line"]) == ("a.ndjson", number)
        if "malformed" not in reason:
            assert reason in line["reason"]
        if isinstance(sent, dict):
            assert line["statement"] == sent
        else:
            assert isinstance(sent, bytes)
            assert line.get("text", str(line.get("statement"))) == sent.decode(
                errors="backslashreplace"
            )


def test_what_was_refused_is_corrected_and_imported_again(
    tmp_path: Path, record: StatementStore, database: Database[Document]
) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([statement(1, timestamp=""), statement(2)], indent=1))
    outcome = take(path, record, database)
    assert outcome.refusals == tmp_path / "a.refused.ndjson"
    text = outcome.refusals.read_text("utf-8")
    assert text.count("\n") == 1
    outcome.refusals.write_text(text.replace('"timestamp":""', '"timestamp":"2026-01-01T00:00Z"'))
    again = take(outcome.refusals, record, database)
    assert (again.stored, again.refused) == (1, 0)
    assert stored(record).keys() == {identifier(1), identifier(2)}


def test_corrections_under_way_are_not_overwritten_by_another_import(
    tmp_path: Path, record: StatementStore, database: Database[Document]
) -> None:
    path = tmp_path / "a.ndjson"
    path.write_bytes(b"no JSON\n")
    names = [take(path, record, database).refusals for _ in range(3)]
    assert names == [tmp_path / f"a{n}.refused.ndjson" for n in ("", "-2", "-3")]


def test_an_equal_statement_is_no_fault_and_another_under_its_id_is_refused(
    tmp_path: Path, record: StatementStore, database: Database[Document]
) -> None:
    other = statement(1, object={"id": "https://example.org/other"})
    path = tmp_path / "a.ndjson"
    path.write_bytes(as_lines([statement(n) for n in (1, 2, 1, 3)] + [other, statement(4)]))
    for _ in range(2):
        outcome = take(path, record, database)
        assert (outcome.stored, outcome.refused) == (5, 1)
        [line] = refused(outcome)
        assert (line["line"], line["statement"]) == (5, other)
        assert "different statement" in line["reason"]
    assert record.count() == 4


def test_statements_without_an_id_have_the_same_one_each_time(
    tmp_path: Path, record: StatementStore, database: Database[Document]
) -> None:
    path = tmp_path / "a.ndjson"
    path.write_bytes(as_lines([PLAIN, PLAIN, changed("id", ABSENT, statement(1))]))
    for _ in range(2):
        assert take(path, record, database).stored == 3
    assert record.count() == 3


def test_a_folder_is_taken_in_the_order_of_names_without_what_was_refused_of_it(
    tmp_path: Path, record: StatementStore, database: Database[Document]
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "b.ndjson").write_bytes(as_lines([statement(2), b"bad"]))
    (folder / "a.json.gz").write_bytes(gzip.compress(json.dumps([statement(1)]).encode()))
    (folder / "c.refused.ndjson").write_bytes(as_lines([{"statement": statement(3)}]))
    (folder / "notes.txt").write_bytes(b"not this")
    assert Files(folder).left_out == 2
    outcome = take(folder, record, database)
    assert (outcome.stored, [line["source"] for line in refused(outcome)]) == (2, ["b.ndjson"])
    assert outcome.refusals == tmp_path / "folder.refused.ndjson"


@pytest.mark.parametrize(
    "damage", [lambda packed: packed[:-20], lambda packed: packed[:-8] + b"12345678"]
)
def test_a_damaged_package_is_told_and_what_comes_before_is_taken(
    damage: Any, tmp_path: Path, record: StatementStore, database: Database[Document]
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    packed = gzip.compress(as_lines([statement(n) for n in range(1, 2000)]))
    (folder / "a.ndjson.gz").write_bytes(damage(packed))
    (folder / "b.ndjson").write_bytes(as_lines([statement(5000)]))
    outcome = take(folder, record, database)
    assert outcome.refused >= 1
    assert any("packed file is damaged" in line["reason"] for line in refused(outcome))
    assert identifier(5000) in stored(record)


def test_a_folder_without_statements_and_a_source_under_way_are_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="has no file"):
        Files(tmp_path)
    with Refusals(tmp_path / "a.refused.ndjson"), pytest.raises(CommandError, match="under way"):
        Refusals(tmp_path / "a.refused.ndjson")


class Failing:
    """A record that goes away after some batches."""

    def __init__(self, record: StatementStore, batches: int) -> None:
        self.record = record
        self.batches = batches

    def append(self, statements: Sequence[Prepared]) -> None:
        if not self.batches:
            raise Unavailable("away")
        self.batches -= 1
        self.record.append(statements)


@pytest.mark.parametrize("form", ["lines.ndjson", "list.json", "lines.jsonl.gz"])
def test_a_failed_import_goes_on_where_it_was(
    form: str,
    tmp_path: Path,
    record: StatementStore,
    database: Database[Document],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importing, "BATCH", 3)
    wrong = {number: statement(number, timestamp="") for number in (2, 8, 11)}
    path = tmp_path / form
    path.write_bytes(FORMS[form]([wrong.get(n) or statement(n) for n in range(1, 13)]))
    for _ in range(2):
        with pytest.raises(Unavailable):
            take(path, Failing(record, 1), database)
        assert list(tmp_path.glob("*.refused.ndjson")) == []
        # what was written after the last word of how far it is must not stand there twice
        with next(tmp_path.glob("*.refused.ndjson.part")).open("ab") as part:
            part.write(b"half a li")
    outcome = take(path, record, database)
    assert (outcome.stored, outcome.refused, outcome.gone_on_after) == (9, 3, 6)
    assert [line["statement"]["id"] for line in refused(outcome)] == [
        identifier(number) for number in wrong
    ]
    assert list(stored(record)) == [identifier(n) for n in range(1, 13) if n not in wrong]


def test_a_source_that_changed_meanwhile_begins_anew(
    tmp_path: Path,
    record: StatementStore,
    database: Database[Document],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importing, "BATCH", 1)
    path = tmp_path / "a.ndjson"
    path.write_bytes(as_lines([b"bad", statement(2)]))
    with pytest.raises(Unavailable):
        take(path, Failing(record, 0), database)
    path.write_bytes(as_lines([statement(1), statement(2)]))
    assert take(path, record, database) == Outcome(2, 0, None, 0)


def test_killed_in_the_middle_it_goes_on_and_nothing_is_missing_or_twice(
    tmp_path: Path, commands: Commands, record: StatementStore
) -> None:
    total, bad = 60_000, 200  # more than is stored while a signal is on its way
    path = tmp_path / "big.ndjson"
    numbers = range(1, total + 1)
    path.write_bytes(
        as_lines([statement(n, **({"timestamp": ""} if n % 300 == 0 else {})) for n in numbers])
    )
    for _ in range(3):
        with subprocess.Popen(
            commands.line("statements", "import", path),
            env=commands.environment,
            stderr=subprocess.DEVNULL,
        ) as process:
            before = record.count()
            until(lambda: record.count() > before or process.poll() is not None, 60)  # noqa: B023 - called at once
            process.send_signal(signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL
    assert record.count() < total - bad
    done = commands.run("statements", "import", path)
    assert done.returncode == 1
    assert f"holds {total - bad} of the statements; {bad} were refused" in done.stdout
    assert "an earlier run had done" in done.stdout
    lines = (tmp_path / "big.refused.ndjson").read_text("utf-8").splitlines()
    assert [json.loads(line)["line"] for line in lines] == list(range(300, total + 1, 300))
    # what a killed process had announced holds the count back for a while
    until(lambda: record.count() >= total - bad, 60)
    assert record.count() == total - bad
