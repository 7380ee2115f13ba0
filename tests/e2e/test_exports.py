"""Files in the background on a real server: kills, restarts, cut connections, cancelling."""

import hashlib
import http.client
import json
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.e2e.server import (
    Answer,
    Json,
    Server,
    arguments,
    basic,
    children,
    send,
    serving,
    statement,
)
from tests.e2e.test_kill import end_lease
from tests.mailbox import Mailbox, attached, mail_server
from tests.waiting import ended, until

SLOW = '''
"""Writes a row, waits until a file is there, and then writes the rest and some megabytes."""
import time
from pathlib import Path
from lrs_stats import Exporter, hookimpl

class Slow(Exporter):
    name = "slow"
    title = "Slow"
    media_type = "application/slow"
    extension = "slow"
    options = {"until": "a file", "megabytes": "how many"}

    def write(self, reports, stream, options):
        for place, row in enumerate(reports.asked.rows):
            stream.write(f"{row['id']}\\n".encode())
            while not Path(options.get("until", "/")).exists():
                time.sleep(0.02)
        for number in range(int(options.get("megabytes", 0)) << 10):
            stream.write(f"{number:1024}".encode())

@hookimpl
def register_exporters():
    return [Slow]
'''


@pytest.fixture(scope="module")
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    with mail_server(tmp_path_factory.mktemp("mail")) as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, mailbox: Mailbox) -> Iterator[Server]:
    """A server with an exporter that waits, and a few learners of whom it has something to say."""
    folder = tmp_path_factory.mktemp("exports")
    plugins = folder / "plugins"
    plugins.mkdir()
    (plugins / "slow.py").write_text(SLOW, "utf-8")
    settings = {
        "plugins": str(plugins),
        "processes": "1",
        "check_at": "",
        "smtp_host": "127.0.0.1",
        "smtp_port": str(mailbox.port),
        "smtp_security": "none",
        "smtp_from": "figures@example.org",
    }
    with serving(folder / "data", settings=settings) as running:
        people = [{"id": name, "email": f"{name}@example.org"} for name in ("ada", "max", "zoe")]
        roster = {"people": [one | {"status": "active"} for one in people]}
        assert running.put_roster(roster).status == 200
        assert running.post([statement(name) for name in ("ada", "zoe", "max")]).status == 200
        running.wait_counted()
        yield running


def order(server: Server, **options: str) -> str:
    body = {"granularity": "learners", "format": "slow", "metrics": "connections"}
    sent = json.dumps(body | {"options": options}).encode()
    headers = {"Content_Type": "application/json"}
    answer = server.request("POST", "/api/v1/exports", sent, **headers)
    assert answer.status == 202, answer.body
    return answer.headers["Location"]


def told(server: Server, place: str) -> Json:
    answer = server.get(place)
    assert answer.status == 200, answer.body
    found: Json = answer.json
    return found


def wait_for(server: Server, place: str, status: str) -> Json:
    until(lambda: told(server, place)["status"] == status, 60)
    return told(server, place)


def makers(server: Server) -> list[int]:
    """Return the processes that are making a file."""
    return [
        pid
        for worker in server.pids("worker")
        for pid in children(worker)
        if "lrs_stats.export_process" in arguments(pid)
    ]


def at_work(server: Server, place: str) -> int:
    """Wait until a file is half there, and return the process that makes it."""
    wait_for(server, place, "running")
    until(lambda: parts(server) and told(server, place)["total"] == 3 and makers(server), 60)
    return makers(server)[0]


def parts(server: Server) -> list[Path]:
    return list((server.data / "exports").glob("*.part"))


def fetched(server: Server, place: str) -> Answer:
    answer = server.get(f"{place}/file")
    assert answer.status == 200, answer.body
    return answer


LEARNERS = b"ada\nmax\nzoe\n"


def test_a_download_that_is_cut_in_the_middle_goes_on_by_range(server: Server) -> None:
    place = order(server, megabytes="24")
    wait_for(server, place, "done")
    whole = fetched(server, place).body
    headers = {"Authorization": basic(server.key, server.secret)}
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", f"{place}/file", headers=headers)
    answer = connection.getresponse()
    tag = answer.headers["ETag"]
    got = answer.read(5_000_000)
    answer.close()
    connection.close()  # with most of it unread
    rest = server.request("GET", f"{place}/file", Range=f"bytes={len(got)}-", If_Range=tag)
    assert rest.status == 206
    assert rest.headers["Content-Range"] == f"bytes {len(got)}-{len(whole) - 1}/{len(whole)}"
    assert hashlib.sha256(got + rest.body).digest() == hashlib.sha256(whole).digest()
    assert server.request("DELETE", place).status == 204


