"""A SCIM server on a roster in memory, for tests of what it says."""

from typing import Any

from flask import Flask, Response
from pydantic import ValidationError
from scim2_models import SCIMException
from werkzeug.exceptions import HTTPException

from lrs_stats.api import scim
from lrs_stats.api.asking import encoded_paths
from lrs_stats.errors import Problem
from tests.roster.memory import InMemory


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
