"""Files on a schedule: due once, each recipient's own, by mail and to folders, or paused."""

import csv
import io
import json
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from lrs_stats import CannotRender
from lrs_stats.app import wire
from lrs_stats.jobs.making import make
from lrs_stats.jobs.schedules import Schedules
from lrs_stats.settings import Settings
from lrs_stats.store.audit import Wanted
from lrs_stats.store.database import Database, Document
from lrs_stats.store.exports import WAITS, ExportStore
from lrs_stats.store.schedules import Schedule, ScheduleStore
from tests.asking import Asking
from tests.disks import small_disk
from tests.mailbox import Mailbox, attached, mail_server
from tests.ordering import COURSE, EXPORTS, SCHOOL, anew, enrol, school

SCHEDULES = "/api/v1/schedules"
ASK = {"granularity": "learners", "metrics": "connections", "format": "csv"}
TODAY = datetime.now(Settings().zone).date()
DAILY: dict[str, Any] = {
    "title": "Présences du mois",
    "ask": ASK,
    "unit": "days",
    "from": TODAY.isoformat(),
    "to": ["zoe", "max"],
    "mail": True,
}


@pytest.fixture(scope="module")
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    with mail_server(tmp_path_factory.mktemp("mail")) as running:
        yield running


@pytest.fixture(scope="module")
def there(
    mongo_uri: str,
    module_database: Database[Document],
    tmp_path_factory: pytest.TempPathFactory,
    mailbox: Mailbox,
) -> Asking:
    folder = tmp_path_factory.mktemp("school")
    (folder / "out").mkdir()
    settings = {
        "smtp_host": "127.0.0.1",
        "smtp_port": mailbox.port,
        "smtp_security": "none",
        "smtp_from": "Figures <figures@example.org>",
        "public_url": "https://lrs.example.org",
        "deliveries_folder": str(folder / "out"),
    }
    return school(module_database, mongo_uri, folder, **settings)


@pytest.fixture
def asked(there: Asking, mailbox: Mailbox) -> Asking:
    """Give an application with the roster of a school, where nothing is on a schedule."""
    anew(there)
    mailbox.taken()
    shutil.rmtree(out(there))
    out(there).mkdir()
    return there


def out(asked: Asking) -> Path:
    return Path(asked.services.settings.deliveries_folder)


def otherwise(asked: Asking, **settings: Any) -> Asking:
    """Return the application with other settings."""
    changed = replace(asked.services.settings, **settings)
    services = replace(asked.services, settings=changed)
    return Asking(wire(Flask("test", static_folder=None), services).test_client(), services)


def scheduled(asked: Asking, who: str, status: int = 201, **body: Any) -> dict[str, Any]:
    answer = asked.ask(SCHEDULES, who, method="POST", json={**DAILY, **body})
    assert answer.status_code == status, answer.text
    return answer.json or {}


def told(asked: Asking, who: str, schedule: dict[str, Any]) -> dict[str, Any]:
    answer = asked.ask(schedule["links"]["self"], who)
    assert answer.status_code == 200, answer.text
    return answer.json or {}


def changed(
    asked: Asking, who: str, schedule: dict[str, Any], status: int = 200, **body: Any
) -> dict[str, Any]:
    answer = asked.ask(schedule["links"]["self"], who, method="PATCH", json=body)
    assert answer.status_code == status, answer.text
    return answer.json or {}


def leave(asked: Asking, who: str) -> None:
    """Have somebody leave the school."""
    status = {one["id"]: "deleted" if one["id"] == who else "active" for one in SCHOOL["people"]}
    people = [{"status": status[one["id"]]} | one for one in SCHOOL["people"]]
    enrol(asked, people=people, memberships=[])


class Days:
    """A clock of which days pass by."""

    def __init__(self, asked: Asking) -> None:
        self.now = datetime.now(UTC)
        self.asked = asked
        database = asked.services.credentials._clients.database
        self.store = ScheduleStore(database, lambda: self.now)
        self.exports = ExportStore(database, lambda: self.now)

    @property
    def schedules(self) -> Schedules:
        services = self.asked.services
        return Schedules(
            self.store,
            self.exports,
            services.credentials,
            services.rosters,
            services.registry.resolver,
            services.settings.zone,
            clock=lambda: self.now,
        )

    def pass_by(self, days: float = 1) -> None:
        """Let days pass, begin what is due, make and deliver it, and settle what came of it."""
        self.now += timedelta(days=days)
        self.schedules.tick()
        self.work()
        self.schedules.tick()

    def work(self) -> None:
        """Make what waits, and what fails again as often as it may."""
        services = replace(self.asked.services, exports=self.exports, schedules=self.store)
        for _ in range(20):
            while (export := self.exports.claim(at_once=1, per_owner=1)) is not None:
                make(services, self.exports, export)
            if not self.exports.count(None, ["queued"]):
                return
            self.now += timedelta(minutes=2)


