"""A small company to export: simulated people, and statements that name some oddly."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from flask import Flask

from lrs_stats.app import wire
from lrs_stats.demo import as_json
from lrs_stats.parts import parts
from lrs_stats.roster.json_tables import check
from lrs_stats.serving import Reachable
from lrs_stats.settings import Settings
from lrs_stats.simulate.organisation import organisation
from lrs_stats.simulate.statements import statements
from lrs_stats.store.database import Database, Document
from lrs_stats.store.rosters import RosterStore
from tests.databases import count, store

MONTHS: Final = 2
LATER: Final = 40
LAST: Final = date(2026, 3, 31)
VOIDED: Final = "http://adlnet.gov/expapi/verbs/voided"
STRANGER: Final = "quentin.inconnu@autre.example"
SHA1: Final = hashlib.sha1(f"mailto:{STRANGER}".encode()).hexdigest()
STRANGERS: Final[list[dict[str, Any]]] = [
    {"name": "Quentin Inconnu", "mbox": f"mailto:{STRANGER}"},
    {"mbox_sha1sum": SHA1},
    {"openid": "https://id.example/quentin-inconnu"},
    {"account": {"homePage": "https://autre.example", "name": "qinconnu-77"}},
]
"""People whom the roster does not know, each by another kind of identifier."""


def said(number: int, actor: object, **more: object) -> dict[str, Any]:
    """Return a statement with an id of its number, at a minute of its number."""
    course = {"definition": {"type": "http://adlnet.gov/expapi/activities/course"}}
    return {
        "id": str(UUID(int=number, version=4)),
        "actor": actor,
        "verb": {"id": "http://adlnet.gov/expapi/verbs/launched"},
        "object": {"id": f"https://autre.example/courses/{STRANGER}", **course},
        "timestamp": f"2026-02-10T10:{number:02}:00Z",
        **more,
    }


def oddities(course: str) -> list[dict[str, Any]]:
    """Return statements of strangers, and such as have a person in ids and in verbs."""
    first = STRANGERS[0]
    inside = {"contextActivities": {"parent": [{"id": course}]}}
    about = {"id": f"https://autre.example/people/quentin-inconnu/{SHA1}"}
    return [
        *(said(n, who) for n, who in enumerate(STRANGERS, 1)),
        said(11, first, verb={"id": f"https://autre.example/verbs/greeted/{STRANGER}"}),
        said(12, first, object=about, context=inside),
        said(13, first, object={"id": course}),
        said(14, first, result={"response": "My name is Quentin Inconnu"}),
        said(15, first, verb={"id": VOIDED}, object={
            "objectType": "StatementRef", "id": str(UUID(int=14, version=4)),
        }),
    ]  # fmt: skip


@dataclass(frozen=True)
class World:
    """A database with the company's record and roster, and a folder with its facts."""

    uri: str
    database: Database[Document]
    folder: Path

    @property
    def settings(self) -> Settings:
        return Settings(mongo=self.uri, database=self.database.name, data=self.folder)

    @property
    def facts(self) -> Path:
        return self.settings.facts

    @cached_property
    def roster(self) -> dict[str, list[dict[str, Any]]]:
        made = organisation(learners=30, months=MONTHS, seed=3, until=LAST)
        tables: dict[str, list[dict[str, Any]]] = as_json(made)
        for number, group in enumerate(tables["groups"]):
            group["id"] = f"groupe-{number}"
        for place in tables["memberships"]:
            place["group_id"] = f"groupe-{int(place['group_id'][1:]) - 1}"
        return tables

    @cached_property
    def statements(self) -> list[dict[str, Any]]:
        made = organisation(learners=30, months=MONTHS, seed=3, until=LAST)
        usual = [json.loads(one) for one in statements(made, months=MONTHS, seed=3, until=LAST)]
        return [*usual, *oddities(self.roster["courses"][0]["id"])]

    @property
    def reachable(self) -> Reachable:
        return Reachable(self.settings, self.database)

    def begin(self) -> None:
        """Keep and count everything, some of it when the connections before were closed."""
        RosterStore(self.database).replace(check(self.roster))
        for some in (self.statements[:-LATER], self.statements[-LATER:]):
            store(self.database, some)
            count(self.database, self.settings)


def asked(world: World, path: str) -> list[dict[str, Any]]:
    """Return the rows of a report, as an administrator gets them."""
    services = parts(world.settings, world.database)
    services.credentials.set_secret("root", "root", "root", ["all"])
    http = wire(Flask("test", static_folder=None), services).test_client()
    answer = http.get(f"/api/v1/stats/{path}&page_size=10000", auth=("root", "root"))
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json["rows"]  # type: ignore[index]
    return rows
