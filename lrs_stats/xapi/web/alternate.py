"""The alternate request syntax of 1.0.x (xAPI-Communication 1.3), turned into the usual one.

A page that can send nothing but a POST names the method in the query, `POST …?method=PUT`, and
puts headers, parameters and the content into a form. Behind this, no code knows the difference.
"""

import re
from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Final
from urllib.parse import parse_qsl, unquote_to_bytes, urlencode
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.datastructures import Headers

from lrs_stats.errors import BadRequest
from lrs_stats.xapi.faults import fault, quoted
from lrs_stats.xapi.versions import HEADER, version_of
from lrs_stats.xapi.web.headers import changing
from lrs_stats.xapi.web.http import read_whole

METHODS: Final = ("GET", "HEAD", "PUT", "POST", "DELETE")
HEADERS: Final = {
    name.lower(): name
    for name in (
        "Accept",
        "Accept-Encoding",
        "Accept-Language",
        "Authorization",
        "Content-Length",
        "Content-Type",
        "If-Match",
        "If-None-Match",
        HEADER,
    )
}
"""The form parameters that are headers: those of xAPI-Communication 1.3 and, since pages that
need this syntax cannot set them, the other request headers of 1.2 that a form can have."""

MOST_FIELDS: Final = 100
LONGEST: Final = 65_536
"""Bytes of all fields but the content, which is what a server may be asked for in one address."""

_PIECE: Final = 65_536
_CONTROL: Final = re.compile("[\x00-\x08\x0a-\x1f\x7f]")


def alternate(application: WSGIApplication, *, default_version: str, limit: int) -> WSGIApplication:
    """Let an application be asked in the alternate syntax too.

    Raises BadRequest for a request that is malformed, or that is for 2.0.0, which has no such
    syntax; TooLarge when the form is larger than `limit` bytes.
    """

    def ask(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if (method := _method(environ)) is None:
            return application(environ, start_response)
        _refuse_version(environ, "")
        form = _Form(read_whole(environ["wsgi.input"], limit))
        if _is_foreign(environ):
            environ.pop("HTTP_AUTHORIZATION", None)
        _rewrite(environ, method, form)
        _refuse_version(environ, default_version)
        if method == "HEAD":
            start_response = changing(start_response, _without_length)
        return application(environ, start_response)

    return ask


def _method(environ: WSGIEnvironment) -> str | None:
    """Return the intended method, or None for a request in the usual syntax."""
    query = parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    methods: list[str] = [value for name, value in query if name == "method"]
    if not methods:
        return None
    if environ["REQUEST_METHOD"] != "POST":
        raise fault("parameter method", "the alternate request syntax is sent as a POST")
    if len(query) > 1:
        reason = "no other parameter may stand beside it in the query; put them into the form"
        raise fault("parameter method", reason)
    if methods[0] not in METHODS:
        known = ", ".join(METHODS)
        raise fault("parameter method", f"{quoted(methods[0])} is none of {known}")
    return methods[0]


def _is_foreign(environ: WSGIEnvironment) -> bool:
    """Tell whether a page of another origin sends the form.

    Any page can, without asking first; and the browser adds the password that someone once gave
    it for this server. The form itself has to say who asks.
    """
    origin = environ.get("HTTP_ORIGIN")
    own = f"://{environ.get('HTTP_HOST', '')}"
    site = environ.get("HTTP_SEC_FETCH_SITE", "same-origin")
    return (origin is not None and not origin.endswith(own)) or site in {"cross-site", "same-site"}


def _refuse_version(environ: WSGIEnvironment, default: str) -> None:
    """Refuse 2.0.0; a version that is none is refused where all others are."""
    try:
        served = version_of(environ.get(_variable(HEADER), default))
    except BadRequest:
        return
    if served == "2.0.0":
        raise fault("parameter method", "xAPI 2.0.0 has no alternate request syntax")


class _Form:
    """The fields of a form, each of which is given once: content, headers and parameters."""

    def __init__(self, body: bytes) -> None:
        self.content: bytes | None = None
        self.headers: dict[str, str] = {}
        self.parameters: dict[str, str] = {}
        if body.count(b"&") >= MOST_FIELDS:
            raise fault("form", f"it has more than {MOST_FIELDS} fields")
        fields = [field.partition(b"=") for field in body.split(b"&") if field]
        if sum(len(n) + len(v) for n, _, v in fields if n != b"content") > LONGEST:
            raise fault("form", f"its fields beside the content are longer than {LONGEST} bytes")
        for name, _, value in fields:
            self._take(_text(_decoded(name), "form"), _decoded(value))

    def _take(self, name: str, value: bytes) -> None:
        place = f"form parameter {quoted(name)}"
        header = HEADERS.get(name.lower())
        text = _text(value, place)
        if name in self.parameters or header in self.headers:
            raise fault(place, "is given more than once")
        if name == "content":
            if self.content is not None:
                raise fault(place, "is given more than once")
            self.content = value
        elif header is None:
            self.parameters[name] = text
        elif _CONTROL.search(text):
            raise fault(place, "a header has no control characters")
        else:
            self.headers[header] = text.strip()


def _rewrite(environ: WSGIEnvironment, method: str, form: _Form) -> None:
    """Make the request what it would be in the usual syntax."""
    if form.content is None and method in {"PUT", "POST"}:
        raise fault('form parameter "content"', "is missing")
    content = form.content or b""
    # Not the length that the form may state: clients count characters there.
    stated = {"Content-Type": "application/json"} | form.headers | {"Content-Length": len(content)}
    environ.update(_variables(stated))
    environ.update(
        {
            "REQUEST_METHOD": method,
            "QUERY_STRING": urlencode(form.parameters),
            "wsgi.input": BytesIO(content),
        }
    )


def _variables(headers: Mapping[str, object]) -> dict[str, str]:
    """Return headers as WSGI has them: UTF-8, in the guise of Latin-1 (PEP 3333)."""
    return {
        _variable(name): str(value).encode().decode("latin-1") for name, value in headers.items()
    }


def _variable(header: str) -> str:
    name = header.upper().replace("-", "_")
    return name if name in {"CONTENT_LENGTH", "CONTENT_TYPE"} else f"HTTP_{name}"


def _without_length(headers: Headers) -> None:
    """Say that nothing follows: to whatever carries the answer, the request is a POST."""
    headers["Content-Length"] = "0"


def _decoded(field: bytes) -> bytes:
    """Undo the encoding of a form, in pieces: at once, it would take the memory of twenty forms."""
    decoded, start = bytearray(), 0
    while start < len(field):
        end = start + _PIECE
        if (escape := field.rfind(b"%", end - 2, end)) > start:
            end = escape
        decoded += unquote_to_bytes(field[start:end].replace(b"+", b" "))
        start = end
    return bytes(decoded)


def _text(value: bytes, place: str) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise fault(place, "is not UTF-8, and this syntax has nothing else") from error