def rows(content: bytes) -> set[str]:
    return {row["id"] for row in csv.DictReader(io.StringIO(content.decode()))}


def test_each_recipient_gets_the_file_in_their_own_scope(asked: Asking, mailbox: Mailbox) -> None:
    ada, days = asked.token("ada"), Days(asked)
    made = scheduled(asked, ada, ask={**ASK, "period": "last_12_months"})
    days.pass_by()
    mails = {str(one["To"]): one for one in mailbox.taken()}
    assert mails.keys() == {"zoe@example.org", "max@example.org"}
    first = (days.now.astimezone(asked.services.settings.zone).date()).replace(day=1)
    for person, seen in (("zoe", {"zoe", "max", "élo"}), ("max", {"max"})):
        message = mails[f"{person}@example.org"]
        name, content = attached(message)
        assert rows(content) == seen
        assert name.startswith(f"learners_{first.year - 1}-{first:%m}-01_to-")
        assert (message["Subject"], message["From"]) == (
            DAILY["title"],
            "Figures <figures@example.org>",
        )
        body = message.get_body(("plain",))
        assert body
        assert name in body.get_content()
    after = told(asked, ada, made)
    assert (after["status"], after["failures"], after["reason"]) == ("active", 0, "")
    assert {n: after["last"][n] for n in ("delivered", "without", "failed")} == {
        "delivered": 2,
        "without": 0,
        "failed": 0,
    }
    assert datetime.fromisoformat(after["next"]) > days.now


def test_the_file_is_the_recipients_own_export_too(asked: Asking) -> None:
    ada, zoe = asked.token("ada"), asked.token("zoe")
    scheduled(asked, ada)
    Days(asked).pass_by()
    assert asked.ask(EXPORTS, ada).json == []
    (own,) = asked.ask(EXPORTS, zoe).json or []
    answer = asked.ask(own["links"]["file"], zoe)
    assert rows(answer.get_data()) == {"zoe", "max", "élo"}
    answer.close()


def test_who_may_see_nothing_of_it_gets_none_and_is_only_counted(
    asked: Asking, mailbox: Mailbox
) -> None:
    ada = asked.token("ada")
    made = scheduled(asked, ada, ask={**ASK, "granularity": "groups", "metrics": "learners"})
    Days(asked).pass_by()
    assert [one["To"] for one in mailbox.taken()] == ["zoe@example.org"]
    after = told(asked, ada, made)
    assert (after["last"]["delivered"], after["last"]["without"]) == (1, 1)
    assert (after["status"], after["failures"], after["reason"]) == ("active", 0, "")
    assert "max" not in json.dumps({name: after[name] for name in ("last", "reason")})
    assert asked.ask(EXPORTS, asked.token("max")).json == []


def test_who_has_left_since_is_left_out_and_counted(asked: Asking, mailbox: Mailbox) -> None:
    ada, days = asked.token("ada"), Days(asked)
    made = scheduled(asked, ada)
    people = [
        one | {"status": "deleted"} if one["id"] == "max" else one for one in SCHOOL["people"]
    ]
    enrol(asked, people=[{"status": "active"} | one for one in people], memberships=[])
    days.pass_by()
    assert [one["To"] for one in mailbox.taken()] == ["zoe@example.org"]
    assert told(asked, ada, made)["last"]["without"] == 1


def test_a_role_that_is_revoked_before_the_due_time_counts(asked: Asking, mailbox: Mailbox) -> None:
    scheduled(asked, asked.token("ada"), to=["zoe"])
    enrol(asked, memberships=SCHOOL["memberships"][1:])
    Days(asked).pass_by()
    (message,) = mailbox.taken()
    assert rows(attached(message)[1]) == {"zoe"}


