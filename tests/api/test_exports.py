"""Files in the background over HTTP: ordered, made in the owner's scope of then, and fetched."""

import errno
import io
import json
import os
import re
import resource
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, BinaryIO

import pytest

from lrs_stats import CannotRender, Reports
from lrs_stats.api import exports
from lrs_stats.errors import Unavailable
from lrs_stats.jobs import making
from lrs_stats.jobs.making import make
from lrs_stats.reports import report
from lrs_stats.services import Services
from lrs_stats.store.audit import Wanted
from lrs_stats.store.database import Database, Document
from lrs_stats.store.export_files import sweep
from lrs_stats.store.exports import TRIES, WAITS, Export
from tests.asking import Asking
from tests.ordering import (
    COURSE,
    EXPORTS,
    OF_LEARNERS,
    SCHOOL,
    anew,
    claimed,
    enrol,
    fetch,
    folder,
    ids,
    order,
    school,
    told,
    work,
)

SPRING: dict[str, Any] = {"from": "2026-01-01", "to": "2026-04-01"}


@pytest.fixture(scope="module")
def there(
    mongo_uri: str, module_database: Database[Document], tmp_path_factory: pytest.TempPathFactory
) -> Asking:
    return school(module_database, mongo_uri, tmp_path_factory.mktemp("school"))


@pytest.fixture
def asked(there: Asking) -> Asking:
    """Give an application with the roster of a school, where nobody has ordered anything."""
    anew(there)
    return there


def exporting(monkeypatch: pytest.MonkeyPatch, asked: Asking, write: Any) -> None:
    """Have the CSV exporter write as a function does."""
    monkeypatch.setattr(asked.services.registry.exporters["csv"], "write", write)


def test_an_order_is_made_and_is_what_the_statistics_answer(asked: Asking) -> None:
    ada = asked.token("ada")
    ordered = order(asked, ada, sort="-id", **SPRING)
    assert (ordered["status"], ordered["rows"], ordered["percent"]) == ("queued", 0, 0)
    assert "file" not in ordered["links"]
    assert fetch(asked, ada, ordered).status_code == 409
    work(asked)
    done = told(asked, ada, ordered)
    assert (done["status"], done["percent"], done["reason"]) == ("done", 100, "")
    assert done["rows"] == done["total"] == 4
    answer = fetch(asked, ada, done)
    direct = asked.ask(
        "/api/v1/stats/learners.csv?metrics=connections&from=2026-01-01&to=2026-04-01&sort=-id", ada
    )
    assert answer.data == direct.data
    assert answer.content_type == direct.content_type
    assert len(answer.data) == done["size"]
    (made,) = folder(asked)
    assert re.fullmatch(rf"{done['id']}\.[0-9a-f]{{32}}\.csv", made)
    mode = (asked.services.settings.exports / folder(asked)[0]).stat().st_mode
    assert mode & 0o077 == 0


@pytest.mark.parametrize("name", ["csv", "jsonl", "parquet", "xlsx"])
def test_every_format_is_made_as_at_once(asked: Asking, name: str) -> None:
    ada = asked.token("ada")
    ordered = order(asked, ada, granularity="connections", metrics=None, format=name)
    work(asked)
    assert told(asked, ada, ordered)["status"] == "done"
    direct = asked.ask(f"/api/v1/stats/connections.{name}", ada)
    made = fetch(asked, ada, ordered).data
    if name == "xlsx":  # an archive whose frame depends on how it is written
        assert unpacked(made) == unpacked(direct.data)
    else:
        assert made == direct.data


