"""`lrs-stats evidence export`: a pack of a server's own data, whole or not there at all."""

import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lrs_stats import logs, serving
from lrs_stats.cli import cli
from lrs_stats.evidence import verify
from lrs_stats.roster import folder
from lrs_stats.serving import Reachable
from lrs_stats.settings import OPTIONS, Settings, load
from lrs_stats.store.audit import AuditStore, Wanted
from lrs_stats.store.database import Database, Document
from lrs_stats.store.rosters import RosterStore
from lrs_stats.testing import statements
from tests.databases import count, store
from tests.exporters.opca.test_golden import golden
from tests.exporters.opca.world import HERE


class Server:
    """A server's database that has the example, and the command on it."""

    def __init__(self, uri: str, database: Database[Document], data: Path) -> None:
        flags = {"mongo": uri, "database": database.name, "data": data}
        self.settings = load(flags, {}, HERE / "config")
        self.database = database
        RosterStore(database).replace(folder.read(HERE / "roster"))
        store(database, statements((HERE / "statements.txt").read_text("utf-8")))
        count(database, self.settings)

    def export(self, output: Path, *arguments: str, config: Path = HERE / "config") -> Result:
        """Run the command in this process, as `lrs-stats` does."""
        given = ["--config", str(config), "evidence", "export", "--output", str(output)]
        return CliRunner().invoke(cli, [*given, *arguments], env=self.environment())

    def environment(self) -> dict[str, str]:
        known = self.settings.environment().items()
        return {name: value for name, value in known if not name.startswith(OPTIONS)}


@pytest.fixture(scope="module")
def server(
    mongo_uri: str, module_database: Database[Document], tmp_path_factory: pytest.TempPathFactory
) -> Server:
    return Server(mongo_uri, module_database, tmp_path_factory.mktemp("evidence"))


@pytest.fixture(autouse=True)
def _in_this_process(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the command reach the database that there is, and leave the logs as they are."""

    @contextmanager
    def opened(settings: Settings) -> Iterator[Reachable]:
        yield Reachable(settings, server.database)

    monkeypatch.setattr(serving, "opened", opened)
    monkeypatch.setattr(logs, "configure", lambda: None)


def test_it_writes_a_pack_that_verifies_and_says_its_hash(server: Server, tmp_path: Path) -> None:
    output = tmp_path / "pack.zip"
    done = server.export(output, "--program", "accueil", "--learner", "lea")
    assert done.exit_code == 0, done.output
    verdict = verify(output)
    assert verdict.findings == ()
    assert done.stdout == (
        f"Wrote {output}. Learners in sessions: 1.\nmanifest  {verdict.digest}\n"
    )
    with zipfile.ZipFile(output) as pack:
        assert pack.read("opca_logs.csv") == golden("opca_logs")
        assert json.loads(pack.read("manifest.json"))["query"]["filters"] == {
            "learner": ["lea"],
            "program": ["accueil"],
        }
    assert [path.name for path in tmp_path.iterdir()] == ["pack.zip"]
    entries, _ = AuditStore(server.database).page(Wanted(action="export evidence"), 10)
    entry = entries[0]
    assert ([*entry.resource], entry.rows) == (["evidence"], 1)
    assert entry.asked["manifest"] == [verdict.digest]
    assert entry.asked["learner"] == ["lea"]


def test_what_the_organisation_has_not_set_is_told_before(server: Server, tmp_path: Path) -> None:
    done = server.export(tmp_path / "pack.zip", config=tmp_path)
    assert done.exit_code == 0, done.output
    assert "! The SIRET of the organisation is not set, and stays empty" in done.stderr
    with zipfile.ZipFile(tmp_path / "pack.zip") as pack:
        lacking = json.loads(pack.read("manifest.json"))["lacking"]
    assert len(lacking) == 5


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--learner", "nobody"], "Nobody has a place in what is asked for"),
        (["--from", "yesterday"], "--from: 'yesterday' is no date"),
    ],
)
def test_what_cannot_be_asked(
    server: Server, tmp_path: Path, arguments: list[str], words: str
) -> None:
    done = server.export(tmp_path / "pack.zip", *arguments)
    assert words in str(done.exception)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_over(server: Server, tmp_path: Path) -> None:
    (tmp_path / "pack.zip").write_text("mine")
    done = server.export(tmp_path / "pack.zip")
    assert "is there already" in str(done.exception)
    (tmp_path / "other.zip.part").write_text("another's")
    done = server.export(tmp_path / "other.zip")
    assert "a pack in the making" in str(done.exception)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "pack.zip": "mine",
        "other.zip.part": "another's",
    }


def test_a_pack_that_fails_leaves_nothing(server: Server, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    (tmp_path / "organisation.toml").write_text(
        f'[options.organisation]\nlogo = "{broken}"\n', "utf-8"
    )
    done = server.export(tmp_path / "pack.zip", config=tmp_path)
    assert "The pack cannot be written: A document cannot be set." in str(done.exception)
    assert not [path for path in tmp_path.iterdir() if "pack" in path.name]
