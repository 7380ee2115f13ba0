"""Everything that goes wrong on purpose.

Problem                      a full sentence for whoever caused it, and the status of its answer
├── BadRequest         400   what was sent cannot be taken
├── Unauthorized       401   nobody, or nobody known, asks
├── Forbidden          403   the role or the scope does not allow it
├── NotFound           404   not there, or not for this caller
├── NotAcceptable      406   no form of it that the caller accepts can be made
├── Conflict           409   it contradicts what is stored
├── Gone               410   it was there, and is not kept any more
├── PreconditionFailed 412   it is not as the caller has said it must be
├── TooLarge           413   beyond a configured limit
├── TooManyRequests    429   more often than a configured limit; try again later
├── Unavailable        503   a part is missing for now; try again
│   └── NoFacts              nothing is counted yet; it comes by itself
└── NoSpace            507   a disk of the server is full
CommandError                 one sentence that ends a command with exit status 1
"""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar


class Problem(Exception):
    """A refusal that is answered as an RFC 9457 problem document."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal error"
    headers: Mapping[str, str] = MappingProxyType({})
    """What the answer must say beside its body (RFC 9110)."""

    def __init__(self, detail: str, **more: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.more = more

    def document(self) -> dict[str, object]:
        """Return the members of the problem document."""
        return {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            **self.more,
        }


class BadRequest(Problem):
    """What was sent cannot be taken; `detail` says where and why."""

    status = 400
    title = "Bad request"


class Unauthorized(Problem):
    """The credentials are missing, malformed, unknown or revoked."""

    status = 401
    title = "Unauthorized"
    headers = MappingProxyType({"WWW-Authenticate": 'Basic realm="lrs-stats", charset="UTF-8"'})


class Forbidden(Problem):
    """The caller is known and may not do this."""

    status = 403
    title = "Forbidden"


class NotFound(Problem):
    """It is not there, or not there for this caller: the two answer alike."""

    status = 404
    title = "Not found"


class NotAcceptable(Problem):
    """What is asked for cannot be had in a form that the `Accept` header names."""

    status = 406
    title = "Not acceptable"


class Conflict(Problem):
    """It contradicts what is stored."""

    status = 409
    title = "Conflict"


class Gone(Problem):
    """It was there, and is not kept any more."""

    status = 410
    title = "Gone"


class PreconditionFailed(Problem):
    """What is stored is not as the headers of the request say that it must be."""

    status = 412
    title = "Precondition failed"


class TooLarge(Problem):
    """It is larger than a configured limit."""

    status = 413
    title = "Too large"


class TooManyRequests(Problem):
    """Somebody asks more often than a configured limit lets them."""

    status = 429
    title = "Too many requests"

    def __init__(self, detail: str, *, seconds: float) -> None:
        """Take a sentence, and the seconds after which to try again."""
        super().__init__(detail)
        self.headers = {"Retry-After": str(max(1, math.ceil(seconds)))}


class Unavailable(Problem):
    """A part of the server is missing for now."""

    status = 503
    title = "Unavailable"
    headers = MappingProxyType({"Retry-After": "2"})


class NoFacts(Unavailable):
    """The facts are still to be made from the record, which the worker does by itself."""


class Contended(Unavailable):
    """Others are changing the very same thing at this moment."""


class NoSpace(Problem):
    """A disk of the server has no room for what was asked."""

    status = 507
    title = "Insufficient storage"


class CommandError(Exception):
    """One sentence that says why a command cannot go on, and what to do."""
