"""Forgetting a person: nothing of them is left anywhere, and all else is as it was."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from lrs_stats import erasing
from lrs_stats.errors import Conflict, NotFound
from lrs_stats.facts.comparing import compare
from lrs_stats.facts.reader import FactsReader
from lrs_stats.jobs.wiring import worker_on
from lrs_stats.roster.complaints import RosterRefused
from lrs_stats.roster.json_tables import check
from lrs_stats.serving import Reachable
from lrs_stats.settings import Settings
from lrs_stats.store import erasing_record
from lrs_stats.store.database import Database, Document
from lrs_stats.store.erasures import Erasure
from lrs_stats.store.files import FileStore
from lrs_stats.store.rosters import RosterStore
from lrs_stats.store.statements import StatementStore
from lrs_stats.store.tombstones import LOOK_EVERY
from lrs_stats.xapi.record import StatementQuery
from tests.databases import count
from tests.erasure import world
from tests.erasure.searching import found
from tests.erasure.world import EVERYTHING, MAX, ZOES, identifier, said


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing_record, "UNDER_WAY", 0.0)
    monkeypatch.setattr(erasing, "GLANCE", 0.01)


@pytest.fixture
def reachable(
    mongo_uri: str, database: Database[Document], tmp_path: Path
) -> Iterator[Reachable]:
    """Give a store with the person in every place, counted in several publications."""
    settings = Settings(mongo=mongo_uri, database=database.name, data=tmp_path)
    world.populate(database, settings)
    count(database, settings)
    for number in (50, 51):
        world.store(database, [said(number, MAX), said(number + 10, ZOES[0])])
        count(database, settings)
    yield Reachable(settings, database)


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


def test_a_plan_counts_every_place_and_erases_nothing(reachable: Reachable) -> None:
    before = {n: reachable.database[n].count_documents({}) for n in ("statements", "documents")}
    plan = erasing.planned(reachable, "zoe-id", "t", lambda *_: None, pseudonymises=False)
    assert plan.counts == {
        "statements": 22,
        "attachments": 0,
        "documents": 3,
        "activities": 1,
        "roster": 5,
        "tokens": 1,
        "refused": 1,
        "imports": 1,
        "audit": 2,
        "log of the database": 0,
        "facts": 16,
    }
    assert {n: reachable.database[n].count_documents({}) for n in before} == before


@pytest.mark.parametrize("pseudonymises", [False, True])
@pytest.mark.parametrize("by", ["zoe-id", world.MBOX, f"{world.LMS}|{world.ACCOUNT}", world.SHA1])
def test_nothing_of_the_person_is_left(
    reachable: Reachable, by: str, *, pseudonymises: bool
) -> None:
    facts = reachable.settings.facts
    assert found(reachable.database, facts, *EVERYTHING)
    erase(reachable, by, pseudonymises=pseudonymises)
    assert found(reachable.database, facts, *EVERYTHING, "zoe-id") == []


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
