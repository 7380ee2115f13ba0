"""Forwarding: all of the record arrives, whatever the other store does and whoever is killed."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lrs_stats.errors import CommandError
from lrs_stats.jobs.forwards import Forwards, Pace
from lrs_stats.store.database import Database, Document
from lrs_stats.store.forwards import ForwardStore
from lrs_stats.store.statements import StatementStore
from lrs_stats.transfer import forwarding
from lrs_stats.transfer.forwarding import Forward, Forwarding
from lrs_stats.transfer.peer import Reply, Trouble
from lrs_stats.xapi.reading import late
from lrs_stats.xapi.record import Cursor
from tests.e2e.server import serving
from tests.line import MemoryRecord
from tests.transfer.commands import Commands
from tests.transfer.other import KEY, SECRET, Other, other
from tests.transfer.test_importing import identifier, statement
from tests.waiting import until
from tests.xapi.statements import prepared

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
QUICK = Pace(glance=0.05, first_pause=0.05, longest_pause=0.2, answer=1)


@pytest.fixture
def store(database: Database[Document]) -> ForwardStore:
    """What forwards remember."""
    return ForwardStore(database)


@pytest.fixture
def target() -> Iterator[Other]:
    """Another store."""
    with other() as running:
        yield running


def added(store: ForwardStore, target: Other, name: str = "copy", **more: Any) -> Forward:
    since = more.pop("since", None)
    store.add(name, target.address, user=KEY, password=more.pop("password", SECRET), since=since)
    return one(store, name)


def one(store: ForwardStore, name: str = "copy") -> Forward:
    [found] = [forward for forward in store.all() if forward.name == name]
    return found


def filled(record: StatementStore, numbers: range) -> None:
    for number in numbers:
        record.append(prepared(statement(number)))


def sending(
    forward: Forward, record: StatementStore, store: ForwardStore, target: Other
) -> Forwarding:
    return Forwarding(forward, record, store, target.peer())


def ids(numbers: range) -> set[str]:
    return {identifier(number) for number in numbers}


def test_the_record_arrives_in_batches_and_each_once(
    record: StatementStore, store: ForwardStore, target: Other, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forwarding, "BATCH", 4)
    filled(record, range(1, 11))
    sends = sending(added(store, target), record, store, target)
    while sends.step():
        pass
    assert [len(batch) for _, batch in target.posts] == [4, 4, 2]
    assert target.statements.keys() == ids(range(1, 11))
    assert (one(store).sent, one(store).refused) == (10, 0)
    filled(record, range(11, 13))
    while sends.step():
        pass
    assert [len(batch) for _, batch in target.posts] == [4, 4, 2, 2]


def test_versions_are_not_mixed_in_a_request(
    record: StatementStore, store: ForwardStore, target: Other
) -> None:
    for number, version in enumerate(("1.0.0", "1.0.3", "2.0.0", "1.0.0"), 1):
        record.append(prepared(statement(number, version=version), "2.0.0"))
    sending(added(store, target), record, store, target).step()
    assert [(version, len(batch)) for version, batch in target.posts] == [
        ("1.0.3", 2),
        ("2.0.0", 1),
        ("1.0.3", 1),
    ]


def test_only_what_is_refused_stays_out(
    record: StatementStore, store: ForwardStore, target: Other
) -> None:
    filled(record, range(1, 31))
    target.refused = {identifier(7), identifier(8), identifier(30)}
    sending(added(store, target), record, store, target).step()
    assert target.statements.keys() == ids(range(1, 31)) - target.refused
    assert one(store).refused == 3
    refusals = dict(store.refusals("copy"))
    assert refusals.keys() == target.refused
    assert refusals[identifier(7)] == f"400 {identifier(7)} is not to my taste"
    assert list(store.refusals("cop")) == []


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503, 302])
def test_trouble_leaves_it_where_it_was(
    status: int, record: StatementStore, store: ForwardStore, target: Other
) -> None:
    filled(record, range(1, 4))
    sends = sending(added(store, target), record, store, target)
    target.failing = [status]
    with pytest.raises(Trouble, match=f"{status} not now"):
        sends.step()
    assert (one(store).mark, one(store).refused) == (None, 0)
    assert sends.step()
    assert target.statements.keys() == ids(range(1, 4))


class Memory:
    """Remembers in memory how far a store is."""

    def __init__(self) -> None:
        self.mark: Cursor | None = None
        self.behind: datetime | None = None

    def advance(
        self, forward: Forward, mark: Cursor | None, sent: int, behind: datetime | None = None
    ) -> None:
        self.mark = mark or self.mark
        self.behind = behind or self.behind

    def refuse(self, forward: Forward, statement: str, reason: str) -> None:
        raise AssertionError(reason)


class Taking:
    """A store that takes everything."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    def post(self, body: bytes, version: str) -> Reply:
        self.ids += [found["id"] for found in json.loads(body)]
        return Reply(200, b"")


def at(number: int, seconds: float) -> dict[str, Any]:
    return statement(number, stored=(NOON + timedelta(seconds=seconds)).isoformat())


