"""The evidence pack: its files are the files, and whatever is changed in it is named later."""

import gc
import io
import json
import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest

from lrs_stats import Grant, Pack, __version__
from lrs_stats.errors import CommandError
from lrs_stats.evidence import sealed, verify
from tests.exporters.opca.test_golden import golden
from tests.exporters.opca.test_lines import sums, totals
from tests.exporters.opca.test_organisation import lines
from tests.exporters.opca.world import EDITED, example, exporters, made

TABLES = ["opca_logs", "opca_assiduite"]


@pytest.fixture(scope="module")
def pack() -> bytes:
    with example() as line:
        return made(line, "opca")


def files_of(pack: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(pack)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def packed(folder: Path, files: dict[str, bytes]) -> Path:
    path = folder / "pack.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    return path


def found(folder: Path, files: dict[str, bytes]) -> dict[str, str]:
    """Return what a check says of a pack of some files: each fault, by its file."""
    return {one.path: one.fault.partition(":")[0] for one in verify(packed(folder, files)).findings}


def test_it_holds_the_tables_a_document_of_each_kind_and_the_manifest(pack: bytes) -> None:
    files = files_of(pack)
    for name in TABLES:
        assert files[f"{name}.csv"] == golden(name)
    stem = "Martin-Lea-Printemps-2026_bca915bb86.pdf"
    assert set(files) == {
        *(f"{name}.csv" for name in TABLES),
        f"attestations/attestation_{stem}",
        f"certificats/certificat_{stem}",
        "manifest.json",
    }
    log, attendance = (lines(files[f"{name}.csv"]) for name in TABLES)
    assert sums(log)["lea", "Printemps 2026"] == totals(attendance)["lea", "Printemps 2026"]


def test_documents_are_those_that_are_made_alone(pack: bytes) -> None:
    with example() as line:
        for name in ("opca_attestation", "opca_certificat"):
            assert made(line, name) in files_of(pack).values()


def test_the_manifest_says_of_what_and_by_which_rules_the_files_are(pack: bytes) -> None:
    files = files_of(pack)
    manifest = json.loads(files.pop("manifest.json"))
    assert {one["path"]: (one["sha256"], one["bytes"]) for one in manifest["files"]} == {
        name: (sha256(content).hexdigest(), len(content)) for name, content in files.items()
    }
    assert manifest["program"] == {"name": "lrs-stats", "version": __version__}
    assert manifest["as_of"] == "2026-05-04T10:00:00+00:00"
    assert manifest["metrics"]["attested_time"] == "1"
    assert manifest["query"]["granularity"] == "enrolments"
    assert manifest["delivered_time"]["of_programs"] == {"accueil": "progress"}
    assert [one["learner"] for one in manifest["without_documents"]] == ["tom"]
    assert manifest["lacking"] == []


@pytest.mark.parametrize(("who", "documents"), [("lea", 2), ("tom", 0)])
def test_a_learner_gets_a_pack_of_their_own(who: str, documents: int) -> None:
    grants = (Grant("learner", learners=frozenset({who})),)
    with example() as line:
        files = files_of(made(line, "opca", grants=grants))
    assert sum(name.endswith(".pdf") for name in files) == documents
    assert [row["Identifiant"] for row in lines(files["opca_assiduite.csv"])] == [who]
    assert {row["Identifiant"] for row in lines(files["opca_logs.csv"])} <= {who}
    other = {"lea": b'"tom"', "tom": b'"lea"'}[who]
    assert other not in files["manifest.json"]


def test_the_same_is_the_same_pack(pack: bytes) -> None:
    with example() as line:
        assert made(line, "opca") == pack


def test_what_is_as_it_was_made_is_fine(pack: bytes, tmp_path: Path) -> None:
    path = tmp_path / "pack.zip"
    path.write_bytes(pack)
    verdict = verify(path)
    assert verdict.findings == ()
    assert verdict.files == 4
    assert verdict.digest == sha256(files_of(pack)["manifest.json"]).hexdigest()
    assert found(tmp_path, files_of(pack)) == {}  # packed anew, it is the same evidence


def test_one_altered_byte_of_any_file_names_that_file(pack: bytes, tmp_path: Path) -> None:
    random = Random(1)
    for name, content in files_of(pack).items():
        places = {0, len(content) - 1, *random.sample(range(len(content)), 20)}
        for place in sorted(places):
            byte = bytes([content[place] ^ (1 << random.randrange(8))])
            altered = content[:place] + byte + content[place + 1 :]
            fault = found(tmp_path, files_of(pack) | {name: altered})
            assert fault[name] == "altered", (name, place)
            others = set(fault) - {name}
            # A manifest may so have another name or hash for a file.
            assert not others or name == "manifest.json", (name, place, fault)


def test_one_altered_byte_of_the_zip_never_passes_for_another_content(
    pack: bytes, tmp_path: Path
) -> None:
    files, random, path = files_of(pack), Random(2), tmp_path / "pack.zip"
    passed = 0
    for place in random.sample(range(len(pack)), 250):
        altered = bytearray(pack)
        altered[place] ^= 1 << random.randrange(8)
        path.write_bytes(altered)
        try:
            findings = verify(path).findings
        except CommandError:
            continue  # it is no ZIP any more
        if not findings:
            passed += 1
            assert files_of(bytes(altered)) == files, place
    assert passed < 25


def test_missing_and_added_files_are_named(pack: bytes, tmp_path: Path) -> None:
    files = files_of(pack)
    assert found(tmp_path, files | {"more.txt": b"more"}) == {"more.txt": "added"}
    log = files.pop("opca_logs.csv")
    assert found(tmp_path, files) == {"opca_logs.csv": "missing"}
    assert found(tmp_path, files | {"logs.csv": log}) == {
        "opca_logs.csv": "missing",
        "logs.csv": "added",
    }


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_second_file_of_a_name_is_named(pack: bytes, tmp_path: Path) -> None:
    path = packed(tmp_path, files_of(pack))
    with zipfile.ZipFile(path, "a") as opened:
        opened.writestr("opca_logs.csv", golden("opca_logs"))
    [finding] = verify(path).findings
    assert str(finding) == "opca_logs.csv: added: it is there more than once"


def test_a_changed_manifest_is_named_unless_it_is_made_anew(pack: bytes, tmp_path: Path) -> None:
    files = files_of(pack)
    manifest = json.loads(files["manifest.json"])
    manifest["as_of"] = "2026-01-01T00:00:00+00:00"
    written = json.dumps(manifest, ensure_ascii=False, indent=2).encode() + b"\n"
    assert found(tmp_path, files | {"manifest.json": written}) == {"manifest.json": "altered"}
    del manifest["seal"]
    forged = packed(tmp_path, files | {"manifest.json": sealed(manifest)})
    assert verify(forged).findings == ()
    assert verify(forged).digest != sha256(files["manifest.json"]).hexdigest()


def called_off(stream: io.BytesIO) -> None:
    with Pack(stream, EDITED) as pack, pack.file("a.txt") as file:
        file.write(b"a" * 99)
        raise InterruptedError


def test_a_pack_that_is_called_off_is_no_zip() -> None:
    """Nothing is written after the failure, not even when the pack is forgotten."""
    stream = io.BytesIO()
    with pytest.raises(InterruptedError):
        called_off(stream)
    written = stream.getvalue()
    stream.close()
    gc.collect()
    assert not zipfile.is_zipfile(io.BytesIO(written))


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"no zip", "no ZIP that can be read"), (None, "There is no file"), (b"", "no ZIP")],
)
def test_what_is_no_pack_is_told(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "pack.zip"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CommandError, match=words):
        verify(path)
    with pytest.raises(CommandError, match=r"There is no manifest\.json"):
        verify(packed(tmp_path, {"a": b""}))


