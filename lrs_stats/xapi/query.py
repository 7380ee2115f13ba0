"""The parameters of a request for statements, and the token of the next page.

Every refusal names the parameter and what it takes (xAPI-Communication 2.1.3 and 3.2).
"""

import base64
import binascii
import hashlib
import zlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, cast, get_args

import msgspec

from lrs_stats.xapi.actors import check_actor
from lrs_stats.xapi.faults import fault, quoted, translated
from lrs_stats.xapi.formats import is_uuid, parse_timestamp
from lrs_stats.xapi.model import Actor
from lrs_stats.xapi.record import Cursor, Format, StatementQuery
from lrs_stats.xapi.values import check_iri, check_uuid

LONGEST_LIMIT: Final = 9
_DIGEST: Final = 8
LONGEST_QUERY: Final = 65_536
"""Bytes of a query in a token, several times what fits into an address."""

_actor: Final[Callable[[bytes], Actor]] = msgspec.json.Decoder(Actor).decode
_query: Final[Callable[[bytes], StatementQuery]] = msgspec.json.Decoder(StatementQuery).decode


@dataclass(frozen=True)
class Single:
    """A request for the one statement of an id, voided or not."""

    id: str
    voided: bool
    format: Format = "exact"
    attachments: bool = False


def parse(args: Mapping[str, str], *, maximum: int) -> StatementQuery | Single:
    """Return what the parameters ask for; no page is larger than `maximum`."""
    check_names(args, (*_PARSERS, *_SINGLE, "more"))
    for name in _SINGLE:
        if name in args:
            return _single(args, name)
    if "more" in args:
        return _next_page(args, maximum)
    filters = {name: text for name, text in args.items() if name in _PARSERS}
    values = {name: _PARSERS[name](text, _place(name)) for name, text in filters.items()}
    limit = values.pop("limit", 0) or maximum
    return StatementQuery(**values, limit=min(limit, maximum))


def statement_id(args: Mapping[str, str]) -> str:
    """Return the id under which a statement is put, the only parameter there is."""
    check_names(args, ("statementId",))
    if "statementId" not in args:
        raise fault(_place("statementId"), "is missing")
    return _uuid(args["statementId"], _place("statementId"))


def check_names(args: Mapping[str, str], known: Collection[str]) -> None:
    """Refuse parameters of other names, or in another case (xAPI-Communication 3.2)."""
    for name in args:
        if name not in known:
            close = [one for one in known if one.lower() == name.lower()]
            hint = f"; it is spelled {close[0]}" if close else ""
            raise fault(f"parameter {quoted(name)}", f"is not known here{hint}")


def next_page(query: StatementQuery, after: Cursor) -> str:
    """Return the token of the page that begins after a place, safe in an address.

    The token is the query itself, but for whose statements the asker may see, and no secret:
    whoever alters it only asks something else, and the digest tells a damaged one.
    """
    parts = msgspec.to_builtins(replace(query, after=after, authority=None))
    said = {name: part for name, part in parts.items() if part not in (None, False)}
    payload = zlib.compress(msgspec.json.encode(said), 9)
    return base64.urlsafe_b64encode(_digest(payload) + payload).rstrip(b"=").decode()


def _next_page(args: Mapping[str, str], maximum: int) -> StatementQuery:
    if len(args) > 1:
        raise fault(_place("more"), "stands alone; it holds all of the query")
    try:
        query = _opened(args["more"])
    except (ValueError, binascii.Error) as error:
        raise fault(
            _place("more"), "is not an address that an answer of this server gave"
        ) from error
    return replace(query, limit=min(query.limit, maximum))


def _opened(token: str) -> StatementQuery:
    """Return the query of a token; raise ValueError when it is none."""
    sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    digest, payload = sealed[:_DIGEST], sealed[_DIGEST:]
    if digest != _digest(payload):
        raise ValueError("the digest is another")
    try:
        query = _query(zlib.decompressobj().decompress(payload, LONGEST_QUERY))
    except (RecursionError, zlib.error) as error:
        raise ValueError("no answer has such a query") from error
    if not _is_sound(query):
        raise ValueError("no answer has such a query")
    return query


def _is_sound(query: StatementQuery) -> bool:
    """Tell whether the values are such as `parse` makes, whoever sealed them."""
    if query.after is None or query.limit < 1:
        return False
    instants = (query.after.stored, query.since, query.until)
    ids = (query.after.id, query.registration)
    return all(one is None or _is_within_time(one) for one in instants) and all(
        one is None or is_uuid(one) for one in ids
    )


def _is_within_time(instant: datetime) -> bool:
    """Tell whether an instant has an offset, and is one in UTC as well."""
    try:
        return instant.tzinfo is not None and bool(instant.astimezone(UTC))
    except OverflowError:
        return False


def _digest(payload: bytes) -> bytes:
    return hashlib.blake2b(payload, digest_size=_DIGEST).digest()


def _single(args: Mapping[str, str], name: str) -> Single:
    """Return the request for one statement, beside which only form may be asked for."""
    for other in args:
        if other not in {name, "format", "attachments"}:
            raise fault(_place(other), f"cannot stand beside {name}")
    form = _format(args.get("format", "exact"), _place("format"))
    attachments = _boolean(args.get("attachments", "false"), _place("attachments"))
    identifier = _uuid(args[name], _place(name))
    return Single(identifier, name == "voidedStatementId", form, attachments)


def _place(name: str) -> str:
    return f"parameter {name}"


def read_actor(text: str, place: str) -> Actor:
    """Return the agent or group that a parameter has as JSON."""
    try:
        actor = _actor(text.encode())
    except msgspec.ValidationError as error:
        raise translated(error, place) from error
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise fault(place, "expected an agent or an identified group as JSON") from error
    check_actor(actor, place)
    return actor


def _agent(text: str, place: str) -> str:
    key = read_actor(text, place).key
    if key is None:
        raise fault(place, "a group without an identifier cannot be asked for")
    return key


def _iri(text: str, place: str) -> str:
    check_iri(text, place)
    return text


def _uuid(text: str, place: str) -> str:
    check_uuid(text, place)
    return text.lower()


def _instant(text: str, place: str) -> datetime:
    try:
        return parse_timestamp(text)
    except ValueError as error:
        hint = '; in an address "+" is written %2B' if " " in text else ""
        raise fault(place, f"{quoted(text)} is refused: {error}{hint}") from error


def _limit(text: str, place: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_LIMIT):
        raise fault(place, f"expected a whole number, 0 for the most there is, got {quoted(text)}")
    return int(text)


def _format(text: str, place: str) -> Format:
    for form in get_args(Format):
        if text == form:
            return cast("Format", form)
    raise fault(place, f"expected exact, ids or canonical, got {quoted(text)}")


def _boolean(text: str, place: str) -> bool:
    # the specification writes true and false; TinCanPython sends True
    if text.lower() not in {"true", "false"}:
        raise fault(place, f"expected true or false, got {quoted(text)}")
    return text.lower() == "true"


_PARSERS: Final[dict[str, Callable[[str, str], Any]]] = {
    "agent": _agent,
    "verb": _iri,
    "activity": _iri,
    "related_agents": _boolean,
    "related_activities": _boolean,
    "registration": _uuid,
    "since": _instant,
    "until": _instant,
    "limit": _limit,
    "ascending": _boolean,
    "format": _format,
    "attachments": _boolean,
}
_SINGLE: Final = ("statementId", "voidedStatementId")