def test_files_are_laid_into_folders_of_their_recipients(asked: Asking) -> None:
    made = scheduled(asked, asked.token("ada"), mail=False, folder="reports/monthly")
    Days(asked).pass_by()
    there = out(asked) / "reports" / "monthly"
    assert {path.name for path in there.iterdir()} == {"zoe", "max"}
    for person, seen in (("zoe", {"zoe", "max", "élo"}), ("max", {"max"})):
        (path,) = (there / person).iterdir()
        assert path.name.startswith("learners_all-time_made-")
        assert rows(path.read_bytes()) == seen
    assert told(asked, asked.token("ada"), made)["last"]["delivered"] == 2


def test_no_name_escapes_the_folder(asked: Asking, tmp_path: Path) -> None:
    ada = asked.token("ada")
    for folder in ("../elsewhere", "/etc", "a/../../b", ".."):
        assert "below" in scheduled(asked, ada, 400, mail=False, folder=folder)["detail"]
    (out(asked) / "link").symlink_to(tmp_path)
    people = [*SCHOOL["people"], {"id": "../../up", "first_name": "Up"}]
    enrol(asked, people=[{"status": "active"} | one for one in people])
    led_out = scheduled(asked, ada, to=["zoe"], mail=False, folder="link/there")
    scheduled(asked, ada, to=["../../up"], mail=False, folder="in")
    Days(asked).pass_by()
    assert list(tmp_path.iterdir()) == []
    assert "leads out" in told(asked, ada, led_out)["reason"]
    (own,) = (out(asked) / "in").iterdir()
    assert own.name == "%2E.%2F..%2Fup"


def test_a_full_folder_is_told_and_leaves_nothing_half(asked: Asking) -> None:
    ada = asked.token("ada")
    made = scheduled(asked, ada, to=["zoe"], mail=False, folder="in")
    with small_disk(out(asked) / "in"):
        there = out(asked) / "in" / "zoe"
        there.mkdir()
        with suppress(OSError), (there / "filler").open("wb", buffering=0) as filler:
            while True:
                filler.write(bytes(4096))
        Days(asked).pass_by()
        assert [path.name for path in there.iterdir()] == ["filler"]
    assert told(asked, ada, made)["reason"] == (
        "1 of 1 failed. The file could not be laid into the folder 'in' (No space left on device)."
    )


def test_a_link_opens_its_file_alone_for_a_while(asked: Asking, mailbox: Mailbox) -> None:
    linking = otherwise(asked, mail_with="link", link_days=1)
    scheduled(linking, linking.token("ada"))
    days = Days(linking)
    days.pass_by()
    mails = {str(one["To"]): one for one in mailbox.taken()}
    links = {}
    for to, message in mails.items():
        body = message.get_body(("plain",))
        assert body
        assert list(message.iter_attachments()) == []
        (found,) = re.findall(r"https://lrs\.example\.org(/\S+)", body.get_content())
        links[to] = found
    zoes, maxs = links["zoe@example.org"], links["max@example.org"]
    answer = linking.ask(zoes)
    assert answer.status_code == 200
    assert rows(answer.get_data()) == {"zoe", "max", "élo"}
    answer.close()
    crossed = zoes.partition("?")[0] + "?" + maxs.partition("?")[2]
    nowhere = f"{EXPORTS}/{'0' * 32}/file?key=x"
    assert linking.ask(crossed).status_code == linking.ask(nowhere).status_code == 404
    assert linking.ask(crossed).text == linking.ask(nowhere).text
    key = zoes.partition("key=")[2]
    entries, _ = linking.services.audit.page(Wanted(person="zoe", action="read exports"), 10)
    assert [entry.status for entry in entries] == [200]
    database = linking.services.credentials._clients.database
    everything = str([list(database[name].find()) for name in ("exports", "audit", "schedules")])
    assert key not in everything
    enrol(linking, memberships=SCHOOL["memberships"][1:])
    assert linking.ask(zoes).status_code == 403
    enrol(linking)
    database["exports"].update_many({}, {"$set": {"link.expires": datetime.now(UTC)}})
    assert linking.ask(zoes).status_code == 410


