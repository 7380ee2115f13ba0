"""The worker as it is put together, on a database and a folder."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from deltalake import DeltaTable

from lrs_stats.jobs import wiring
from lrs_stats.jobs.wiring import create_worker
from lrs_stats.roster.json_tables import check
from lrs_stats.roster.tables import RosterTables
from lrs_stats.samples import statements
from lrs_stats.settings import Settings
from lrs_stats.store.database import Database, Document
from lrs_stats.store.rosters import RosterStore
from tests.databases import store

DAY = "\n".join(
    f"2026-01-05T10:{n:02}:00.000Z w{n % 8} launched course:http://example.org/course"
    for n in range(40)
)


def people(**emails: str) -> RosterTables:
    rows = [{"id": who, "email": mail, "status": "active"} for who, mail in emails.items()]
    return check({"people": rows})


@pytest.fixture
def settings(
    mongo_uri: str, database: Database[Document], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    monkeypatch.setattr(wiring, "connect", lambda *_: database)  # which is closed in the end
    return Settings(mongo=mongo_uri, database=database.name, data=tmp_path)


def test_a_new_roster_is_held_against_the_one_before(
    settings: Settings, database: Database[Document]
) -> None:
    said = statements(DAY)
    store(database, said)
    rosters, worker = RosterStore(database), create_worker(settings)
    rosters.replace(RosterTables())
    worker.keep_up()
    rosters.replace(people(zoe=said[0]["actor"]["mbox"].removeprefix("mailto:")))
    worker.keep_up()
    (commit,) = DeltaTable(settings.facts / "events").history(1)
    assert commit["operationMetrics"]["num_target_rows_updated"] == 5
    assert commit["roster"] == "2"
    ended = {"$set": {"since": datetime(2026, 1, 1, tzinfo=UTC)}}
    database["roster_versions"].update_one({"_id": 2}, ended)
    worker.tidy()
    # It has not held for long, and a publication that can still be asked for was made by it.
    assert RosterStore(database).of_version(1) is not None
    (settings.facts / "history").unlink()
    worker.tidy()
    assert RosterStore(database).of_version(1) is None
    assert RosterStore(database).of_version(2) is not None
    worker.release()
