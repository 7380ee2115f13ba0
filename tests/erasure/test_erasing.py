"""Forgetting a person: nothing of them is left anywhere, and all else is as it was."""

import hashlib
import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from lrs_stats import erasing
from lrs_stats.erasure.identifiers import Pseudonym
from lrs_stats.errors import CommandError, Conflict, NotFound
from lrs_stats.facts import by_learner, tables
from lrs_stats.facts.comparing import compare
from lrs_stats.facts.projector import Projector
from lrs_stats.facts.reader import FactsReader
from lrs_stats.facts.tables import FactsTables
from lrs_stats.jobs import erasing as erasing_jobs
from lrs_stats.jobs.wiring import worker_on
from lrs_stats.jobs.worker import Worker
from lrs_stats.roster.complaints import RosterRefused
from lrs_stats.roster.identities import sha1
from lrs_stats.roster.json_tables import check
from lrs_stats.serving import Reachable
from lrs_stats.settings import Settings
from lrs_stats.store import erasing_record, tombstones
from lrs_stats.store.database import Database, Document
from lrs_stats.store.erasing import PLACES as EVERY_PLACE
from lrs_stats.store.erasing_log import DatabaseLog
from lrs_stats.store.erasures import PLAN_HOLDS, Erasure, ErasureStore
from lrs_stats.store.exports import Export, ExportStore, Owner
from lrs_stats.store.files import FileStore
from lrs_stats.store.references import References
from lrs_stats.store.rosters import RosterStore
from lrs_stats.store.schedules import ScheduleStore
from lrs_stats.store.statement_documents import binary
from lrs_stats.store.statements import StatementStore
from lrs_stats.xapi.record import StatementQuery
from tests.databases import count
from tests.erasure import world
from tests.erasure.searching import found
from tests.erasure.world import EVERYTHING, MAX, ZOES, identifier, said


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing_record, "UNDER_WAY", 0.0)
    monkeypatch.setattr(by_learner, "WHOLE", 0)  # so that events lie by learner, too
    monkeypatch.setattr(erasing, "GLANCE", 0.01)
    for module in (tombstones, erasing_jobs):
        monkeypatch.setattr(module, "LOOK_EVERY", 0.0)


@pytest.fixture
def reachable(mongo_uri: str, database: Database[Document], tmp_path: Path) -> Reachable:
    """Give a store with the person in every place, counted in several publications."""
    settings = Settings(mongo=mongo_uri, database=database.name, data=tmp_path)
    world.populate(database)
    count(database, settings)
    for number in (50, 51):
        world.store(database, [said(number, MAX), said(number + 10, ZOES[0])])
        count(database, settings)
    worker = worker_on(database, settings)
    worker.keep_up()
    worker.arrange()
    worker.release()
    assert list((settings.facts / by_learner.FOLDER).iterdir())
    return Reachable(settings, database)


def erase(reachable: Reachable, learner: str = "zoe-id", **how: Any) -> Erasure:
    plan = erasing.planned(
        reachable, learner, "tests", lambda *_: None, **({"pseudonymises": False} | how)
    )
    return erasing.carried_out(reachable, plan.id, "tests", lambda *_: None)


def events(settings: Settings) -> pl.DataFrame:
    return FactsReader(settings.facts).snapshot().events.collect().sort("statement", "part")