def test_three_failures_in_a_row_pause_it_and_a_change_has_it_go_on(
    asked: Asking, mailbox: Mailbox
) -> None:
    ada = asked.token("ada")
    dead = otherwise(asked, smtp_port=1)
    made = scheduled(dead, ada, to=["zoe", "max"])
    days = Days(dead)
    for failures in (1, 2, 3):
        days.pass_by()
        after = told(asked, ada, made)
        assert after["failures"] == failures
        assert after["reason"] == ("2 of 2 failed. The mail server 127.0.0.1:1 does not answer.")
    assert after["status"] == "paused"
    days.pass_by(5)
    assert told(asked, ada, made)["last"] == after["last"]
    again = changed(asked, ada, made, paused=False)
    assert (again["status"], again["failures"], again["reason"]) == ("active", 0, "")
    alive = Days(asked)
    alive.now = days.now
    alive.pass_by()
    assert len(mailbox.taken()) == 2
    assert told(asked, ada, made)["last"]["delivered"] == 2


def test_a_due_time_before_there_are_facts_waits_for_them_and_is_no_failure(
    asked: Asking, mailbox: Mailbox
) -> None:
    ada, days = asked.token("ada"), Days(asked)
    made = scheduled(asked, ada, to=["zoe"])
    facts = asked.services.settings.facts
    away = facts.rename(facts.with_name("away"))
    try:
        days.pass_by()
        after = told(asked, ada, made)
        assert (after["status"], after["failures"], after["last"]) == ("active", 0, None)
        (waiting,) = days.exports.of(None)
        assert (waiting.state, waiting.attempts, waiting.trouble) == ("queued", 0, WAITS)
    finally:
        away.rename(facts)
    days.now += timedelta(minutes=2)
    days.work()
    days.schedules.tick()
    assert told(asked, ada, made)["last"]["delivered"] == len(mailbox.taken()) == 1


def test_one_success_between_begins_the_count_anew(asked: Asking) -> None:
    ada, dead = asked.token("ada"), otherwise(asked, smtp_port=1)
    made = scheduled(asked, ada, to=["zoe"])
    days = Days(dead)
    days.pass_by()
    days.pass_by()
    days.asked = asked
    days.pass_by()
    assert told(asked, ada, made)["failures"] == 0
    days.asked = dead
    days.pass_by()
    assert told(asked, ada, made)["failures"] == 1


def test_an_address_that_mail_cannot_go_to_keeps_the_others_from_nothing(
    asked: Asking, mailbox: Mailbox
) -> None:
    ada = asked.token("ada")
    odd = {"zoe": "zoe,lea@example.org", "max": "maël@example.org", "élo": "elo@example.org>"}
    people = [
        {"status": "active"} | one | ({"email": odd[one["id"]]} if one["id"] in odd else {})
        for one in SCHOOL["people"]
    ]
    enrol(asked, people=people)
    made, days = scheduled(asked, ada, to=["max", "élo", "zoe", "ada"]), Days(asked)
    for _ in range(4):
        days.pass_by()
        after = told(asked, ada, made)
        assert (after["last"]["delivered"], after["last"]["failed"]) == (2, 2)
        assert sorted(str(mail["To"]) for mail in mailbox.taken()) == [
            '"zoe,lea"@example.org',
            "ada@example.org",
        ]
    assert (after["status"], after["failures"]) == ("active", 0)
    assert after["reason"].startswith("2 of 4 failed.")
    why = {one.owner.id: one.trouble for one in days.exports.of(None) if one.state == "failed"}
    assert "SMTPUTF8" in why["max"]
    assert "no address that mail can go to" in why["élo"]


def test_a_recipient_without_an_address_is_told_without_a_name(asked: Asking) -> None:
    ada = asked.token("ada")
    people = [{"status": "active"} | one | {"email": ""} for one in SCHOOL["people"][:1]]
    people += [{"status": "active"} | one for one in SCHOOL["people"][1:]]
    enrol(asked, people=people)
    made = scheduled(asked, ada, to=["ada", "max"])
    Days(asked).pass_by()
    after = told(asked, ada, made)
    assert after["reason"] == "1 of 2 failed. The roster has no e-mail of the recipient."
    assert (after["last"]["delivered"], after["last"]["failed"]) == (1, 1)