@pytest.mark.parametrize(
    "manifest", [b"[]", b"{}", b"\xff", b'{"files": [5]}', b'{"files": [{"path": 5}]}']
)
def test_a_manifest_of_anything_is_no_crash(tmp_path: Path, manifest: bytes) -> None:
    assert found(tmp_path, {"manifest.json": manifest, "a": b""})["manifest.json"] == "altered"


def command(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "lrs_stats", "evidence", "verify", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_command_says_what_it_found_by_its_status(pack: bytes, tmp_path: Path) -> None:
    path = tmp_path / "pack.zip"
    path.write_bytes(pack)
    fine = command(str(path))
    assert fine.returncode == 0, fine.stderr
    digest = fine.stdout.split()[-1]
    assert fine.stdout.startswith("All 4 files are as the manifest has them.")
    assert command(str(path), "--manifest", digest.upper()).returncode == 0
    other = command(str(path), "--manifest", "0" * 64)
    assert other.returncode == 1
    assert "! manifest.json: another one than was made" in other.stdout
    files = files_of(pack)
    altered = packed(tmp_path, files | {"opca_logs.csv": files["opca_logs.csv"] + b"\n"})
    told = command(str(altered))
    assert told.returncode == 1
    assert told.stdout == "! opca_logs.csv: altered: its SHA-256 is not that of the manifest\n"


def test_every_exporter_of_funders_has_a_title_and_says_what_is_missing() -> None:
    of_funders = [one for name, one in exporters().items() if name.startswith("opca")]
    assert len(of_funders) == 7
    assert all(one.title.startswith("OPCO: ") for one in of_funders)
