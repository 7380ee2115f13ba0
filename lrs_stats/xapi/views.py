"""The xAPI resources over HTTP: `about` and `statements`, as one Flask blueprint at `/xAPI`.

The only file of this stage that knows Flask. What differs between the versions of xAPI follows
the header of the request; every refusal is a problem document.
"""

import contextlib
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

import msgspec
from flask import Blueprint, Response, g, request
from werkzeug.exceptions import HTTPException

from lrs_stats.errors import BadRequest, NotFound, Problem, TooLarge
from lrs_stats.xapi.faults import fault, quoted
from lrs_stats.xapi.formats import format_timestamp, parse_timestamp
from lrs_stats.xapi.prepare import prepare
from lrs_stats.xapi.query import Single, check_names, next_page, parse, statement_id
from lrs_stats.xapi.record import Page, Record, StatementQuery

VERSION: Final = "X-Experience-API-Version"
CONSISTENT_THROUGH: Final = "X-Experience-API-Consistent-Through"
WRITE: Final = "statements/write"
READ: Final = "statements/read"

_VERSIONS: Final = {"1.0.3": re.compile(r"1\.0(?:\.[0-9]+)?"), "2.0.0": re.compile(r"2\.0(?:\.0)?")}
_CHUNK: Final = 65_536


Authenticate = Callable[[str], bytes]
"""Returns the agent, as JSON, that asserts what the current request sends (xAPI-Data 2.4.9).

Takes a scope, and raises Unauthorized or Forbidden when the client is not known or has it not.
"""


def blueprint(
    record: Record,
    authenticate: Authenticate,
    *,
    default_version: str,
    max_body: int,
    max_page: int = 500,
    new_id: Callable[[], str] = lambda: str(uuid4()),
) -> Blueprint:
    """Return the xAPI resources over a record.

    `default_version` holds for requests without a version, `max_body` is the limit of a body in
    bytes, `max_page` that of one answer in statements.
    """
    xapi = Blueprint("xapi", __name__, url_prefix="/xAPI")
    statements = _Statements(record, authenticate, max_body, max_page, new_id)

    @xapi.before_request
    def begin() -> None:
        g.xapi_version = default_version
        request.max_content_length = sys.maxsize  # the limit is kept by _body, which reads on
        if request.endpoint == "xapi.about":
            return
        if request.method in {"GET", "HEAD"}:
            # before the query, so that what it misses is not claimed
            g.consistent_through = format_timestamp(record.consistent_through())
        g.xapi_version = _version(request.headers.get(VERSION, default_version))

    @xapi.after_request
    def complete(response: Response) -> Response:
        drain()
        response.headers[VERSION] = g.xapi_version
        if "consistent_through" in g:
            response.headers[CONSISTENT_THROUGH] = g.consistent_through
        return response

    xapi.register_error_handler(Problem, refuse)
    xapi.add_url_rule("/about", "about", _about)
    xapi.add_url_rule("/statements", "statements", statements.get)
    xapi.add_url_rule("/statements", "post_statements", statements.post, methods=["POST"])
    xapi.add_url_rule("/statements", "put_statement", statements.put, methods=["PUT"])
    return xapi


@dataclass(frozen=True)
class _Statements:
    """The statement resource (xAPI-Communication 2.1)."""

    record: Record
    authenticate: Authenticate
    max_body: int
    max_page: int
    new_id: Callable[[], str]

    def get(self) -> Response:
        """Answer one statement, or a page of them."""
        self.authenticate(READ)
        asked = parse(_arguments(), maximum=self.max_page)
        return self._one(asked) if isinstance(asked, Single) else self._page(asked)

    def post(self) -> Response:
        """Store a statement or a list of them, and answer their ids."""
        authority = self.authenticate(WRITE)
        check_names(_arguments(), ())
        statements = prepare(
            self._json(), authority=authority, version=g.xapi_version, new_id=self.new_id
        )
        self.record.append(statements)
        return _answer(msgspec.json.encode([statement.id for statement in statements]))

    def put(self) -> Response:
        """Store one statement under the id of the request."""
        authority = self.authenticate(WRITE)
        statements = prepare(
            self._json(),
            authority=authority,
            version=g.xapi_version,
            new_id=self.new_id,
            statement_id=statement_id(_arguments()),
            allow_batch=False,
        )
        self.record.append(statements)
        return Response(status=204)

    def _one(self, asked: Single) -> Response:
        found = self.record.find(asked.id, voided=asked.voided)
        if found is None:
            which = "voided statement" if asked.voided else "statement that is not voided"
            raise NotFound(f"There is no {which} under the id {asked.id}.")
        response = _answer(found)
        response.last_modified = parse_timestamp(_stored(found).stored)
        return response

    def _page(self, query: StatementQuery) -> Response:
        page = self.record.query(query)
        return _answer(
            b'{"statements":[%s],"more":%s}'
            % (b",".join(page.statements), msgspec.json.encode(_more(query, page)))
        )

    def _json(self) -> bytes:
        """Return the body of the request, which is JSON and not too large."""
        if request.mimetype != "application/json":
            reason = f"expected application/json, got {quoted(request.mimetype)}"
            raise fault("header Content-Type", reason)
        return _body(self.max_body)


class _Stored(msgspec.Struct):
    stored: str


_stored: Final[Callable[[bytes], _Stored]] = msgspec.json.Decoder(_Stored).decode


def _about() -> Response:
    """Answer the versions, whatever that of the request (xAPI-Communication 2.8)."""
    return _answer(msgspec.json.encode({"version": list(_VERSIONS)}))


def _more(query: StatementQuery, page: Page) -> str:
    """Return the address of the next page, from the root of the host, or an empty text."""
    if page.next is None:
        return ""
    return f"{request.script_root}{request.path}?more={next_page(query, page.next)}"


def _version(header: str) -> str:
    """Return the version that serves a header (xAPI-Communication 3.3)."""
    for version, served in _VERSIONS.items():
        if served.fullmatch(header):
            return version
    raise fault(f"header {VERSION}", f"expected 1.0.x or 2.0.0, got {quoted(header)}")


def _arguments() -> dict[str, str]:
    for name, values in request.args.lists():
        if len(values) > 1:
            raise BadRequest(f"parameter {quoted(name)}: is given more than once")
    return request.args.to_dict()


def _body(limit: int) -> bytes:
    body = bytearray()
    while chunk := request.stream.read(_CHUNK):
        body += chunk
        if len(body) > limit:
            raise TooLarge(f"The body is larger than {limit} bytes, the limit of this server.")
    return bytes(body)


def drain() -> None:
    """Read what is left of the body: a client that still sends would miss the answer."""
    with contextlib.suppress(HTTPException):  # it has gone
        while request.stream.read(_CHUNK):
            pass


def _answer(body: bytes) -> Response:
    return Response(body, content_type="application/json")


def refuse(problem: Problem) -> Response:
    """Answer a refusal as a problem document (RFC 9457)."""
    body = msgspec.json.encode(problem.document())
    response = Response(body, problem.status, content_type="application/problem+json")
    response.headers.extend(problem.headers)
    return response