def unpacked(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def test_what_a_format_cannot_hold_is_told_with_the_order(asked: Asking) -> None:
    exporters = asked.services.registry.exporters
    name, exporter = next((name, one) for name, one in exporters.items() if one.warnings())
    granularity = next(iter(exporter.granularities or {"learners"}))
    body: dict[str, Any] = {"granularity": granularity, "metrics": None, "format": name}
    assert order(asked, asked.token("ada"), **body)["warnings"] == [*exporter.warnings()]


def test_a_file_name_says_what_it_is(asked: Asking) -> None:
    ada = asked.token("ada")
    made = f"{datetime.now(asked.services.settings.zone):%F}"
    for body, name in (
        ({}, f"learners_all-time_made-{made}.csv"),
        (
            {"from": "2026-01-01", "to": "2026-04-01", "learner": ["élo"]},
            f"learners_élo_2026-01-01_to-2026-03-31_made-{made}.csv",
        ),
        ({"from": "2026-01-01"}, f"learners_from-2026-01-01_made-{made}.csv"),
        (
            {"granularity": "courses", "course": [COURSE], "to": "2026-04-01T12:00:00+02:00"},
            f"courses_example.org-course-1_until-2026-04-01_made-{made}.csv",
        ),
        ({"granularity": "enrolments", "format": "opca"}, f"opca_all-time_made-{made}.zip"),
    ):
        ordered = order(asked, ada, **body)
        work(asked)
        assert told(asked, ada, ordered)["file"] == name
        said = fetch(asked, ada, ordered).headers["Content-Disposition"]
        assert said.startswith("attachment; filename")
        if "é" in name:
            assert f"filename*=UTF-8''{name.replace('é', '%C3%A9')}" in said
        else:
            assert f"filename={name}" in said


def test_ranges_go_on_where_a_download_was_cut_off(asked: Asking) -> None:
    ada = asked.token("ada")
    ordered = order(asked, ada)
    work(asked)
    whole = fetch(asked, ada, ordered)
    tag = whole.headers["ETag"]
    assert whole.headers["Accept-Ranges"] == "bytes"
    size = len(whole.data)
    part = fetch(asked, ada, ordered, Range="bytes=10-19", If_Range=tag)
    assert (part.status_code, part.data) == (206, whole.data[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{size}"
    rest = fetch(asked, ada, ordered, Range="bytes=20-")
    assert rest.data == whole.data[20:]
    assert fetch(asked, ada, ordered, Range="bytes=-5").data == whole.data[-5:]
    other = fetch(asked, ada, ordered, Range="bytes=10-19", If_Range='"another"')
    assert (other.status_code, other.data) == (200, whole.data)
    several = fetch(asked, ada, ordered, Range="bytes=0-1,4-5")
    assert (several.status_code, several.data) == (200, whole.data)
    beyond = fetch(asked, ada, ordered, Range=f"bytes={size}-")
    assert (beyond.status_code, beyond.content_type) == (416, "application/problem+json")
    assert fetch(asked, ada, ordered, If_None_Match=tag).status_code == 304
    squeezed = fetch(asked, ada, ordered, Accept_Encoding="gzip")
    assert "Content-Encoding" not in squeezed.headers


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"granularity": "weeks"}, "granularity: There are no statistics by 'weeks'"),
        ({"metrics": "colour"}, "metrics: there is no metric 'colour'"),
        ({"from": "yesterday"}, "from: 'yesterday' is no date"),
        ({"from": "2026-02-01", "to": "2026-01-01"}, "is after to"),
        ({"interval": "hour"}, "interval: Must be one of"),
        ({"learner": "ada"}, "learner: Not a valid list"),
        ({"learner": [1]}, "learner.0: Not a valid string"),
        ({"sort": "colour"}, "sort: there is no column 'colour'"),
        ({"format": "docx"}, "format: there is no format 'docx'"),
        ({"format": "opca"}, "format: OPCO: evidence pack is no file of learners"),
        ({"options": {"metric": "score"}}, "options: csv takes no 'metric'"),
        ({"options": {"metric": 5}, "format": "png"}, "Not a valid string"),
        ({"options": {"lang": "tlh"}, "format": "xlsx"}, "options.lang: 'tlh' is none"),
        ({"page": 2}, "page: Unknown field"),
        ({"shoe": 42}, "shoe: Unknown field"),
        ({"format": None}, "format: Missing data"),
        ({"granularity": "connections"}, "metrics: connections is a log"),
    ],
)
def test_a_wrong_order_is_refused_at_once(asked: Asking, body: Any, words: str) -> None:
    problem = order(asked, asked.token("ada"), 400, **body)
    assert words in problem["detail"]
    assert asked.services.exports.count(None) == 0


