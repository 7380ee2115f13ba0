"""The wiring of the worker part: its projector, on the database and folder of the settings."""

import os
import sys
from datetime import timedelta
from functools import lru_cache

from lrs_stats.facts.enrolments import roster_facts
from lrs_stats.facts.history import RECENT, History, Retention
from lrs_stats.facts.projector import Projector
from lrs_stats.facts.published import is_published
from lrs_stats.facts.resolve import RosterFacts
from lrs_stats.facts.tables import FactsTables
from lrs_stats.jobs.checking import Daily, DailyCheck
from lrs_stats.jobs.erasing import Erasing, ErasingThread, FactsRid
from lrs_stats.jobs.exports import Exports, Limits
from lrs_stats.jobs.forwards import Forwards
from lrs_stats.jobs.interpreting import Interpreting
from lrs_stats.jobs.schedules import Schedules
from lrs_stats.jobs.worker import Worker
from lrs_stats.processes import Program
from lrs_stats.registry import build
from lrs_stats.roster.roster import Roster
from lrs_stats.settings import Settings
from lrs_stats.store.audit import AuditStore
from lrs_stats.store.credentials import CredentialStore
from lrs_stats.store.database import Database, Document, connect, prepare
from lrs_stats.store.erasures import ErasureStore
from lrs_stats.store.exports import Export, ExportStore
from lrs_stats.store.files import FileStore
from lrs_stats.store.forwards import ForwardStore
from lrs_stats.store.rosters import RosterStore
from lrs_stats.store.schedules import ScheduleStore
from lrs_stats.store.statements import StatementStore
from lrs_stats.store.worker_state import WorkerState


def create_worker(settings: Settings) -> Worker:
    """Return a worker that keeps up the facts of the settings' folder."""
    database = connect(settings.mongo, settings.database)
    prepare(database)
    return worker_on(database, settings)


def worker_on(database: Database[Document], settings: Settings) -> Worker:
    """Return a worker on a database that has its indexes."""
    record, rosters = StatementStore(database), RosterStore(database)
    interpreting = Interpreting(build(settings).interpreters, _environment(settings))
    history = History(settings.facts)

    @lru_cache(maxsize=1)
    def facts_of(roster: Roster) -> RosterFacts:
        return roster_facts(roster, settings.zone)

    def older(version: int) -> RosterFacts | None:
        roster = rosters.of_version(version)
        return None if roster is None else roster_facts(roster, settings.zone)

    def open_projector() -> Projector:
        return Projector(
            FactsTables(settings.facts, Retention(settings.history_days, settings.zone)),
            record,
            lambda: facts_of(rosters.load()),
            interpreting,
            begin=interpreting.begin,
            older=older,
            idle=timedelta(minutes=settings.idle_minutes),
            ignore_case=settings.ignore_case,
        )

    AuditStore(database).keep(settings.audit_days)

    def upkeep() -> None:
        record.finish_abandoned()
        FileStore(database).remove_abandoned()
        since = record.now() - max(RECENT, timedelta(days=settings.history_days))
        rosters.forget(since, keep=history.rosters())

    rid = FactsRid(ErasureStore(database), record)
    return Worker(WorkerState(database), open_projector, upkeep, rid)


def create_check(settings: Settings, worker: Worker) -> Daily | None:
    """Return the daily check of the facts that the worker keeps up, on connections of its own."""
    if not settings.check_at:
        return None
    database = connect(settings.mongo, settings.database)
    record, state = StatementStore(database), WorkerState(database)
    is_erasing = ErasureStore(database).under_way
    check = DailyCheck(record, settings.facts, state, worker.is_at_work, is_erasing)
    return Daily.at(settings.check_at, settings.zone, check.run)


def create_forwards(settings: Settings, worker: Worker) -> Forwards:
    """Return what forwards statements while the worker is at work, on connections of its own."""
    database = connect(settings.mongo, settings.database)
    return Forwards(ForwardStore(database), StatementStore(database), worker.is_at_work)


def create_erasing(settings: Settings, worker: Worker) -> ErasingThread:
    """Return what carries out erasures while the worker is at work, on connections of its own."""
    database = connect(settings.mongo, settings.database)
    return ErasingThread(lambda go_on: Erasing(database, settings, go_on), worker.is_at_work)


def create_exports(settings: Settings, worker: Worker) -> Exports:
    """Return what has files made while the worker is at work, on connections of its own."""
    database = connect(settings.mongo, settings.database)
    environment = _environment(settings)

    def program(export: Export) -> Program:
        command = [sys.executable, "-m", "lrs_stats.export_process", export.id, export.run]
        return Program("export", command, environment)

    limits = Limits(
        settings.exports_at_once, settings.exports_at_once_per_person, settings.export_minutes
    )
    return Exports(
        ExportStore(database),
        settings.exports,
        limits,
        worker.is_at_work,
        program,
        has_facts=lambda: is_published(settings.facts),
    )


def create_schedules(settings: Settings, worker: Worker) -> Schedules:
    """Return what begins the files that are due while the worker is at work."""
    database = connect(settings.mongo, settings.database)
    return Schedules(
        ScheduleStore(database),
        ExportStore(database),
        CredentialStore(database),
        RosterStore(database),
        build(settings).resolver,
        settings.zone,
        worker.is_at_work,
    )


def _environment(settings: Settings) -> dict[str, str]:
    """Return the environment in which another process has the same settings."""
    return os.environ | settings.environment()