def test_what_becomes_visible_late_is_sent_by_this_process_and_by_the_next() -> None:
    record, memory, taking = MemoryRecord(), Memory(), Taking()
    forward = Forward("copy", "http://a/statements", "", "", NOON)
    record.add([at(1, 0), at(2, 30), at(3, 30)])
    sends = Forwarding(forward, record, memory, taking)
    while sends.step():
        pass
    record.add([at(4, 15), at(5, 40)])
    while sends.step():
        pass
    assert sorted(taking.ids) == [identifier(number) for number in range(1, 6)]
    record.add([at(6, 25)])
    again = Taking()
    following = Forward("copy", "http://a/statements", "", "", NOON, mark=memory.mark)
    starts = Forwarding(following, record, memory, again)
    while starts.step():
        pass
    # all of the 20 seconds behind the mark, of which it is not known what was sent
    assert sorted(again.ids) == [identifier(number) for number in (2, 3, 5, 6)]
    assert not starts.step()
    assert len(again.ids) == 4


class Dawdling(Taking):
    """A store during whose answers statements become visible."""

    def __init__(self, record: MemoryRecord, follow: list[list[dict[str, Any]]]) -> None:
        super().__init__()
        self.record, self.follow = record, follow

    def post(self, body: bytes, version: str) -> Reply:
        if self.follow:
            self.record.add(self.follow.pop(0))
        return super().post(body, version)


@pytest.mark.parametrize("is_restarted", [False, True])
def test_what_becomes_visible_during_a_long_answer_is_sent(*, is_restarted: bool) -> None:
    record, memory = MemoryRecord(), Memory()
    record.add([at(1, 99), at(2, 100)])
    # the overlap of a start is sent, meanwhile two become visible, one of them late
    dawdling = Dawdling(record, [[at(3, 99.5), at(4, 124)], [at(5, 98), at(6, 150)]])
    mark = Cursor(NOON + timedelta(seconds=100), identifier(2))
    forward = Forward("copy", "http://a/statements", "", "", NOON, mark=mark)
    sends = Forwarding(forward, record, memory, dawdling)
    while sends.step():
        if is_restarted:
            mark = memory.mark or mark
            forward = replace(forward, mark=mark, behind=memory.behind)
            if len(dawdling.ids) > 3:
                sends = Forwarding(forward, record, memory, dawdling)
                is_restarted = False
    assert set(dawdling.ids) == ids(range(1, 7))


def test_one_that_is_far_behind_looks_for_late_ones_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record, taking = MemoryRecord(), Taking()
    record.add([at(number, number / 200) for number in range(1, 4_001)])
    looks: list[Any] = []

    def look(*given: Any) -> Iterator[Any]:
        looks.append(given)
        return late(*given)

    monkeypatch.setattr(forwarding, "late", look)
    monkeypatch.setattr(forwarding, "LOOK_SECONDS", 100.0)
    sends = Forwarding(Forward("a", "http://a/statements", "", "", NOON), record, Memory(), taking)
    for _ in range(10):
        sends.step()
    assert len(looks) == 1
    # late, and out of the overlap before the next look
    record.add([at(5_000, 1), at(5_001, 30)])
    while sends.step():
        pass
    assert sorted(taking.ids) == sorted(record.statements)
    assert len(looks) <= 4


def test_one_that_never_took_anything_and_refuses_all_is_in_trouble(
    record: StatementStore, store: ForwardStore, target: Other
) -> None:
    filled(record, range(1, 4))
    target.refused = ids(range(1, 4))
    sends = sending(added(store, target), record, store, target)
    with pytest.raises(Trouble, match="never taken a statement, and refuses all: 400 "):
        sends.step()
    assert (one(store).mark, one(store).sent, one(store).refused) == (None, 0, 0)
    target.refused = ids(range(1, 3))
    while sends.step():
        pass
    assert (one(store).sent, one(store).refused) == (1, 2)
    again = sending(one(store), record, store, target)
    while again.step():
        pass
    assert (one(store).sent, one(store).refused) == (1, 2)


def test_threads_forward_to_each_and_a_dead_or_slow_one_holds_up_no_other(
    record: StatementStore, store: ForwardStore, target: Other
) -> None:
    with other() as dead, other() as slow:
        dead.down, slow.seconds = True, 5.0
        for name, where in (("copy", target), ("dead", dead), ("slow", slow)):
            added(store, where, name)
        filled(record, range(1, 4))
        with Forwards(store, record, lambda: True, QUICK):
            until(lambda: target.statements.keys() == ids(range(1, 4)), 5)
            until(lambda: one(store, "dead").trouble and one(store, "slow").trouble, 5)
            assert one(store).trouble == ""
            dead.down = False
            until(lambda: dead.statements.keys() == ids(range(1, 4)), 5)
            until(lambda: one(store, "dead").trouble == "", 5)
            began = time.monotonic()
        assert time.monotonic() - began < 3


