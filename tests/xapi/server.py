"""The blueprint in an application of its own, over a record in memory."""

import json
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import gettempdir

import msgspec
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lrs_stats.errors import Conflict, Unavailable
from lrs_stats.xapi.access import Client, Scope
from lrs_stats.xapi.model import Actor
from lrs_stats.xapi.prepare import finish
from lrs_stats.xapi.record import Content, Cursor, Page, Prepared, StatementQuery
from lrs_stats.xapi.web.coding import zipped
from lrs_stats.xapi.web.envelope import envelope
from lrs_stats.xapi.web.views import blueprint
from tests.xapi.documents_memory import DocumentMemory
from tests.xapi.statements import AUTHORITY

ID = "0aeed4f8-7d4c-4a8a-8f1a-3c1d3b2f6f4e"
BEGIN = datetime(2026, 1, 2, tzinfo=UTC)
PATH = "/xAPI/statements"
KEY = "https://lrs.example.org/clients|tool"
V1 = {"X-Experience-API-Version": "1.0.3"}


class Memory:
    """A record of a few statements, each stored a second after the one before."""

    def __init__(self) -> None:
        self.kept: list[tuple[datetime, Prepared]] = []
        self.asked: list[StatementQuery] = []
        self.out_of_reach = False

    def append(self, statements: Sequence[Prepared]) -> None:
        stored = {prepared.id for _, prepared in self.kept}
        for statement in statements:
            if statement.id in stored:
                raise Conflict(f"A different statement is stored under the id {statement.id}.")
            self.kept.append((BEGIN + timedelta(seconds=len(self.kept)), statement))

    def find(self, statement: str, *, voided: bool, authority: str | None = None) -> bytes | None:
        for stored, prepared in self.kept:
            if authority not in {None, prepared.authority}:
                continue
            if prepared.id == statement and (statement in self._voided()) is voided:
                return finish(prepared, stored)
        return None

    def query(self, query: StatementQuery) -> Page:
        self.asked.append(query)
        start = 0 if query.after is None else 1 + self._ids().index(query.after.id)
        page = self.kept[start : start + query.limit]
        more = start + query.limit < len(self.kept)
        return Page(
            [finish(prepared, stored) for stored, prepared in page],
            Cursor(page[-1][0], page[-1][1].id) if more else None,
        )

    def definitions(self, activities: Collection[str]) -> dict[str, bytes]:
        return {
            activity.id: msgspec.json.encode(activity.definition)
            for _, prepared in self.kept
            for activity in prepared.defined
            if activity.id in activities
        }

    def consistent_through(self) -> datetime:
        if self.out_of_reach:
            raise Unavailable("The record is out of reach. Try again.")
        return BEGIN

    known_consistent_through = consistent_through

    def _ids(self) -> list[str]:
        return [prepared.id for _, prepared in self.kept]

    def _voided(self) -> set[str | None]:
        return {prepared.voids for _, prepared in self.kept}


class MemoryFiles:
    """The contents of attachments, beside a record in memory."""

    def __init__(self, record: Memory) -> None:
        self.kept: dict[str, bytes] = {}
        self._record = record

    def store(self, contents: Sequence[Content]) -> None:
        self.kept |= {content.sha2: b"".join(content.chunks()) for content in contents}

    def attached(self, statements: Collection[str]) -> dict[str, int]:
        return {
            sha2: len(self.kept[sha2])
            for _, prepared in self._record.kept
            for sha2 in prepared.files
            if prepared.id in statements
        }

    def read(self, sha2: str) -> Iterator[bytes]:
        yield self.kept[sha2]


class Server:
    """The blueprint in an application of its own, with what stands behind it and around it."""

    def __init__(self, default_version: str = "1.0.3", origins: str = "*") -> None:
        self.record = Memory()
        self.files = MemoryFiles(self.record)
        self.documents = DocumentMemory()
        self.scopes: list[str] = []
        self.refuses: Exception | None = None
        self.same_person: list[Actor] = []
        self.key = KEY
        self.defines = self.reads_all = self.reads_people = True
        numbers = count(1)
        app = Flask("test")
        app.register_blueprint(
            blueprint(
                self.record,
                self.files,
                self._authenticate,
                lambda _: self.same_person,
                documents=self.documents,
                default_version=default_version,
                max_body=20_000,
                max_request=100_000,
                spool=Path(gettempdir()),
                max_page=3,
                new_id=lambda: f"00000000-0000-4000-8000-{next(numbers):012d}",
            )
        )
        app.after_request(zipped)
        app.wsgi_app = envelope(  # type: ignore[method-assign, assignment]
            app.wsgi_app,
            default_version=default_version,
            max_body=20_000,
            max_request=100_000,
            origins=origins,
        )
        self.client: FlaskClient = app.test_client()

    def _authenticate(self, scope: Scope) -> Client:
        self.scopes.append(scope)
        if self.refuses is not None:
            raise self.refuses
        return Client(
            AUTHORITY,
            self.key,
            defines=self.defines,
            reads_all=self.reads_all,
            reads_people=self.reads_people,
        )

    def get(self, query: str = "", **headers: str) -> TestResponse:
        return self.client.get(PATH + query, headers=V1 | headers)

    def post(self, body: object, query: str = "") -> TestResponse:
        return self.client.post(PATH + query, json=body, headers=V1)

    def put(self, body: object, query: str = f"?statementId={ID}") -> TestResponse:
        return self.client.put(PATH + query, json=body, headers=V1)


def problem(response: TestResponse, status: int) -> str:
    assert response.status_code == status
    assert response.content_type == "application/problem+json"
    assert response.headers["X-Experience-API-Version"] in {"1.0.3", "2.0.0"}
    document = json.loads(response.data)
    assert document["status"] == status
    return str(document["detail"])
