"""Somebody who was erased comes back by no way of changing the roster, under no identifier."""

import csv
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from lrs_stats import serving
from lrs_stats.app import wire
from lrs_stats.cli import cli
from lrs_stats.erasure.identifiers import Identifiers
from lrs_stats.parts import parts
from lrs_stats.roster.changes import Change
from lrs_stats.roster.complaints import RosterRefused
from lrs_stats.roster.json_tables import check
from lrs_stats.serving import Reachable
from lrs_stats.settings import Settings
from lrs_stats.store import tombstones
from lrs_stats.store.database import Database, Document
from lrs_stats.store.roster_parts import RosterParts
from lrs_stats.store.rosters import RosterStore
from lrs_stats.store.tombstones import Tombstones

LMS: Final = "https://lms.example.org"
ZOE: Final = Identifiers(
    ("mailto:zoe@example.org", f"{LMS}|zm-4711"),
    "zoe-id",
    user_name="Zoe.Login",
    external_id="ext-0815",
)
MAX: Final = {"id": "max", "email": "max@example.org", "status": "active"}
NEW: Final = {"id": "new", "status": "active"}
BACK: Final[dict[str, dict[str, str]]] = {
    "id": NEW | {"id": "zoe-id"},
    "email": NEW | {"email": "zoe@Example.org"},
    "account": NEW | {"account_homepage": LMS, "account_name": "zm-4711"},
    "user_name": NEW | {"user_name": "zoe.LOGIN"},
    "external_id": NEW | {"external_id": "ext-0815"},
}
REASON: Final = "this person was erased here; leave the row out."


@dataclass
class There:
    """A server whose roster has one person, and where another was erased."""

    settings: Settings
    rosters: RosterStore
    http: FlaskClient

    def send(self, method: str, path: str, body: object) -> Any:
        credentials = b64encode(b"root:secret").decode()
        headers = {"Authorization": f"Basic {credentials}"}
        return self.http.open(path, method=method, json=body, headers=headers)

    def folder(self, *people: dict[str, str]) -> str:
        """Return a folder with the people as a CSV file."""
        made = self.settings.data / "csv"
        made.mkdir(exist_ok=True)
        with (made / "people.csv").open("w", encoding="utf-8", newline="") as file:
            columns = dict.fromkeys(name for person in people for name in person)
            lines = csv.DictWriter(file, list(columns))
            lines.writeheader()
            lines.writerows(people)
        return str(made)

    def run(self, *arguments: str) -> Any:
        given = ["--data", str(self.settings.data), "--mongo", self.settings.mongo]
        return CliRunner().invoke(cli, [*given, *arguments])


@pytest.fixture
def there(
    mongo_uri: str, database: Database[Document], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[There]:
    monkeypatch.setattr(tombstones, "LOOK_EVERY", 0.0)
    settings = Settings(mongo=mongo_uri, database=database.name, data=tmp_path)

    @contextmanager
    def opened(_: Settings) -> Iterator[Reachable]:
        yield Reachable(settings, database)

    monkeypatch.setattr(serving, "opened", opened)
    services = parts(settings, database)
    services.credentials.create_client("root", ["all"], key="root", secret="secret")
    services.rosters.replace(check({"people": [MAX]}))
    Tombstones(database).put("an erasure", ZOE)
    made = There(
        settings,
        services.rosters,
        wire(Flask("back", static_folder=None), services).test_client(),
    )
    yield made
    # whatever was refused, nothing of it was taken
    assert RosterStore(database).load().counts()["people"] == 1
    assert database["roster_parts"].count_documents({}) == 1


@pytest.mark.parametrize("by", BACK)
@pytest.mark.parametrize("query", ["", "?dry_run=true"])
def test_the_api_refuses_the_row_with_its_table_and_place(
    there: There, by: str, query: str
) -> None:
    person = BACK[by]
    for method, path, body, place in (
        ("PUT", "/api/v1/roster", {"people": [MAX, person]}, "people[1]"),
        ("POST", "/api/v1/roster/people", [MAX, person], "people[1]"),
        ("PUT", "/api/v1/roster/people", [person], "people[0]"),
        ("PUT", f"/api/v1/roster/people/{person['id']}", person, "people[0]"),
    ):
        answer = there.send(method, path + query, body)
        assert answer.status_code == 400, (path, answer.text)
        [complaint] = answer.json["complaints"]
        assert complaint["place"] == place
        assert complaint["reason"].startswith(REASON)


@pytest.mark.parametrize("by", BACK)
@pytest.mark.parametrize("command", ["import", "update"])
@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_the_commands_refuse_the_line(
    there: There, by: str, command: str, dry: tuple[str, ...]
) -> None:
    done = there.run("roster", command, there.folder(MAX, BACK[by]), *dry)
    assert done.exit_code == 1
    assert f"people.csv, line 3: {REASON}" in done.output


@pytest.mark.parametrize(
    "user",
    [
        {"userName": "zoe.login"},
        {"userName": "other", "externalId": "ext-0815"},
        {"userName": "other", "emails": [{"value": "zoe@example.org"}]},
    ],
)
def test_an_identity_provider_is_told_why(there: There, user: dict[str, Any]) -> None:
    made = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "active": True} | user
    for method, path in (("POST", "/scim/v2/Users"), ("PUT", "/scim/v2/Users/max")):
        answer = there.send(method, path, made)
        assert answer.status_code == 400, answer.text
        assert answer.json["scimType"] == "invalidValue"
        assert answer.json["detail"].startswith(REASON)


def test_a_roster_that_was_being_written_while_somebody_was_erased_is_refused(
    there: There, database: Database[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    write = RosterParts.write
    Tombstones(database).lift("an erasure")

    def erased_meanwhile(self: RosterParts, tables: Any, progress: Any) -> Document:
        made = write(self, tables, progress)
        Tombstones(database).put("an erasure", ZOE)
        return made

    monkeypatch.setattr(RosterParts, "write", erased_meanwhile)
    with pytest.raises(RosterRefused):
        there.rosters.exchange(check({"people": [*BACK.values()][:1]}))


def test_a_change_that_was_decided_before_the_roster_was_begun_anew_is_decided_again(
    there: There, database: Database[Document]
) -> None:
    other, asked = RosterStore(database), list[int]()

    def make(roster: Any) -> Any:
        asked.append(roster.version)
        if len(asked) == 1:
            other.begin_anew(lambda tables: tables)
        return Change.of({"people": [roster.person("max")._replace(first_name="M")]})

    taken = there.rosters.change(make)
    assert asked == [1, 2]
    assert taken.version == 3
    assert other.of_version(1) is None