def test_a_paused_one_waits_and_one_that_was_removed_ends(
    record: StatementStore, store: ForwardStore, target: Other
) -> None:
    added(store, target)
    store.pause("copy", paused=True)
    filled(record, range(1, 3))
    with Forwards(store, record, lambda: True, QUICK):
        time.sleep(0.3)
        assert target.statements == {}
        store.pause("copy", paused=False)
        until(lambda: target.statements.keys() == ids(range(1, 3)))
        store.remove("copy")
        time.sleep(0.3)
        filled(record, range(3, 4))
        time.sleep(0.3)
        assert target.statements.keys() == ids(range(1, 3))
        # under the same name it begins with the first again
        target.statements.clear()
        added(store, target)
        until(lambda: target.statements.keys() == ids(range(1, 4)))


def test_only_the_worker_forwards(
    record: StatementStore, store: ForwardStore, target: Other
) -> None:
    filled(record, range(1, 3))
    added(store, target)
    with Forwards(store, record, lambda: False, QUICK):
        time.sleep(0.3)
    assert target.posts == []


def test_a_forward_from_now_on_leaves_out_what_is_stored(
    record: StatementStore, store: ForwardStore, target: Other
) -> None:
    filled(record, range(1, 3))
    time.sleep(0.01)
    sends = sending(added(store, target, since=record.now()), record, store, target)
    filled(record, range(3, 5))
    while sends.step():
        pass
    assert target.statements.keys() == ids(range(3, 5))


def test_the_mark_never_goes_back(store: ForwardStore, target: Other) -> None:
    forward = added(store, target)
    later, earlier = (Cursor(NOON + timedelta(seconds=s), identifier(1)) for s in (9, 3))
    store.advance(forward, later, 1)
    store.advance(forward, earlier, 1)
    assert (one(store).mark, one(store).sent) == (later, 2)


def test_names_are_unique_and_known_and_the_password_is_not_shown(
    store: ForwardStore, target: Other
) -> None:
    assert SECRET not in repr(added(store, target)).replace("secret=", "")
    with pytest.raises(CommandError, match="there already"):
        added(store, target)
    for act in (store.remove, lambda name: store.pause(name, paused=True)):
        with pytest.raises(CommandError, match="no forward named 'other'"):
            act("other")


def test_the_commands_say_how_far_each_is(
    commands: Commands, record: StatementStore, store: ForwardStore, target: Other
) -> None:
    filled(record, range(1, 4))
    done = commands.run("forwards", "add", "copy", target.address, "--user", KEY)
    assert done.returncode == 0, done.stderr
    listed = commands.run("forwards", "list").stdout
    assert listed.startswith(f"copy  in use  {target.address}  sent 0, refused 0, behind by 3 ")
    target.refused = {identifier(2)}
    sending(one(store), record, store, target).step()
    store.trouble(one(store), "no route to host")
    listed = commands.run("forwards", "list").stdout
    assert listed == (
        f"copy  in trouble  {target.address}  sent 2, refused 1, behind by 0 statements and 0 s\n"
        f"  no route to host (since {one(store).troubled:%Y-%m-%d %H:%M} UTC)\n"
    )
    refused = commands.run("forwards", "list", "--refused", "copy").stdout
    assert refused == f"{identifier(2)}  400 {identifier(2)} is not to my taste\n"
    retried = commands.run("forwards", "retry", "copy").stdout
    assert retried == "copy took 0 of what it had refused, and refuses 1 still.\n"
    target.refused = set()
    retried = commands.run("forwards", "retry", "copy").stdout
    assert retried == "copy took 1 of what it had refused, and refuses 0 still.\n"
    assert (one(store).sent, one(store).refused) == (3, 0)
    unknown = commands.run("forwards", "list", "--refused", "nosuch")
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert "no forward named 'nosuch'" in unknown.stderr
    assert commands.run("forwards", "pause", "copy").stdout == "Paused copy.\n"
    assert "copy  paused" in commands.run("forwards", "list").stdout
    assert commands.run("forwards", "resume", "copy").stdout == "Resumed copy.\n"
    assert commands.run("forwards", "remove", "copy").stdout == "Removed copy.\n"
    assert (
        "There are no forwards; lrs-stats forwards add" in commands.run("forwards", "list").stdout
    )


def test_a_running_server_forwards_through_kills(
    mongo_uri: str, database: Database[Document], tmp_path: Path, target: Other
) -> None:
    settings = {"processes": "1", "database": database.name}
    with serving(tmp_path / "data", mongo=mongo_uri, settings=settings) as server:
        secret = tmp_path / "secret"
        secret.write_text(SECRET)
        made = server.run(
            *("forwards", "add", "copy", target.address, "--user", KEY),
            *("--password-file", str(secret)),
        )
        assert made.returncode == 0, made.stderr
        sent = set()
        for number in range(1, 4):
            found = [statement(number * 100 + index) for index in range(20)]
            assert server.post(found).status == 200
            sent |= {each["id"] for each in found}
            if number == 1:
                until(lambda: target.statements.keys() == sent, 30)  # noqa: B023 - called at once
                server.kill("worker")
        # its lease would last for 15 seconds
        database["states"].update_one({"_id": "worker"}, {"$set": {"until": NOON}})
        until(lambda: target.statements.keys() == sent, 30)
        assert SECRET not in server.logged