def test_what_is_no_json_is_refused(asked: Asking) -> None:
    ada = asked.token("ada")
    for body, content_type in ((b"{", "application/json"), (b"[]", "application/json")):
        answer = asked.http.post(
            EXPORTS, data=body, content_type=content_type, headers={"Authorization": ada}
        )
        assert answer.status_code == 400, answer.text
    assert order(asked, "", 401)


def test_who_may_not_see_a_page_cannot_order_it(asked: Asking) -> None:
    assert "platform" in order(asked, asked.token("max"), 403, granularity="platform")["detail"]


def test_an_order_of_another_is_as_if_it_were_not_there(asked: Asking) -> None:
    zoe, ada = asked.token("zoe"), asked.token("ada")
    ordered = order(asked, zoe)
    work(asked)
    for path in (ordered["links"]["self"], ordered["links"]["self"] + "/file"):
        there, nowhere = asked.ask(path, ada), asked.ask(path.replace(ordered["id"], "0" * 32), ada)
        assert there.status_code == nowhere.status_code == 404
        assert there.text.replace(ordered["id"], "0" * 32) == nowhere.text
    assert asked.ask(ordered["links"]["self"], ada, method="DELETE").status_code == 404
    assert asked.ask(EXPORTS, ada).json == []
    assert len(asked.ask(EXPORTS, zoe).json or []) == 1


def test_a_client_orders_for_itself_and_for_the_person_it_names(asked: Asking) -> None:
    client = asked.client("stats/read", "stats/act-as")
    own = order(asked, client)
    answer = asked.ask(EXPORTS, client, method="POST", json=OF_LEARNERS, X_Act_As="max")
    for_max: dict[str, Any] = answer.json or {}
    work(asked)
    work(asked)
    assert len(ids(fetch(asked, client, own))) == 4
    assert fetch(asked, client, for_max).status_code == 404
    assert ids(fetch(asked, client, for_max, X_Act_As="max")) == {"max"}
    assert ids(fetch(asked, asked.token("max"), for_max)) == {"max"}
    assert order(asked, asked.client("statements/write"), 403)


def test_the_administrator_of_the_first_start_is_nobody_of_the_roster(asked: Asking) -> None:
    administrator = asked.token("administrator", role="owner")
    ordered = order(asked, administrator)
    work(asked)
    assert len(ids(fetch(asked, administrator, ordered))) == 4
    later = order(asked, administrator)
    asked.services.credentials.tokens.revoke(
        next(asked.services.credentials.tokens.all("administrator")).id
    )
    work(asked)
    found = asked.services.exports.one(later["id"])
    assert found
    assert (found.state, "revoked" in found.trouble) == ("failed", True)


def test_the_scope_is_that_of_when_the_file_is_made(asked: Asking) -> None:
    zoe = asked.token("zoe")
    ordered = order(asked, zoe)
    assert ordered["total"] == 3  # herself, and those whom she coaches
    enrol(asked, memberships=SCHOOL["memberships"][:2])
    work(asked)
    assert ids(fetch(asked, zoe, ordered)) == {"zoe", "max"}


def test_a_role_that_is_revoked_before_the_delivery_closes_the_file(asked: Asking) -> None:
    zoe = asked.token("zoe")
    ordered = order(asked, zoe)
    work(asked)
    assert ids(fetch(asked, zoe, ordered)) == {"zoe", "max", "élo"}
    enrol(asked, memberships=SCHOOL["memberships"][1:])
    refused = fetch(asked, zoe, ordered)
    assert refused.status_code == 403
    assert "Order it anew" in (refused.json or {})["detail"]
    assert fetch(asked, zoe, ordered, Range="bytes=0-5").status_code == 403
    again = order(asked, zoe)
    work(asked)
    assert ids(fetch(asked, zoe, again)) == {"zoe"}
    enrol(asked)  # a role that comes back opens the file again
    assert ids(fetch(asked, zoe, ordered)) == {"zoe", "max", "élo"}
    asked.leave("zoe")
    assert fetch(asked, zoe, ordered).status_code == 401


def test_nothing_is_made_for_one_who_has_left(asked: Asking) -> None:
    ordered = order(asked, asked.token("zoe"))
    asked.leave("zoe")
    work(asked)
    found = asked.services.exports.one(ordered["id"])
    assert found
    assert (found.state, folder(asked)) == ("failed", [])
    assert "left" in found.trouble