def test_a_worker_that_is_killed_in_the_middle_leaves_it_to_the_next(
    server: Server, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    place = order(server, until=str(go))
    maker = at_work(server, place)
    (half,) = parts(server)
    server.kill("worker")
    until(lambda: ended(maker))  # it does not outlive its worker
    end_lease(server)
    with server.database() as database:
        which = {"run": half.name.split(".")[1]}
        database["exports"].update_one(which, {"$set": {"until": datetime.fromtimestamp(0, UTC)}})
    until(lambda: len(parts(server)) == 1 and parts(server) != [half] and makers(server), 60)
    go.touch()
    done = wait_for(server, place, "done")
    assert fetched(server, place).body == LEARNERS
    assert (parts(server), done["rows"]) == ([], 3)


def test_a_process_that_is_killed_is_begun_again_at_once(server: Server, tmp_path: Path) -> None:
    go = tmp_path / "go"
    place = order(server, until=str(go))
    killed = at_work(server, place)
    send(killed, signal.SIGKILL)
    until(lambda: makers(server) and makers(server) != [killed])
    go.touch()
    wait_for(server, place, "done")
    assert fetched(server, place).body == LEARNERS


def test_a_restart_of_the_server_loses_no_order_and_no_file(server: Server, tmp_path: Path) -> None:
    go = tmp_path / "go"
    made = order(server)
    wait_for(server, made, "done")
    running, waiting = order(server, until=str(go)), order(server)
    at_work(server, running)
    assert server.stop() == 0
    assert parts(server) == []
    server.start()
    assert fetched(server, made).body == LEARNERS
    assert told(server, waiting)["status"] == "queued"
    at_work(server, running)
    go.touch()
    for place in (running, waiting):
        wait_for(server, place, "done")
        assert fetched(server, place).body == LEARNERS


def test_who_cancels_ends_the_process_and_others_go_on(server: Server, tmp_path: Path) -> None:
    running, waiting = order(server, until=str(tmp_path / "never")), order(server)
    maker = at_work(server, running)
    assert told(server, waiting)["status"] == "queued"
    assert server.request("DELETE", running).status == 204
    assert told(server, running)["status"] == "cancelled"
    wait_for(server, waiting, "done")
    until(lambda: ended(maker) and not parts(server))
    assert server.get(f"{running}/file").status == 409


def test_statements_are_taken_and_counted_while_a_file_is_made(
    server: Server, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    place = order(server, until=str(go))
    maker = at_work(server, place)
    assert Path(f"/proc/{maker}/stat").read_text().rpartition(")")[2].split()[16] == "19"
    assert server.post([statement("ada")]).status == 200
    server.wait_counted()
    assert told(server, place)["status"] == "running"
    go.touch()
    wait_for(server, place, "done")


def test_a_file_on_a_schedule_reaches_its_recipient(server: Server, mailbox: Mailbox) -> None:
    ask = {"granularity": "learners", "metrics": "connections", "format": "csv"}
    body = {
        "title": "Présences",
        "ask": ask,
        "unit": "days",
        "from": "2026-01-01",
        "to": ["zoe"],
        "mail": True,
    }
    sent = json.dumps(body).encode()
    made = server.request("POST", "/api/v1/schedules", sent, Content_Type="application/json")
    assert made.status == 201, made.body
    with server.database() as database:
        due = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
        database["schedules"].update_one({}, {"$set": {"next": due}})
    mails: list[EmailMessage] = []

    def arrived() -> bool:
        mails.extend(mailbox.taken())
        return bool(mails)

    until(arrived, 60)
    (message,) = mails
    assert (message["To"], message["Subject"]) == ("zoe@example.org", "Présences")
    assert attached(message)[1].startswith(b"id,title,connections\r\nzoe,")
    place = made.headers["Location"]
    until(lambda: told(server, place)["last"])
    after = told(server, place)
    assert (after["status"], after["last"]["delivered"]) == ("active", 1)
    shown = server.run("schedules", "list").stdout
    assert after["id"] in shown
    assert "Présences, to 1" in shown
    (line,) = [one for one in server.run("exports", "list").stdout.splitlines() if "zoe" in one]
    shown = server.run("exports", "show", line.split()[0]).stdout
    assert "person:zoe" in shown
    assert f"schedule    {after['id']}" in shown
    assert server.run("exports", "show", "nothing").returncode == 1
