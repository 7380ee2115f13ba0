"""Another store as a source: page by page, patient with outages, careful with the password."""

import json
import re
from pathlib import Path
from typing import cast

import pytest

from lrs_stats.errors import CommandError
from lrs_stats.store.database import Database, Document
from lrs_stats.store.imports import ImportStore
from lrs_stats.store.statements import StatementStore
from lrs_stats.transfer import importing
from lrs_stats.transfer.importing import Import, Outcome, Rules
from lrs_stats.transfer.pages import Pages
from lrs_stats.transfer.peer import Peer, Reply, statements_address
from lrs_stats.transfer.refusals import Refusals
from lrs_stats.transfer.source import Found
from tests.transfer.commands import Commands
from tests.transfer.other import KEY, Other, other
from tests.transfer.test_importing import CLIENT, identifier, statement, stored


def filled(store: Other, count: int) -> None:
    for number in range(1, count + 1):
        at = f"2026-01-02T03:{number // 2:02}:00.000Z"  # two at each instant
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
    assert "since=2026-01-02T03%3A01%3A00.000Z" in store.asked[0]
    assert record.count() == 12


def test_since_leaves_out_what_is_older(
    record: StatementStore, database: Database[Document], tmp_path: Path
) -> None:
    with other() as store:
        filled(store, 10)
        take(pages(store, "2026-01-02T03:03:00.000Z"), record, database, tmp_path)
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


class Answers:
    """A store that answers pages one after the other, and the last for ever."""

    address, user = "http://h/xAPI/statements", "key"

    def __init__(self, *bodies: object) -> None:
        self.bodies = list(bodies)
        self.asked: list[str] = []

    def get(self, address: str, version: str) -> Reply:
        assert version == "1.0.3"
        self.asked.append(address)
        body = self.bodies.pop(0) if len(self.bodies) > 1 else self.bodies[0]
        return Reply(200, json.dumps(body).replace("NUMBER", str(len(self.asked))).encode())


def read(*bodies: object) -> list[Found]:
    return list(Pages(cast("Peer", Answers(*bodies)), sleep=lambda _: None).pieces({}))


def test_empty_pages_end_at_some_time() -> None:
    empty = {"statements": [], "more": "/more?NUMBER"}
    with pytest.raises(CommandError, match="100 pages without a statement"):
        read(empty)
    last: dict[str, object] = {"statements": [{}], "more": None}
    assert len(read(*[empty] * 99, last)) == 1


def test_a_link_that_is_no_address_is_told() -> None:
    with pytest.raises(CommandError, match="no address"):
        read({"statements": [{}], "more": "http://[::1"})


def test_a_store_that_answers_the_newest_first_is_told_and_not_gone_on_with() -> None:
    found: list[Found] = []
    page = [{"stored": f"2026-01-01T00:{minute:02}:00Z"} for minute in (9, 9, 8)]
    source = Pages(cast("Peer", Answers({"statements": page})), sleep=lambda _: None)
    with pytest.raises(CommandError, match="does not heed `ascending`"):
        found.extend(source.pieces({}))
    assert {one.after["since"] for one in found} == {""}


def test_another_user_or_version_begins_anew() -> None:
    made = [
        Pages(Peer("http://h/statements", user, ""), version=version)
        for user, version in (("a", "1.0.3"), ("b", "1.0.3"), ("a", "2.0.0"))
    ]
    assert len({one.fingerprint for one in made}) == 3


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
