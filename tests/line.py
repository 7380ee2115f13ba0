"""The line from statements to figures inside one process, for tests that are not about HTTP."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from lrs_stats.access.grants import Grant
from lrs_stats.facts.ahead import Begin
from lrs_stats.facts.enrolments import roster_facts
from lrs_stats.facts.history import Retention
from lrs_stats.facts.projector import Projector
from lrs_stats.facts.reader import FactsReader
from lrs_stats.facts.resolve import RosterFacts
from lrs_stats.facts.rows import interpret
from lrs_stats.facts.statement_ids import spelled
from lrs_stats.facts.tables import FactsTables
from lrs_stats.registry import build
from lrs_stats.reports.engine import Engine, Facts
from lrs_stats.reports.query import Query
from lrs_stats.reports.report import Report
from lrs_stats.reports.roster_frames import RosterFrames, roster_frames
from lrs_stats.roster.json_tables import check
from lrs_stats.roster.roster import Roster
from lrs_stats.settings import Settings
from lrs_stats.xapi.formats import parse_timestamp
from lrs_stats.xapi.record import Cursor

Json = dict[str, Any]

REGISTRY = build(Settings())
OVERLAP = timedelta(seconds=20)


@dataclass(frozen=True)
class Kept:
    """A statement of the record in memory."""

    id: str
    stored: datetime
    raw: bytes


NUMBERS = ("planned_minutes", "position")


def as_json(roster: dict[str, list[dict[str, str]]]) -> Json:
    """Return a roster of texts, as a CSV folder has them, with its numbers as numbers."""
    return {
        table: [
            {
                name: int(cell) if name in NUMBERS and cell else cell or None
                for name, cell in row.items()
            }
            for row in rows
        ]
        for table, rows in roster.items()
    }


class MemoryRecord:
    """A record in memory, in which a statement may become visible late."""

    def __init__(self) -> None:
        self.statements: dict[str, Kept] = {}
        self.instant = datetime(2030, 1, 1, tzinfo=UTC)

    def add(self, statements: Iterable[Json]) -> None:
        for statement in statements:
            stored = parse_timestamp(statement["stored"])
            kept = Kept(statement["id"].lower(), stored, json.dumps(statement).encode())
            self.statements.setdefault(kept.id, kept)

    def now(self) -> datetime:
        return self.instant

    def overlap(self) -> timedelta:
        return OVERLAP

    def newer(self, than: Cursor | None, limit: int) -> list[Kept]:
        place = (than.stored, than.id) if than else None
        return [one for one in self._ordered() if place is None or (one.stored, one.id) > place][
            :limit
        ]

    def places(
        self, since: Cursor | None, through: Cursor, limit: int
    ) -> list[tuple[datetime, str]]:
        first = (since.stored, since.id) if since else None
        places = [(one.stored, one.id) for one in self._ordered()]
        last = (through.stored, through.id)
        return [place for place in places if (first is None or place > first) and place <= last][
            :limit
        ]

    def count_between(self, after: datetime, through: datetime) -> int:
        return len(self.ids_between(after, through))

    def ids_between(self, after: datetime, through: datetime) -> set[str]:
        return {one.id for one in self._ordered() if after < one.stored <= through}

    def fetch(self, ids: Iterable[str]) -> list[Kept]:
        wanted = set(ids)
        return [one for one in self._ordered() if one.id in wanted]

    def _ordered(self) -> list[Kept]:
        return sorted(self.statements.values(), key=lambda one: (one.stored, one.id))


class Line:
    """A record, its facts in a folder, and the engine that answers from them."""

    def __init__(self, folder: Path, zone: ZoneInfo, idle: timedelta, roster: Any = None) -> None:
        self.record = MemoryRecord()
        self.folder = folder
        self.zone = zone
        self.idle = idle
        self.ignore_case = False
        self.begin: Begin | None = None
        self.roster = Roster()
        self.retention = Retention()
        self.rosters = {0: self.roster}
        self._framed = self.roster, roster_frames(self.roster)
        self.engine = Engine(REGISTRY.metrics, zone)
        self.reader = FactsReader(folder)
        if roster is not None:
            self.take(roster)

    def take(self, roster: Any) -> None:
        self.roster = Roster(check(as_json(roster)), self.roster.version + 1)
        self.rosters[self.roster.version] = self.roster

    def facts_of(self, version: int) -> RosterFacts | None:
        """Return a roster as the projector asks for it, or None when it was taken out."""
        roster = self.rosters.get(version)
        return None if roster is None else roster_facts(roster, self.zone)

    def projector(self) -> Projector:
        return Projector(
            FactsTables(self.folder, self.retention),
            self.record,
            lambda: roster_facts(self.roster, self.zone),
            partial(interpret, interpreters=REGISTRY.interpreters),
            begin=self.begin,
            older=self.facts_of,
            idle=self.idle,
            ignore_case=self.ignore_case,
        )

    def catch_up(self, projector: Projector | None = None, limit: int = 1000) -> None:
        projector = projector or self.projector()
        while not projector.step(limit).caught_up:
            pass

    def tables(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return events and connections, each in an order of its own content."""
        snapshot = FactsReader(self.folder).snapshot()
        events = snapshot.events.collect().sort("statement", "part")
        return events, snapshot.connections.with_columns(spelled("connection")).sort("connection")

    @property
    def frames(self) -> RosterFrames:
        """Return the frames of the roster, the same ones as long as it stays as it is."""
        if self._framed[0] is not self.roster:
            self._framed = self.roster, roster_frames(self.roster)
        return self._framed[1]

    def report(self, query: Query, grants: Sequence[Grant] = (Grant("owner"),)) -> Report:
        facts = Facts(self.reader.snapshot(), self.frames, self.record.now())
        return self.engine.report(query, grants, facts)