def test_what_a_file_says_of_its_recipients_figures_is_for_them_alone(
    asked: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot(*_: Any) -> None:
        raise CannotRender("There are 3 rows, and a sheet holds 2.")

    monkeypatch.setattr(asked.services.registry.exporters["csv"], "write", cannot)
    ada, zoe = asked.token("ada"), asked.token("zoe")
    to_zoe, to_herself = scheduled(asked, ada, to=["zoe"]), scheduled(asked, ada, to=["ada"])
    Days(asked).pass_by()
    assert "3 rows" not in told(asked, ada, to_zoe)["reason"]
    assert "among their exports" in told(asked, ada, to_zoe)["reason"]
    assert "3 rows" in told(asked, ada, to_herself)["reason"]
    (own,) = asked.ask(EXPORTS, zoe).json or []
    assert own["reason"] == "There are 3 rows, and a sheet holds 2."


def test_many_processes_run_a_due_time_once(asked: Asking, mailbox: Mailbox) -> None:
    scheduled(asked, asked.token("ada"))
    days = Days(asked)
    days.now += timedelta(days=1)
    threads = [threading.Thread(target=days.schedules.tick) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert days.exports.count(None) == 2
    days.work()
    for _ in range(3):
        days.schedules.tick()
    assert len(mailbox.taken()) == 2


def test_what_was_missed_while_the_server_was_down_runs_once(
    asked: Asking, mailbox: Mailbox
) -> None:
    ada = asked.token("ada")
    made = scheduled(asked, ada, to=["zoe"], ask={**ASK, "period": "yesterday"})
    days = Days(asked)
    days.pass_by(10)
    (message,) = mailbox.taken()
    due = datetime.fromisoformat(told(asked, ada, made)["last"]["due"])
    assert days.now - timedelta(days=1) < due <= days.now
    yesterday = due.astimezone(asked.services.settings.zone).date() - timedelta(days=1)
    assert f"learners_{yesterday}_to-{yesterday}_" in attached(message)[0]
    days.schedules.tick()
    assert mailbox.taken() == []


def test_one_who_was_killed_at_ordering_is_gone_on_with(asked: Asking, mailbox: Mailbox) -> None:
    scheduled(asked, asked.token("ada"))
    days = Days(asked)
    days.now += timedelta(days=1)
    (due,) = days.store.due()
    assert due.next
    begun = days.store.begin(due, due.next, due.next + timedelta(days=1))
    assert begun
    days.schedules.tick()
    assert days.exports.count(None) == 0  # the other may be at it
    days.now += timedelta(minutes=1)
    days.schedules.tick()
    days.work()
    days.schedules.tick()
    assert len(mailbox.taken()) == 2
    assert days.store.due() == []


def test_a_due_time_waits_while_the_one_before_is_under_way(asked: Asking) -> None:
    scheduled(asked, asked.token("ada"))
    days = Days(asked)
    for _ in range(3):
        days.now += timedelta(days=1)
        days.schedules.tick()
    assert days.exports.count(None) == 2


def test_a_maker_who_left_pauses_it(asked: Asking, mailbox: Mailbox) -> None:
    zoe = asked.token("zoe")
    made = scheduled(asked, zoe, to=["zoe", "max"])
    people = [
        one | {"status": "deleted"} if one["id"] == "zoe" else one for one in SCHOOL["people"]
    ]
    enrol(asked, people=[{"status": "active"} | one for one in people], memberships=[])
    Days(asked).pass_by()
    assert mailbox.taken() == []
    found = asked.services.schedules.one(made["id"])
    assert found
    assert (found.status, "left" in found.trouble) == ("paused", True)


def test_one_sends_to_whom_one_may_see(asked: Asking, mailbox: Mailbox) -> None:
    zoe, maxs = asked.token("zoe"), asked.token("max")
    nobody = scheduled(asked, maxs, 400, to=["nobody"])["detail"]
    assert scheduled(asked, maxs, 400, to=["zoe"])["detail"] == nobody.replace("'nobody'", "'zoe'")
    scheduled(asked, maxs, to=["max"])
    scheduled(asked, zoe, to=["max", "élo"])
    scheduled(asked, zoe, 400, to=["ada"])
    assert "admin" in scheduled(asked, zoe, 403, to=["zoe"], folder="in")["detail"]
    enrol(asked, memberships=SCHOOL["memberships"][:2])
    Days(asked).pass_by()  # élo is none of Zoe's any more
    assert [one["To"] for one in mailbox.taken()] == ["max@example.org"] * 2


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"ask": {**ASK, "period": "last_weekend"}}, "period: 'last_weekend' is none"),
        ({"ask": {**ASK, "period": "last_week", "from": "2026-01-01"}}, "from: there is a period"),
        ({"ask": {**ASK, "metrics": "colour"}}, "metrics: there is no metric"),
        ({"ask": {"granularity": "learners"}}, "ask.format: Missing data"),
        ({"unit": "hours"}, "unit: Must be one of"),
        ({"every": 0}, "every: Must be greater"),
        ({"from": "soon"}, "from: Not a valid date"),
        ({"until": "2020-01-01"}, "until: there is no time to come"),
        ({"at": "25:00"}, "at: Expected a time"),
        ({"to": []}, "to: Length must be between"),
        ({"mail": False}, "say by which way"),
        ({"title": "a\nBcc: all@example.org"}, "title: It has characters of control"),
        ({"paused": True}, "paused: Unknown field"),
    ],
)
def test_what_cannot_be_is_refused_at_once(asked: Asking, body: Any, words: str) -> None:
    assert words in scheduled(asked, asked.token("ada"), 400, **body)["detail"]
    assert asked.services.schedules.of(None) == []


