"""The parts of a running server that its pages and resources share."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec
from flask import g, request

from lrs_stats.access.acting import HEADER, acting
from lrs_stats.access.callers import Caller, Provider, grants, identify
from lrs_stats.access.grants import Grant
from lrs_stats.access.sign_in import SignIn
from lrs_stats.access.throttle import Attempts, Throttle
from lrs_stats.access.visits import COOKIE, HOST_ONLY, SAFE, is_form_token
from lrs_stats.errors import BadRequest, Forbidden, NoFacts, NotFound, Problem
from lrs_stats.facts.published import NOT_YET
from lrs_stats.facts.reader import FactsReader, readable
from lrs_stats.registry import Registry
from lrs_stats.reports.engine import Engine, Facts
from lrs_stats.reports.explanation import Explanation
from lrs_stats.reports.exporter import CannotRender, Exporter
from lrs_stats.reports.query import Query
from lrs_stats.reports.report import Need, Report, Reports
from lrs_stats.reports.roster_frames import RosterFrames
from lrs_stats.roster.roster import Roster
from lrs_stats.roster.tables import Person
from lrs_stats.settings import Settings
from lrs_stats.store.audit import AuditStore
from lrs_stats.store.credentials import CredentialStore
from lrs_stats.store.documents import DocumentStore
from lrs_stats.store.erasures import ErasureStore
from lrs_stats.store.exports import ExportStore
from lrs_stats.store.files import FileStore
from lrs_stats.store.forwards import ForwardStore
from lrs_stats.store.plugin_failures import PluginFailures
from lrs_stats.store.rosters import RosterStore
from lrs_stats.store.schedules import ScheduleStore
from lrs_stats.store.statements import StatementStore
from lrs_stats.store.tombstones import Tombstones
from lrs_stats.store.worker_state import Progress, WorkerState
from lrs_stats.xapi.access import Client, Scope
from lrs_stats.xapi.model import Account, Actor

HOME_PAGE: Final = "https://lrs-stats.invalid/clients"
"""The home page of the accounts that stand for clients: a name, not an address (RFC 2606)."""

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})


@dataclass(frozen=True)
class Services:
    """One of each, made by `create_app`; nothing of this is global."""

    settings: Settings
    registry: Registry
    statements: StatementStore
    documents: DocumentStore
    files: FileStore
    rosters: RosterStore
    credentials: CredentialStore
    audit: AuditStore
    erasures: ErasureStore
    exports: ExportStore
    schedules: ScheduleStore
    forwards: ForwardStore
    failures: PluginFailures
    tombstones: Tombstones
    state: WorkerState
    reader: FactsReader
    engine: Engine
    frames: Callable[[Roster], RosterFrames]
    throttle: Throttle
    attempts: Attempts
    provider: Provider | None
    sign_in: SignIn

    @property
    def account_home_page(self) -> str:
        """Return the home page of the accounts that an identity provider's userNames name."""
        return self.settings.scim_account_home_page

    def caller(self) -> Caller:
        """Return who makes the request at hand, or for whom, or raise Unauthorized or Forbidden.

        The audit names who was identified, also when they may not ask for the person they name.
        The cookie of the pages lets a browser read, so that their links to files work, and
        nothing else: what changes something must not come from another page of the browser.
        """
        if (visitor := g.get("visitor")) is not None:
            known: Caller = visitor
            return known
        with_cookie = request.method in SAFE and HEADER not in request.headers
        caller, named = self._identified(with_cookie=with_cookie), request.headers.get(HEADER)
        g.caller = caller
        if named is not None:
            g.caller = caller = acting(caller, named, self.rosters.load)
        return caller

    def visitor(self) -> Caller:
        """Return who looks at a page or sends one of its forms, or raise Unauthorized.

        A form must bring along what only the pages of the visit know; else it is Forbidden. Who
        sends one is also the `caller` of whatever the form asks for.
        """
        g.caller = caller = self._identified(with_cookie=True)
        by_cookie = request.method not in SAFE and "Authorization" not in request.headers
        if by_cookie and not is_form_token(request.form.get("form", ""), self.cookie(COOKIE)):
            raise Forbidden("The form did not come from a page of this visit.")
        g.visitor = caller
        return caller

    @property
    def is_embedded(self) -> bool:
        """Return whether the pages may be shown within those of others."""
        return bool(self.settings.page_origins.strip())

    @property
    def is_protected(self) -> bool:
        """Return whether the browser of the request at hand keeps cookies for https alone.

        It does everywhere but on one's own machine; a proxy may have taken https away.
        """
        host = request.host.rpartition(":")[0] or request.host
        return self.is_embedded or request.is_secure or host not in LOOPBACK

    def cookie_name(self, name: str) -> str:
        """Return what a cookie is called in the browser of the request at hand."""
        return HOST_ONLY + name if self.is_protected else name

    def cookie(self, name: str) -> str:
        """Return a cookie that this server has set, or nothing."""
        return request.cookies.get(self.cookie_name(name), "")

    def _identified(self, *, with_cookie: bool = False) -> Caller:
        sent = request.headers.get("Authorization")
        if sent is None and with_cookie and (cookie := self.cookie(COOKIE)):
            sent = f"Bearer {cookie}"
        with self.attempts.limited(request.remote_addr or "", sent):
            return identify(sent, self.credentials, self.rosters.load, self.provider)

    def authenticate(self, scope: str) -> Caller:
        """Return who makes the request at hand, or raise Unauthorized or Forbidden."""
        caller = self.caller()
        caller.require(scope)
        return caller

    def xapi_client(self, scope: Scope) -> Client:
        """Return who makes the request at hand, as the xAPI resources need to know them."""
        caller = self._identified()
        self.throttle.admit(caller.id)
        if HEADER in request.headers:
            # to pass over it would be to answer with more than was asked for
            raise BadRequest(f"header {HEADER}: it is for /api/v1; xAPI knows the client alone.")
        caller.require(scope)
        account = {"homePage": HOME_PAGE, "name": caller.id}
        agent = {"objectType": "Agent", "name": caller.name, "account": account}
        return Client(
            authority=msgspec.json.encode(agent),
            key=f"{HOME_PAGE}|{caller.id}",
            defines=caller.holds("define"),
            reads_all=caller.holds("statements/read"),
            # xAPI-Communication 2.4: this wants a permission of its own
            reads_people=caller.holds("roster/read"),
        )

    def same_person(self, agent: Actor) -> list[Actor]:
        """Return the agents that the roster knows as the same person."""
        known = self.rosters.load()
        ignore_case = self.settings.ignore_case
        person = known.person_of(agent.key, ignore_case=ignore_case) if agent.key else None
        found = None if person is None else known.person(person)
        return [] if found is None else _agents(found, known.person_name(found.id))

    def grants(self, caller: Caller) -> list[Grant]:
        """Return what a caller may see."""
        return grants(caller, self.registry.resolver, self.rosters.load())

    def report(self, query: Query, granted: list[Grant]) -> Report:
        """Return the report of a query within some grants."""
        with readable():
            found = self.engine.report(query, granted, self._facts(query.as_of))
        self._note(found)
        return found

    def reports(self, query: Query, needs: Iterable[Need], granted: list[Grant]) -> Reports:
        """Return the report of a query, and those that are needed beside it."""
        with readable():
            found = self.engine.reports(query, needs, granted, self._facts(query.as_of))
        for one in (found.asked, *found.others.values()):
            self._note(one)
        return found

    @contextmanager
    def rendering(self, exporter: Exporter, *spared: type[Exception]) -> Iterator[None]:
        """Write down that an exporter fails meanwhile, unless it refuses or others have failed."""
        try:
            yield
        except Exception as error:
            if not isinstance(error, (CannotRender, Problem, OSError, *spared)):
                why = f"The exporter {exporter.name} failed: {type(error).__name__}."
                self.failures.note("exporter", exporter.name, why)
            raise

    def explain(self, query: Query, granted: list[Grant]) -> Explanation:
        """Return what is behind the one figure of a query."""
        with readable():
            return self.engine.explain(query, granted, self._facts(query.as_of))

    def evidence(self, query: Query, granted: list[Grant]) -> Report:
        """Return the statements on which the one figure of a query rests."""
        with readable():
            return self.engine.evidence(query, granted, self._facts(query.as_of))

    def _note(self, report: Report) -> None:
        """Write down which metrics of a report have failed."""
        for name, why in report.failed.items():
            self.failures.note("metric", name, why)

    def _facts(self, as_of: datetime | None) -> Facts:
        """Return the facts of an instant or the newest, and up to when they count everything."""
        if as_of is not None:
            return self._facts_at(as_of)
        progress = self.state.progress()
        snapshot = self.reader.snapshot()
        return Facts(
            snapshot,
            self.frames(self.rosters.load()),
            _as_of(progress, snapshot.publication.version),
        )

    def _facts_at(self, instant: datetime) -> Facts:
        """Return the facts and the roster as they stood at an instant, or shortly before."""
        snapshot = self.reader.at(instant)
        publication = snapshot.publication
        roster = self.rosters.of_version(publication.mark.roster)
        if roster is None:
            raise NotFound(
                f"as_of: the roster of {publication.as_of.isoformat()}, version "
                f"{publication.mark.roster}, is not kept any more."
            )
        return Facts(snapshot, self.frames(roster), publication.as_of)


def _agents(person: Person, name: str) -> list[Actor]:
    """Return the agents by which statements name a person of the roster."""
    agents = []
    if person.email:
        agents.append(Actor(name=name, mbox=f"mailto:{person.email}"))
    if person.account_name:
        account = Account(home_page=person.account_homepage, name=person.account_name)
        agents.append(Actor(name=name, account=account))
    return agents


def _as_of(progress: Progress, version: int) -> datetime:
    if progress.as_of is None or version < progress.version:
        raise NoFacts(NOT_YET)
    return progress.as_of
