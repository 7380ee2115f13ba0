"""A web application with a small roster on a database, and requests to it by several callers."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lrs_stats.access.passwords import Passwords
from lrs_stats.app import wire
from lrs_stats.parts import parts
from lrs_stats.roster.json_tables import check
from lrs_stats.services import Services
from lrs_stats.settings import Settings
from lrs_stats.store.database import Database, Document
from tests.databases import count, store

CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)

ROSTER: dict[str, list[dict[str, object]]] = {
    "people": [
        {"id": "ada", "email": "ada@example.org", "first_name": "Ada", "role": "owner"},
        {"id": "zoe", "email": "zoe@example.org", "first_name": "Zoe"},
        {"id": "max", "email": "max@example.org", "first_name": "Max"},
        {"id": "élo", "email": "elo@example.org", "first_name": "Élo"},
        {"id": "eve", "email": "eve@example.org", "first_name": "Eve", "status": "deleted"},
    ],
}


@dataclass(frozen=True)
class Asking:
    """An application, asked by whoever a header says."""

    http: FlaskClient
    services: Services

    def ask(
        self,
        path: str,
        authorization: str | None = None,
        *,
        method: str = "GET",
        json: object = None,
        address: str = "192.0.2.1",
        **headers: str,
    ) -> TestResponse:
        """Make a request; `X_Act_As` among the keywords is the header of that name."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if authorization is not None:
            sent["Authorization"] = authorization
        return self.http.open(
            path,
            method=method,
            json=json,
            headers=sent,
            environ_overrides={"REMOTE_ADDR": address},
        )

    def client(self, *scopes: str) -> str:
        """Make a client with some scopes, and return its header."""
        client, secret = self.services.credentials.create_client("portal", scopes)
        return "Basic " + b64encode(f"{client.key}:{secret}".encode()).decode()

    def token(self, person: str, **more: Any) -> str:
        """Make a token for a person, and return its header."""
        return f"Bearer {self.services.credentials.tokens.create(person, **more)[1]}"

    def leave(self, *people: str) -> None:
        """Have the roster say that these have left, too."""
        self.services.rosters.replace(roster(*people))


def asking(database: Database[Document], mongo_uri: str, data: Path, **more: Any) -> Asking:
    """Return an application on a database where nobody has asked yet."""
    for name in ("clients", "tokens", "passwords", "sign_in_attempts"):
        database[name].delete_many({})
    return beside(database, mongo_uri, data, **more)


def beside(database: Database[Document], mongo_uri: str, data: Path, **more: Any) -> Asking:
    """Return an application on a database, whose passwords are hashed at little cost."""
    settings = Settings(mongo=mongo_uri, database=database.name, data=data, **more)
    made = parts(settings, database)
    cheap = replace(made.sign_in, passwords=Passwords(settings.threads, CHEAP))
    services = replace(made, sign_in=cheap)
    services.rosters.replace(roster())
    return Asking(wire(Flask("test", static_folder=None), services).test_client(), services)


def counted(asked: Asking, statements: list[dict[str, Any]]) -> None:
    """Store statements, and count them."""
    database = asked.services.credentials._clients.database
    store(database, statements)
    count(database, asked.services.settings)


def roster(*left: str) -> Any:
    """Return the roster, with some who have left."""
    people = [
        {"status": "deleted" if person["id"] in left else "active"} | person
        for person in ROSTER["people"]
    ]
    return check({**ROSTER, "people": people})


def told(answer: TestResponse) -> tuple[int, bytes, Mapping[str, str]]:
    """Return all that an answer tells, to be compared with that of another."""
    return answer.status_code, answer.data, dict(answer.headers)
