"""What the xAPI resources share of HTTP: parameters, bodies, answers, refusals."""

from collections.abc import Iterator
from typing import IO, Final

import msgspec
from flask import Response, g, request

from lrs_stats.errors import BadRequest, Problem, TooLarge
from lrs_stats.xapi.faults import fault, quoted

_CHUNK: Final = 65_536


def version() -> str:
    """Return the version of xAPI that the request at hand is for."""
    return str(g.xapi_version)


def arguments() -> dict[str, str]:
    """Return the parameters of the request, each of which is given once."""
    for name, values in request.args.lists():
        if len(values) > 1:
            raise BadRequest(f"parameter {quoted(name)}: is given more than once")
    return request.args.to_dict()


def body(limit: int) -> bytes:
    """Return the body of the request, of at most `limit` bytes."""
    return read_whole(request.stream, limit)


def read_whole(stream: IO[bytes], limit: int) -> bytes:
    """Return what a stream holds, which is at most `limit` bytes, or raise TooLarge."""
    return b"".join(chunks(stream, limit))


def chunks(stream: IO[bytes], limit: int) -> Iterator[bytes]:
    """Yield what a stream holds as it comes, or raise TooLarge beyond `limit` bytes."""
    taken = 0
    while chunk := stream.read(_CHUNK):
        taken += len(chunk)
        check_size(taken, limit)
        yield chunk


def check_size(count: int, limit: int) -> None:
    """Raise TooLarge for more bytes of a body than the limit."""
    if count > limit:
        raise TooLarge(f"The body is larger than {limit} bytes, the limit of this server.")


def json_body(limit: int) -> bytes:
    """Return the body of the request, which is JSON and not too large."""
    if request.mimetype != "application/json":
        reason = f"expected application/json, got {quoted(request.mimetype)}"
        raise fault("header Content-Type", reason)
    return body(limit)


def answer(content: bytes) -> Response:
    """Answer JSON."""
    return Response(content, content_type="application/json")


def refuse(problem: Problem) -> Response:
    """Answer a refusal as a problem document (RFC 9457)."""
    content = msgspec.json.encode(problem.document())
    response = Response(content, problem.status, content_type="application/problem+json")
    response.headers.extend(problem.headers)
    return response
