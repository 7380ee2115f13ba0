"""Requests from pages of other origins (the CORS protocol of the Fetch standard).

Credentials travel in the `Authorization` header, which a page sets itself, never in cookies. So
any page may be answered, and no page can do more than it has the key for.
"""

from collections.abc import Iterable
from typing import Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Response
from werkzeug.datastructures import Headers

from lrs_stats.xapi.web.headers import changing

METHODS: Final = ("GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS")
ALLOWED: Final = (
    "Accept",
    "Accept-Language",
    "Authorization",
    "Content-Encoding",
    "Content-Type",
    "If-Match",
    "If-None-Match",
    "X-Experience-API-Hash",
    "X-Experience-API-Version",
    "X-Requested-With",
)
"""The headers that a page may send."""

EXPOSED: Final = (
    "Content-Length",
    "ETag",
    "Last-Modified",
    "Retry-After",
    "WWW-Authenticate",
    "X-Experience-API-Consistent-Through",
    "X-Experience-API-Hash",
    "X-Experience-API-Version",
)
"""The headers that a page may read, beside those that every page may."""

MAX_AGE: Final = 86_400
"""Seconds for which a browser need not ask again; browsers have lower limits of their own."""


def cross_origin(application: WSGIApplication, origins: str) -> WSGIApplication:
    """Let pages of some origins use an application.

    `origins` is `*`, or origins such as `https://lms.example.org` with spaces between them. What a
    browser asks beforehand is answered here: without credentials, and for any path.
    """
    allowed = frozenset(origins.split())

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def allow(headers: Headers) -> None:
            if "*" not in allowed:
                headers.add("Vary", "Origin")
            if origin := _answered(environ.get("HTTP_ORIGIN", ""), allowed):
                headers["Access-Control-Allow-Origin"] = origin
                headers["Access-Control-Expose-Headers"] = ", ".join(EXPOSED)

        asked = application
        if _is_preflight(environ):
            asked = _preflight()
        return asked(environ, changing(start_response, allow))

    return answer


def _answered(origin: str, allowed: frozenset[str]) -> str:
    return "*" if "*" in allowed else origin if origin in allowed else ""


def _is_preflight(environ: WSGIEnvironment) -> bool:
    return (
        environ["REQUEST_METHOD"] == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ
    )


def _preflight() -> Response:
    headers = {
        "Access-Control-Allow-Methods": ", ".join(METHODS),
        "Access-Control-Allow-Headers": ", ".join(ALLOWED),
        "Access-Control-Max-Age": str(MAX_AGE),
    }
    return Response(status=204, headers=headers)