def test_a_page_that_is_closed_meanwhile_fails_with_the_reason(asked: Asking) -> None:
    zoe = asked.token("zoe")
    ordered = order(asked, zoe, granularity="groups")
    enrol(asked, memberships=SCHOOL["memberships"][1:])
    work(asked)
    failed = told(asked, zoe, ordered)
    assert failed["status"] == "failed"
    assert "groups" in failed["reason"]
    assert (fetch(asked, zoe, ordered).json or {})["detail"].endswith(failed["reason"])


def test_an_order_that_waits_is_cancelled_and_then_removed(asked: Asking) -> None:
    ada = asked.token("ada")
    ordered = order(asked, ada)
    place = ordered["links"]["self"]
    assert asked.ask(place, ada, method="DELETE").status_code == 204
    assert told(asked, ada, ordered)["status"] == "cancelled"
    assert asked.services.exports.claim(at_once=9, per_owner=9) is None
    assert asked.ask(place, ada, method="DELETE").status_code == 204
    assert asked.ask(place, ada).status_code == 404


def test_an_order_that_runs_is_cancelled_in_the_middle(
    asked: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = asked.token("ada")
    ordered = order(asked, ada)
    monkeypatch.setattr(making, "BEAT", 0.01)
    begun, lost = threading.Event(), threading.Event()

    def slow(reports: Reports, stream: BinaryIO, options: Any) -> None:
        stream.write(b"some of it")
        for _ in reports.asked.batches:
            begun.set()
            assert lost.wait(10)
        raise AssertionError("it should have been cut off")

    exporting(monkeypatch, asked, slow)
    run = claimed(asked)
    working = threading.Thread(
        target=make, args=(asked.services, asked.services.exports, run, lost.set)
    )
    working.start()
    assert begun.wait(10)
    assert folder(asked) == [f"{run.id}.{run.run}.{one}" for one in ("part", "work")]
    assert asked.ask(ordered["links"]["self"], ada, method="DELETE").status_code == 204
    working.join(10)
    assert not working.is_alive()
    assert lost.is_set()
    assert (told(asked, ada, ordered)["status"], folder(asked)) == ("cancelled", [])


def test_a_finished_one_is_removed_with_its_file(asked: Asking) -> None:
    ada = asked.token("ada")
    ordered = order(asked, ada)
    work(asked)
    assert asked.ask(ordered["links"]["self"], ada, method="DELETE").status_code == 204
    assert (folder(asked), asked.ask(EXPORTS, ada).json) == ([], [])


def test_progress_is_told_in_rows_and_percent(
    asked: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = asked.token("ada")
    ordered = order(asked, ada)
    monkeypatch.setattr(making, "BEAT", 0.01)
    monkeypatch.setattr(report, "ROWS", 1)
    seen: list[tuple[str, int, int]] = []

    def watched(reports: Reports, stream: BinaryIO, options: Any) -> None:
        for _ in reports.asked.batches:
            threading.Event().wait(0.05)
            now = told(asked, ada, ordered)
            seen.append((now["status"], now["rows"], now["percent"]))

    exporting(monkeypatch, asked, watched)
    work(asked)
    assert {status for status, *_ in seen} == {"running"}
    assert [rows for _, rows, _ in seen] == sorted(rows for _, rows, _ in seen)
    assert 0 < seen[-1][2] < 100


def test_a_full_disk_fails_with_a_sentence_and_leaves_nothing_half(
    asked: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = asked.token("ada")
    ordered = order(asked, ada)

    def large(reports: Any, stream: BinaryIO, options: Any) -> None:
        stream.writelines(b"x" * (1 << 20) for _ in range(64))

    exporting(monkeypatch, asked, large)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    run = claimed(asked)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8 << 20, before[1]))
    try:
        make(asked.services, asked.services.exports, run)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    failed = told(asked, ada, ordered)
    assert (failed["status"], folder(asked)) == ("failed", [])
    assert failed["reason"] == "The disk of the server is full. Nothing of the file is kept."


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_has_several_names(
    asked: Asking, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    ordered = order(asked, asked.token("ada"))

    def full(*_: Any) -> None:
        raise OSError(number, os.strerror(number))

    exporting(monkeypatch, asked, full)
    work(asked)
    assert "disk" in told(asked, asked.token("ada"), ordered)["reason"]


def test_what_a_format_cannot_hold_is_said_and_not_tried_again(
    asked: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = asked.token("ada")
    ordered = order(asked, ada)

    def cannot(*_: Any) -> None:
        raise CannotRender("A table of nobody cannot be drawn.")

    exporting(monkeypatch, asked, cannot)
    work(asked)
    failed = told(asked, ada, ordered)
    assert (failed["status"], failed["reason"]) == ("failed", "A table of nobody cannot be drawn.")


def test_an_exporter_that_fails_is_tried_again_and_tells_no_secrets(
    asked: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = asked.token("ada")
    ordered = order(asked, ada)

    def broken(reports: Any, stream: BinaryIO, options: Any) -> None:
        stream.write(b"half")
        raise RuntimeError("password=hunter2")

    exporting(monkeypatch, asked, broken)
    clock = datetime.now(UTC)
    for attempt in range(TRIES):
        store = replace_clock(asked, clock + timedelta(minutes=2 * attempt))
        run = store.claim(at_once=1, per_owner=1)
        assert run
        make(asked.services, store, run)
    failed = told(asked, ada, ordered)
    assert (failed["status"], folder(asked)) == ("failed", [])
    assert "The csv could not be written" in failed["reason"]
    assert "hunter2" not in json.dumps(failed)


def replace_clock(asked: Asking, now: datetime) -> Any:
    store = type(asked.services.exports)(asked.services.credentials._clients.database, lambda: now)
    store.expire()
    return store


def test_a_database_that_is_away_for_a_moment_costs_an_attempt(
    asked: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    ordered = order(asked, asked.token("ada"))

    def away(*_: Any) -> None:
        raise Unavailable("The database does not answer at the moment. Try again.")

    exporting(monkeypatch, asked, away)
    work(asked)
    found = asked.services.exports.one(ordered["id"])
    assert found
    assert (found.state, found.attempts) == ("queued", 1)
    assert found.not_before > datetime.now(UTC)


def with_room(asked: Asking, megabytes: int) -> Services:
    settings = replace(asked.services.settings, export_mb_per_person=megabytes)
    return replace(asked.services, settings=settings)


def test_a_file_that_does_not_fit_says_what_to_do_and_nothing_is_removed_for_it(
    asked: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    def of_size(_: Any, stream: BinaryIO, __: Any) -> None:
        stream.writelines([b"x" * (sizes[-1] // 10)] * 10)

    ada, services = asked.token("ada"), with_room(asked, 1)
    exporting(monkeypatch, asked, of_size)
    sizes = [700_000]
    first, second = order(asked, ada), order(asked, ada)
    make(services, services.exports, claimed(asked))
    kept = folder(asked)
    make(services, services.exports, claimed(asked))
    failed = told(asked, ada, second)
    assert (failed["status"], folder(asked)) == ("failed", kept)
    assert re.match(
        r"There is no room for the file: those that you have take 0\.7 of the 1 MB that are kept "
        r"of each person \(export_mb_per_person\)\. Remove some of them, or wait: the first goes "
        r"by itself on \d{4}-\d\d-\d\d at \d\d:\d\d\.",
        failed["reason"],
    )
    of_zoe = order(asked, asked.token("zoe"))
    make(services, services.exports, claimed(asked))
    assert told(asked, asked.token("zoe"), of_zoe)["status"] == "done"
    asked.ask(first["links"]["self"], ada, method="DELETE")
    again = order(asked, ada)
    make(services, services.exports, claimed(asked))
    assert told(asked, ada, again)["status"] == "done"
    asked.ask(again["links"]["self"], ada, method="DELETE")
    sizes.append(60 << 20)
    larger = order(asked, ada)
    make(services, services.exports, claimed(asked))
    assert told(asked, ada, larger)["reason"] == (
        "The file is larger than the 1 MB that are kept of each person (export_mb_per_person). Ask "
        "for a shorter period, or for fewer rows."
    )
    assert len(folder(asked)) == 1


def test_two_files_that_are_made_at_once_do_not_take_the_same_room(
    asked: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    services, both_wrote = with_room(asked, 1), threading.Barrier(2)

    def write(_: Any, stream: BinaryIO, __: Any) -> None:
        stream.write(b"x" * 600_000)
        both_wrote.wait(10)

    exporting(monkeypatch, asked, write)
    monkeypatch.setattr(making, "workplace", lambda *_: nullcontext())  # it is of a whole process
    ada = asked.token("ada")
    orders = [order(asked, ada), order(asked, ada)]
    threads = [
        threading.Thread(target=make, args=(services, services.exports, claimed(asked)))
        for _ in orders
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told(asked, ada, one)["status"] for one in orders) == ["done", "failed"]
    assert len(folder(asked)) == 1


def begun(store: Any) -> Export:
    found: Export | None = store.claim(at_once=9, per_owner=9)
    assert found
    return found


@contextmanager
def without_facts(asked: Asking) -> Iterator[None]:
    """Have the facts away, as before they are first built."""
    facts = asked.services.settings.facts
    away = facts.rename(facts.with_name("away"))
    try:
        yield
    finally:
        away.rename(facts)


def test_what_is_ordered_before_there_are_facts_waits_for_them(asked: Asking) -> None:
    ada = asked.token("ada")
    with without_facts(asked):
        waiting = order(asked, ada, **SPRING)
        assert waiting["total"] is None
        for past in range(2 * TRIES):
            later = replace_clock(asked, datetime.now(UTC) + timedelta(minutes=2 * past))
            make(asked.services, later, begun(later))
        found = told(asked, ada, waiting)
        assert (found["status"], found["reason"]) == ("queued", WAITS)
        of_zoe = order(asked, asked.token("zoe"), **SPRING)
        turn = claimed(asked)
        assert turn.id == of_zoe["id"]
        asked.services.exports.abandon(turn, stopped=True)
    later = replace_clock(asked, datetime.now(UTC) + timedelta(hours=1))
    for _ in range(2):
        make(asked.services, later, begun(later))
    assert (told(asked, ada, waiting)["status"], told(asked, ada, waiting)["reason"]) == (
        "done",
        "",
    )
    assert ids(fetch(asked, ada, waiting)) == {"ada", "max", "zoe", "élo"}


def test_without_facts_what_needs_none_of_them_is_refused_all_the_same(asked: Asking) -> None:
    max_ = asked.token("max")
    with without_facts(asked):
        order(asked, max_, 403, granularity="platform")
        order(asked, max_, 400, metrics="nonsense")
        order(asked, max_, 400, format="papyrus")


def test_a_file_is_kept_for_a_while_and_then_shown_as_expired(asked: Asking) -> None:
    ada = asked.token("ada")
    ordered = order(asked, ada)
    work(asked)
    done = told(asked, ada, ordered)
    assert datetime.fromisoformat(done["expires"]) - datetime.fromisoformat(
        done["ended"]
    ) == timedelta(days=7)
    store = replace_clock(asked, datetime.now(UTC) + timedelta(days=8))
    sweep(asked.services.settings.exports, store)
    assert folder(asked) == []
    expired = told(asked, ada, ordered)
    assert (expired["status"], "file" in expired["links"]) == ("expired", False)
    assert fetch(asked, ada, ordered).status_code == 410


def test_what_nobody_keeps_is_swept_and_what_is_kept_is_not(asked: Asking) -> None:
    ada = asked.token("ada")
    order(asked, ada)
    work(asked)
    order(asked, ada)
    run = claimed(asked)
    there = asked.services.settings.exports
    (kept,) = folder(asked)
    own = [f"{run.id}.{run.run}.part", f"{run.id}.{run.run}.csv"]
    left = [f"{run.id}.{'0' * 32}.{one}" for one in ("part", "csv")]
    for name in (*own, *left, f"{'0' * 32}.csv", "strange"):
        (there / name).write_bytes(b"")
    works = [f"{run.id}.{number}.work" for number in (run.run, "0" * 32)]
    for name in works:
        (there / name).mkdir()
        (there / name / "sheet.xml").write_bytes(b"Zoe")
    sweep(there, asked.services.exports)
    assert folder(asked) == sorted([kept, *own, works[0]])


def test_a_file_on_another_machine_is_told_to_be_there(asked: Asking) -> None:
    ada = asked.token("ada")
    ordered = order(asked, ada)
    work(asked)
    asked.services.settings.exports.rename(asked.services.settings.data / "elsewhere")
    answer = fetch(asked, ada, ordered)
    assert answer.status_code == 503
    assert "not on this machine" in (answer.json or {})["detail"]


def test_a_person_can_have_so_many_waiting(asked: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MOST_WAITING", 2)
    ada = asked.token("ada")
    order(asked, ada)
    order(asked, ada)
    assert "wait already" in order(asked, ada, 429)["detail"]
    order(asked, asked.token("zoe"))


def test_orders_and_downloads_are_in_the_audit_with_what_was_asked(asked: Asking) -> None:
    zoe = asked.token("zoe")
    ordered = order(asked, zoe, learner=["max", "ada"])
    work(asked)
    fetch(asked, zoe, ordered)
    found, _ = asked.services.audit.page(Wanted(person="zoe"), 10)
    fetched, put = found[0], found[-1]
    assert put.action == "create exports"
    assert put.asked == {
        "metrics": ["connections"],
        "learner": ["max", "ada"],
        "granularity": ["learners"],
        "format": ["csv"],
    }
    assert (fetched.action, list(fetched.resource)) == (
        "read exports",
        ["exports", ordered["id"], "file"],
    )
    assert fetched.rows == 1


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ('"format": "csv", "learner": ["\\ud800"]', "half of a character"),
        ('"format": "csv", "options": {"dialect": "\\ud800"}', "half of a character"),
        (f'"format": "csv", "learner": {"[" * 100_000}', "nested too deeply"),
        ('"format": "csv", "options": {"dialect": "klingon"}', "is none of rfc4180, french"),
    ],
)
def test_a_body_that_could_not_be_kept_is_refused(asked: Asking, wrong: str, why: str) -> None:
    answer = asked.http.post(
        EXPORTS,
        data=f'{{"granularity": "learners", {wrong}}}',
        headers={"Authorization": asked.token("ada"), "Content-Type": "application/json"},
    )
    assert (answer.status_code, why in answer.text) == (400, True), answer.text
    assert asked.ask(EXPORTS, asked.token("ada")).json == []


def test_a_run_that_was_taken_back_leaves_the_file_of_the_next_alone(
    monkeypatch: pytest.MonkeyPatch, asked: Asking
) -> None:
    """As of a process that was held up for longer than its lease, and then goes on."""
    ada, store = asked.token("ada"), asked.services.exports
    ordered = order(asked, ada)
    late, csv = claimed(asked), asked.services.registry.exporters["csv"].write

    def write(reports: Reports, stream: BinaryIO, options: Any) -> None:
        exporting(monkeypatch, asked, csv)
        store.abandon(late, stopped=True)
        make(asked.services, store, claimed(asked))
        stream.write(b"of the one that is late")

    exporting(monkeypatch, asked, write)
    make(asked.services, store, late)
    done = told(asked, ada, ordered)
    answer = fetch(asked, ada, done)
    assert (answer.status_code, len(answer.data)) == (200, done["size"])
    assert b"of the one that is late" not in answer.data
    assert len(folder(asked)) == 1


def test_what_failed_first_is_no_reason_once_it_is_done(
    monkeypatch: pytest.MonkeyPatch, asked: Asking
) -> None:
    ada, store = asked.token("ada"), asked.services.exports
    ordered = order(asked, ada)
    store.try_again(claimed(asked), "The database was away.")
    monkeypatch.setattr(store, "_clock", lambda: datetime.now(UTC) + timedelta(minutes=2))
    work(asked)
    assert [told(asked, ada, ordered)[name] for name in ("status", "reason")] == ["done", ""]


def test_temporary_files_are_among_those_of_the_run(
    monkeypatch: pytest.MonkeyPatch, asked: Asking
) -> None:
    found: list[Path] = []

    def write(reports: Reports, stream: BinaryIO, options: Any) -> None:
        found.append(Path(mkdtemp()))

    exporting(monkeypatch, asked, write)
    order(asked, asked.token("ada"))
    work(asked)
    assert [one.parent.parent for one in found] == [asked.services.settings.exports]
    assert not found[0].parent.exists()
