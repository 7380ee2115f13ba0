"""A roster is kept whole: one version or the next, never a mixture, whoever is killed."""

import json
import threading
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import mongomock
import pytest
from pymongo.database import Database

from lrs_stats.errors import PreconditionFailed, Unavailable
from lrs_stats.roster.changes import Change
from lrs_stats.roster.json_tables import check
from lrs_stats.roster.roster import Roster
from lrs_stats.roster.tables import Group, Person, RosterTables
from lrs_stats.store import roster_parts, rosters
from lrs_stats.store.database import Document, connect
from lrs_stats.store.roster_forms import PARTS, take_over
from lrs_stats.store.roster_parts import ABANDONED, Progress
from lrs_stats.store.rosters import RosterStore

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
LATER = datetime(2100, 1, 1, tzinfo=UTC)
SECOND_OF_TIME = timedelta(seconds=1)
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
    monkeypatch.setattr(roster_parts, "PART_BYTES", 1)


def bases_in_parts(database: Database[Document]) -> int:
    """Return of how many whole rosters there are parts, whether a version names them or not."""
    return len({part["_id"].partition("/")[0] for part in database["roster_parts"].find()})


def tables_of(store: RosterStore, version: int) -> RosterTables | None:
    roster = store.of_version(version)
    assert roster is None or roster.version == version
    return roster.tables if roster else None


def at(store: RosterStore, instant: datetime) -> int | None:
    roster = store.at(instant)
    return roster.version if roster else None


def set_begun(database: Database[Document], version: int, instant: datetime) -> None:
    """Have the version that holds begin at an instant."""
    done = database["roster_versions"].update_one({"_id": version}, {"$set": {"since": instant}})
    assert done.matched_count == 1


class KilledError(BaseException):
    """The process ends here."""


def kill_after(rows: int) -> Progress:
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
    assert store.replace(FIRST) == 2
    assert RosterStore(database).load().tables == FIRST


