"""A SCIM server on a roster in memory, for tests of what it says."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response
from pydantic import ValidationError
from scim2_models import SCIMException
from werkzeug.exceptions import HTTPException

from lrs_stats.api import scim
from lrs_stats.api.asking import encoded_paths
from lrs_stats.errors import Forbidden, PreconditionFailed, Problem
from lrs_stats.roster.changes import Change, replacement
from lrs_stats.roster.roster import Roster
from lrs_stats.roster.tables import RosterTables


@dataclass(frozen=True)
class Taken:
    before: Roster
    change: Change
    after: Roster

    @property
    def version(self) -> int:
        return self.after.version


@dataclass
class InMemory:
    """A roster that is kept in memory, and a caller with some scopes."""

    scopes: frozenset[str] = frozenset({"roster/read", "roster/write"})
    account_home_page: str = ""
    roster: Roster = field(default_factory=Roster)

    @property
    def rosters(self) -> "InMemory":
        return self

    def authenticate(self, scope: str) -> None:
        if scope not in self.scopes:
            raise Forbidden(f"This needs the scope {scope}.")

    def load(self) -> Roster:
        return self.roster

    def exchange(self, tables: RosterTables, expected: int | None = None) -> Taken:
        return self.change(lambda roster: replacement(roster.all_rows(), tables), expected)

    def change(self, make: Callable[[Roster], Change], expected: int | None = None) -> Taken:
        before = self.roster
        if expected not in {None, before.version}:
            raise PreconditionFailed(f"The roster is at version {before.version}.")
        change = make(before)
        self.roster = before.amended(change, before.version + 1)
        return Taken(before, change, self.roster)

    def refuse_erased(self, change: Change) -> None:
        """Nobody was erased."""


def serve(services: InMemory) -> Flask:
    """Return an application that serves SCIM alone."""
    app = Flask(__name__)
    app.register_blueprint(scim.blueprint(services))
    for error, answer in (
        (Problem, _problem),
        (HTTPException, _http),
        (SCIMException, scim.refuse),
        (ValidationError, scim.refuse),
    ):
        app.register_error_handler(error, scim.in_scim_form(answer))
    app.wsgi_app = encoded_paths(app.wsgi_app)  # type: ignore[method-assign, assignment]
    return app


def _problem(error: Problem) -> Response:
    return Response(error.detail, status=error.status, headers=dict(error.headers))


def _http(error: HTTPException) -> Response:
    return Response(error.description, status=error.code)


Json = dict[str, Any]
