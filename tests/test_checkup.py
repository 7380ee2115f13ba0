"""What the doctor finds: each finding with what it means, and what to do."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from lrs_stats import checkup
from lrs_stats.checkup import Finding, findings
from lrs_stats.facts import comparing
from lrs_stats.facts.history import Retention
from lrs_stats.facts.tables import FactsTables
from lrs_stats.serving import Reachable
from lrs_stats.settings import Settings
from lrs_stats.store.database import Database, Document
from lrs_stats.store.exports import Export, ExportStore, Owner
from lrs_stats.store.schedules import BY_OWNER, Outcome, Schedule, ScheduleStore
from lrs_stats.store.worker_state import Check, WorkerState
from lrs_stats.testing import statements
from tests.databases import count, numbered, store

STATEMENTS = """
09:00 ada launched course-1
09:05 ada answered question-1 in=course-1
09:10 ada terminated elsewhere
09:15 ada https://example.org/verbs/pondered elsewhere
"""


@pytest.fixture
def reachable(
    mongo_uri: str, database: Database[Document], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Reachable:
    for module in (checkup, comparing):
        monkeypatch.setattr(module, "LOOKS", 1)
    settings = Settings(mongo=mongo_uri, database=database.name, data=tmp_path)
    return Reachable(settings, database)


@pytest.fixture
def counted(reachable: Reachable) -> Reachable:
    store(reachable.database, numbered(statements(STATEMENTS)))
    keep_up(reachable)
    return reachable


def keep_up(reachable: Reachable, **settings: Any) -> None:
    count(reachable.database, Settings(**{**vars(reachable.settings), **settings}))


def lose_a_statement(reachable: Reachable) -> None:
    tables = FactsTables(reachable.settings.facts, Retention())
    tables.replace(tables.events().filter(part=0).collect()[1:], tables.mark)
    tables.publish(tables.open_connections(), timedelta(minutes=30), datetime.now(UTC))


def wrong(found: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in found if finding.is_wrong]


def about(found: Iterable[Finding], words: str) -> Finding:
    (one,) = (finding for finding in found if words in finding.text)
    return one


def test_a_store_that_is_well_has_nothing_to_mend(counted: Reachable) -> None:
    found = list(findings(counted))
    assert wrong(found) == []
    told = "\n".join(map(str, found))
    assert "!" not in told
    assert "holds 4 statements, and the facts account for them" in told
    assert "The daily check has not run yet; a server that runs does it at 03:00" in told
    assert "GB left" in told
    assert "Figures can be asked for as they stood from" in told


def test_statements_that_say_nothing_are_listed_by_verb_with_what_to_do(counted: Reachable) -> None:
    found = list(findings(counted))
    unknown = about(found, "1 statements were not understood")
    assert "1  https://example.org/verbs/pondered" in unknown.text
    assert "interpreter" in unknown.do
    unassigned = about(found, "1 statements are tied to no course")
    assert "1  http://adlnet.gov/expapi/verbs/terminated" in unassigned.text
    for hint in ("roster", "type", "interpreter"):
        assert hint in unassigned.do


def test_many_verbs_are_summed_up() -> None:
    listed = checkup._listed({f"verb-{n:02}": 2 for n in range(12)})
    assert listed.count("\n") == 11
    assert listed.endswith("4  with other verbs")


def test_drift_is_told_by_the_day(counted: Reachable) -> None:
    lose_a_statement(counted)
    drift = about(findings(counted), "Record and facts differ in 1 statements")
    assert drift.is_wrong
    assert f"{datetime.now(UTC):%Y-%m-%d}: of 4 in the record, 1 missing" in drift.text
    assert "lrs-stats rebuild" in drift.do
    last = WorkerState(counted.database).last_check()
    assert last is not None
    assert last.drift == {"missing": 1, "strange": 0, "doubled": 0}


def test_what_the_daily_check_found_is_looked_at_again(counted: Reachable) -> None:
    state = WorkerState(counted.database)
    state.report_check(Check(datetime(2026, 1, 5, 2, tzinfo=UTC), 12.0, 4, missing=1))
    found = list(findings(counted))
    assert "2026-01-05 03:00 compared 4 statements in 12 s, and found 1 missing" in str(
        about(found, "The check of")
    )
    assert "each of 4 statements, once" in about(found, "account").text
    assert wrong(found) == []
    again = about(findings(counted), "The check of")
    assert "found no drift" in again.text


def test_every_statement_can_be_compared_now(counted: Reachable) -> None:
    assert about(findings(counted, thorough=True), "each of 4 statements, once")


def test_a_check_that_could_not_be_done_is_told(counted: Reachable) -> None:
    trouble = Check(datetime(2026, 1, 5, 2, tzinfo=UTC), trouble="OSError: no")
    WorkerState(counted.database).report_check(trouble)
    assert about(findings(counted), "could not be done: OSError: no.").is_wrong


def test_a_check_that_is_switched_off_is_told(counted: Reachable) -> None:
    without = Settings(**{**vars(counted.settings), "check_at": ""})
    assert about(findings(Reachable(without, counted.database)), "switched off")


def test_missing_indexes_are_told(counted: Reachable) -> None:
    counted.database["statements"].drop_index("verb")
    (found,) = wrong(findings(counted))
    assert "statements.verb is missing" in found.text
    assert found.means
    assert found.do


def test_no_facts_are_told(reachable: Reachable) -> None:
    (found,) = wrong(findings(reachable))
    assert found.text == "There are no facts yet."
    assert "lrs-stats serve" in found.do


def test_lag_and_trouble_are_told(counted: Reachable) -> None:
    state = WorkerState(counted.database)
    state.hold("somebody")
    state.report(as_of=datetime.now(UTC) - timedelta(seconds=95), trouble="OSError: full")
    told = [str(finding) for finding in wrong(findings(counted))]
    assert [text.split("\n")[0][:30] for text in told] == [
        "! The worker is in trouble: OS",
        "! The facts count everything u",
    ]
    assert all("It means:" in text and "To do:" in text for text in told)
    state.ask_rebuild()
    assert wrong(findings(counted)) == []


def ago(days: int) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


def test_files_that_failed_lately_are_counted_by_their_reasons(counted: Reachable) -> None:
    orders, now = ExportStore(counted.database), datetime.now(UTC)
    whose = Owner("person", "ada")
    reasons = {"full": "The disk is full.", "too many": "There are 9 rows.", "old": "Long ago."}
    for name, why in reasons.items():
        for number in range(2):
            orders.add(Export(f"{name}{number}", whose, "learners", {}, "csv", now))
            run = orders.claim(at_once=9, per_owner=9)
            assert run is not None
            failing = ExportStore(counted.database, partial(ago, 8 * (name == "old")))
            failing.fail(run, why, is_private=name == "too many")
    orders.add(Export("withheld", whose, "learners", {}, "csv", now))
    run = orders.claim(at_once=9, per_owner=9)
    assert run is not None
    orders.fail(run, "Nothing of it is theirs.", is_withheld=True)
    found = about(findings(counted), "that were ordered failed")
    assert found.is_wrong
    told, *reasons_told = found.text.splitlines()
    assert told == "4 files that were ordered failed in the last 7 days:"
    assert sorted(map(str.strip, reasons_told)) == [
        "2  The disk is full.",
        "2  a reason that its owner is told",
    ]
    counted.database["exports"].delete_many({"is_private": False})
    assert not about(findings(counted), "that were ordered failed").is_wrong


def test_schedules_that_are_paused_or_fail_are_told_with_what_to_do(counted: Reachable) -> None:
    store, now = ScheduleStore(counted.database), datetime.now(UTC)
    of_ada = Schedule(
        *("well", Owner("person", "ada"), "Zoé", "learners", {}, "", "csv", {}, 1, "days"),
        *("2026-01-01", None, "06:00", ("zoe",)), mail=True, folder=None, made=now,
    )  # fmt: skip
    failed = Outcome(now, now, delivered=1, without=0, failed=1, reason="1 of 2 failed. Why?")
    store.add(of_ada)
    store.add(replace(of_ada, id="own", status="paused", trouble=BY_OWNER, outcome=failed))
    assert wrong(findings(counted)) == []
    store.add(replace(of_ada, id="partly", trouble=failed.reason, outcome=failed))
    store.add(replace(of_ada, id="paused", status="paused", trouble="2 of 2 failed. No mail."))
    paused, partly = wrong(findings(counted))
    assert paused.text == "The schedule paused is paused: 2 of 2 failed. No mail."
    assert "resumes it" in paused.do
    assert partly.text == "The schedule partly failed the last time: 1 of 2 failed. Why?"
    assert "Zoé" not in f"{paused}{partly}"


def test_a_small_disk_is_told(counted: Reachable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkup, "LITTLE", 1 << 60)
    (found,) = wrong(findings(counted))
    assert "GB left" in found.text
    assert "history_days" in found.do


def test_another_idle_limit_is_told_until_the_worker_has_taken_it(
    counted: Reachable, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = Settings(**{**vars(counted.settings), "idle_minutes": 10.0})
    (found,) = wrong(findings(Reachable(changed, counted.database)))
    assert "idle limit of 30 minutes" in found.text
    assert "idle_minutes says 10" in found.text
    keep_up(counted, idle_minutes=10.0)
    assert "the idle limit was changed" in capsys.readouterr().out
    assert wrong(findings(Reachable(changed, counted.database))) == []
