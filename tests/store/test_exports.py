"""The queue of files: whose turn it is, so many at once, and whatever dies is taken back."""

import threading
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lrs_stats.store.database import Database, Document
from lrs_stats.store.export_space import Kept, NoRoom
from lrs_stats.store.exports import KILLED, LEASE, TRIES, WAITS, Export, ExportStore, Made, Owner

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WEEK = timedelta(days=7)
MADE = Made("a.csv", "learners.csv", "text/csv", 3, "00", 2, b"grants")


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, time: timedelta) -> None:
        self.now += time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(database: Database[Document], clock: Clock) -> ExportStore:
    return ExportStore(database, clock)


def ordered(store: ExportStore, person: str, second: int) -> str:
    name = f"{person}{second}"
    at = NOON + timedelta(seconds=second)
    store.add(Export(name, Owner("person", person), "learners", {"from": "2026-01-01"}, "csv", at))
    return name


def begun(store: ExportStore, at_once: int = 1, per_owner: int = 2) -> Export:
    found = store.claim(at_once=at_once, per_owner=per_owner)
    assert found
    return found


def state(store: ExportStore, name: str) -> str:
    found = store.one(name)
    assert found
    return found.state


def test_an_order_is_read_as_it_was_written(store: ExportStore) -> None:
    export = Export(
        "one",
        Owner("token", "administrator", "ab12"),
        "courses",
        {"from": "2026-01-01", "learner": ["é", "b"]},
        "png",
        NOON,
        options={"metric": "score"},
        total=12,
    )
    store.add(export)
    assert store.one("one") == export
    assert store.one("two") is None


def test_the_turn_goes_round_among_people(store: ExportStore, clock: Clock) -> None:
    for second in range(4):
        ordered(store, "ada", second)
    ordered(store, "zoe", 10)
    ordered(store, "max", 11)
    turns = []
    for _ in range(6):
        clock.pass_by(timedelta(seconds=1))
        export = begun(store)
        turns.append(export.id)
        assert store.finish(export, MADE, WEEK)
    assert turns == ["ada0", "zoe10", "max11", "ada1", "ada2", "ada3"]
    assert store.claim(at_once=1, per_owner=2) is None


def test_no_more_run_at_once_than_may(store: ExportStore) -> None:
    for second in range(4):
        ordered(store, "ada", second)
    ordered(store, "zoe", 9)
    first = begun(store, at_once=3)
    assert [begun(store, at_once=3).owner.id for _ in range(2)] == ["zoe", "ada"]
    assert store.claim(at_once=3, per_owner=2) is None
    assert store.finish(first, MADE, WEEK)
    assert begun(store, at_once=3).id == "ada2"
    assert store.claim(at_once=9, per_owner=2) is None  # two of Ada's run


def test_many_workers_at_once_begin_each_order_once(store: ExportStore) -> None:
    for second in range(12):
        ordered(store, ("ada", "zoe", "max")[second % 3], second)
    found: list[Export | None] = []

    def work() -> None:
        found.extend(store.claim(at_once=4, per_owner=2) for _ in range(4))

    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    running = [one for one in found if one is not None]
    assert len({one.id for one in running}) == len(running) == 4
    assert max(Counter(one.owner.id for one in running).values()) <= 2


def test_a_run_that_gives_no_sign_of_life_is_begun_again(store: ExportStore, clock: Clock) -> None:
    name = ordered(store, "ada", 0)
    killed = begun(store)
    assert store.renew(killed, 7, 10)
    clock.pass_by(LEASE / 2)
    assert store.claim(at_once=9, per_owner=9) is None
    clock.pass_by(LEASE)
    again = begun(store)
    assert (again.id, again.attempts, again.rows) == (name, 2, 0)
    assert not store.renew(killed, 9, 10)
    assert not store.finish(killed, MADE, WEEK)
    assert store.renew(again, 1, 10)


def test_one_whose_process_dies_each_time_fails_in_the_end(store: ExportStore) -> None:
    name = ordered(store, "ada", 0)
    for _ in range(TRIES):
        store.abandon(begun(store), stopped=False)
    found = store.one(name)
    assert found
    assert (found.state, found.trouble) == ("failed", KILLED)


def test_a_stop_of_the_server_is_no_attempt(store: ExportStore) -> None:
    name = ordered(store, "ada", 0)
    for _ in range(2 * TRIES):
        store.abandon(begun(store), stopped=True)
    assert state(store, name) == "queued"
    assert begun(store).attempts == 1


def test_a_failure_is_tried_again_after_a_pause_and_then_stays(
    store: ExportStore, clock: Clock
) -> None:
    name = ordered(store, "ada", 0)
    for attempt in range(1, TRIES + 1):
        store.try_again(begun(store), f"The disk hung, {attempt}.")
        assert store.claim(at_once=1, per_owner=1) is None
        clock.pass_by(timedelta(minutes=2))
    found = store.one(name)
    assert found
    assert (found.state, found.trouble) == ("failed", f"The disk hung, {TRIES}.")


