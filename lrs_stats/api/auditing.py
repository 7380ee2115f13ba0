"""What of each request is written into the audit, before its answer leaves.

One hook stands around all answers of the API, so that a resource that is added later is audited
unless it is named here as one that tells nothing about anybody. The entry is durable before the
first byte of the answer is sent; when it cannot be written, the answer is a refusal instead.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final
from urllib.parse import unquote
from uuid import uuid4

import structlog
from flask import Flask, Response, g, request

from lrs_stats.access.callers import Caller
from lrs_stats.access.throttle import Throttle
from lrs_stats.api.asking import ENCODED, PREFIX, StatsQuery
from lrs_stats.errors import Problem, TooManyRequests, Unavailable
from lrs_stats.store.audit import AuditStore, Entry, Named
from lrs_stats.xapi.web.http import refuse

AUDITED: Final = ("/api/v1/", "/scim/", "/dashboard/", "/sign-in", "/sign-out")
FILES: Final = "/dashboard/static/"
"""What the pages of everybody load."""
TELL_OF_NOBODY: Final = ("metrics", "plugins", "me", "status")
"""Resources under /api/v1 that say nothing about others than the caller."""
STRANGERS_PER_SECOND: Final = 10
"""Entries about requests by nobody known that one process writes, so that they fill no disk."""

_ACTIONS: Final = {
    "GET": "read",
    "HEAD": "read",
    "POST": "create",
    "PUT": "replace",
    "PATCH": "change",
    "DELETE": "delete",
}
_READS: Final = ("GET", "HEAD")
REFUSED: Final = 400
"""The first status of a refusal."""
_PARAMETERS: Final = frozenset(
    {"person", "client", "action", "after"}
    | {field.data_key or name for name, field in StatsQuery().fields.items()}
)
"""Those of the statistics and of the audit. Another, that no resource takes, may be anything, and
so a secret."""
_MOST: Final = 8_192

_log = structlog.get_logger()


def counted(rows: int) -> None:
    """Say for the audit how many rows the request at hand is answered with."""
    g.rows_answered = rows


def asked_for(parameters: Mapping[str, object]) -> None:
    """Say for the audit what the body of the request at hand asks for, beside its parameters."""
    g.asked_for = g.get("asked_for", {}) | {
        name: list(map(str, value)) if isinstance(value, list) else [str(value)]
        for name, value in parameters.items()
    }


class Auditing:
    """Writes an entry for each answered request of one application."""

    def __init__(
        self,
        store: AuditStore,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        new_id: Callable[[], str] = lambda: uuid4().hex,
        strangers: Throttle | None = None,
        refuse: Callable[[Problem], Response] = refuse,
    ) -> None:
        """Take where entries are written, and how a refusal is said in the place of an answer."""
        self._store = store
        self._refuse = refuse
        self._now = now
        self._new_id = new_id
        self._strangers = strangers or Throttle(STRANGERS_PER_SECOND)
        self._lock = threading.Lock()
        self._unwritten = 0

    def around(self, app: Flask) -> None:
        """Write down every answer of an application before it leaves."""
        app.after_request(self._written)

    def _written(self, response: Response) -> Response:
        """Return the answer once its entry is durable, else a refusal in its place."""
        if not _is_audited(request.method, request.path) or _tells_nothing(response):
            return response
        caller: Caller | None = g.get("caller")
        if caller is None and not self._is_admitted():
            return response
        unwritten = self._take_unwritten()
        try:
            self._store.write(self._entry(caller, response, unwritten))
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing leaves unaudited
            self._add_unwritten(unwritten)
            _log.error("an answer is withheld: the audit cannot be written", why=str(error))
            return self._refuse(Unavailable(_WITHHELD))
        return response

    def _entry(self, caller: Caller | None, response: Response, unwritten: int) -> Entry:
        entry = Entry(
            at=self._now(),
            request=self._new_id(),
            action="",
            resource=_resource(request.path),
            status=response.status_code,
            format=response.mimetype or "",
            rows=g.get("rows_answered") if response.status_code < REFUSED else None,
            unwritten=unwritten,
        )
        entry = replace(entry, action=f"{_ACTIONS[request.method]} {entry.resource[0]}")
        if caller is None:
            return replace(entry, resource=entry.resource[:1])
        asked = _asked(request.args.to_dict(flat=False), response.status_code)
        asked |= g.get("asked_for", {})
        client, person = _who(caller)
        return replace(entry, client=client, person=person, asked=asked)

    def _is_admitted(self) -> bool:
        """Tell whether a request by nobody known is written down; of others only their number."""
        try:
            self._strangers.admit("")
        except TooManyRequests:
            self._add_unwritten(1)
            return False
        return True

    def _add_unwritten(self, number: int) -> None:
        with self._lock:
            self._unwritten += number

    def _take_unwritten(self) -> int:
        with self._lock:
            taken, self._unwritten = self._unwritten, 0
        return taken


_WITHHELD: Final = (
    "What is asked here is written down, and that cannot be done at the moment; so nothing is "
    "answered. A change may have been made. Try again."
)


def _who(caller: Caller) -> tuple[Named | None, Named | None]:
    """Return the client and the person who asked; of the two there is at least one."""
    client = Named(caller.client.key, caller.client.name) if caller.client else None
    return client, Named(caller.id, caller.name) if caller.person else None


def _tells_nothing(response: Response) -> bool:
    """Tell whether it is a read that could not be answered: who asked has waited for it already.

    It is the database that is away, in which the entry would have to be written.
    """
    return request.method in _READS and response.status_code == Unavailable.status


def _is_audited(method: str, path: str) -> bool:
    if method not in _ACTIONS or not path.startswith(AUDITED) or path.startswith(FILES):
        return False
    return _resource(path)[0] not in TELL_OF_NOBODY


def _resource(path: str) -> Sequence[str]:
    """Return the parts of a path below its prefix; some are matched encoded."""
    below = path.removeprefix("/api/v1/").removeprefix("/")
    parts = below[:_MOST].split("/")
    return [unquote(part) for part in parts] if path.startswith(ENCODED) else parts


def _asked(parameters: Mapping[str, Sequence[str]], status: int) -> dict[str, Sequence[str]]:
    """Return the parameters that are known, and those that statistics were answered with."""
    is_taken = status < REFUSED and request.path.startswith(PREFIX)
    return {name: v for name, v in parameters.items() if is_taken or name in _PARAMETERS}