def test_without_the_settings_there_is_no_way(asked: Asking) -> None:
    bare = otherwise(asked, smtp_host="", smtp_from="", deliveries_folder="")
    ada = bare.token("ada")
    assert "smtp_host" in scheduled(bare, ada, 400)["detail"]
    assert "deliveries_folder" in scheduled(bare, ada, 400, mail=False, folder="in")["detail"]


def test_a_change_changes_that_alone(asked: Asking) -> None:
    ada = asked.token("ada")
    made = scheduled(asked, ada, ask={**ASK, "period": "last_month", "course": [COURSE]})
    assert made["ask"] == {**ASK, "period": "last_month", "course": [COURSE], "options": {}}
    at = changed(asked, ada, made, at="23:30", title="Autre")
    assert {**at, "at": made["at"], "title": made["title"], "next": made["next"]} == made
    assert datetime.fromisoformat(at["next"]).astimezone(asked.services.settings.zone).hour == 23
    assert "Unknown field" in changed(asked, ada, made, 400, colour="red")["detail"]
    assert "no metric" in changed(asked, ada, made, 400, ask={**ASK, "metrics": "x"})["detail"]
    paused = changed(asked, ada, made, paused=True)
    assert (paused["status"], paused["reason"]) == ("paused", "Paused by its owner.")
    over = changed(asked, ada, made, until=(TODAY - timedelta(days=1)).isoformat())
    assert (over["status"], over["next"]) == ("over", None)
    assert changed(asked, ada, made, until=None)["status"] == "active"


