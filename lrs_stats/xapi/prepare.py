"""From the bytes of a request to statements that are ready to be stored.

Pure: what the server adds (ids, authority, the instant of storing) is passed in. Every property
keeps the bytes that were sent, but for those that the specification has the server set, and for
single context activities, which become lists (xAPI-Data 2.4.6.2).
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import msgspec
from msgspec import UNSET, Raw, UnsetType

from lrs_stats.errors import TooLarge
from lrs_stats.xapi import finding
from lrs_stats.xapi.access import Client
from lrs_stats.xapi.attachments import check_contents, declared
from lrs_stats.xapi.decoding import properties_of
from lrs_stats.xapi.faults import fault, quoted, translated
from lrs_stats.xapi.formats import format_timestamp
from lrs_stats.xapi.model import ROLES, Activity, Context, Statement
from lrs_stats.xapi.record import Prepared
from lrs_stats.xapi.rules import read
from lrs_stats.xapi.strictness import check_distinct

Properties = dict[str, Raw]

LARGEST: Final = 16 << 20
"""Bytes of a statement, which is one document of the database."""
_MALFORMED: Final = re.compile(r"JSON is malformed: (.*) \(byte ([0-9]+)\)")

_shape: Final[Callable[[bytes], Properties | list[Raw]]] = msgspec.json.Decoder(
    Properties | list[Raw]
).decode


def prepare(
    body: bytes,
    *,
    client: Client,
    version: str,
    new_id: Callable[[], str],
    statement_id: str | None = None,
    allow_batch: bool = True,
    contents_follow: bool = False,
) -> list[Prepared]:
    """Return the statements of a request body, valid and completed, in order.

    `client` is who sends them; its authority replaces what was given. With `statement_id` every
    statement must have that id or none. Unless their contents follow, all attachments need an
    address. Raises BadRequest for the first fault, so a batch is taken whole or not at all.
    """
    sent = opened(body, "body")
    if isinstance(sent, list) and not allow_batch:
        raise fault("body", "expected one statement, got a list")
    prepared = [
        _prepared(
            raw,
            place,
            client=client,
            version=version,
            statement_id=statement_id,
            new_id=new_id,
        )
        for place, raw in _raw(sent, body)
    ]
    _refuse_same_ids(prepared)
    if not contents_follow:
        check_contents(prepared, ())
    return prepared


def finish(prepared: Prepared, stored: datetime) -> bytes:
    """Return the statement as JSON, with `stored`, and `timestamp` when it had none."""
    instant = Raw(b'"%s"' % format_timestamp(stored).encode())
    properties = prepared.properties
    timestamp = properties.get("timestamp", instant)
    return msgspec.json.encode({**properties, "timestamp": timestamp, "stored": instant})


def opened(body: bytes, place: str) -> Properties | list[Raw]:
    """Return the properties of the statement, or the statements, that stand as JSON at a place."""
    try:
        body.decode()  # what stays undecoded is not looked at by msgspec
        return _shape(body)
    except UnicodeDecodeError as error:
        raise fault(place, f"byte {error.start} is not UTF-8") from error
    except msgspec.ValidationError as error:
        raise translated(error, place) from error
    except msgspec.DecodeError as error:
        raise fault(place, _malformed(str(error))) from error
    except RecursionError as error:
        raise fault(place, "it is nested too deeply") from error


def _malformed(message: str) -> str:
    match = _MALFORMED.fullmatch(message)
    if match is None:
        return "the JSON ends too early, or a string in half a surrogate pair"
    return f"the JSON is malformed at byte {match[2]}: {match[1]}"


def _raw(sent: Properties | list[Raw], body: bytes) -> list[tuple[str, bytes]]:
    """Return the JSON of each statement with the name of its place."""
    if isinstance(sent, dict):
        found = [("statement", body)]
    else:
        found = [(f"statements[{index}]", bytes(raw)) for index, raw in enumerate(sent)]
    for place, raw in found:
        if len(raw) > LARGEST:
            raise TooLarge(f"{place}: it has more than 16 MB, which none that is stored can have.")
    return found


def _opened(raw: bytes, place: str, version: str) -> tuple[Properties, Statement]:
    """Return the properties of a statement as they were sent, and what they say."""
    try:
        properties = properties_of(raw)
    except msgspec.ValidationError as error:
        raise translated(error, place) from error
    statement = read(properties, place, version)
    check_distinct(raw, properties, place)
    return properties, statement


def _prepared(
    raw: bytes,
    place: str,
    *,
    client: Client,
    version: str,
    statement_id: str | None,
    new_id: Callable[[], str],
) -> Prepared:
    properties, statement = _opened(raw, place, version)
    identifier = statement.id.lower() if statement.id else statement_id or new_id()
    if statement_id not in {None, identifier}:
        raise fault(f"{place}.id", f"is not the statementId of the request, {statement_id}")
    properties.pop("stored", None)
    properties["id"] = Raw(msgspec.json.encode(identifier))
    properties["authority"] = Raw(client.authority)
    # xAPI-Data 2.4.10: 1.0.0 is the version of the data model of all 1.0.x
    properties.setdefault("version", Raw(b'"2.0.0"' if version == "2.0.0" else b'"1.0.0"'))
    _list_context_activities(properties, statement)
    activities = finding.activities(statement)
    agents = finding.agents(statement)
    return Prepared(
        id=identifier,
        properties=properties,
        verb=statement.verb.id,
        agents=agents,
        activity=statement.object_id,
        registration=statement.registration,
        voids=statement.voids,
        refers=finding.refers(statement),
        authority=client.key,
        related_agents=finding.related_agents(statement, agents, client.key),
        related_activities=tuple({activity.id: None for activity in activities}),
        defined=tuple(one for one in activities if one.definition) if client.defines else (),
        attachments=declared(statement, place),
    )


def _list_context_activities(properties: Properties, statement: Statement) -> None:
    """Put single context activities into lists, in a sub-statement too (xAPI-Data 2.4.6.2)."""
    if _has_single(statement.context):
        path: tuple[str, ...] = ("contextActivities",)
        properties["context"] = _changed(properties["context"], path, _listed)
    if _has_single(statement.object.context):
        path = ("context", "contextActivities")
        properties["object"] = _changed(properties["object"], path, _listed)


def _has_single(context: Context | UnsetType) -> bool:
    activities = context.context_activities if context else UNSET
    return activities is not UNSET and any(
        isinstance(getattr(activities, role), Activity) for role in ROLES
    )


def _changed(raw: Raw, path: tuple[str, ...], change: Callable[[Raw], Raw]) -> Raw:
    """Return an object in which what stands at the path is changed, and nothing else."""
    if not path:
        return change(raw)
    properties = properties_of(raw)
    properties[path[0]] = _changed(properties[path[0]], path[1:], change)
    return Raw(msgspec.json.encode(properties))


def _listed(raw: Raw) -> Raw:
    roles = {role: bytes(value) for role, value in properties_of(raw).items()}
    return Raw(
        msgspec.json.encode(
            {
                role: Raw(value if value.startswith(b"[") else b"[%s]" % value)
                for role, value in roles.items()
            }
        )
    )


def _refuse_same_ids(prepared: Sequence[Prepared]) -> None:
    """Refuse a batch in which two statements have one id (xAPI-Communication 2.1.2)."""
    seen: dict[str, int] = {}
    for index, statement in enumerate(prepared):
        first = seen.setdefault(statement.id, index)
        if first != index:
            reason = f"{quoted(statement.id)} is already the id of statements[{first}]"
            raise fault(f"statements[{index}].id", reason)
