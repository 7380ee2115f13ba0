"""The statements of another store, page by page, in the order in which it stored them."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlencode

import msgspec
from msgspec import Raw

from lrs_stats.errors import CommandError
from lrs_stats.transfer.peer import OK, Peer, Reply, Trouble, joined
from lrs_stats.transfer.pieces import Piece
from lrs_stats.transfer.source import Found, Place
from lrs_stats.xapi.formats import format_timestamp, parse_timestamp

PAGE: Final = 500
PAUSES: Final = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds between attempts at a page; after the last the import ends, to be gone on with."""
PASSING: Final = frozenset({408, 425, 429})
"""Refusals that are over after a while, as all above 500 are."""
OVERLAP: Final = timedelta(minutes=2)
"""How far before the last statement one goes on, for what the other store showed late."""
UNORDERED: Final = timedelta(seconds=5)
"""How far back `stored` may go from one statement to the next; clocks differ by a little."""
EMPTY: Final = 100
"""Pages without statements in a row that are followed."""


class _Page(msgspec.Struct):
    statements: list[Raw]
    more: str | None = ""


class _Stored(msgspec.Struct):
    stored: str = ""


_page: Final = msgspec.json.Decoder(_Page)
_stored: Final = msgspec.json.Decoder(_Stored)


class Pages:
    """The statements resource of another store, from its beginning or since an instant."""

    total = 0

    def __init__(
        self,
        peer: Peer,
        *,
        since: str = "",
        version: str = "1.0.3",
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self.key = peer.address
        self.fingerprint = f"since {since} user {peer.user} version {version}"
        self._peer = peer
        self._since = since
        self._version = version
        self._sleep = sleep

    def pieces(self, after: Place) -> Iterator[Found]:
        """Yield the statements after a place, which is an instant of the other store.

        The instant rather than a `more` link is remembered, since a link may expire. What was
        stored a little before it is read again, which is harmless.
        """
        since, number = str(after.get("since", self._since)), int(after.get("pieces", 0))
        asked = {"ascending": "true", "limit": PAGE} | ({"since": since} if since else {})
        address = f"{self._peer.address}?{urlencode(asked)}"
        seen: set[str] = set()
        first: datetime | None = None
        newest = datetime.min.replace(tzinfo=UTC)
        empty = 0
        while address:
            if address in seen:
                raise CommandError(f"{address} names itself as the page after it.")
            seen.add(address)
            page = self._get(address)
            empty = 0 if page.statements else empty + 1
            if empty == EMPTY:
                raise CommandError(f"{address} is the last of {EMPTY} pages without a statement.")
            for index, raw in enumerate(page.statements):
                number += 1
                stored = _stored_of(bytes(raw))
                if stored:
                    if stored - newest < -UNORDERED:
                        raise CommandError(
                            f"{address} has what was stored before statements of earlier places: "
                            "the store does not heed `ascending`, and cannot be imported from."
                        )
                    first, newest = first or stored, max(newest, stored)
                    if newest - first > OVERLAP:
                        since = format_timestamp(newest - OVERLAP)
                piece = Piece(bytes(raw), 1, part=f"statements[{index}]")
                yield Found(address, piece, number, {"since": since, "pieces": number}, number)
            address = joined(address, page.more) if page.more else ""

    def _get(self, address: str) -> _Page:
        for pause in (*PAUSES, None):
            try:
                reply = self._peer.get(address, self._version)
                if reply.status in OK:
                    return _decoded(reply, address)
                if reply.status < 500 and reply.status not in PASSING:  # noqa: PLR2004 - by HTTP
                    raise CommandError(f"{address} refuses: {reply.reason}")
                trouble = reply.reason
            except Trouble as error:
                trouble = str(error)
            if pause is None:
                raise CommandError(
                    f"{address} cannot be read ({trouble}). Run the import again to go on there."
                )
            self._sleep(pause)
        raise AssertionError("the last attempt returns or raises")


def _decoded(reply: Reply, address: str) -> _Page:
    try:
        return _page.decode(reply.body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise CommandError(f"{address} answers no page of statements: {error}.") from error


def _stored_of(raw: bytes) -> datetime | None:
    """Return when a statement was stored, if it says so."""
    try:
        return parse_timestamp(_stored.decode(raw).stored)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError, ValueError, OverflowError):
        return None
