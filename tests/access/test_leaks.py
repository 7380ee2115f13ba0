"""Nobody learns anything beyond their grants: not by any path, parameter, row, total or file.

A reader asks, and the answer must be, byte for byte and header for header, what the owner gets
from a world in which every row is deleted that the reader may not see. What may be seen follows
from `tests/access/matrix.py`, pair by pair; the product's resolver and scope have no part in it.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from os import environ
from random import Random
from typing import Any, Final, cast

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from lrs_stats.access import callers
from lrs_stats.access.callers import Caller
from lrs_stats.access.grants import Grant, Resolver
from lrs_stats.access.throttle import Attempts, Throttle
from lrs_stats.app import wire
from lrs_stats.errors import Forbidden
from lrs_stats.reports.engine import Engine, Facts
from lrs_stats.reports.explanation import Explanation
from lrs_stats.reports.query import Query
from lrs_stats.reports.report import Need, Report, Reports
from lrs_stats.roster.roster import Roster
from lrs_stats.services import Services
from lrs_stats.settings import Settings
from lrs_stats.store.tokens import Token
from tests.access.matrix import ALL_PAGES, PAGES, Chosen, Page, Reader
from tests.access.organisations import Organisation, organisations
from tests.access.questions import question
from tests.access.reduced import reduced, whole
from tests.access.rules import rules
from tests.examples import own_examples
from tests.line import REGISTRY
from tests.reports.test_figures import INSTANTS
from tests.statement_strategies import ZONE

CASES: Final = int(environ.get("LEAK_CASES", "10000"))
"""`make fuzz` asks for 100 000."""
QUERIES: Final = 100
"""How many questions are asked in each world."""
READERS: Final = 3
"""How many people ask them."""
OWNER: Final = "owner"
PARTS: Final = 4
"""Tests among which the cases are dealt, so that several processes can share them."""
WORLDS: Final = CASES * 21 // (20 * QUERIES * PARTS) + 2
"""Of a part. Somewhat more than are needed: there are worlds in which everybody was deleted."""


class Credentials:
    """Tokens that are the ids of people; one is an owner whom no roster knows."""

    @property
    def tokens(self) -> "Credentials":
        return self

    def find(self, value: str) -> Token:
        return Token(value, value, "owner" if value == OWNER else "", INSTANTS[0])


@dataclass
class Stage:
    """Who is asked of what: the world and the rules that the server has at the moment."""

    organisation: Organisation
    facts: Facts
    resolver: Resolver = field(default_factory=rules)
    reader: Reader | None = None
    """Whose world is left when the owner asks; None when readers ask for themselves."""
    worlds: dict[Any, Facts] = field(default_factory=dict)
    same_pages: bool = False
    """Whether the owner of what is left opens the pages alone that the reader opens."""

    def load(self) -> Roster:
        return self.organisation.roster

    def reduce(self, query: Query, *, listed: bool = True, one_by_one: bool = False) -> None:
        """Delete what the reader may not see on the page of a query, before the owner sees it."""
        if self.reader is None:
            return
        if not self.reader.opens(query.granularity):
            raise Forbidden(denied(query.granularity))
        page = Page(
            query.granularity,
            by_session=query.granularity in ("sessions", "programs", "enrolments")
            or bool({"session", "program"} & query.filters.keys()),
            by_group=query.granularity == "groups" or "group" in query.filters,
            one_by_one=one_by_one,
        )
        key = (self.reader.person, self.reader.chosen, page, listed)
        if key not in self.worlds:
            self.worlds[key] = reduced(self.organisation, self.reader, page, listed=listed)
        self.facts = self.worlds[key]


def denied(page: str) -> str:
    """Return the sentence for those for whom a page does not exist."""
    *others, last = [role for role, pages in PAGES.items() if page in pages]
    roles = f"{', '.join(others)} and {last}"
    return f"Your roles do not include the statistics by {page}. The roles that do: {roles}."


@dataclass(frozen=True, kw_only=True)
class Staged(Services):
    """The services of a server whose facts and roster stand on a stage."""

    stage: Stage

    def grants(self, caller: Caller) -> list[Grant]:
        granted = callers.grants(caller, self.stage.resolver, self.stage.load())
        reader = self.stage.reader
        if reader is None or not self.stage.same_pages:
            return granted
        pages = frozenset(page for page in ALL_PAGES if reader.opens(page))
        return [replace(grant, granularities=pages) for grant in granted]

    def report(self, query: Query, granted: list[Grant]) -> Report:
        self.stage.reduce(query)
        return super().report(query, granted)

    def reports(self, query: Query, needs: Iterable[Need], granted: list[Grant]) -> Reports:
        self.stage.reduce(query)
        return super().reports(query, needs, granted)

    def explain(self, query: Query, granted: list[Grant]) -> Explanation:
        self.stage.reduce(query, listed=False)
        return super().explain(query, granted)

    def evidence(self, query: Query, granted: list[Grant]) -> Report:
        self.stage.reduce(query, listed=False, one_by_one=True)
        return super().evidence(query, granted)

    def _facts(self, _: object) -> Facts:
        return self.stage.facts


class Unwritten:
    """An audit that keeps nothing."""

    def write(self, entry: object) -> None:
        """Keep nothing."""


class Unnoted:
    """Failures of plugins that are kept nowhere."""

    def note(self, *failure: object) -> None:
        """Keep nothing."""


def server(stage: Stage) -> FlaskClient:
    """Return a client of a server whose world is that of a stage."""
    nothing: Any = None
    services = Staged(
        settings=Settings(timezone=str(ZONE)),
        registry=REGISTRY,
        statements=nothing,
        documents=nothing,
        files=nothing,
        rosters=cast("Any", stage),
        credentials=cast("Any", Credentials()),
        audit=cast("Any", Unwritten()),
        erasures=nothing,
        exports=nothing,
        schedules=nothing,
        forwards=nothing,
        failures=cast("Any", Unnoted()),
        tombstones=nothing,
        state=nothing,
        reader=nothing,
        engine=Engine(REGISTRY.metrics, ZONE, stage.resolver.needed),
        frames=nothing,
        throttle=Throttle(0),
        attempts=Attempts(Throttle(0)),
        provider=None,
        sign_in=nothing,
        stage=stage,
    )
    return wire(Flask("leaks", static_folder=None), services).test_client()


# Comparing


def ask(client: FlaskClient, path: str, who: str) -> TestResponse:
    return client.get(path, headers={"Authorization": f"Bearer {who}"})


def seen(answer: TestResponse, path: str) -> tuple[int, Any, dict[str, str]]:
    """Return all of an answer: status, bytes, headers.

    An explanation says what the reader's roles are: that is the one part in which the owner of a
    smaller world differs, and with it the length, and whether it is long enough to be compressed.
    """
    headers = dict(answer.headers)
    if answer.status_code != 200 or "/explain?" not in path:
        return answer.status_code, answer.data, headers
    del headers["Content-Length"]
    headers.pop("Vary", None)
    told = json.loads(answer.data)
    assert all(line.startswith("As ") for line in told.pop("scope"))
    return answer.status_code, told, headers


@contextmanager
def asking_for(stage: Stage, reader: Reader | None) -> Iterator[None]:
    """Have the owner ask in the world that is left for a reader."""
    before = stage.facts
    stage.reader = reader
    try:
        yield
    finally:
        stage.reader, stage.facts = None, before


def ruled(reader: Reader) -> Resolver:
    """Return the resolver with what the settings say while a reader asks."""
    return rules(
        coach_subgroups=reader.chosen.subgroups,
        coach_whole=reader.chosen.whole,
        manager_transitive=reader.chosen.transitive,
    )


def compare(client: FlaskClient, stage: Stage, reader: Reader, path: str) -> int:
    """Hold the answer for a reader against that for the owner of what is left; give its status."""
    stage.resolver = ruled(reader)
    mine = seen(ask(client, path, reader.person), path)
    with asking_for(stage, reader):
        theirs = seen(ask(client, path, OWNER), path)
    assert mine == theirs, (
        f"{path}\nas {reader.person} ({reader.roles}, {reader.chosen})\n{mine}\n{theirs}"
    )
    assert mine[0] < 500, path
    return mine[0]


def readers_of(organisation: Organisation, random: Random) -> list[Reader]:
    """Return some of the people who can sign in, under what the settings happen to say."""
    signing_in = [row for row in organisation.tables["people"] if row["status"] != "deleted"]
    chosen = Chosen(*(random.random() < 0.4 for _ in range(3)))
    some = random.sample(signing_in, min(READERS, len(signing_in)))
    return [Reader(row["id"], organisation.tables, chosen) for row in some]


def explore(organisation: Organisation, random: Random, number: int) -> list[int]:
    """Ask questions in a world, each as somebody, and give the statuses of the answers."""
    stage = Stage(organisation, whole(organisation))
    client, readers = server(stage), readers_of(organisation, random)
    return [
        compare(client, stage, random.choice(readers), question(random, organisation))
        for _ in range(number * bool(readers))
    ]


def drawn(worlds: int) -> settings:
    """Have a test draw so many worlds, as slow as they are, and say of none how to shrink it."""
    return settings(
        deadline=None,
        max_examples=worlds,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
        database=None,
        derandomize=False,
    )


@pytest.mark.parametrize("part", range(PARTS))
def test_an_answer_is_the_owners_of_what_the_reader_may_see(part: int) -> None:
    statuses: list[int] = []

    @own_examples(part)
    @drawn(WORLDS)
    @given(organisation=organisations(), seed=st.integers(0, 2**32))
    def asked(organisation: Organisation, seed: int) -> None:
        statuses.extend(explore(organisation, Random(seed), QUERIES))

    asked()
    assert len(statuses) * PARTS >= CASES
    for status, least in ((200, 0.3), (403, 0.03), (404, 0.03)):
        assert statuses.count(status) > least * len(statuses), status