def test_what_a_killed_process_has_left_is_removed_in_the_end(
    database: Database[Document], row_by_row: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = RosterStore(database)
    store.replace(SECOND)
    with pytest.raises(KilledError):
        store.replace(FIRST, kill_after(1))
    store.forget(NOON)
    assert bases_in_parts(database) == 2
    monkeypatch.setattr(roster_parts, "ABANDONED", -ABANDONED)
    store.forget(NOON)
    assert bases_in_parts(database) == 1
    assert RosterStore(database).load().tables == SECOND


def test_killed_before_the_first_is_whole(database: Database[Document], row_by_row: None) -> None:
    with pytest.raises(KilledError):
        RosterStore(database).replace(FIRST, kill_after(2))
    assert RosterStore(database).load().version == 0


def test_the_replacement_that_is_written_last_holds(
    database: Database[Document], row_by_row: None
) -> None:
    store = RosterStore(database)

    def overtaken(written: int, total: int) -> None:
        if written == 1:
            assert RosterStore(database).replace(SECOND) == 1

    assert store.replace(FIRST, overtaken) == 2
    assert store.load().tables == RosterStore(database).load().tables == FIRST


def test_older_versions_are_kept_until_they_are_forgotten(database: Database[Document]) -> None:
    store = RosterStore(database)
    for tables in (FIRST, SECOND, RosterTables(), SECOND):
        store.replace(tables)
    other = RosterStore(database)
    assert [tables_of(other, version) for version in range(6)] == [
        RosterTables(),
        FIRST,
        SECOND,
        RosterTables(),
        SECOND,
        None,
    ]
    other.forget(LATER, keep=[2])
    assert [version for version in range(5) if tables_of(RosterStore(database), version)] == [
        0,  # there is nothing to forget of it
        2,
        4,
    ]
    assert bases_in_parts(database) == 2
    other.forget(LATER)
    assert bases_in_parts(database) == 1
    assert RosterStore(database).load().tables == SECOND
    assert [one["_id"] for one in database["roster_versions"].find()] == [4]


def test_what_held_until_after_the_instant_is_not_forgotten(database: Database[Document]) -> None:
    store = RosterStore(database)
    store.forget(LATER)
    for tables in (FIRST, SECOND):
        store.replace(tables)
    set_begun(database, 2, NOON)
    store.forget(NOON - SECOND_OF_TIME)
    assert tables_of(RosterStore(database), 1) == FIRST
    store.forget(NOON)
    assert tables_of(RosterStore(database), 1) is None


def test_the_roster_as_of_an_instant(database: Database[Document]) -> None:
    store = RosterStore(database)
    assert at(store, NOON) == 0
    for number, tables in enumerate((FIRST, SECOND, FIRST, SECOND), 1):
        store.replace(tables)
        set_begun(database, number, NOON + number * SECOND_OF_TIME)
    instants = [NOON + number * SECOND_OF_TIME / 2 for number in range(10)]
    assert [at(store, instant) for instant in instants] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    store.forget(LATER, keep=[1, 3])
    other = RosterStore(database)
    assert [at(other, instant) for instant in instants] == [0, 0, 1, 1, None, None, 3, 3, 4, 4]
    assert at(other, LATER) == 4


def keep_as_before(database: Database[Document], version: int, tables: RosterTables) -> Document:
    """Write the parts of a version as they were written when a roster was only replaced."""
    for part, group in enumerate(tables.groups):
        row = {
            "_id": version * PARTS + part,
            "table": "groups",
            "rows": zlib.compress(json.dumps(group[:3]).encode()),
        }
        database["roster_parts"].insert_one(row)
    return {"version": version, "parts": len(tables.groups)}


def test_a_roster_of_the_form_before_is_taken_over(database: Database[Document]) -> None:
    older = [
        keep_as_before(database, 0, RosterTables()),
        keep_as_before(database, 1, FIRST),
        {"version": 2, "parts": None, "since": NOON},
        keep_as_before(database, 4, FIRST) | {"since": NOON + SECOND_OF_TIME},
    ]
    holding = keep_as_before(database, 5, SECOND) | {"since": NOON + 2 * SECOND_OF_TIME}
    database["roster"].insert_one({"_id": "roster", "last": 5, "older": older, **holding})
    for _ in range(2):
        take_over(database)
        store = RosterStore(database)
        assert store.load().tables == SECOND
        assert [tables_of(store, version) for version in (1, 2, 4)] == [FIRST, None, FIRST]
        instants = [NOON + seconds * SECOND_OF_TIME for seconds in range(-1, 3)]
        assert [at(store, instant) for instant in instants] == [1, None, 4, 5]
    store.forget(NOON - SECOND_OF_TIME)
    assert store.replace(FIRST) == 6
    store.forget(LATER)
    assert bases_in_parts(database) == 1


def test_a_version_begins_when_it_is_put_in_place(database: Database[Document]) -> None:
    before = datetime.now(UTC) - timedelta(minutes=1)
    store = RosterStore(database)
    store.replace(FIRST)
    assert at(store, before) == 0
    assert at(store, datetime.now(UTC) + timedelta(minutes=1)) == 1


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

    seen, finished = {RosterStore(database).load().version}, 0
    threads = [threading.Thread(target=write, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
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
    assert all(tables_of(RosterStore(database), version) for version in seen)
    RosterStore(database).forget(LATER)
    assert database["roster_parts"].count_documents({}) == len(last.tables.groups)


def test_lost_part_is_told(database: Database[Document], row_by_row: None) -> None:
    RosterStore(database).replace(FIRST)
    database["roster_parts"].delete_one({})
    with pytest.raises(Unavailable, match="Import it again"):
        RosterStore(database).load()


def people(*rows: Person) -> Callable[[Roster], Change]:
    return lambda _: Change.of({"people": rows})


def whom(identifier: str, name: str = "") -> Person:
    return Person(identifier, "", "", "", name, "", "", "", "", "", "active")


def test_a_change_writes_itself_and_others_follow_by_it(database: Database[Document]) -> None:
    one, two = RosterStore(database), RosterStore(database)
    one.replace(RosterTables(people=tuple(whom(f"p{number}") for number in range(100))))
    before = two.load()
    taken = one.change(people(whom("p7", "Léa"), whom("new")))
    assert (taken.before.version, taken.version) == (1, 2)
    assert bases_in_parts(database) == 1
    after = two.load()
    assert (after.version, after.person_name("p7"), len(after.tables.people)) == (2, "Léa", 101)
    assert after.rows("groups") is before.rows("groups")
    assert before.person_name("p7") == "p7"
    assert RosterStore(database).load().tables == after.tables == one.load().tables
    assert RosterStore(database).of_version(1).tables == before.tables  # type: ignore[union-attr]


def test_a_replacement_that_changes_little_is_a_change(database: Database[Document]) -> None:
    store = RosterStore(database)
    rows = tuple(whom(f"p{number}") for number in range(100))
    store.replace(RosterTables(people=rows))
    assert store.replace(RosterTables(people=(*rows[1:], whom("new")))) == 2
    assert bases_in_parts(database) == 1
    assert store.load().rows("people").keys == {*(f"p{n}" for n in range(1, 100)), "new"}
    assert store.replace(RosterTables(people=(*reversed(rows[1:]), whom("new")))) == 2


def test_a_change_of_another_version_than_expected_is_refused(
    database: Database[Document],
) -> None:
    store = RosterStore(database)
    store.replace(FIRST)
    with pytest.raises(PreconditionFailed, match="version 1, not 0"):
        store.change(people(whom("p")), 0)
    with pytest.raises(PreconditionFailed, match="version 1, not 0"):
        store.exchange(SECOND, 0)
    assert store.change(people(whom("p")), 1).version == 2


def test_of_changes_at_the_same_time_none_is_lost(database: Database[Document]) -> None:
    RosterStore(database).replace(RosterTables(people=(whom("first"),)))

    def add(name: str) -> None:
        store = RosterStore(database)
        for number in range(15):
            store.change(people(whom(f"{name}{number}")))

    threads = [threading.Thread(target=add, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wanted = {"first", *(f"{name}{number}" for name in "abc" for number in range(15))}
    loaded = RosterStore(database).load()
    assert loaded.rows("people").keys == wanted
    assert loaded.version == 46


def test_many_changes_are_written_whole_by_the_upkeep(
    database: Database[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rosters, "PENDING", 10)
    store = RosterStore(database)
    store.replace(RosterTables(people=(whom("first"),)))
    for number in range(12):
        store.change(people(whom(f"p{number}")))
    held = [tables_of(RosterStore(database), version) for version in range(14)]
    store.forget(NOON)
    assert bases_in_parts(database) == 2
    assert [tables_of(RosterStore(database), version) for version in range(14)] == held
    store.forget(LATER, keep=[5])
    kept = [version for version in range(1, 14) if tables_of(RosterStore(database), version)]
    assert kept == [1, 2, 3, 4, 5, 13]
    assert RosterStore(database).of_version(5).tables == held[5]  # type: ignore[union-attr]
    store.forget(LATER)
    assert bases_in_parts(database) == 1
    assert RosterStore(database).load().tables == held[13]
    assert store.change(people(whom("last"))).version == 14


def test_a_process_that_lags_behind_what_is_forgotten_reads_anew(
    database: Database[Document],
) -> None:
    store, behind = RosterStore(database), RosterStore(database)
    store.replace(FIRST)
    behind.load()
    for tables in (SECOND, FIRST, SECOND):
        store.replace(tables)
    store.forget(LATER)
    assert behind.load().tables == SECOND
