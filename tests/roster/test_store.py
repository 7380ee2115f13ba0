"""A roster is kept whole: one version or the next, never a mixture, whoever is killed."""

import threading
from collections.abc import Iterator

import mongomock
import pytest
from pymongo.database import Database

from lrs_stats.errors import Unavailable
from lrs_stats.roster.json_tables import check
from lrs_stats.roster.tables import Group, RosterTables
from lrs_stats.store import rosters
from lrs_stats.store.database import Document, connect
from lrs_stats.store.rosters import RosterStore

FIRST = RosterTables(groups=(Group("g1", "One", ""), Group("g2", "Two", "g1")))
SECOND = RosterTables(groups=(Group("g3", "Three", ""),))


@pytest.fixture(params=["mongomock", "mongodb"])
def database(request: pytest.FixtureRequest) -> Iterator[Database[Document]]:
    if request.param == "mongomock":
        yield mongomock.MongoClient(tz_aware=True).get_database("lrs_stats")
        return
    uri, name = map(request.getfixturevalue, ("mongo_uri", "database_name"))
    database = connect(uri, name)
    yield database
    database.client.drop_database(name)
    database.client.close()


@pytest.fixture
def row_by_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every row be a part of its own."""
    monkeypatch.setattr(rosters, "PART_BYTES", 1)


class KilledError(BaseException):
    """The process ends here."""


def kill_after(rows: int) -> rosters.Progress:
    def progress(written: int, total: int) -> None:
        if written == rows:
            raise KilledError

    return progress


def test_before_the_first_roster(database: Database[Document]) -> None:
    store = RosterStore(database)
    assert store.version() == 0
    assert store.load().version == 0
    assert store.load().tables == RosterTables()


def test_everything_comes_back(database: Database[Document]) -> None:
    tables = check(
        {
            "people": [
                {"id": "p1", "email": "Léa@Example.org", "status": "active"},
                {"id": "p2", "manager_id": "p1", "status": "invited"},
            ],
            "courses": [
                {"id": "https://x.org/c1", "author_id": "p1", "planned_minutes": 90},
                {"id": "https://x.org/c2"},
            ],
            "programs": [{"id": "g", "objectives": "a\nb"}],
            "program_courses": [
                {"program_id": "g", "course_id": "https://x.org/c1", "position": 0}
            ],
            "sessions": [
                {
                    "id": "https://x.org/s",
                    "program_id": "g",
                    "start": "2024-02-29",
                    "end": "9999-12-31",
                }
            ],
            "enrolments": [
                {"session_id": "https://x.org/s", "person_id": "p2", "status": "active"}
            ],
        }
    )
    assert RosterStore(database).replace(tables) == 1
    other = RosterStore(database)
    assert other.load().tables == tables
    assert other.load().version == other.version() == 1


def test_replaced_and_seen_by_all(database: Database[Document]) -> None:
    one, two = RosterStore(database), RosterStore(database)
    assert one.replace(FIRST) == 1
    assert two.load().tables == FIRST
    assert two.load() is two.load()
    assert one.replace(SECOND) == 2
    assert two.load().tables == one.load().tables == SECOND
    assert one.replace(RosterTables()) == 3
    assert two.load().tables == RosterTables()
    assert database["roster_parts"].count_documents({}) == 0


def test_many_parts_keep_their_order(database: Database[Document], row_by_row: None) -> None:
    tables = RosterTables(groups=tuple(Group(f"g{n}", "", "") for n in range(30)))
    told: list[tuple[int, int]] = []
    RosterStore(database).replace(tables, lambda written, total: told.append((written, total)))
    assert told == [(n + 1, 30) for n in range(30)]
    assert database["roster_parts"].count_documents({}) == 30
    assert RosterStore(database).load().tables == tables


def test_killed_in_the_middle(database: Database[Document], row_by_row: None) -> None:
    store = RosterStore(database)
    store.replace(SECOND)
    with pytest.raises(KilledError):
        store.replace(FIRST, kill_after(1))
    assert store.version() == 1
    assert RosterStore(database).load().tables == SECOND
    assert store.replace(FIRST) == 3
    assert RosterStore(database).load().tables == FIRST
    assert database["roster_parts"].count_documents({}) == 2


def test_killed_before_the_first_is_whole(database: Database[Document], row_by_row: None) -> None:
    with pytest.raises(KilledError):
        RosterStore(database).replace(FIRST, kill_after(2))
    assert RosterStore(database).load().version == 0


def test_one_that_began_earlier_and_ends_later_gives_way(
    database: Database[Document], row_by_row: None
) -> None:
    store = RosterStore(database)

    def overtaken(written: int, total: int) -> None:
        if written == 1:
            assert store.replace(SECOND) == 2

    assert store.replace(FIRST, overtaken) == 1
    assert RosterStore(database).load().tables == SECOND
    assert database["roster_parts"].count_documents({}) == 1


def test_read_while_replaced(database: Database[Document], row_by_row: None) -> None:
    """Every reader sees one version whole while two others replace it again and again."""

    def version(name: str, size: int) -> RosterTables:
        return RosterTables(groups=tuple(Group(f"g{n}", name, "") for n in range(size)))

    writers_left = threading.Semaphore(0)
    RosterStore(database).replace(version("start", 4))

    def write(name: str) -> None:
        store = RosterStore(database)
        for size in range(5, 15):
            store.replace(version(f"{name}{size}", size))
        writers_left.release()

    threads = [threading.Thread(target=write, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    seen, finished = set(), 0
    while finished < len(threads):
        finished += writers_left.acquire(blocking=False)
        roster = RosterStore(database).load()
        (name,) = {group.name for group in roster.tables.groups}
        size = len(roster.tables.groups)
        assert name == "start" or name[1:] == str(size)
        seen.add(roster.version)
    for thread in threads:
        thread.join()
    assert len(seen) > 1
    assert max(seen) <= RosterStore(database).version() == 21
    last = RosterStore(database).load()
    assert database["roster_parts"].count_documents({}) == len(last.tables.groups)


def test_lost_part_is_told(database: Database[Document], row_by_row: None) -> None:
    RosterStore(database).replace(FIRST)
    database["roster_parts"].delete_one({})
    with pytest.raises(Unavailable, match="Import it again"):
        RosterStore(database).load()
