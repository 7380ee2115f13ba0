"""Whether two statements are the same: the Statement Comparison Requirements of xAPI-Data 2.3.1.

Left out of the comparison is what may differ in a statement that never changed: what the server
assigns, the display of verbs and the definitions of activities, the order of a group's members,
the zone of a timestamp, and the case of what does not depend on case.
"""

import re
from typing import Any, Final

import msgspec

from lrs_stats.xapi.formats import format_timestamp, parse_timestamp
from lrs_stats.xapi.model import ROLES

Thing = dict[str, Any]

_ASSIGNED: Final = ("id", "authority", "stored", "version")
_FINER: Final = re.compile(r"([.,][0-9]{2})[0-9]+")


def same(a: bytes, b: bytes) -> bool:
    """Tell whether two valid statements, as JSON, are the same by the specification."""
    one, other = msgspec.json.decode(a), msgspec.json.decode(b)
    if _is_timestamp_assigned(one) and _is_timestamp_assigned(other):
        one.pop("timestamp", None)
        other.pop("timestamp", None)
    return _alike(_comparable(one), _comparable(other))


def _is_timestamp_assigned(statement: Thing) -> bool:
    """Tell whether the client sent no timestamp.

    The server sets it to the value of `stored` (xAPI-Data 2.4.7), so a difference between two
    such values says nothing about what was sent.
    """
    timestamp = statement.get("timestamp")
    return timestamp is None or timestamp == statement.get("stored")


def _comparable(statement: Thing) -> Thing:
    rest = {name: value for name, value in statement.items() if name not in _ASSIGNED}
    return _with(
        rest,
        actor=_actor,
        verb=_verb,
        object=_object,
        result=_result,
        context=_context,
        timestamp=_timestamp,
        attachments=_attachments,
    )


def _with(thing: Thing, **changes: Any) -> Thing:
    """Return the object with the properties that it has, changed by the functions given."""
    return {name: changes.get(name, _as_is)(value) for name, value in thing.items()}


def _as_is(value: Any) -> Any:
    return value


def _lower(text: str) -> str:
    return text.lower()


def _timestamp(text: str) -> str:
    """Return the instant to the millisecond, below which it may be cut (xAPI-Data 4.5)."""
    return format_timestamp(parse_timestamp(text))


def _verb(verb: Thing) -> Thing:
    return {"id": verb["id"]}


def _object(thing: Thing) -> Thing:
    match thing.get("objectType"):
        case "Agent" | "Group":
            return _actor(thing)
        case "SubStatement":
            return _comparable(thing)
        case "StatementRef":
            return _reference(thing)
        case _:
            return _activity(thing)


def _reference(thing: Thing) -> Thing:
    return _with(thing, id=_lower)


def _activity(activity: Thing) -> Thing:
    return {name: value for name, value in activity.items() if name != "definition"}


def _actor(actor: Thing) -> Thing:
    return _with(actor, mbox=_mbox, mbox_sha1sum=_lower, member=_members)


def _mbox(mbox: str) -> str:
    local, _, domain = mbox.rpartition("@")
    return f"{local}@{domain.lower()}"


def _members(members: list[Thing]) -> list[Thing]:
    """Return the members in one order, for theirs means nothing (xAPI-Data 2.4.2.2)."""
    return sorted(
        map(_actor, members), key=lambda one: msgspec.json.encode(one, order="deterministic")
    )


def _result(result: Thing) -> Thing:
    """Cut durations to hundredths (xAPI-Data 4.6); beyond that a duration is its text."""
    return _with(result, duration=lambda text: _FINER.sub(r"\1", text))


def _context(context: Thing) -> Thing:
    return _with(
        context,
        registration=_lower,
        instructor=_actor,
        team=_actor,
        language=_lower,
        statement=_reference,
        contextActivities=lambda found: _with(found, **dict.fromkeys(ROLES, _activities)),
        contextAgents=lambda found: [_with(one, agent=_actor) for one in found],
        contextGroups=lambda found: [_with(one, group=_actor) for one in found],
    )


def _activities(found: list[Thing] | Thing) -> list[Thing]:
    """Return a single activity as the list that it becomes (xAPI-Data 2.4.6.2)."""
    return [_activity(one) for one in ([found] if isinstance(found, dict) else found)]


def _attachments(attachments: list[Thing]) -> list[Thing]:
    return [_with(one, sha2=_lower) for one in attachments]


def _alike(a: Any, b: Any) -> bool:
    """Compare JSON values: 1 equals 1.0, and true equals neither."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_alike(a[name], b[name]) for name in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_alike, a, b))
    return isinstance(a, bool) is isinstance(b, bool) and bool(a == b)
