"""Another store as a source: page by page, patient with outages, careful with the password."""

import json
import re
from pathlib import Path

import pytest

from lrs_stats.errors import CommandError
from lrs_stats.store.database import Database, Document
from lrs_stats.store.imports import ImportStore
from lrs_stats.store.statements import StatementStore
from lrs_stats.transfer import importing
from lrs_stats.transfer.importing import Import, Outcome, Rules
from lrs_stats.transfer.pages import Pages
from lrs_stats.transfer.peer import statements_address
from lrs_stats.transfer.refusals import Refusals
from tests.transfer.commands import Commands
from tests.transfer.other import KEY, Other, other
from tests.transfer.test_importing import CLIENT, identifier, statement, stored


def filled(store: Other, count: int) -> None:
    for number in range(1, count + 1):
        at = f"2026-01-02T03:04:{number // 2:02}.000Z"  # two at each instant
        one = statement(number, stored=at, version="1.0.0")
        store.statements[one["id"]] = one


def pages(store: Other, since: str = "") -> Pages:
    return Pages(store.peer(), since=since, sleep=lambda _: None)


def take(
    source: Pages, record: StatementStore, database: Database[Document], folder: Path
) -> Outcome:
    with Refusals(folder / "other.refused.ndjson") as refusals:
        rules = Rules(CLIENT)
        return Import(source, record, ImportStore(database), refusals=refusals, rules=rules).run()


def test_all_pages_are_taken_through_outages(
    record: StatementStore, database: Database[Document], tmp_path: Path
) -> None:
    with other() as store:
        filled(store, 10)
        store.failing = [503, 429, 500]
        assert take(pages(store), record, database, tmp_path) == Outcome(10, 0, None, 0)
    assert list(stored(record)) == [identifier(number) for number in range(1, 11)]
    assert all("ascending=true" in one for one in store.asked if "from" not in one)


def test_what_is_refused_names_its_page_and_place(
    record: StatementStore, database: Database[Document], tmp_path: Path
) -> None:
    with other() as store:
        filled(store, 5)
        store.statements[identifier(5)]["timestamp"] = ""
        outcome = take(pages(store), record, database, tmp_path)
    assert (outcome.stored, outcome.refused) == (4, 1)
    assert outcome.refusals is not None
    line = json.loads(outcome.refusals.read_text())
    assert (line["source"].endswith("from=3&since="), line["place"]) == (True, "statements[1]")


def test_an_import_that_was_cut_off_asks_for_what_is_left(
    record: StatementStore,
    database: Database[Document],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importing, "BATCH", 3)
    with other() as store:
        filled(store, 12)
        source = pages(store)
        monkeypatch.setattr(source, "_sleep", lambda _: setattr(store, "down", True))
        store.page, store.failing = 6, []
        real = store.get
        monkeypatch.setattr(
            store, "get", lambda query: (403, {}) if "from" in query else real(query)
        )
        with pytest.raises(CommandError, match="refuses: 403"):
            take(source, record, database, tmp_path)
        monkeypatch.setattr(store, "get", real)
        store.asked.clear()
        outcome = take(pages(store), record, database, tmp_path)
    assert (outcome.refused, outcome.gone_on_after) == (0, 6)
    assert "since=2026-01-02T03%3A04%3A02.999Z" in store.asked[0]
    assert record.count() == 12


def test_since_leaves_out_what_is_older(
    record: StatementStore, database: Database[Document], tmp_path: Path
) -> None:
    with other() as store:
        filled(store, 10)
        take(pages(store, "2026-01-02T03:04:03.000Z"), record, database, tmp_path)
    assert list(stored(record)) == [identifier(8), identifier(9), identifier(10)]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("http://thief.example/xAPI/statements", "not given the password"),
        ("/xAPI/statements?ascending=true&limit=500", "names itself"),
    ],
)
def test_a_more_link_that_leads_astray_ends_it(
    more: str, told: str, record: StatementStore, database: Database[Document], tmp_path: Path
) -> None:
    with other() as store:
        filled(store, 2)
        store.more = more
        with pytest.raises(CommandError, match=told):
            take(pages(store), record, database, tmp_path)


def test_a_store_that_is_away_or_does_not_know_us_is_told(tmp_path: Path) -> None:
    with other() as store:
        stranger = Pages(store.peer("wrong"), sleep=lambda _: None)
        with pytest.raises(CommandError, match="401 who are you"):
            list(stranger.pieces({}))
        store.down = True
        with pytest.raises(CommandError, match="Run the import again"):
            list(pages(store).pieces({}))


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("https://lrs.example/xAPI", "https://lrs.example/xAPI/statements"),
        ("https://lrs.example/xAPI/statements/", "https://lrs.example/xAPI/statements"),
        ("http://127.0.0.1:8080/xAPI/statements", "http://127.0.0.1:8080/xAPI/statements"),
    ],
)
def test_an_address_is_completed(given: str, address: str) -> None:
    assert statements_address(given) == address


@pytest.mark.parametrize(
    "given",
    ["ftp://a/b", "lrs.example", "https://", "https://a:b", "https://k:s@a/x", "https://a/?b=c"],
)
def test_an_address_that_is_none_is_told(given: str) -> None:
    with pytest.raises(CommandError, match=re.escape("address")):
        statements_address(given)


def test_the_command_imports_from_another_store(commands: Commands, record: StatementStore) -> None:
    with other() as store:
        filled(store, 4)
        refused = commands.folder / "refused.ndjson"
        done = commands.run(
            "statements", "import", store.address, "--user", KEY, "--refused", refused
        )
    assert (done.returncode, done.stdout) == (0, "The record holds all 4 statements.\n"), (
        done.stderr
    )
    assert record.count() == 4
