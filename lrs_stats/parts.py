"""The parts of a server, each made once, for what serves and for what makes files in its place."""

from functools import lru_cache

from lrs_stats.access.jwt import provider_of
from lrs_stats.access.passwords import Passwords
from lrs_stats.access.sign_in import SignIn
from lrs_stats.access.throttle import Attempts, Throttle
from lrs_stats.facts.reader import FactsReader
from lrs_stats.registry import build
from lrs_stats.reports.engine import Engine
from lrs_stats.reports.roster_frames import roster_frames
from lrs_stats.services import Services
from lrs_stats.settings import Settings
from lrs_stats.store.audit import AuditStore
from lrs_stats.store.credentials import CredentialStore
from lrs_stats.store.database import Database, Document
from lrs_stats.store.documents import DocumentStore
from lrs_stats.store.erasures import ErasureStore
from lrs_stats.store.exports import ExportStore
from lrs_stats.store.files import FileStore
from lrs_stats.store.forwards import ForwardStore
from lrs_stats.store.passwords import PasswordStore
from lrs_stats.store.plugin_failures import PluginFailures
from lrs_stats.store.rosters import RosterStore
from lrs_stats.store.schedules import ScheduleStore
from lrs_stats.store.sign_in_attempts import SignInAttempts
from lrs_stats.store.statements import StatementStore
from lrs_stats.store.tombstones import Tombstones
from lrs_stats.store.worker_state import WorkerState


def parts(settings: Settings, database: Database[Document]) -> Services:
    """Return the parts of a server on a database."""
    registry = build(settings)
    rosters, credentials = RosterStore(database), CredentialStore(database)
    return Services(
        settings=settings,
        registry=registry,
        statements=StatementStore(database),
        documents=DocumentStore(database),
        files=FileStore(database),
        rosters=rosters,
        credentials=credentials,
        audit=AuditStore(database),
        erasures=ErasureStore(database),
        exports=ExportStore(database),
        schedules=ScheduleStore(database),
        forwards=ForwardStore(database),
        failures=PluginFailures(database),
        tombstones=Tombstones(database),
        state=WorkerState(database),
        reader=FactsReader(settings.facts),
        engine=Engine(registry.metrics, settings.zone, registry.resolver.needed),
        frames=lru_cache(maxsize=2)(roster_frames),
        throttle=Throttle(settings.xapi_requests_per_second),
        attempts=Attempts(Throttle(settings.failed_authentications_per_second)),
        provider=provider_of(settings),
        sign_in=SignIn(
            settings,
            rosters.load,
            PasswordStore(database),
            SignInAttempts(database),
            credentials.tokens,
            Passwords(settings.threads),
        ),
    )