def test_a_due_time_that_is_begun_amid_a_change_stays_begun(
    asked: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, days, store = asked.token("ada"), Days(asked), asked.services.schedules
    made = scheduled(asked, ada)
    days.now += timedelta(days=1)
    change = store.change
    begun: list[datetime | None] = []

    def amid(found: Schedule, schedule: Schedule) -> bool:
        if not begun:
            days.schedules.tick()
        begun.append(found.next)
        return change(found, schedule)

    monkeypatch.setattr(store, "change", amid)
    assert changed(asked, ada, made, title="Autre")["title"] == "Autre"
    first, second = begun
    assert first is not None
    assert second is not None
    assert first < second


def test_it_is_over_after_its_last_time(asked: Asking) -> None:
    ada = asked.token("ada")
    last = (TODAY + timedelta(days=1)).isoformat()
    only: dict[str, Any] = {"from": last, "until": last}
    made = scheduled(asked, ada, **only)
    Days(asked).pass_by(2)
    after = told(asked, ada, made)
    assert (after["status"], after["next"], after["last"]["delivered"]) == ("over", None, 2)


def test_a_schedule_of_another_is_as_if_it_were_not_there(asked: Asking) -> None:
    made = scheduled(asked, asked.token("ada"))
    zoe, place = asked.token("zoe"), made["links"]["self"]
    assert asked.ask(SCHEDULES, zoe).json == []
    for method, body in (("GET", None), ("PATCH", {"paused": True}), ("DELETE", None)):
        there = asked.ask(place, zoe, method=method, json=body)
        nowhere = asked.ask(place.replace(made["id"], "0" * 32), zoe, method=method, json=body)
        assert there.status_code == nowhere.status_code == 404
        assert there.text.replace(made["id"], "0" * 32) == nowhere.text


def test_who_removes_a_schedule_cancels_what_it_makes(asked: Asking, mailbox: Mailbox) -> None:
    ada, days = asked.token("ada"), Days(asked)
    made = scheduled(asked, ada)
    days.now += timedelta(days=1)
    days.schedules.tick()
    assert asked.ask(made["links"]["self"], ada, method="DELETE").status_code == 204
    days.work()
    days.schedules.tick()
    assert {one.state for one in days.exports.of(None)} == {"cancelled"}
    assert (mailbox.taken(), asked.ask(SCHEDULES, ada).json) == ([], [])


def test_who_got_which_report_is_in_the_audit(asked: Asking) -> None:
    made = scheduled(asked, asked.token("ada"), ask={**ASK, "course": [COURSE]})
    Days(asked).pass_by()
    entries, _ = asked.services.audit.page(Wanted(action="deliver exports"), 10)
    assert {(one.person.id, one.rows) for one in entries if one.person} == {("zoe", 3), ("max", 1)}
    assert all(one.asked["schedule"] == [made["id"]] for one in entries)
    assert all(one.asked["course"] == [COURSE] for one in entries)
    assert all(one.asked["by"] == ["mail"] for one in entries)
    (put,), _ = asked.services.audit.page(Wanted(action="create schedules"), 10)
    assert put.asked["recipients"] == ["zoe", "max"]


def test_a_schedule_is_read_as_it_was_written(asked: Asking) -> None:
    scheduled(asked, asked.token("ada"))
    (found,) = asked.services.schedules.of(None)
    assert isinstance(found, Schedule)
    assert found.recipients == ("zoe", "max")
    assert date.fromisoformat(found.first) == TODAY
    Days(asked).pass_by()
    (after,) = asked.services.schedules.of(None)
    assert after.outcome
    assert (after.run, after.outcome.delivered) == (None, 2)


@pytest.mark.parametrize("title", ["a\u2028b", "a\x85b", "a\nb", "\ud800"])
def test_a_title_that_no_subject_can_hold_is_refused(asked: Asking, title: str) -> None:
    refused = scheduled(asked, asked.token("ada"), 400, title=title)
    assert "title" in refused["detail"] or "half of a character" in refused["detail"]


def test_two_schedules_in_one_folder_leave_both_files(asked: Asking) -> None:
    ada = asked.token("ada")
    for figure in ("connections", "answers"):
        scheduled(asked, ada, to=["max"], mail=False, folder="in", ask={**ASK, "metrics": figure})
    own = out(asked) / "in" / "max"
    own.mkdir(parents=True)
    days = Days(asked)
    days.pass_by()
    heads = sorted(path.read_bytes().partition(b"\r\n")[0] for path in own.iterdir())
    assert heads == [b"id,title,answers", b"id,title,connections"]


def test_a_killed_delivery_leaves_nothing_behind_the_next(asked: Asking) -> None:
    made = scheduled(asked, asked.token("ada"), to=["max"], mail=False, folder="in")
    own = out(asked) / "in" / "max"
    own.mkdir(parents=True)
    days = Days(asked)
    days.now += timedelta(days=1)
    days.schedules.tick()
    run = days.exports.claim(at_once=1, per_owner=1)
    assert run is not None
    (own / f".{run.id}.{'0' * 32}.part").write_text("half of it")
    make(asked.services, days.exports, run)
    (path,) = own.iterdir()
    assert path.suffix == ".csv"
    assert made["id"][:8] in path.name


def test_what_was_cancelled_while_it_was_written_is_not_delivered(
    asked: Asking, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = asked.token("ada")
    made = scheduled(asked, ada, to=["max"], folder="in")
    days = Days(asked)
    days.now += timedelta(days=1)
    days.schedules.tick()
    csv_exporter = asked.services.registry.exporters["csv"]
    write, schedule = csv_exporter.write, asked.services.schedules.one(made["id"])
    assert schedule is not None
    again: Schedule = schedule

    def slow(*given: Any) -> None:
        write(*given)
        assert asked.ask(made["links"]["self"], ada, method="DELETE").status_code == 204
        asked.services.schedules.add(again)  # made anew under the same id

    monkeypatch.setattr(csv_exporter, "write", slow)
    run = days.exports.claim(at_once=1, per_owner=1)
    assert run is not None
    make(asked.services, days.exports, run)
    assert (list(out(asked).iterdir()), mailbox.taken()) == ([], [])