def test_one_that_waits_after_a_failure_holds_up_nobody(store: ExportStore) -> None:
    ordered(store, "ada", 0)
    store.try_again(begun(store), "The disk hung.")
    other = ordered(store, "ada", 1)
    assert begun(store).id == other


def test_one_of_which_nothing_could_come_waits_as_often_as_need_be_and_holds_up_nobody(
    store: ExportStore, clock: Clock
) -> None:
    name = ordered(store, "ada", 0)
    for _ in range(2 * TRIES):
        store.wait(begun(store), WAITS)
        assert store.claim(at_once=1, per_owner=1) is None
        clock.pass_by(timedelta(seconds=6))
    found = store.one(name)
    assert found
    assert (found.state, found.attempts, found.trouble) == ("queued", 0, WAITS)
    store.wait(begun(store), WAITS)
    other = ordered(store, "zoe", 1)
    assert begun(store).id == other


def test_why_none_is_begun_is_said_of_those_that_wait_until_they_are(store: ExportStore) -> None:
    names = [ordered(store, "ada", second) for second in range(2)]
    first = begun(store)
    store.hold(WAITS)
    assert [one and one.trouble for one in map(store.one, names)] == ["", WAITS]
    assert store.finish(first, MADE, WEEK)
    assert begun(store).trouble == ""


def test_the_files_of_an_owner_have_so_much_room_and_no_more(
    store: ExportStore, clock: Clock
) -> None:
    ada, most = Owner("person", "ada"), 10
    for second in range(3):
        ordered(store, "ada", second)
    ordered(store, "zoe", 9)
    one, of_zoe, two = (begun(store, at_once=9) for _ in range(3))
    store.take(one, 6, most)
    assert store.kept(ada) == Kept(6)
    with pytest.raises(NoRoom):
        store.take(two, 5, most)
    store.take(of_zoe, 10, most)
    assert store.finish(one, replace(MADE, size=6), WEEK)
    assert store.kept(ada) == Kept(6, NOON + WEEK)
    store.take(two, 4, most)
    store.abandon(two, stopped=True)
    assert store.kept(ada).size == 6
    clock.pass_by(WEEK)
    store.expire()
    assert store.kept(ada) == Kept(0)
    store.take(begun(store, at_once=9), 10, most)


def test_of_two_that_are_ready_at_once_one_has_the_room(store: ExportStore) -> None:
    """Both are asked at the same moment, so that neither has seen the other before it looks."""
    for number in range(6):
        owner = f"person{number}"
        for second in range(2):
            ordered(store, owner, second)
        both = [begun(store, at_once=99) for _ in range(2)]
        at_once, taken = threading.Barrier(2), list[bool]()

        def take(run: Export, at_once: threading.Barrier, taken: list[bool]) -> None:
            at_once.wait()
            try:
                store.take(run, 6, 10)
            except NoRoom:
                taken.append(False)
            else:
                taken.append(True)

        threads = [threading.Thread(target=take, args=(run, at_once, taken)) for run in both]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(taken) == [False, True]
        assert store.kept(both[0].owner) == Kept(6)


def test_who_cancels_frees_the_slot_and_the_run_learns_it(store: ExportStore) -> None:
    name = ordered(store, "ada", 0)
    export = begun(store)
    assert not store.cancel(name, Owner("person", "zoe"))
    assert store.cancel(name, export.owner)
    assert not store.cancel(name, export.owner)
    assert not store.renew(export, 1, 1)
    store.fail(export, "Too late.")
    assert state(store, name) == "cancelled"
    other = ordered(store, "zoe", 1)
    assert begun(store).id == other


def test_only_what_neither_waits_nor_runs_is_removed(store: ExportStore) -> None:
    name = ordered(store, "ada", 0)
    ada, zoe = Owner("person", "ada"), Owner("person", "zoe")
    assert not store.remove(name, ada)
    assert store.finish(begun(store), MADE, WEEK)
    assert not store.remove(name, zoe)
    assert store.remove(name, ada)
    assert store.one(name) is None


def test_a_file_expires_and_what_made_it_visible_is_forgotten(
    store: ExportStore, clock: Clock
) -> None:
    name = ordered(store, "ada", 0)
    assert store.finish(begun(store), MADE, WEEK)
    store.expire()
    assert store.files() == ({}, {"a.csv"})
    clock.pass_by(WEEK)
    store.expire()
    found = store.one(name)
    assert found
    assert (found.state, found.made) == ("expired", None)
    assert store.files() == ({}, set())


def test_of_one_owner_the_newest_come_first(store: ExportStore) -> None:
    names = [ordered(store, "ada", second) for second in range(3)]
    ordered(store, "zoe", 1)
    ada = Owner("person", "ada")
    assert [one.id for one in store.of(ada)] == names[::-1]
    assert [one.id for one in store.of(ada, skip=1, limit=1)] == [names[1]]
    assert (store.count(ada), store.count(None), store.count(ada, ["done"])) == (3, 4, 0)
    assert replace(ada, kind="client").key != ada.key
