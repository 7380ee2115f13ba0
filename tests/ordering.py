"""A school in which something has happened, and files about it: ordered, made, fetched."""

import csv
import io
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from werkzeug.test import TestResponse

from lrs_stats.jobs.making import make
from lrs_stats.roster.json_tables import check
from lrs_stats.roster.tables import RosterTables
from lrs_stats.store.database import Database, Document
from lrs_stats.store.exports import Export
from lrs_stats.testing import statements
from tests.asking import ROSTER, Asking, asking, counted
from tests.databases import count

EXPORTS = "/api/v1/exports"
COURSE = "https://example.org/course-1"
OF_LEARNERS = {"granularity": "learners", "metrics": "connections", "format": "csv"}
SCHOOL: dict[str, Any] = {
    **ROSTER,
    "groups": [{"id": "juniors"}],
    "memberships": [
        {"group_id": "juniors", "person_id": "zoe", "role": "coach"},
        {"group_id": "juniors", "person_id": "max", "role": "learner"},
        {"group_id": "juniors", "person_id": "élo", "role": "learner"},
    ],
    "courses": [{"id": COURSE, "title": "Été, «à la mer»"}],
}
SAID = """
    09:00 max launched course-1
    09:10 élo launched course-1
    09:20 ada launched course-1
    09:25 zoe launched course-1
    09:30 max answered question-1 in=course-1 raw=8 max=10
    """.replace("élo", "elo")


def school(database: Database[Document], mongo_uri: str, data: Path, **more: Any) -> Asking:
    """Return an application with the roster of a school, in which something has happened."""
    made = asking(database, mongo_uri, data, check_at="", **more)
    enrol(made)
    counted(made, statements(SAID))
    return made


def the_roster(**tables: list[dict[str, Any]]) -> RosterTables:
    """Return the roster of the school, some of its tables others."""
    people = [{"status": "active"} | one for one in SCHOOL["people"]]
    return check({**SCHOOL, "people": people, **tables})


def enrol(asked: Asking, **tables: list[dict[str, Any]]) -> None:
    asked.services.rosters.replace(the_roster(**tables))
    database = asked.services.credentials._clients.database
    count(database, asked.services.settings)


def anew(asked: Asking) -> None:
    """Have the school as it was, and nothing ordered in it."""
    database = asked.services.credentials._clients.database
    for name in ("exports", "schedules", "audit", "tokens"):
        database[name].delete_many({})
    shutil.rmtree(asked.services.settings.exports, ignore_errors=True)
    shutil.rmtree(asked.services.settings.data / "elsewhere", ignore_errors=True)
    wanted, present = the_roster(), asked.services.rosters.load().tables
    if any(set(wanted.rows(name)) != set(present.rows(name)) for name in wanted.counts()):
        enrol(asked)


def order(asked: Asking, who: str, status: int = 202, **body: Any) -> dict[str, Any]:
    sent = {name: value for name, value in {**OF_LEARNERS, **body}.items() if value is not None}
    answer = asked.ask(EXPORTS, who, method="POST", json=sent)
    assert answer.status_code == status, answer.text
    told: dict[str, Any] = answer.json or {}
    if status == 202:
        assert answer.headers["Location"] == told["links"]["self"]
    return told


def claimed(asked: Asking) -> Export:
    found = asked.services.exports.claim(at_once=9, per_owner=9)
    assert found
    return found


def work(asked: Asking) -> None:
    """Make the file whose turn it is, as the process of the worker does."""
    make(asked.services, asked.services.exports, claimed(asked))


def told(asked: Asking, who: str, export: Mapping[str, Any]) -> dict[str, Any]:
    answer = asked.ask(export["links"]["self"], who)
    assert answer.status_code == 200, answer.text
    return answer.json or {}


def fetch(asked: Asking, who: str, export: Mapping[str, Any], **headers: str) -> TestResponse:
    answer = asked.ask(f"{export['links']['self']}/file", who, **headers)
    answer.get_data()
    answer.close()
    return answer


def ids(answer: TestResponse) -> set[str]:
    assert answer.status_code == 200, answer.text
    return {row["id"] for row in csv.DictReader(io.StringIO(answer.text))}


def folder(asked: Asking) -> list[str]:
    there = asked.services.settings.exports
    return sorted(path.name for path in there.iterdir()) if there.is_dir() else []
