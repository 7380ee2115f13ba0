"""What stands around every xAPI request, before and behind the resources.

A request passes through these from the top to the bottom, its answer from the bottom to the top:

reading         its body is read to the end, whatever becomes of it
_one_path       doubled and trailing slashes name the same resource as none
_with_version   every answer says its version (xAPI-Communication 3.3)
cross_origin    pages of other origins may ask, and are told so
_refusing       what the following refuse becomes a problem document
inflating       a body that is compressed
alternate       the alternate request syntax

The first holds for everything that the server answers, the others for what is under /xAPI.
"""

import re
from collections.abc import Iterable
from typing import Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.datastructures import Headers

from lrs_stats.errors import BadRequest, Problem
from lrs_stats.xapi.versions import HEADER, version_of
from lrs_stats.xapi.web.alternate import alternate
from lrs_stats.xapi.web.coding import inflating
from lrs_stats.xapi.web.cross_origin import cross_origin
from lrs_stats.xapi.web.headers import changing
from lrs_stats.xapi.web.http import refuse
from lrs_stats.xapi.web.incoming import reading

_SLASHES: Final = re.compile("/{2,}")


def envelope(
    application: WSGIApplication, *, default_version: str, max_body: int, origins: str = "*"
) -> WSGIApplication:
    """Return an application whose resources under /xAPI are reached as xAPI has it.

    `default_version` is that of answers to requests without one, `max_body` the limit of a body in
    bytes, `origins` are those whose pages may ask (see `cross_origin`).
    """
    xapi = alternate(application, default_version=default_version, limit=max_body)
    xapi = _refusing(inflating(xapi, max_body))
    xapi = _with_version(cross_origin(xapi, origins), default_version)
    return reading(_one_path(xapi, application), max_body)


def _one_path(xapi: WSGIApplication, others: WSGIApplication) -> WSGIApplication:
    """Answer what is under /xAPI by one application, and all else by another.

    Clients join addresses carelessly, and do not follow the redirects that would mend it.
    """

    def choose(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = _SLASHES.sub("/", environ.get("PATH_INFO", "")).rstrip("/")
        if path != "/xAPI" and not path.startswith("/xAPI/"):
            return others(environ, start_response)
        environ["PATH_INFO"] = path
        return xapi(environ, start_response)

    return choose


def _with_version(application: WSGIApplication, default: str) -> WSGIApplication:
    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def say(headers: Headers) -> None:  # late, since a form may have named the version
            headers[HEADER] = _version(environ, default)

        return application(environ, changing(start_response, say))

    return answer


def _version(environ: WSGIEnvironment, default: str) -> str:
    """Return the version that a request names, if it is served, or that of those without one."""
    try:
        return version_of(environ.get("HTTP_X_EXPERIENCE_API_VERSION", default))
    except BadRequest:
        return default


def _refusing(application: WSGIApplication) -> WSGIApplication:
    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            return application(environ, start_response)
        except Problem as problem:
            return refuse(problem)(environ, start_response)

    return answer