def rebuilt(reachable: Reachable, beside: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    settings = Settings(**{**vars(reachable.settings), "data": beside})
    worker = worker_on(reachable.database, settings)
    worker.keep_up()
    snapshot = FactsReader(settings.facts).snapshot()
    worker.release()
    return events(settings), texts(snapshot.connections)


def texts(connections: pl.DataFrame) -> pl.DataFrame:
    return connections.cast({pl.Categorical: pl.String}).sort("connection", "start")


def test_no_file_of_before_is_kept_and_none_that_is_made_meanwhile(reachable: Reachable) -> None:
    folder, exports = reachable.settings.exports, ExportStore(reachable.database)
    folder.mkdir()
    meanwhile = Export(
        "f" * 32, Owner("person", "max-id"), "learners", {}, "csv", datetime.now(UTC)
    )
    exports.add(meanwhile)
    run = exports.claim(at_once=1, per_owner=1)
    assert run
    names = [*(f"{number:032}.csv" for number in range(3)), f"{run.id}.{run.run}.part"]
    for name in names:
        (folder / name).write_text("Zoé Martin")
    erase(reachable)
    assert list(folder.iterdir()) == []
    left = {one.id: one for one in exports.of(None)}
    assert {one.id: one.state for one in left.values()} == {
        f"{2:032}": "expired",
        meanwhile.id: "queued",
    }
    assert "Order it anew" in left[f"{2:032}"].trouble
    assert not exports.renew(run, 1, 1)
    assert left[meanwhile.id].attempts == 0


@pytest.mark.parametrize("pseudonymises", [False, True])
def test_schedules_lose_the_person(reachable: Reachable, *, pseudonymises: bool) -> None:
    erase(reachable, pseudonymises=pseudonymises)
    (left,) = ScheduleStore(reachable.database).of(None)
    assert (left.id, left.recipients) == ("to both", ("max-id",))
    assert left.title.endswith("@lrs-stats.invalid and others")


def test_a_plan_counts_every_place_and_erases_nothing(reachable: Reachable) -> None:
    before = {n: reachable.database[n].count_documents({}) for n in ("statements", "documents")}
    plan = erasing.planned(reachable, "zoe-id", "t", lambda *_: None, pseudonymises=False)
    assert plan.counts == {
        "statements": 22,
        "attachments": 0,
        "documents": 3,
        "activities": 1,
        "roster": 5,
        "tokens": 2,
        "passwords": 1,
        "attempts to sign in": 2,
        "refused": 1,
        "imports": 1,
        "schedules": 4,
        "exports": 2,
        "audit": 2,
        "log of the database": 0,
        "facts": 16,
        "export files": 0,
    }
    assert {n: reachable.database[n].count_documents({}) for n in before} == before


@pytest.mark.parametrize(
    ("by", "pseudonymises"),
    [
        ("zoe-id", False),
        ("zoe-id", True),
        (world.MBOX, True),
        (f"{world.LMS}|{world.ACCOUNT}", False),
        (world.SHA1, False),
    ],
)
def test_nothing_of_the_person_is_left(
    reachable: Reachable, by: str, *, pseudonymises: bool
) -> None:
    facts = reachable.settings.facts
    assert found(reachable.database, facts, *EVERYTHING)
    erase(reachable, by, pseudonymises=pseudonymises)
    assert found(reachable.database, facts, *EVERYTHING, "zoe-id") == []
    labels = [one["label"] for one in reachable.database["tokens"].find()]
    assert len(labels) == 1
    assert labels[0].startswith("for ")
    assert reachable.database["sign_in_attempts"].count_documents({}) == 1


@pytest.mark.parametrize("pseudonymises", [False, True])
def test_facts_are_as_if_built_from_what_is_left(
    reachable: Reachable, tmp_path: Path, *, pseudonymises: bool
) -> None:
    erase(reachable, pseudonymises=pseudonymises)
    anew, connections = rebuilt(reachable, tmp_path / "anew")
    assert_frame_equal(events(reachable.settings), anew)
    snapshot = FactsReader(reachable.settings.facts).snapshot()
    assert_frame_equal(texts(snapshot.connections), connections)
    record = StatementStore(reachable.database)
    compared = compare(record, reachable.settings.facts)
    assert (compared.days, compared.statements) == ((), record.count())
    assert record.count() == reachable.database["statements"].count_documents({})


def raw(reachable: Reachable, number: int) -> bytes | None:
    one = reachable.database["statements"].find_one(
        {"agents": {"$exists": True}, "_id": key(number)}
    )
    return None if one is None else bytes(one["raw"])


def key(number: int) -> Any:
    return binary(identifier(number))


def test_what_others_did_stays_byte_for_byte_and_what_names_the_person_is_changed_alone(
    reachable: Reachable,
) -> None:
    before = {n: raw(reachable, n) for n in range(70)}
    done = erase(reachable)
    after = {n: raw(reachable, n) for n in range(70)}
    gone = [n for n in before if before[n] is not None and after[n] is None]
    # 33 voids what somebody else did, and stays: 40 would count again otherwise
    assert gone == [*range(1, 13), 34, 60, 61]
    changed = [n for n in before if n not in gone and before[n] != after[n]]
    assert changed == [20, 21, 22, 23, 24, 25, 33]
    instead = {"homePage": Pseudonym.HOME_PAGE, "name": ANY}
    [member, other] = json.loads(after[21] or b"")["context"]["team"]["member"]
    assert member == {"account": instead}
    assert other == MAX
    assert json.loads(after[20] or b"")["context"]["instructor"] == {"account": instead}
    assert json.loads(after[22] or b"")["object"] == {"objectType": "Agent", "account": instead}
    assert done.state == "done"


def test_a_pseudonym_keeps_every_figure_and_number(
    reachable: Reachable,
) -> None:
    before = events(reachable.settings)
    figures = before.select("statement", "part", "kind", "value", "success", "seconds")
    erase(reachable, pseudonymises=True)
    after = events(reachable.settings)
    assert_frame_equal(after.select(figures.columns), figures)
    # the id of one course had the person's address in it
    assert before.filter(before["course"].ne_missing(after["course"])).height == 1
    people = (
        before.join(after, on=["statement", "part"]).select("learner", "learner_right").unique()
    )
    assert people["learner"].n_unique() == people["learner_right"].n_unique() == people.height
    assert b'"scaled":0.5,"raw":10.0,"max":20.0' in (raw(reachable, 9) or b"")
    assert dict(people.iter_rows())["max-id"] == "max-id"
    roster = RosterStore(reachable.database).load()
    [new] = set(roster.tables.people) - {roster.person("max-id")}
    assert roster.learners_of(["all"]) == {new.id, "max-id"}
    assert (new.email, new.first_name, new.last_name) == ("", "", "")
    assert len(roster.enrolments()) == 2
    assert new.id in set(people["learner_right"])


def test_voided_stays_voided_and_references_are_as_if_stored_anew(reachable: Reachable) -> None:
    record = StatementStore(reachable.database)
    assert record.find(identifier(40), voided=True)
    erase(reachable)
    assert record.find(identifier(40), voided=True)
    assert record.find(identifier(40), voided=False) is None
    assert record.find(identifier(30), voided=False)
    inherited = sorted(map(str, reachable.database["inherited"].find()))
    reachable.database["inherited"].delete_many({})
    every = [one["_id"] for one in reachable.database["statements"].find({}, {"_id": 1})]
    References(reachable.database["statements"], reachable.database["inherited"]).relate_stored(
        every
    )
    assert inherited == sorted(map(str, reachable.database["inherited"].find()))
    for agent in (f"mailto:{world.MBOX}", f"{world.LMS}|{world.ACCOUNT}"):
        query = StatementQuery(agent=agent, related_agents=True)
        assert record.query(query).statements == []


@pytest.mark.parametrize("pseudonymises", [False, True])
def test_the_person_does_not_come_back_until_an_owner_lifts_it(
    reachable: Reachable, *, pseudonymises: bool
) -> None:
    erase(reachable, pseudonymises=pseudonymises)
    replayed = [[one] for one in world.statements()]
    names = [one for [one] in replayed if "zoe" in str(one).lower() or world.ACCOUNT in str(one)]
    others = [said(80, MAX), said(81, MAX)]
    for one in names:
        with pytest.raises(Conflict):
            world.store(reachable.database, [others[0], one])
    for agent in (*ZOES, {"mbox": f"mailto:{world.MBOX}"}):
        with pytest.raises(Conflict, match="erased here"):
            world.store(reachable.database, [said(82, agent)])
    assert raw(reachable, 80) is None
    world.store(reachable.database, others)
    with pytest.raises(Conflict, match="erased here"):
        world.keep(reachable.database, f"mailto:{world.MBOX}", b"{}")
    with pytest.raises(RosterRefused) as refused:
        RosterStore(reachable.database).replace(check(world.ROSTER))
    assert [one.place for one in refused.value.complaints] == ["people[0]"]
    count(reachable.database, reachable.settings)
    facts = reachable.settings.facts
    assert found(reachable.database, facts, *EVERYTHING, "zoe-id") == []
    with pytest.raises(CommandError, match="Nobody"):
        erasing.lifted(reachable, "max@example.org")
    erasing.lifted(reachable, world.MBOX)
    world.store(reachable.database, [said(82, ZOES[0])])
    RosterStore(reachable.database).replace(check(world.ROSTER))


def test_somebody_whom_no_roster_knows_is_erased_by_one_identifier(reachable: Reachable) -> None:
    openid = "https://id.example.org/ann"
    there = [
        said(90, {"openid": openid}),
        said(91, {"mbox_sha1sum": sha1("ann@example.org").removeprefix("sha1:")}),
        said(92, {"mbox": "mailto:joann@example.org"}),
        said(93, {"mbox": "mailto:ann@example.org.uk"}),
        said(94, {"account": {"homePage": world.LMS, "name": "ann"}}),
    ]
    world.store(reachable.database, there)
    count(reachable.database, reachable.settings)
    erase(reachable, openid)
    erase(reachable, "ann@example.org")
    assert [n for n in range(90, 95) if raw(reachable, n)] == [92, 93, 94]
    erase(reachable, f"{world.LMS}|ann")
    assert [n for n in range(90, 95) if raw(reachable, n)] == [92, 93]
    with pytest.raises(CommandError, match="no identifier"):
        erase(reachable, "nobody")


def test_contents_of_attachments_go_unless_others_have_them(reachable: Reachable) -> None:
    database, both, own = reachable.database, b"shared", b"an essay by hand"
    world.attach(database, 70, ZOES[0], own)
    world.attach(database, 71, ZOES[0], both)
    world.attach(database, 72, MAX, both)
    count(database, reachable.settings)
    erase(reachable)
    kept = [hashlib.sha256(one).hexdigest() for one in (own, both)]
    assert b"".join(FileStore(database).read(kept[1])) == both
    with pytest.raises(LookupError):
        list(FileStore(database).read(kept[0]))
    assert database["attachments.chunks"].count_documents({}) == 1


def test_earlier_states_and_older_rosters_are_gone(reachable: Reachable) -> None:
    reader = FactsReader(reachable.settings.facts)
    before = reader.snapshot()
    rosters = RosterStore(reachable.database)
    version = rosters.version()
    reader.at(before.publication.as_of)
    erase(reachable)
    assert reader.snapshot().publication.version > before.publication.version
    assert "zoe-id" not in set(reader.snapshot().connections["learner"])
    with pytest.raises(NotFound, match="are not kept"):
        reader.at(before.publication.as_of)
    assert RosterStore(reachable.database).of_version(version) is None
    # a process that held them holds them no more
    assert rosters.load().version == version + 1
    assert rosters.load().person("zoe-id") is None
    assert all(rosters.of_version(one) is None for one in range(1, version + 1))


class KilledError(Exception):
    """Stands for the end of the process."""


PLACES = [place.name for place in EVERY_PLACE]


WHERE = (
    *PLACES,
    "noted",
    "tombstone",
    "after statements were deleted",
    "after rows were taken out",
    "after the publication",
    "after files were removed",
)


@pytest.mark.parametrize(
    ("where", "pseudonymises"),
    [
        *((where, place % 2 == 1) for place, where in enumerate(WHERE)),
        ("after rows were taken out", True),
        ("statements", True),
    ],
)
def test_an_erasure_that_is_killed_goes_on(
    reachable: Reachable,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    *,
    pseudonymises: bool,
) -> None:
    with monkeypatch.context() as patched:
        kill(patched, where)
        with pytest.raises((KilledError, CommandError)):
            erase(reachable, pseudonymises=pseudonymises)
    reachable.database["states"].update_one({"_id": "worker"}, {"$set": {"until": None}})
    settings = reachable.settings
    worker = worker_on(reachable.database, settings)
    again = erasing_jobs.Erasing(reachable.database, settings, worker.keep_up)
    while again.run():
        worker.keep_up()
    worker.release()
    assert found(reachable.database, settings.facts, *EVERYTHING, "zoe-id") == []
    anew, _ = rebuilt(reachable, tmp_path / "anew")
    assert_frame_equal(events(settings), anew)
    assert [one.state for one in ErasureStore(reachable.database).all()] == ["done"]


def kill(patched: pytest.MonkeyPatch, where: str) -> None:
    """Have the process end at some point of an erasure."""
    owners: dict[str, tuple[Any, str]] = {
        "after statements were deleted": (erasing_record.Statements, "_rename"),
        "after rows were taken out": (FactsTables, "append"),
        "after the publication": (FactsTables, "purge"),
        "after files were removed": (tables, "cut_log"),
    }

    def killed(*_: object, **__: object) -> None:
        raise KilledError

    if where in owners:
        patched.setattr(*owners[where], killed)
        if where.startswith("after rows") or "publication" in where or "files" in where:
            patched.setattr(Worker, "_stumble", killed)
        return
    finish = ErasureStore.finish

    def finish_or_die(self: ErasureStore, erasure: str, place: str) -> None:
        if place == where:
            raise KilledError
        finish(self, erasure, place)

    patched.setattr(ErasureStore, "finish", finish_or_die)


def test_every_folder_of_the_data_is_a_place(reachable: Reachable) -> None:
    erase(reachable)
    assert {path.name for path in reachable.settings.data.iterdir()} <= {"facts", "mongod"}


def test_facts_are_not_purged_while_files_are_written_beside_the_passes(
    reachable: Reachable, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = ErasureStore(reachable.database)
    plan = erasing.planned(reachable, "zoe-id", "t", lambda *_: None, pseudonymises=False)
    journal.order(plan.id, "t", datetime.now(UTC))
    worker = worker_on(reachable.database, reachable.settings)
    own = erasing_jobs.Erasing(reachable.database, reachable.settings, worker.keep_up)
    reached, may_end, is_over = threading.Event(), threading.Event(), threading.Event()

    def arrange(_: Projector, go_on: Callable[[], bool]) -> None:
        reached.set()
        while go_on():
            time.sleep(0.01)
        is_over.set()
        may_end.wait(30)

    monkeypatch.setattr(Projector, "arrange", arrange)
    worker.keep_up()
    beside = threading.Thread(target=worker.arrange)
    beside.start()
    assert reached.wait(30)
    doing = threading.Thread(target=own.run)
    doing.start()
    # it is told to end, and what it may still write is waited for
    assert is_over.wait(60)
    time.sleep(0.3)
    assert "facts" not in (journal.one(plan.id) or plan).finished
    may_end.set()
    for thread in (beside, doing):
        thread.join(60)
    assert (journal.one(plan.id) or plan).state == "done"
    worker.release()
    assert found(reachable.database, reachable.settings.facts, *EVERYTHING, "zoe-id") == []


def test_counts_follow_an_erasure_in_other_processes(reachable: Reachable) -> None:
    other = StatementStore(reachable.database)
    before = other.count()
    erase(reachable)
    assert other.count() == before - 15 == reachable.database["statements"].count_documents({})


def test_a_plan_is_forgotten_with_its_identifiers(reachable: Reachable) -> None:
    journal = ErasureStore(reachable.database)
    plan = erasing.planned(reachable, "zoe-id", "t", lambda *_: None, pseudonymises=False)
    assert not journal.order(plan.id, "t", datetime.now(UTC) + PLAN_HOLDS)
    journal.forget_plans(datetime.now(UTC) + PLAN_HOLDS)
    assert journal.all() == []


def test_the_log_of_the_database_is_rid_of_lines(
    tmp_path: Path, database: Database[Document]
) -> None:
    folder = tmp_path / "mongod"
    folder.mkdir()
    for name in ("mongod.log.2026-01-01", "mongod.log.1"):
        (folder / name).write_text(f'{{"find": "mailto:{world.MBOX}"}}\n{{"find": "max"}}\n')
    erasure = erasing.new("zoe-id", "t", pseudonymises=False)
    erasure = replace(erasure, keys=(f"mailto:{world.MBOX}",))
    log = DatabaseLog(database, tmp_path)
    assert log.count(erasure, lambda *_: None) == 2
    log.erase(erasure, lambda *_: None)
    assert log.count(erasure, lambda *_: None) == 0
    assert [path.read_text() for path in folder.iterdir()] == ['{"find": "max"}\n'] * 2
