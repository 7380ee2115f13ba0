"""The whole wiring of the web part, top to bottom."""

from typing import Final
from uuid import uuid4

import structlog
from flask import Flask, Response, json, redirect, request, send_from_directory
from flask_smorest import Api
from pydantic import ValidationError
from scim2_models import SCIMException
from swagger_ui_bundle import swagger_ui_path
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from lrs_stats import __version__
from lrs_stats.api import (
    about,
    audit,
    clients,
    erasures,
    export_options,
    exports,
    roster,
    roster_tables,
    schedules,
    scim,
    sign_in,
    stats,
    tokens,
)
from lrs_stats.api.asking import PREFIX, encoded_paths, no_such_path
from lrs_stats.api.auditing import Auditing
from lrs_stats.dashboard import views as dashboard
from lrs_stats.errors import Problem
from lrs_stats.parts import parts
from lrs_stats.services import Services
from lrs_stats.settings import Settings
from lrs_stats.store.database import connect, prepare
from lrs_stats.xapi.web import http, views
from lrs_stats.xapi.web.coding import zipped
from lrs_stats.xapi.web.envelope import envelope

_log = structlog.get_logger()

SPECIFICATION: Final = {
    "info": {
        "description": "Statistics of learning records. Programs send a client's key and secret "
        "(Basic), people a token (Bearer): one of this server, or a JSON web token of the identity "
        "provider that it is configured for. A client with the scope `stats/act-as` asks for a "
        "person, and sees what they would, with the header `X-Act-As: <person id>`. A refusal is "
        "a problem document (RFC 9457). The xAPI resources under /xAPI are as the xAPI "
        "specification has them.",
    },
    "components": {
        "securitySchemes": {
            "client": {"type": "http", "scheme": "basic"},
            "person": {"type": "http", "scheme": "bearer"},
        }
    },
    "security": [{"client": []}, {"person": []}],
}


def create_app(settings: Settings) -> Flask:
    """Return the web application: the record at /xAPI, the statistics at /api/v1."""
    database = connect(settings.mongo, settings.database)
    prepare(database)
    return wire(Flask("lrs_stats", static_folder=None), parts(settings, database))


def wire(app: Flask, services: Services) -> Flask:
    """Put the resources and the answers to errors on an application."""
    settings = services.settings
    app.config.update(
        API_TITLE="lrs-stats",
        API_SPEC_OPTIONS=SPECIFICATION,
        API_VERSION=__version__,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api",
        OPENAPI_JSON_PATH="openapi.json",
        OPENAPI_SWAGGER_UI_PATH="/docs",
        OPENAPI_SWAGGER_UI_URL="/api/swagger/",
    )
    api = Api(app)
    of_people = (clients, tokens, sign_in, audit, erasures)
    of_files = (export_options, exports, schedules)
    for resources in (stats, *of_files, about, roster, roster_tables, *of_people):
        api.register_blueprint(resources.blueprint(services))
    app.register_blueprint(scim.blueprint(services))
    app.register_blueprint(dashboard.blueprint(services))
    app.register_blueprint(
        views.blueprint(
            services.statements,
            services.files,
            services.xapi_client,
            services.same_person,
            documents=services.documents,
            default_version=settings.xapi_default_version,
            max_body=settings.max_body_mb << 20,
            max_request=settings.max_attachments_mb << 20,
            spool=settings.data,
        )
    )
    app.add_url_rule("/", view_func=_front)
    app.add_url_rule(f"{PREFIX}<path:rest>", view_func=no_such_path)
    app.add_url_rule("/health", view_func=_health)
    app.add_url_rule("/api/swagger/<path:name>", view_func=_swagger)
    app.register_error_handler(Problem, scim.in_scim_form(http.refuse))
    app.register_error_handler(HTTPException, scim.in_scim_form(_http_error))
    app.register_error_handler(SCIMException, scim.in_scim_form(scim.refuse))
    app.register_error_handler(ValidationError, scim.in_scim_form(scim.refuse))
    app.register_error_handler(Exception, scim.in_scim_form(_unexpected))
    app.after_request(zipped)
    app.after_request(_as_it_says)
    app.after_request(_for_one_alone)
    Auditing(services.audit, refuse=scim.in_scim_form(http.refuse)).around(app)
    app.wsgi_app = envelope(  # type: ignore[method-assign, assignment]
        encoded_paths(app.wsgi_app),
        default_version=settings.xapi_default_version,
        max_body=settings.max_body_mb << 20,
        max_request=settings.max_attachments_mb << 20,
        origins=settings.xapi_origins,
    )
    return app


def _for_one_alone(response: Response) -> Response:
    """Have no cache hand on what one caller was answered: a cookie lets in, too."""
    if request.path.startswith(("/api/v1/", "/scim/")):
        response.headers.setdefault("Cache-Control", "private, no-store")
    return response


def _front() -> AnyResponse:
    return redirect("/dashboard/")


def _as_it_says(answer: Response) -> Response:
    """Have browsers take an answer for what it says that it is, and run nothing in a picture.

    Files are read with the cookie of the pages, from the place that their policy trusts.
    """
    answer.headers.setdefault("X-Content-Type-Options", "nosniff")
    if answer.mimetype == "image/svg+xml":
        answer.headers.setdefault("Content-Security-Policy", _OF_PICTURES)
    return answer


_OF_PICTURES: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def _health() -> dict[str, str]:
    return {"status": "ok", "version": __version__}


def _swagger(name: str) -> Response:
    return send_from_directory(swagger_ui_path, name)


def _http_error(error: HTTPException) -> Response:
    """Answer Flask's own refusals (no such path, wrong method) in the same form."""
    document = {"type": "about:blank", "title": error.name, "status": error.code}
    answer = Response(json.dumps(document | {"detail": error.description}), error.code or 500)
    answer.content_type = "application/problem+json"
    answer.headers.extend(
        (name, value) for name, value in error.get_headers() if name in {"Allow", "Location"}
    )
    return answer


def _unexpected(error: Exception) -> Response:
    """Log what nobody foresaw, and tell the caller nothing of it but where to look."""
    number = uuid4().hex[:12]
    _log.error("unexpected error", number=number, exc_info=error)
    detail = f"Something failed that should not. The server's log has it under {number}."
    return http.refuse(Problem(detail))
